"""Verbs of an operator: separate, idempotent, and never in the way of getting out."""

from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.domain.commands import (
    CancelAll,
    Flatten,
    Halt,
    Rearm,
    ResumeEntries,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    HEDGING,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    Life,
    PositionEffect,
    Side,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.rig import ALL_CAPABILITIES, Puppet, Rig

PLAIN = replace(ALL_CAPABILITIES, position_effects=False)
BARE = replace(PLAIN, reduce_only=False)
HEDGED = replace(ALL_CAPABILITIES, position_mode=HEDGING)


def buy(context: StrategyContext) -> str:
    return context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID)


def hold(rig: Rig, quantity: int, name: str = "a", effect: PositionEffect | None = None) -> None:
    """Make a strategy hold a quantity; a negative one is short."""
    side = BUY if quantity > 0 else SELL

    def act(context: StrategyContext) -> str:
        if effect is None:
            return context.submit(INSTRUMENT.id, side, abs(quantity), MARKET)
        return context.submit(INSTRUMENT.id, side, abs(quantity), MARKET, position_effect=effect)

    order_id = rig.act(act, name)
    rig.accept(order_id)
    rig.fill(order_id)


def flatten(rig: Rig, name: str = "") -> None:
    rig.desk.command(Flatten(name, "test", rig.now()))


def test_stop_entries_lets_only_reductions_through_until_resumed() -> None:
    rig = Rig().start()
    hold(rig, 2 * LOT)
    rig.desk.command(StopEntries("", "test", rig.now()))
    rig.act(buy)
    rig.act(lambda context: context.submit(INSTRUMENT.id, SELL, 3 * LOT, MARKET))
    assert [denial.code for denial in rig.denials()] == ["RISK_REDUCING"] * 2
    rig.act(lambda context: context.submit(INSTRUMENT.id, SELL, LOT, MARKET))
    rig.act(lambda context: context.submit(INSTRUMENT.id, SELL, LOT, MARKET, reduce_only=True))
    assert len(rig.denials()) == 2
    rig.desk.command(ResumeEntries("", "test", rig.now()))
    rig.act(buy)
    assert len(rig.denials()) == 2


@pytest.mark.parametrize("quantity", [None, "x", 0.5])
@pytest.mark.parametrize("side", [BUY, SELL, None])
def test_stop_entries_takes_what_is_no_order_for_an_entry(side: Any, quantity: Any) -> None:
    rig = Rig().start()
    hold(rig, 2 * LOT)
    rig.desk.command(StopEntries("", "test", rig.now()))
    rig.act(lambda context: context.submit(INSTRUMENT.id, side, quantity))
    assert [denial.code for denial in rig.denials()] == ["RISK_REDUCING"]
    assert not rig.host().fault


def test_stop_entries_knows_openings_and_closes_of_a_hedge() -> None:
    rig = Rig(capabilities=HEDGED).start()
    hold(rig, 5 * LOT, effect=OPEN)
    hold(rig, -LOT, effect=OPEN)
    rig.desk.command(StopEntries("a", "test", rig.now()))

    def send(side: Side, effect: PositionEffect) -> None:
        rig.act(
            lambda context: context.submit(INSTRUMENT.id, side, LOT, MARKET, position_effect=effect)
        )

    send(SELL, OPEN)
    assert [denial.code for denial in rig.denials()] == ["RISK_REDUCING"], "it grows the short leg"
    send(BUY, CLOSE)
    send(SELL, CLOSE)
    assert len(rig.denials()) == 1


def test_entries_do_not_resume_on_a_halted_desk() -> None:
    rig = Rig().start()
    rig.desk.command(StopEntries("", "test", rig.now()))
    rig.desk.command(Halt("test", rig.now()))
    rig.desk.command(ResumeEntries("", "test", rig.now()))
    assert not rig.host().entries_allowed
    assert rig.alerts[-1] == "COMMAND_REFUSED"


def test_halt_lets_only_cancels_pass_and_rearm_wants_a_reason() -> None:
    rig = Rig().start()
    order_id = rig.act(buy)
    rig.accept(order_id)
    rig.desk.command(Halt("smoke", rig.now()))
    rig.desk.command(Halt("again", rig.now()))
    assert rig.desk.execution.halted == "smoke"
    rig.act(buy)
    assert rig.denials()[0].text == "RISK_HALTED: reason='smoke'"
    assert not rig.act(lambda context: context.amend(order_id, price=BID - 5))
    assert rig.act(lambda context: context.cancel(order_id))
    assert rig.cancels == [order_id]
    rig.desk.command(Rearm("", rig.now()))
    assert rig.desk.execution.halted
    rig.desk.command(Rearm("smoke cleared", rig.now()))
    rig.desk.command(Rearm("twice", rig.now()))
    assert rig.alerts[-2:] == ["COMMAND_REFUSED", "HALT_ENDED"]
    assert rig.desk.alerts.recent[-1].text == "smoke cleared"
    rig.act(buy)
    assert len(rig.sent) == 2
    check_books(rig)


def test_cancel_all_cancels_once() -> None:
    rig = Rig("a", "b").start()
    mine, other = rig.act(buy), rig.act(buy, "b")
    for order_id in (mine, other):
        rig.accept(order_id)
    for _ in range(2):
        rig.desk.command(CancelAll("a", "test", rig.now()))
    assert rig.cancels == [mine]
    rig.desk.command(CancelAll("", "test", rig.now()))
    assert rig.cancels == [mine, other]


@pytest.mark.parametrize("capabilities", [PLAIN, BARE, ALL_CAPABILITIES])
@pytest.mark.parametrize("quantity", [3 * LOT, -3 * LOT])
def test_flatten_closes_once_however_often_it_is_asked(
    capabilities: Capabilities, quantity: int
) -> None:
    rig = Rig(capabilities=capabilities).start()
    resting = rig.act(buy)
    rig.accept(resting)
    hold(rig, quantity)
    before = len(rig.sent)
    flatten(rig)
    closing = rig.sent[before:]
    assert [(order.side, order.quantity, order.order_type) for order in closing] == [
        (SELL if quantity > 0 else BUY, abs(quantity), MARKET)
    ]
    rig.accept(closing[0].client_order_id)
    rig.fill(closing[0].client_order_id, LOT)
    flatten(rig)
    flatten(rig)
    assert len(rig.sent) == before + 1
    assert rig.cancels == [resting], "what closes is not canceled"
    rig.fill(closing[0].client_order_id)
    flatten(rig)
    assert rig.held() == 0
    assert len(rig.sent) == before + 1
    check_books(rig)


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, PLAIN])
def test_books_that_oppose_each_other_are_closed_by_plain_orders(
    capabilities: Capabilities,
) -> None:
    """A venue that nets holds nothing: a closing order it would refuse for ever."""
    rig = Rig("a", "b", capabilities=capabilities).start()
    hold(rig, LOT, "a")
    hold(rig, -LOT, "b")
    before = len(rig.sent)
    flatten(rig)
    closing = rig.sent[before:]
    assert [(order.strategy_id, order.side, order.quantity) for order in closing] == [
        ("a", SELL, LOT), ("b", BUY, LOT),
    ]  # fmt: skip
    assert not any(order.reduce_only or order.position_effect is not AUTO for order in closing)
    for order in closing:
        rig.fill(order.client_order_id)
    assert (rig.held(), rig.held("b")) == (0, 0)


def test_a_close_that_another_strategy_needs_no_more_takes_nothing_from_this_one() -> None:
    rig = Rig("a", "b", capabilities=BARE).start()
    for name in ("a", "b"):
        hold(rig, LOT, name)
    flatten(rig)
    mine = rig.sent[-2]
    hold(rig, -LOT, "b")
    rig.rejected(mine.client_order_id)
    flatten(rig)
    assert [(order.strategy_id, order.quantity) for order in rig.sent[-1:]] == [("a", LOT)]


def test_flatten_asks_again_for_what_was_not_closed() -> None:
    rig = Rig(capabilities=PLAIN).start()
    hold(rig, 3 * LOT)
    flatten(rig)
    rig.rejected(rig.sent[-1].client_order_id)
    flatten(rig)
    assert [order.quantity for order in rig.sent[1:]] == [3 * LOT, 3 * LOT]


def test_flatten_closes_each_leg_of_a_hedge() -> None:
    rig = Rig(capabilities=HEDGED).start()
    hold(rig, 5 * LOT, effect=OPEN)
    hold(rig, -3 * LOT, effect=OPEN)
    before = len(rig.sent)
    flatten(rig)
    flatten(rig)
    closing = rig.sent[before:]
    assert [(order.side, order.quantity, order.position_effect) for order in closing] == [
        (SELL, 5 * LOT, CLOSE),
        (BUY, 3 * LOT, CLOSE),
    ]
    rig.fill(closing[0].client_order_id)
    hold(rig, 2 * LOT, effect=OPEN)
    flatten(rig)
    assert [order.quantity for order in rig.sent[-1:]] == [2 * LOT]
    check_books(rig)


def test_flatten_works_while_halted_stopped_and_over_every_limit() -> None:
    limits = RiskLimits(orders_per_second_max="2", order_quantity_max="0.2", open_orders_max="1")
    rig = Rig(limits=limits, capabilities=PLAIN).start()
    hold(rig, 2 * LOT)
    hold(rig, 2 * LOT)
    rig.act(buy)
    assert rig.denials()[-1].code == "RISK_RATE"
    rig.desk.command(StopStrategy("a", keep_orders=True, ts_init=rig.now()))
    rig.desk.command(Halt("test", rig.now()))
    flatten(rig)
    assert rig.sent[-1].quantity == 4 * LOT
    assert rig.sent[-1].side is SELL


def test_a_strategy_cannot_flatten_through_a_halt() -> None:
    rig = Rig(capabilities=PLAIN).start()
    hold(rig, LOT)
    rig.desk.command(Halt("test", rig.now()))
    rig.act(lambda context: context.flatten())
    assert rig.denials()[-1].code == "RISK_HALTED"
    flatten(rig)
    assert rig.sent[-1].side is SELL


def test_flatten_splits_what_is_larger_than_the_venue_takes() -> None:
    instrument = replace(INSTRUMENT, max_quantity=2 * LOT)
    rig = Rig(instruments=[instrument], capabilities=PLAIN).start()
    for _ in range(3):
        hold(rig, 2 * LOT)
    hold(rig, -LOT)
    before = len(rig.sent)
    flatten(rig)
    assert [order.quantity for order in rig.sent[before:]] == [2 * LOT, 2 * LOT, LOT]


def test_a_strategys_own_tag_is_no_closing_order() -> None:
    rig = Rig(capabilities=PLAIN).start()
    hold(rig, LOT)
    order_id = rig.act(
        lambda context: context.submit(INSTRUMENT.id, SELL, LOT, LIMIT, ASK, tag="flatten")
    )
    rig.accept(order_id)
    flatten(rig)
    assert rig.cancels == [order_id]
    assert rig.sent[-1].order_type is MARKET


def test_flatten_of_one_strategy_leaves_the_other_alone() -> None:
    rig = Rig("a", "b", capabilities=PLAIN).start()
    hold(rig, LOT, "a")
    hold(rig, 2 * LOT, "b")
    flatten(rig, "b")
    assert [(order.strategy_id, order.quantity) for order in rig.sent[2:]] == [("b", 2 * LOT)]
    flatten(rig, "nobody")
    assert len(rig.sent) == 3


def test_stop_cancels_or_keeps_orders_and_start_connects_again() -> None:
    rig = Rig("a", "b").start()
    kept, canceled = rig.act(buy, "a"), rig.act(buy, "b")
    for order_id in (kept, canceled):
        rig.accept(order_id)
    rig.desk.command(StopStrategy("a", keep_orders=True, ts_init=rig.now()))
    rig.desk.command(StopStrategy("b", keep_orders=False, ts_init=rig.now()))
    rig.desk.command(StopStrategy("b", keep_orders=False, ts_init=rig.now()))
    assert rig.cancels == [canceled]
    seen = len(rig.puppets["a"].of("on_quote"))
    rig.quote()
    assert len(rig.puppets["a"].of("on_quote")) == seen
    rig.fill(kept)
    assert len(rig.puppets["a"].of("on_fill")) == 1, "its fills still reach it"
    assert rig.puppets["b"].of("on_stop") == [None]
    for _ in range(2):
        rig.desk.command(StartStrategy("a", rig.now()))
    rig.quote()
    assert len(rig.puppets["a"].of("on_quote")) == seen + 1
    assert len(rig.puppets["a"].of("on_start")) == 2


def test_a_strategy_may_flatten_as_it_stops() -> None:
    rig = Rig(capabilities=PLAIN).start()
    hold(rig, LOT)
    puppet: Puppet = rig.puppets["a"]
    puppet.hooks["on_stop"] = lambda _none: puppet.context.flatten()
    rig.desk.command(StopStrategy("a", keep_orders=False, ts_init=rig.now()))
    assert rig.sent[-1].side is SELL
    assert not rig.cancels, "the close goes on"
    rig.fill(rig.sent[-1].client_order_id)
    assert rig.held() == 0


def test_a_stopped_strategys_orders_are_denied() -> None:
    rig = Rig().start()
    order_id = rig.act(buy)
    rig.accept(order_id)
    puppet = rig.puppets["a"]
    puppet.hooks["on_order"] = lambda _event: buy(puppet.context)
    rig.desk.command(StopStrategy("a", keep_orders=False, ts_init=rig.now()))
    rig.canceled(order_id)
    assert rig.denials()[0].code == "STRATEGY_DISABLED"
    assert rig.host().state == "faulted", "it asked again after each denial, without end"
    assert rig.order(order_id).life is Life.CANCELED
