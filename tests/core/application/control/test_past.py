"""Events that are kept, in pages; the equity curve."""

import asyncio

import pytest

from hexdesk.application.control.listing import PIECE
from hexdesk.application.control.ring import EventRing
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_events import Event, EventKind
from hexdesk.ports.control_history import ListEquityPoints, ListEvents
from hexdesk.ports.control_views import Amount, CommandInfo
from hexdesk.testing.archive import FakeArchive
from tests.core.application.control.rig import ADMIN, ControlRig


def desk(events_max: int = 1_000) -> ControlRig:
    rig = ControlRig(events_max=events_max)
    rig.start()
    for _ in range(5):
        rig.fill(rig.buy("1").client_order_id)
    return rig


def test_pages_give_every_event_once_in_order() -> None:
    rig = desk()
    whole = rig.ask(ListEvents(page_size=1_000)).items
    found: list[Event] = []
    token = ""
    while True:
        page = rig.ask(ListEvents(page_size=3, page_token=token))
        found += page.items
        token = page.next_page_token
        if not token:
            break
    assert [each.sequence for each in found] == [each.sequence for each in whole]
    assert found[-1].sequence == rig.control.chronicle.ring.sequence


def test_filters_hold_over_pages() -> None:
    rig = desk()
    query = ListEvents(kinds=frozenset({EventKind.FILL}), page_size=2)
    first = rig.ask(query)
    assert [each.kind for each in first.items] == [EventKind.FILL] * 2
    after = rig.ask(ListEvents(kinds=query.kinds, after_sequence=first.items[-1].sequence))
    assert len(after.items) == 3
    with pytest.raises(ControlError) as caught:
        rig.ask(ListEvents(page_token=first.next_page_token))
    assert caught.value.faults[0].field == "page_token"
    with pytest.raises(ControlError):
        rig.ask(ListEvents(after_sequence=-1))


def test_what_was_given_up_is_left_out() -> None:
    rig = desk(events_max=8)
    found = rig.ask(ListEvents()).items
    assert found
    assert found[0].sequence >= rig.control.chronicle.ring.oldest


def add_one(ring: EventRing) -> None:
    info = CommandInfo(command="halt", strategy_id="", reason="")
    ring.add(1, EventKind.COMMAND, "", info)


def refusal(rig: ControlRig, query: ListEvents) -> tuple[Reason, dict[str, str]]:
    with pytest.raises(ControlError) as caught:
        rig.ask(query)
    return caught.value.reason, caught.value.facts


def test_who_asks_for_what_was_given_up_is_told() -> None:
    rig = desk(events_max=8)
    ring = rig.control.chronicle.ring
    page = rig.ask(ListEvents(page_size=2))
    rig.fill(rig.buy("1").client_order_id)
    rig.control.chronicle.catch_up()
    facts = {"oldest_sequence": str(ring.oldest), "latest_sequence": str(ring.sequence)}
    behind = ListEvents(page_size=2, page_token=page.next_page_token)
    assert refusal(rig, behind) == (Reason.EVENTS_NOT_KEPT, facts)
    for number in (1, ring.oldest - 2, ring.sequence + 1):
        assert refusal(rig, ListEvents(after_sequence=number)) == (Reason.EVENTS_NOT_KEPT, facts)
    whole = rig.ask(ListEvents(after_sequence=ring.oldest - 1))
    assert whole.items == rig.ask(ListEvents()).items
    assert not rig.ask(ListEvents(after_sequence=ring.sequence)).items


def test_a_token_of_another_run_is_told_from_ones_own() -> None:
    token = desk().ask(ListEvents(page_size=2)).next_page_token
    rig = desk()
    rig.desk.run_id = "other"
    rig.control = rig.make_control()
    assert refusal(rig, ListEvents(page_size=2, page_token=token))[0] is Reason.EVENTS_NOT_KEPT


def test_what_is_overtaken_while_a_page_is_made_is_not_left_out_silently() -> None:
    rig = desk(events_max=2 * PIECE)
    rig.control.chronicle.catch_up()
    ring = rig.control.chronicle.ring
    while ring.sequence < 4 * PIECE:
        add_one(ring)
    overtakes = [0, 4 * PIECE]

    async def pause() -> None:
        for _ in range(overtakes.pop(0) if overtakes else 0):
            add_one(ring)

    first = ring.oldest
    page = asyncio.run(rig.control.ask(ADMIN, ListEvents(page_size=1_000), pause))
    numbers = [each.sequence for each in page.items]
    assert numbers == list(range(first, first + len(numbers)))
    assert numbers[-1] + 1 < ring.oldest
    behind = ListEvents(page_size=1_000, page_token=page.next_page_token)
    assert refusal(rig, behind)[0] is Reason.EVENTS_NOT_KEPT


def test_the_equity_curve_is_asked_of_what_keeps_the_past() -> None:
    rig = desk()
    rig.runtime.archive = None
    with pytest.raises(ControlError) as caught:
        rig.ask(ListEquityPoints())
    assert caught.value.reason is Reason.NOT_OFFERED
    archive = rig.runtime.archive = FakeArchive()
    assert rig.ask(ListEquityPoints(currency="USDT"))[0].equity == Amount("1.5", "USDT")
    rig.ask(ListEquityPoints(count_max=10_000))
    assert archive.asked == [("USDT", 1_000), ("", 10_000)]
    for bad in (ListEquityPoints(count_max=10_001), ListEquityPoints(currency="X" * 99)):
        with pytest.raises(ControlError) as caught:
            rig.ask(bad)
        assert caught.value.reason is Reason.FIELD_INVALID
