"""The event stream: a snapshot and everything after it, for readers fast and slow (C2)."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.control.feed import PART_SIZE
from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.values import Side
from hexdesk.ports.control import ControlError, EventBatch, EventFeed, EventFilter
from hexdesk.ports.control_events import Event, EventKind, Resync
from hexdesk.ports.control_requests import Halt, ListOrders, PauseStrategy, Rearm
from hexdesk.ports.control_views import (
    AlertInfo,
    DeskInfo,
    FillInfo,
    OrderInfo,
    PositionInfo,
    ReportInfo,
    ReportKind,
    StrategyInfo,
)
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.control.rig import ADMIN, READER, ControlRig

EVERYTHING = EventFilter()


def follow(rig: ControlRig, wanted: EventFilter = EVERYTHING, token: str = "") -> EventFeed:
    return rig.control.follow(ADMIN, wanted, token)


def batches(feed: EventFeed, limit: int = 1_024) -> Iterator[EventBatch]:
    while (batch := feed.read(limit)) is not None:
        yield batch


def events(feed: EventFeed, limit: int = 1_024) -> list[Event]:
    return [event for batch in batches(feed, limit) for event in batch.events]


def ready(rig: ControlRig, wanted: EventFilter = EVERYTHING) -> EventFeed:
    feed = follow(rig, wanted)
    list(batches(feed))
    return feed


def life(rig: ControlRig, quantity: str = "1") -> str:
    order_id = rig.buy(quantity).client_order_id
    rig.accept(order_id)
    rig.fill(order_id)
    return order_id


def test_a_reader_begins_with_all_that_is_there(rig: ControlRig) -> None:
    life(rig)
    resting = rig.buy("1", INSTRUMENT.format_price(90_000)).client_order_id
    seen = list(batches(follow(rig)))
    snapshots = [batch.snapshot for batch in seen if batch.snapshot]
    assert [part.is_complete for part in snapshots][-1]
    assert snapshots[0].desk is not None
    assert {each.strategy_id for each in snapshots[0].strategies} == {"a", "b", "manual@venue"}
    assert [each.name for each in snapshots[0].accounts] == ["venue"]
    assert [each.quantity for part in snapshots for each in part.positions] == ["1"]
    assert [each.client_order_id for part in snapshots for each in part.orders] == [resting]
    assert not any(batch.events for batch in seen)


def test_what_happens_next_comes_in_order(rig: ControlRig) -> None:
    feed = ready(rig)
    order_id = life(rig)
    got = events(feed)
    numbers = [event.sequence for event in got]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    reports = [each.payload.kind for each in got if isinstance(each.payload, ReportInfo)]
    assert reports == [ReportKind.NEW, ReportKind.ACCEPTED, ReportKind.FILL]
    fills = [each.payload for each in got if isinstance(each.payload, FillInfo)]
    assert [(fill.client_order_id, fill.last_qty) for fill in fills] == [(order_id, "1")]
    orders = [each.payload for each in got if isinstance(each.payload, OrderInfo)]
    assert orders[-1].life.name == "FILLED"
    positions = [each.payload for each in got if isinstance(each.payload, PositionInfo)]
    assert positions[-1].quantity == "1"


def test_an_operators_doings_are_events(rig: ControlRig) -> None:
    feed = ready(rig)
    rig.tell(Halt(reason="fire"))
    rig.tell(Rearm(reason="out"))
    rig.tell(PauseStrategy(strategy_id="a"))
    got = events(feed)
    kinds = [event.kind for event in got]
    assert kinds.count(EventKind.COMMAND) == 3
    desks = [each.payload for each in got if isinstance(each.payload, DeskInfo)]
    assert desks
    assert any(isinstance(event.payload, AlertInfo) for event in got)
    strategies = [each.payload for each in got if isinstance(each.payload, StrategyInfo)]
    assert [(each.strategy_id, each.entries_allowed) for each in strategies] == [("a", False)]


def test_a_filter_leaves_out_the_rest_and_goes_on_behind_it(rig: ControlRig) -> None:
    feed = ready(rig, EventFilter(kinds=frozenset({EventKind.FILL})))
    life(rig)
    (batch,) = batches(feed)
    assert [event.kind for event in batch.events] == [EventKind.FILL]
    assert batch.sequence == rig.control.chronicle.ring.sequence


def test_one_strategys_reader_sees_it_alone_and_the_desk(rig: ControlRig) -> None:
    feed = ready(rig, EventFilter(strategy_id="a"))
    life(rig)
    rig.tell(Halt(reason="fire"))
    assert {event.strategy_id for event in events(feed)} == {""}
    with pytest.raises(ControlError):
        follow(rig, EventFilter(strategy_id="nobody"))


def test_a_token_goes_on_where_the_reader_was(rig: ControlRig) -> None:
    feed = follow(rig)
    token = [batch.resume_token for batch in batches(feed)][-1]
    feed.close()
    life(rig)
    first = events(follow(rig, token=token), limit=2)
    again = events(follow(rig, token=token))
    assert [event.sequence for event in first] == [event.sequence for event in again]
    assert again
    assert all(batch.snapshot is None for batch in batches(follow(rig, token=token)))


def test_a_token_of_the_middle_of_a_snapshot_is_none(rig: ControlRig) -> None:
    batch = follow(rig).read(10)
    assert batch is not None
    assert batch.snapshot is not None
    assert batch.resume_token == ""


@pytest.mark.parametrize(
    ("token", "cause"),
    [
        ("nonsense", Resync.TOKEN_UNUSABLE),
        ("TEST:x:/", Resync.TOKEN_UNUSABLE),
        ("TEST:999999999:/", Resync.TOKEN_UNUSABLE),
        ("TEST:0:1/", Resync.TOKEN_UNUSABLE),
        ("OTHER:0:/", Resync.OTHER_RUN),
    ],
)
def test_a_token_that_cannot_be_used_gives_a_snapshot_and_says_why(
    rig: ControlRig, token: str, cause: Resync
) -> None:
    batch = follow(rig, token=token).read(10)
    assert batch is not None
    assert batch.resync is not None
    assert batch.resync.cause is cause
    assert batch.snapshot is not None


def test_a_slow_reader_is_told_and_starts_anew() -> None:
    rig = ControlRig("a", events_max=20)
    rig.start()
    feed = ready(rig)
    for _ in range(10):
        life(rig)
    batch = feed.read(10)
    assert batch is not None
    assert batch.resync is not None
    assert batch.resync.cause is Resync.TOO_SLOW
    assert batch.resync.missed_count > 0
    held = [part for each in batches(feed) if each.snapshot for part in each.snapshot.positions]
    assert [each.quantity for each in held] == ["10"]
    old = follow(rig, token="TEST:1:/").read(10)  # noqa: S106 - no secret
    assert old is not None
    assert old.resync is not None
    assert old.resync.cause is Resync.TOKEN_TOO_OLD


def test_a_large_snapshot_comes_in_parts_and_misses_nothing_that_happens_meanwhile() -> None:
    rig = ControlRig("a", events_max=10_000)
    rig.start()
    ids = {
        rig.buy("0.01", INSTRUMENT.format_price(50_000 + 5 * each)).client_order_id
        for each in range(PART_SIZE + 10)
    }
    feed = follow(rig)
    head, first = feed.read(10), feed.read(10)
    assert head is not None
    assert first is not None
    last = max(ids, key=lambda each: int(each.removeprefix("hd4oitksey")))
    rig.accept(last)
    rig.fill(last)
    late = rig.buy("0.01", INSTRUMENT.format_price(40_000)).client_order_id
    known: dict[str, OrderInfo] = {}
    for batch in (first, *batches(feed)):
        for order in batch.snapshot.orders if batch.snapshot else ():
            known[order.client_order_id] = order
        for event in batch.events:
            if isinstance(event.payload, OrderInfo):
                known[event.payload.client_order_id] = event.payload
    assert known.keys() == ids | {late}
    assert known[last].life.name == "FILLED"


def test_nobody_is_woken_while_the_desk_works(rig: ControlRig) -> None:
    woken: list[int] = []
    feed = ready(rig)
    feed.wake(lambda: woken.append(1))
    rig.trade()
    rig.act(lambda context: context.submit(INSTRUMENT.id, Side.BUY, 10))
    assert woken == []
    rig.rest()
    assert woken == [1]
    feed.close()
    assert feed.read(1) is None


def test_a_reader_needs_leave_to_read(rig: ControlRig) -> None:
    rig.control.follow(READER, EVERYTHING)
    nobody = type(READER)(subject="x", scopes=frozenset())
    with pytest.raises(ControlError):
        rig.control.follow(nobody, EVERYTHING)


@given(st.lists(st.sampled_from(["life", "rest", "read", "again", "cancel"]), max_size=30))
def test_a_reader_always_ends_up_with_the_desks_state(steps: list[str]) -> None:
    """Whatever it reads, loses or takes up again, by snapshot, token or events."""
    rig = ControlRig("a", events_max=40)
    rig.start()
    feed = follow(rig)
    token = ""
    known: dict[str, OrderInfo] = {}

    def read(limit: int) -> bool:
        nonlocal token, known
        batch = feed.read(limit)
        if batch is None:
            return False
        if batch.resync is not None:
            known = {}
        for order in batch.snapshot.orders if batch.snapshot else ():
            known[order.client_order_id] = order
        for event in batch.events:
            if isinstance(event.payload, OrderInfo):
                known[event.payload.client_order_id] = event.payload
        token = batch.resume_token
        return True

    for step in steps:
        match step:
            case "life":
                life(rig, "0.01")
                rig.buy("0.01", INSTRUMENT.format_price(50_000))
            case "rest":
                rig.rest()
            case "read":
                read(3)
            case "cancel":
                for order in list(rig.desk.execution.open.values())[:1]:
                    rig.canceled(order.intent.client_order_id)
            case _:
                feed.close()
                feed = follow(rig, token=token)
                known = known if token else {}
    while read(5):
        pass
    open_now = {key: each for key, each in known.items() if each.leaves_qty != "0"}
    listed = rig.ask(ListOrders(open_only=True, page_size=1_000)).items
    assert open_now == {each.client_order_id: each for each in listed}


def test_cash_that_moved_is_told_as_another_account_and_position(rig: ControlRig) -> None:
    life(rig)
    feed = ready(rig)
    now = rig.desk.pulse.now_ns
    moved = CashMoved(rig.account.id, "F1", CashKind.FUNDING, -7, "USDT", INSTRUMENT.id, now, now)
    rig.desk.on_report(moved)
    got = {event.kind: event.payload for event in events(feed)}
    assert set(got) == {EventKind.ACCOUNT, EventKind.POSITION}
    rig.desk.on_report(msgspec.structs.replace(moved, cash_id="I1", instrument_id=""))
    assert [event.kind for event in events(feed)] == [EventKind.ACCOUNT]
    rig.desk.on_report(moved)
    assert events(feed) == [], "told before"
