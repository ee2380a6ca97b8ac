"""Brackets, OTO and OCO: exits follow what was filled, and never more than that."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from hexdesk.application.strategies.host import HostState
from hexdesk.domain.commands import Flatten, Halt, Rearm, StopEntries, StopStrategy
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    OrderAbandoned,
    OrderCanceled,
    OrderDenied,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    HEDGING,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    STOP_MARKET,
    Contingency,
    Life,
    Operation,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.strategy import BracketIds
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.rig import ALL_CAPABILITIES, Request, Rig, agreeable, refusal

ID = INSTRUMENT.id
STOP, TARGET = BID - 500, ASK + 500
NO_AMEND = replace(ALL_CAPABILITIES, amend=False)
BARE = replace(NO_AMEND, reduce_only=False, position_effects=False)


def bracket(rig: Rig, *, stop: int = STOP, target: int = TARGET, price: int = ASK) -> BracketIds:
    return rig.act(
        lambda context: context.submit_bracket(
            ID, BUY, 4 * LOT, entry_price=price, stop_price=stop, target_price=target
        )
    )


def entered(
    capabilities: Capabilities = ALL_CAPABILITIES, filled: int = 4 * LOT
) -> tuple[Rig, BracketIds]:
    """Return a desk whose venue obeys, and a bracket of which a quantity is filled."""
    rig = Rig(capabilities=capabilities).start()
    rig.broker.answer = agreeable
    ids = bracket(rig)
    if filled:
        rig.fill(ids.entry, filled)
    return rig, ids


def working(rig: Rig) -> dict[str, int]:
    """Leaves of the exits that are at the venue, by type."""
    return {
        order.intent.order_type.name: order.leaves_qty
        for order in rig.desk.execution.open.values()
        if order.intent.parent_id and order.life is not Life.HELD
    }


def exits(quantity: int) -> dict[str, int]:
    return {"STOP_MARKET": quantity, "LIMIT": quantity}


def test_exits_are_held_until_the_entry_fills() -> None:
    rig, ids = entered(filled=0)
    assert [order.client_order_id for order in rig.sent] == [ids.entry]
    assert rig.order(ids.stop).life is rig.order(ids.target).life is Life.HELD
    rig.fill(ids.entry)
    stop, target = rig.sent[1:]
    assert (stop.order_type, stop.trigger_price, stop.side) == (STOP_MARKET, STOP, SELL)
    assert (target.order_type, target.price, target.side) == (LIMIT, TARGET, SELL)
    assert stop.reduce_only
    assert target.reduce_only
    assert working(rig) == exits(4 * LOT)
    check_books(rig)


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, NO_AMEND, BARE])
def test_exits_follow_partial_fills_of_the_entry(capabilities: Capabilities) -> None:
    rig, ids = entered(capabilities, filled=LOT)
    assert working(rig) == exits(LOT)
    for filled in (2 * LOT, 3 * LOT, 4 * LOT):
        rig.fill(ids.entry, LOT)
        assert working(rig) == exits(filled)
        check_books(rig)
    assert bool(rig.amends) is capabilities.amend


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, NO_AMEND, BARE])
def test_a_fill_of_one_exit_reduces_then_ends_the_other(capabilities: Capabilities) -> None:
    rig, ids = entered(capabilities)
    rig.fill(ids.target, LOT, TARGET)
    assert working(rig) == exits(3 * LOT)
    rig.fill(ids.target, 3 * LOT, TARGET)
    assert working(rig) == {}
    assert rig.held() == 0
    assert not rig.desk.execution.open
    check_books(rig)


@pytest.mark.parametrize("leg", ["stop", "target"])
def test_a_bracket_may_have_one_exit_only(leg: str) -> None:
    rig = Rig().start()
    ids = bracket(rig, stop=STOP if leg == "stop" else 0, target=TARGET if leg == "target" else 0)
    assert bool(ids.stop) is (leg == "stop")
    assert bool(ids.target) is (leg == "target")
    assert rig.sent[0].contingency is Contingency.OTO
    rig.accept(ids.entry)
    rig.fill(ids.entry)
    assert [order.client_order_id for order in rig.sent[1:]] == [ids.stop or ids.target]
    check_books(rig)


def test_a_bracket_without_exits_is_a_mistake() -> None:
    rig = Rig().start()
    rig.act(lambda _context: None)
    with pytest.raises(ValueError, match="stop_price"):
        rig.puppets["a"].context.submit_bracket(ID, BUY, LOT)


def test_the_market_entry_of_a_hedge_opens_and_its_exits_close() -> None:
    rig = Rig(capabilities=replace(ALL_CAPABILITIES, position_mode=HEDGING)).start()
    rig.broker.answer = agreeable
    ids = bracket(rig, price=0)
    rig.fill(ids.entry)
    assert [(order.order_type, order.position_effect) for order in rig.sent] == [
        (MARKET, OPEN),
        (STOP_MARKET, CLOSE),
        (LIMIT, CLOSE),
    ]
    rig.fill(ids.stop, price=STOP)
    assert working(rig) == {}
    check_books(rig)


@pytest.mark.parametrize("how", ["canceled", "rejected", "denied"])
def test_an_entry_that_never_fills_takes_its_exits_with_it(how: str) -> None:
    limits = RiskLimits(order_quantity_max="0.1") if how == "denied" else RiskLimits()
    rig = Rig(limits=limits).start()
    ids = bracket(rig)
    if how == "canceled":
        rig.canceled(ids.entry)
    elif how == "rejected":
        rig.rejected(ids.entry)
    assert rig.order(ids.stop).life is rig.order(ids.target).life is Life.CANCELED
    told = {event.client_order_id for event in rig.puppets["a"].of("on_order")}
    assert told == {ids.entry, ids.stop, ids.target}
    assert len(rig.sent) == (0 if how == "denied" else 1)
    assert not rig.desk.execution.open
    check_books(rig)


def test_an_entry_canceled_half_way_keeps_exits_for_what_it_filled() -> None:
    rig, ids = entered(filled=LOT)
    rig.act(lambda context: context.cancel(ids.entry))
    assert rig.order(ids.entry).life is Life.CANCELED
    assert working(rig) == exits(LOT)


def test_a_fill_that_comes_after_its_cancel_is_protected_all_the_same() -> None:
    rig, ids = entered(filled=0)
    rig.canceled(ids.entry)
    assert rig.order(ids.stop).life is Life.CANCELED
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(LOT)
    check_books(rig)


def test_a_broken_exit_brings_back_the_one_that_was_recalled() -> None:
    rig, ids = entered()
    rig.fill(ids.target, 4 * LOT, TARGET, "T-target")
    assert working(rig) == {}
    rig.bust(ids.target, "T-target")
    assert working(rig) == {"STOP_MARKET": 4 * LOT}
    check_books(rig)


def test_an_exit_that_its_owner_canceled_never_comes_back() -> None:
    rig, ids = entered(filled=LOT)
    rig.act(lambda context: context.cancel(ids.stop))
    rig.fill(ids.entry, LOT)
    assert working(rig) == {"LIMIT": 2 * LOT}
    rig.act(lambda context: context.cancel_all())
    assert working(rig) == {}
    assert rig.order(ids.entry).life is Life.CANCELED


def test_flatten_ends_the_exits_for_good_while_they_are_being_replaced() -> None:
    rig, ids = entered(NO_AMEND, filled=LOT)
    rig.broker.answer = lambda _request: ()
    rig.fill(ids.entry, LOT)
    recalled = [rig.order(order_id) for order_id in rig.cancels]
    assert all(order.pending_cancels for order in recalled)
    rig.desk.command(Flatten("", "test", rig.now()))
    before = len(rig.sent)
    for order in recalled:
        rig.canceled(order.intent.client_order_id)
    assert len(rig.sent) == before, "nothing is sent anew"


@pytest.mark.parametrize("what", [STOP + 1, 2**70])
def test_an_exit_that_could_never_leave_stops_the_entry(what: int) -> None:
    rig = Rig().start()
    ids = bracket(rig, stop=what)
    assert not rig.requests
    assert {denial.client_order_id for denial in rig.denials()} == {ids.entry, ids.stop, ids.target}
    assert all(f"of={ids.stop}" in denial.text for denial in rig.denials())
    assert not rig.desk.execution.open
    check_books(rig)


def test_exits_pass_the_rate_limit_stopped_entries_and_a_stopped_strategy() -> None:
    rig = Rig(limits=RiskLimits(orders_per_second_max="1")).start()
    rig.broker.answer = agreeable
    ids = bracket(rig)
    rig.desk.command(StopEntries("", "test", rig.now()))
    rig.fill(ids.entry, LOT)
    rig.desk.command(StopStrategy("a", keep_orders=True, ts_init=rig.now()))
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(2 * LOT)
    assert not rig.denials()


def test_a_halted_desk_keeps_exits_for_later_and_still_recalls_them() -> None:
    rig, ids = entered(filled=LOT)
    rig.desk.command(Halt("test", rig.now()))
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(LOT)
    rig.desk.command(Rearm("over", rig.now()))
    assert working(rig) == exits(2 * LOT)
    rig.desk.command(Halt("test", rig.now()))
    rig.fill(ids.target, 2 * LOT, TARGET)
    assert working(rig) == {}


def test_held_exits_wait_out_a_halt() -> None:
    rig, ids = entered(filled=0)
    rig.desk.command(Halt("test", rig.now()))
    rig.fill(ids.entry)
    assert rig.order(ids.stop).life is Life.HELD
    assert not rig.denials()
    rig.desk.command(Rearm("over", rig.now()))
    assert working(rig) == exits(4 * LOT)


def refusing(kinds: type | tuple[type, ...]) -> object:
    def answer(request: Request) -> list[VenueReport]:
        if isinstance(request, kinds) and isinstance(request, AmendOrder | CancelOrder):
            return [refusal(request, request.ts_init)]
        return list(agreeable(request))

    return answer


def test_a_refused_amendment_is_replaced_by_a_new_exit_and_not_asked_for_ever() -> None:
    rig, ids = entered(filled=LOT)
    rig.broker.answer = refusing(AmendOrder)  # type: ignore[assignment]
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(2 * LOT)
    assert len(rig.amends) == 2
    assert sorted(rig.cancels) == sorted([ids.stop, ids.target])
    check_books(rig)


def test_a_refused_cancel_is_not_asked_for_ever() -> None:
    rig, ids = entered()
    rig.broker.answer = refusing(CancelOrder)  # type: ignore[assignment]
    rig.fill(ids.target, 4 * LOT, TARGET)
    assert rig.cancels == [ids.stop]
    assert not rig.order(ids.stop).is_closed
    rig.broker.answer = agreeable
    rig.canceled(ids.stop)
    check_books(rig)


def test_an_exit_in_doubt_is_left_alone_until_evidence_comes() -> None:
    rig, ids = entered(filled=LOT)
    for order_id in (ids.stop, ids.target):
        rig.report(OutcomeUnknown(order_id, Operation.STATUS, 0, "silence", rig.now()))
    before = len(rig.requests)
    rig.fill(ids.entry, LOT)
    assert len(rig.requests) == before
    for order_id in (ids.stop, ids.target):
        rig.accept(order_id)
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(3 * LOT)


def test_both_exits_denied_is_told_and_harms_nobody() -> None:
    rig = Rig().start()
    rig.fill(rig.act(lambda context: context.submit(ID, SELL, 4 * LOT)), price=BID)
    ids = bracket(rig)
    rig.fill(ids.entry)
    assert rig.held() == 0
    assert [denial.code for denial in rig.denials()] == ["ORDER_OVER_CLOSE"] * 2
    assert rig.alerts.count("PROTECTION_DENIED") == 2
    check_books(rig)


def test_prices_of_held_exits_can_be_amended_and_are_checked() -> None:
    rig, ids = entered(filled=0)
    assert rig.act(lambda context: context.amend(ids.stop, trigger_price=STOP + 50))
    assert not rig.act(lambda context: context.amend(ids.stop, trigger_price=STOP + 51))
    assert not rig.act(lambda context: context.amend(ids.target, price=-5))
    assert not rig.act(lambda context: context.amend(ids.target, quantity=LOT))
    told = rig.puppets["a"].of("on_order")
    assert isinstance(told[-4], OrderUpdated)
    assert [event.code for event in told[-3:]] == ["ORDER_TICK", "ORDER_VALUE", "ORDER_UNSUPPORTED"]
    rig.fill(ids.entry)
    assert rig.sent[1].trigger_price == STOP + 50


def test_prices_of_working_exits_can_be_amended() -> None:
    rig, ids = entered()
    assert rig.act(lambda context: context.amend(ids.stop, trigger_price=STOP + 50))
    assert rig.order(ids.stop).trigger_price == STOP + 50
    assert not rig.act(lambda context: context.amend(ids.stop, quantity=8 * LOT))
    rig.fill(ids.target, LOT, TARGET)
    assert rig.order(ids.stop).leaves_qty == 3 * LOT
    assert rig.order(ids.stop).trigger_price == STOP + 50


def oco(rig: Rig, *, reduce_only: bool = False) -> tuple[str, str]:
    return rig.act(
        lambda context: context.submit_oco(
            ID, BUY, 2 * LOT, limit_price=BID - 100, stop_price=ASK + 100, reduce_only=reduce_only
        )
    )


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, NO_AMEND])
def test_a_fill_of_one_of_a_pair_reduces_then_cancels_the_other(capabilities: Capabilities) -> None:
    rig = Rig(capabilities=capabilities).start()
    rig.broker.answer = agreeable
    limit, stop = oco(rig)
    assert [order.client_order_id for order in rig.sent] == [limit, stop]
    rig.fill(limit, LOT, BID)
    left = [order.leaves_qty for order in rig.desk.execution.open.values()]
    assert left == [LOT, LOT]
    rig.fill(limit, LOT, BID)
    assert not rig.desk.execution.open
    assert rig.held() == 2 * LOT
    check_books(rig)


def test_a_pair_of_which_one_is_denied_does_not_half_leave() -> None:
    rig = Rig(limits=RiskLimits(open_orders_max="1")).start()
    limit, stop = oco(rig)
    assert not rig.requests
    assert rig.order(limit).life is Life.REJECTED
    assert rig.order(stop).life is Life.DENIED
    assert [event.code for event in rig.puppets["a"].of("on_order")] == [
        "RISK_OPEN_ORDERS",
        "PAIR_DENIED",
    ]
    check_books(rig)


def test_a_pair_may_close_only() -> None:
    rig = Rig().start()
    rig.fill(rig.act(lambda context: context.submit(ID, SELL, 2 * LOT)), price=BID)
    oco(rig, reduce_only=True)
    assert [order.reduce_only for order in rig.sent[1:]] == [True, True]
    assert rig.account.balance("USDT").reserved == 0


def test_a_quarantined_strategys_exits_go_on_when_its_orders_are_kept() -> None:
    rig = Rig(cancel_on_fault=False).start()
    rig.broker.answer = agreeable
    ids = bracket(rig)

    def fail(_event: object) -> None:
        raise RuntimeError("broken")

    rig.puppets["a"].hooks["on_fill"] = fail
    rig.fill(ids.entry, LOT)
    assert rig.host().fault
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(2 * LOT)
    assert not any(isinstance(event, OrderDenied | OrderCanceled) for event in rig.records)


def abandon(rig: Rig, *order_ids: str) -> None:
    """Let evidence say that the venue never had orders, or has them no more."""
    for order_id in order_ids:
        rig.report(OutcomeUnknown(order_id, Operation.STATUS, 0, "silence", rig.now()))
        rig.desk.on_report(OrderAbandoned(order_id, "NOT_FOUND_CONFIRMED", rig.now()))  # type: ignore[arg-type]


@pytest.mark.parametrize("was_accepted", [True, False])
def test_exits_that_are_not_at_the_venue_are_sent_anew(was_accepted: bool) -> None:
    rig, ids = entered(filled=0)
    if not was_accepted:
        rig.broker.answer = lambda _request: ()
    rig.fill(ids.entry, LOT)
    rig.broker.answer = agreeable
    abandon(rig, ids.stop, ids.target)
    assert working(rig) == exits(LOT)
    assert rig.alerts.count("PROTECTION_LOST") == 2
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(2 * LOT)
    check_books(rig)


def test_an_exit_that_its_owner_canceled_stays_away_though_the_venue_lost_it() -> None:
    rig, ids = entered(filled=LOT)
    rig.broker.answer = lambda _request: ()
    rig.act(lambda context: context.cancel(ids.stop))
    abandon(rig, ids.stop)
    assert working(rig) == {"LIMIT": LOT}


def cut_off(request: Request) -> list[VenueReport]:
    """Answer as a broker whose link is down."""
    order_id, now = request.client_order_id, request.ts_init
    if isinstance(request, NewOrder):
        return [OrderRejected(order_id, LINK_DOWN, "unsent", now, now)]
    kind = AmendRejected if isinstance(request, AmendOrder) else CancelRejected
    return [kind(order_id, request.request_id, LINK_DOWN, "unsent", now, now)]


def test_exits_that_could_not_leave_do_so_when_there_is_a_way_again() -> None:
    rig, ids = entered(filled=0)
    rig.broker.answer = cut_off
    rig.fill(ids.entry, LOT)
    assert working(rig) == {}
    rig.desk.follow_lists(rig.now())
    assert working(rig) == {}, "asked once, not for ever"
    rig.broker.answer = agreeable
    rig.desk.follow_lists(rig.now())
    assert working(rig) == exits(LOT)
    check_books(rig)


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, NO_AMEND])
def test_exits_that_could_not_be_resized_are_when_there_is_a_way_again(
    capabilities: Capabilities,
) -> None:
    rig, ids = entered(capabilities, filled=LOT)
    rig.broker.answer = cut_off
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(LOT)
    rig.broker.answer = agreeable
    rig.desk.follow_lists(rig.now())
    assert working(rig) == exits(2 * LOT)
    check_books(rig)


def test_exits_that_could_not_be_recalled_are_when_there_is_a_way_again() -> None:
    rig, ids = entered(filled=LOT)
    rig.canceled(ids.entry)
    rig.broker.answer = cut_off
    rig.fill(ids.target, LOT, TARGET)
    assert working(rig) == {"STOP_MARKET": LOT}
    rig.broker.answer = agreeable
    rig.desk.follow_lists(rig.now())
    assert working(rig) == {}
    check_books(rig)


def test_what_the_venue_refused_itself_is_told_and_not_sent_for_ever() -> None:
    rig, ids = entered(filled=0)
    rig.broker.answer = lambda _request: ()
    rig.fill(ids.entry, LOT)
    rig.broker.answer = agreeable
    rig.rejected(ids.stop)
    rig.desk.follow_lists(rig.now())
    rig.accept(ids.target)
    assert working(rig) == {"LIMIT": LOT}
    assert rig.alerts.count("PROTECTION_LOST") == 1
    (text,) = (each.text for each in rig.desk.alerts.recent if each.code == "PROTECTION_LOST")
    assert text.startswith("it ended (REJECTED: ")
    assert text.endswith(f", and what entry {ids.entry} opened is still held")


def test_what_fills_after_an_exit_was_filled_is_protected_by_both_again() -> None:
    rig, ids = entered(filled=LOT)
    rig.fill(ids.stop, LOT, STOP)
    assert working(rig) == {}
    rig.fill(ids.entry, LOT)
    assert working(rig) == exits(LOT)
    check_books(rig)


# --------------------------------------------------------------------------------------------------
# The strategy ends before its position


def end_by_fault(rig: Rig) -> None:
    rig.puppets["a"].hooks["on_quote"] = fail
    rig.quote()
    assert rig.host().state is HostState.FAULTED


def end_by_stop(rig: Rig) -> None:
    rig.desk.command(StopStrategy("", keep_orders=False, ts_init=rig.now()))


def fail(_event: object) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize("end", [end_by_fault, end_by_stop])
def test_exits_stay_with_their_position_when_its_strategy_ends(end: Callable[[Rig], None]) -> None:
    rig, ids = entered(filled=LOT)
    end(rig)
    assert rig.order(ids.entry).life is Life.CANCELED
    assert working(rig) == exits(LOT)
    rig.fill(ids.stop, LOT, STOP)
    assert working(rig) == {}
    check_books(rig)


@pytest.mark.parametrize("end", [end_by_fault, end_by_stop])
def test_exits_of_nothing_end_with_their_strategy(end: Callable[[Rig], None]) -> None:
    rig, _ids = entered(filled=0)
    end(rig)
    assert rig.desk.execution.open == {}
    check_books(rig)


def test_exits_stay_when_their_strategy_ends_while_its_broker_is_cut_off() -> None:
    rig, ids = entered(filled=LOT)
    rig.desk.owed.unreachable.add("venue")
    end_by_stop(rig)
    assert rig.order(ids.entry).life is Life.PARTIALLY_FILLED
    rig.desk.owed.unreachable.clear()
    rig.desk.pay_owed("venue", rig.now())
    assert rig.order(ids.entry).life is Life.CANCELED
    assert working(rig) == exits(LOT)
