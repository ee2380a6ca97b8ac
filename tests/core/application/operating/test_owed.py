"""Verbs while a broker cannot be reached: kept, shown, over a restart, and done once it is back.

Issue 4, item 4. Ids of seed systems: D28.
"""

from typing import Any

import pytest

from hexdesk.application.durability.replay import read_life
from hexdesk.application.durability.state import capture, decode_state, encode_state
from hexdesk.domain.commands import CancelAll, Flatten, Halt, StopStrategy
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.records import Verb
from hexdesk.domain.reports import CancelRejected, OrderAbandoned, OutcomeUnknown
from hexdesk.domain.values import BUY, LIMIT, SELL, Operation
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import Rig


def buy(rig: Rig, name: str = "a", price: int = BID) -> str:
    """Rest an order."""
    order_id = rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, price), name)
    rig.accept(order_id)
    return order_id


def holding(*names: str) -> Rig:
    """A desk whose strategies hold a lot and have an order resting."""
    rig = Rig(*names).start()
    for name in names or ("a",):
        rig.fill(buy(rig, name, ASK))
        buy(rig, name)
    return rig


def cut(rig: Rig) -> None:
    rig.desk.owed.unreachable.add("venue")


def back(rig: Rig) -> None:
    rig.desk.owed.unreachable.discard("venue")
    rig.desk.pay_owed("venue", rig.now())


def verb(rig: Rig, kind: type, name: str = "") -> None:
    rig.desk.command(kind(name, "test", rig.now()))


def owed(rig: Rig) -> dict[tuple[str, str], Verb | None]:
    return {(each.strategy_id, each.instrument_id): each.verb for each in rig.desk.owed.of("venue")}


def test_what_cannot_be_told_is_kept_and_done_once_when_the_broker_is_back() -> None:
    rig = holding()
    sent = len(rig.sent)
    cut(rig)
    for _ in range(2):
        verb(rig, Flatten)
    assert owed(rig) == {("a", ""): Verb.FLATTEN}
    assert (rig.cancels, len(rig.sent)) == ([], sent), "nothing is sent into the void"
    assert rig.alerts.count("VERB_QUEUED") == 1
    back(rig)
    assert owed(rig) == {}
    assert len(rig.cancels) == 1
    assert [(each.side, each.quantity) for each in rig.sent[sent:]] == [(SELL, LOT)]
    rig.desk.pay_owed("venue", rig.now())
    assert len(rig.sent) == sent + 1
    assert rig.alerts.count("VERB_DONE") == 1
    check_books(rig)
    assert_replayed(rig, 0)


def test_a_flatten_that_waits_closes_what_is_held_then_and_not_what_was() -> None:
    rig = holding()
    resting = rig.sent[-1].client_order_id
    cut(rig)
    verb(rig, Flatten)
    rig.fill(resting)
    sent = len(rig.sent)
    back(rig)
    assert [(each.side, each.quantity) for each in rig.sent[sent:]] == [(SELL, 2 * LOT)]
    again = holding()
    cut(again)
    verb(again, Flatten)
    again.fill(again.act(lambda context: context.submit(INSTRUMENT.id, SELL, LOT)))
    sent = len(again.sent)
    back(again)
    assert len(again.sent) == sent, "it is flat already"


def test_a_cancel_that_waits_leaves_what_came_since() -> None:
    rig = holding()
    older = rig.sent[-1].client_order_id
    cut(rig)
    verb(rig, CancelAll)
    assert owed(rig) == {("a", ""): Verb.CANCEL_ALL}
    rig.clock.advance_by(1)
    buy(rig)
    back(rig)
    assert rig.cancels == [older]


@pytest.mark.parametrize("kind", [CancelAll, Flatten])
def test_a_desk_with_nothing_to_do_owes_nothing(kind: type) -> None:
    rig = Rig().start()
    cut(rig)
    verb(rig, kind)
    assert owed(rig) == {}


def test_cancel_all_calls_a_waiting_flatten_off_and_a_flatten_holds_the_cancel() -> None:
    rig = holding("a", "b")
    cut(rig)
    verb(rig, CancelAll)
    verb(rig, Flatten)
    assert set(owed(rig).values()) == {Verb.FLATTEN}
    verb(rig, CancelAll, "a")
    assert owed(rig) == {("b", ""): Verb.FLATTEN, ("a", ""): Verb.CANCEL_ALL}
    sent = len(rig.sent)
    back(rig)
    assert [each.strategy_id for each in rig.sent[sent:]] == ["b"]
    assert len(rig.cancels) == 2
    assert_replayed(rig, 0)


def test_flattens_are_found_by_strategy_and_instrument() -> None:
    rig = holding("a", "b")
    cut(rig)
    verb(rig, Flatten)
    found = rig.desk.owed.flattens
    assert [each.strategy_id for each in found("", "")] == ["a", "b"]
    assert [each.strategy_id for each in found("b", "")] == ["b"]
    assert found("", "X") == [], "one of everything goes on"


def test_a_strategy_that_is_stopped_meanwhile_has_its_cancels_owed() -> None:
    rig = holding()
    cut(rig)
    rig.desk.command(StopStrategy("a", keep_orders=False, ts_init=rig.now()))
    assert owed(rig) == {("a", ""): Verb.WITHDRAW}
    back(rig)
    assert len(rig.cancels) == 1


def test_a_halted_desk_pays_what_it_owes() -> None:
    rig = holding()
    cut(rig)
    verb(rig, Flatten)
    rig.desk.command(Halt("smoke", rig.now()))
    back(rig)
    assert rig.sent[-1].side is SELL


def test_a_link_that_is_lost_on_the_way_leaves_the_verb_owed() -> None:
    rig = holding()
    verb(rig, Flatten)
    closing = rig.sent[-1].client_order_id
    rig.rejected(closing, LINK_DOWN)
    canceled, now = rig.cancels[0], rig.now()
    rig.report(CancelRejected(canceled, 1, LINK_DOWN, "unsent", now, now))
    assert owed(rig) == {("a", INSTRUMENT.id): Verb.FLATTEN}
    back(rig)
    assert owed(rig) == {}
    assert rig.cancels == [canceled, canceled]
    assert (rig.sent[-1].side, rig.sent[-1].quantity) == (SELL, LOT)
    assert_replayed(rig, 0)


def test_what_is_in_doubt_is_never_closed_twice_and_kept_until_it_is_settled() -> None:
    rig = holding()
    verb(rig, Flatten)
    closing = rig.sent[-1].client_order_id
    rig.report(OutcomeUnknown(closing, Operation.SUBMIT, 0, "no answer", rig.now()))
    assert owed(rig) == {("a", INSTRUMENT.id): Verb.FLATTEN}
    sent = len(rig.sent)
    for _ in range(3):
        back(rig)
    assert len(rig.sent) == sent, "it may have arrived"
    rig.desk.on_report(OrderAbandoned(closing, "NOT_FOUND_CONFIRMED", rig.now()))  # type: ignore[arg-type]
    back(rig)
    assert len(rig.sent) == sent + 1
    assert owed(rig) == {}
    rig.fill(rig.sent[-1].client_order_id)
    assert rig.held() == 0


def test_what_a_doubt_turns_out_to_hold_is_closed_while_others_are_in_doubt() -> None:
    rig = holding()
    for order_id in (buy(rig), rig.sent[-2].client_order_id):
        rig.report(OutcomeUnknown(order_id, Operation.STATUS, 0, "", rig.now()))
    cut(rig)
    verb(rig, Flatten)
    back(rig)
    sent = len(rig.sent)
    back(rig)
    assert len(rig.sent) == sent, "nothing has changed"
    rig.fill(rig.sent[1].client_order_id)
    back(rig)
    assert [(each.side, each.quantity) for each in rig.sent[sent:]] == [(SELL, LOT)]
    assert owed(rig), "one is still in doubt"


def test_a_venue_that_refuses_is_not_asked_again() -> None:
    rig = holding()
    verb(rig, Flatten)
    rig.rejected(rig.sent[-1].client_order_id, "VENUE_SESSION")
    assert owed(rig) == {}


def test_a_strategys_own_requests_are_its_own_business() -> None:
    rig = holding()
    rig.act(lambda context: context.flatten())
    rig.rejected(rig.sent[-1].client_order_id, LINK_DOWN)
    assert owed(rig) == {}


def test_what_is_owed_survives_a_restart() -> None:
    rig = holding()
    cut(rig)
    verb(rig, Flatten)
    desk = read_life(rig.records)
    assert desk is not None
    assert desk.owed.describe() == rig.desk.owed.describe() != ()
    state = decode_state(encode_state(capture(desk)))
    assert state.owed == desk.owed.describe()


@pytest.mark.parametrize("kind", [CancelAll, Flatten])
def test_only_the_broker_that_is_back_is_paid(kind: Any) -> None:
    rig = holding()
    cut(rig)
    verb(rig, kind)
    rig.desk.pay_owed("other", rig.now())
    rig.desk.pay_owed("venue", rig.now())
    assert owed(rig), "it cannot be reached yet"
