"""What working orders close is frozen, and orders of which one ends the other count once."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application.orders.working import Closing
from hexdesk.domain.commands import Flatten
from hexdesk.domain.money import Money
from hexdesk.domain.positions import Position
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    HEDGING,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    PositionEffect,
    Side,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.rig import ALL_CAPABILITIES, Rig, agreeable

ID = INSTRUMENT.id
HEDGED = replace(ALL_CAPABILITIES, position_mode=HEDGING)
FAR = ASK + 500
WIDE = RiskLimits(
    order_notional_max=UNLIMITED,
    position_notional_max=UNLIMITED,
    collar_pct=UNLIMITED,
    orders_per_second_max=UNLIMITED,
    open_orders_max=UNLIMITED,
)
Close = Callable[[int], Callable[[StrategyContext], str]]


def closing(effect: PositionEffect, side: Side = SELL, price: int = FAR) -> Close:
    """Return what makes a limit order of a quantity that only closes."""
    return lambda quantity: (
        lambda context: context.submit(
            ID, side, quantity, LIMIT, price, position_effect=effect, reduce_only=effect is AUTO
        )
    )


def holding(capabilities: Capabilities, *quantities: int, limits: RiskLimits = WIDE) -> Rig:
    """Return a desk that obeys and holds; a negative quantity was sold."""
    rig = Rig(capabilities=capabilities, limits=limits).start()
    rig.broker.answer = agreeable
    effect = OPEN if capabilities.position_mode is HEDGING else AUTO
    for quantity in quantities:
        side = BUY if quantity > 0 else SELL
        rig.fill(rig.act(partial(opened, side=side, quantity=abs(quantity), effect=effect)))
    return rig


def opened(context: StrategyContext, *, side: Side, quantity: int, effect: PositionEffect) -> str:
    return context.submit(ID, side, quantity, MARKET, position_effect=effect)


def codes(rig: Rig) -> list[str]:
    return [denial.code for denial in rig.denials()]


WAYS: list[tuple[Capabilities, PositionEffect]] = [
    (HEDGED, CLOSE),
    (HEDGED, CLOSE_TODAY),
    (ALL_CAPABILITIES, CLOSE),
    (ALL_CAPABILITIES, AUTO),
]


@pytest.mark.parametrize(("capabilities", "effect"), WAYS)
def test_what_one_order_closes_no_second_one_can(
    capabilities: Capabilities, effect: PositionEffect
) -> None:
    rig = holding(capabilities, 4 * LOT)
    close = closing(effect)
    rig.act(close(4 * LOT))
    rig.act(close(4 * LOT))
    (denial,) = rig.denials()
    assert denial.code == "ORDER_OVER_CLOSE"
    assert denial.text == "ORDER_OVER_CLOSE: quantity=400 closable=0"
    check_books(rig)


@pytest.mark.parametrize(("capabilities", "effect"), WAYS)
def test_closes_add_up_to_what_is_held_and_no_further(
    capabilities: Capabilities, effect: PositionEffect
) -> None:
    rig = holding(capabilities, 4 * LOT)
    close = closing(effect)
    for quantity in (LOT, 3 * LOT):
        rig.act(close(quantity))
    assert codes(rig) == []
    rig.act(close(10))
    assert codes(rig) == ["ORDER_OVER_CLOSE"]
    check_books(rig)


@pytest.mark.parametrize(("capabilities", "effect"), WAYS)
@pytest.mark.parametrize("how", ["canceled", "rejected", "filled"])
def test_a_close_that_is_over_freezes_nothing(
    capabilities: Capabilities, effect: PositionEffect, how: str
) -> None:
    rig = holding(capabilities, 4 * LOT)
    close = closing(effect)
    order_id = rig.act(close(3 * LOT))
    rig.fill(order_id, LOT, FAR)
    rig.act(close(2 * LOT))
    assert codes(rig) == ["ORDER_OVER_CLOSE"], "held 3, of which 2 are still being closed"
    if how == "filled":
        rig.fill(order_id, 2 * LOT, FAR)
    elif how == "rejected":
        rig.rejected(order_id)
    else:
        rig.act(lambda context: context.cancel(order_id))
    rig.act(close(LOT if how == "filled" else 3 * LOT))
    assert len(codes(rig)) == 1
    check_books(rig)


def test_a_close_that_is_being_canceled_still_freezes() -> None:
    rig = holding(HEDGED, 4 * LOT)
    order_id = rig.act(closing(CLOSE)(4 * LOT))
    rig.broker.answer = lambda _request: ()
    rig.act(lambda context: context.cancel(order_id))
    rig.act(closing(CLOSE)(LOT))
    assert codes(rig) == ["ORDER_OVER_CLOSE"]
    rig.canceled(order_id)
    rig.act(closing(CLOSE)(LOT))
    assert len(codes(rig)) == 1


def test_a_close_is_amended_up_to_what_no_other_order_closes() -> None:
    rig = holding(ALL_CAPABILITIES, 4 * LOT)
    order_id = rig.act(closing(AUTO)(LOT))
    rig.act(closing(AUTO)(LOT))
    assert not rig.act(lambda context: context.amend(order_id, quantity=4 * LOT))
    assert rig.puppets["a"].of("on_order")[-1].code == "ORDER_OVER_CLOSE"
    check_books(rig)
    assert rig.act(lambda context: context.amend(order_id, quantity=3 * LOT))
    rig.act(closing(AUTO)(10))
    assert codes(rig) == ["ORDER_OVER_CLOSE"]
    check_books(rig)


def test_an_amendment_that_is_under_way_freezes_the_larger_quantity() -> None:
    rig = holding(ALL_CAPABILITIES, 4 * LOT)
    order_id = rig.act(closing(AUTO)(3 * LOT))
    rig.broker.answer = lambda _request: ()
    assert rig.act(lambda context: context.amend(order_id, quantity=LOT))
    rig.act(closing(AUTO)(2 * LOT))
    assert codes(rig) == ["ORDER_OVER_CLOSE"]
    rig.confirm(rig.amends[0])
    rig.act(closing(AUTO)(3 * LOT))
    assert len(codes(rig)) == 1
    check_books(rig)


@pytest.mark.parametrize("effect", [CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY])
def test_legs_of_a_hedge_are_frozen_apart(effect: PositionEffect) -> None:
    rig = holding(HEDGED, 2 * LOT, -3 * LOT)
    if effect is CLOSE_YESTERDAY:
        rig.host().ledgers[ID].position.roll_trading_day()
    rig.act(closing(effect)(2 * LOT))
    rig.act(closing(effect, BUY, BID - 500)(3 * LOT))
    assert codes(rig) == []
    rig.act(closing(effect, BUY, BID - 500)(10))
    assert codes(rig) == ["ORDER_OVER_CLOSE"]
    check_books(rig)


def test_each_trading_day_is_frozen_apart_and_a_plain_close_takes_of_both() -> None:
    rig = holding(HEDGED, 3 * LOT)
    rig.host().ledgers[ID].position.roll_trading_day()
    rig.fill(rig.act(lambda context: context.submit(ID, BUY, 2 * LOT, position_effect=OPEN)))
    rig.act(closing(CLOSE_TODAY)(3 * LOT))
    assert codes(rig) == ["ORDER_OVER_CLOSE"], "today's are 2"
    rig.act(closing(CLOSE_YESTERDAY)(2 * LOT))
    rig.act(closing(CLOSE_YESTERDAY)(2 * LOT))
    assert codes(rig)[1:] == ["ORDER_OVER_CLOSE"], "1 of yesterday's is left"
    rig.act(closing(CLOSE)(2 * LOT))
    rig.act(closing(CLOSE_TODAY)(2 * LOT))
    assert codes(rig)[2:] == ["ORDER_OVER_CLOSE"], "1 of all is left"
    rig.act(closing(CLOSE_TODAY)(LOT))
    assert len(codes(rig)) == 3
    check_books(rig)


@given(
    days=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    asked=st.lists(
        st.tuples(st.sampled_from([CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY]), st.integers(1, 4)),
        max_size=5,
    ),
)
def test_exactly_those_closes_pass_that_can_all_be_filled(
    days: tuple[int, int], asked: Sequence[tuple[PositionEffect, int]]
) -> None:
    position = Position(INSTRUMENT)
    yesterday, today = days
    if yesterday:
        position.book(BUY, yesterday, BID)
    position.roll_trading_day()
    if today:
        position.book(BUY, today, BID)
    working = Closing()
    taken: list[tuple[PositionEffect, int]] = []
    for effect, quantity in asked:
        passes = quantity <= working.free(position, SELL, effect)
        assert passes is _can_all_be_filled([*taken, (effect, quantity)], yesterday, today)
        if passes:
            working.add(effect, quantity)
            taken.append((effect, quantity))


def _can_all_be_filled(
    closes: Sequence[tuple[PositionEffect, int]], yesterday: int, today: int
) -> bool:
    """Try every way in which closes may take from both days."""
    choices = [
        [quantity]
        if effect is CLOSE_YESTERDAY
        else [0]
        if effect is CLOSE_TODAY
        else range(quantity + 1)
        for effect, quantity in closes
    ]
    total = sum(quantity for _, quantity in closes)
    return any(sum(old) <= yesterday and total - sum(old) <= today for old in product(*choices))


def test_a_netted_account_closes_on_the_side_that_shrinks_it_only() -> None:
    rig = holding(ALL_CAPABILITIES, 2 * LOT)
    rig.act(closing(CLOSE, BUY, BID)(LOT))
    assert codes(rig) == ["ORDER_OVER_CLOSE"], "to buy would open"
    rig.act(closing(CLOSE)(LOT))
    assert len(codes(rig)) == 1


def test_a_plain_order_beside_working_closes_is_no_reduction() -> None:
    rig = holding(ALL_CAPABILITIES, 4 * LOT, limits=replace(WIDE, position_quantity_max="0.4"))
    rig.act(closing(AUTO)(4 * LOT))
    rig.act(lambda context: context.submit(ID, SELL, 5 * LOT, LIMIT, FAR))
    assert codes(rig) == ["RISK_POSITION"], "after the close it would be short of 5"
    rig.act(lambda context: context.submit(ID, SELL, 4 * LOT, LIMIT, FAR))
    assert len(codes(rig)) == 1
    assert rig.order(rig.sent[-1].client_order_id).reserved > 0
    check_books(rig)


def test_a_close_that_finds_nothing_to_close_any_more_counts_as_nothing() -> None:
    rig = holding(ALL_CAPABILITIES, 4 * LOT, limits=replace(WIDE, position_quantity_max="0.4"))
    rig.act(closing(AUTO)(4 * LOT))
    rig.fill(rig.act(lambda context: context.submit(ID, SELL, 4 * LOT, LIMIT, BID)), price=BID)
    rig.act(lambda context: context.submit(ID, SELL, 4 * LOT, LIMIT, BID))
    assert codes(rig) == []
    check_books(rig)


# --------------------------------------------------------------------------------------------------
# Lists


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, HEDGED])
def test_a_closing_pair_counts_once(capabilities: Capabilities) -> None:
    rig = holding(capabilities, 2 * LOT)

    def pair(quantity: int) -> tuple[str, str]:
        return rig.act(
            lambda context: context.submit_oco(
                ID, SELL, quantity, limit_price=FAR, stop_price=BID - 500, reduce_only=True
            )
        )

    pair(2 * LOT)
    assert codes(rig) == []
    check_books(rig)
    pair(10)
    assert codes(rig)[0] == "ORDER_OVER_CLOSE"


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, HEDGED])
def test_exits_of_a_bracket_count_once_and_freeze_what_they_protect(
    capabilities: Capabilities,
) -> None:
    rig = holding(capabilities)
    ids = rig.act(
        lambda context: context.submit_bracket(
            ID, BUY, 4 * LOT, entry_price=ASK, stop_price=BID - 500, target_price=FAR
        )
    )
    for _ in range(2):
        rig.fill(ids.entry, 2 * LOT)
        check_books(rig)
    assert codes(rig) == []
    effect = CLOSE if capabilities is HEDGED else AUTO
    rig.act(closing(effect)(LOT))
    assert codes(rig) == ["ORDER_OVER_CLOSE"]
    rig.fill(ids.target, LOT, FAR)
    rig.act(lambda context: context.cancel_all())
    rig.act(closing(effect)(3 * LOT))
    assert len(codes(rig)) == 1
    check_books(rig)


def test_flatten_closes_what_canceled_exits_still_freeze() -> None:
    rig = holding(HEDGED, 2 * LOT)
    rig.act(closing(CLOSE)(2 * LOT))
    rig.broker.answer = lambda _request: ()
    rig.desk.command(Flatten("", "test", rig.now()))
    assert (rig.sent[-1].quantity, rig.sent[-1].order_type) == (2 * LOT, MARKET)
    assert codes(rig) == []
    check_books(rig)


def test_a_protective_exit_leaves_whatever_the_strategy_sent_before_it() -> None:
    rig = holding(HEDGED)
    puppet = rig.puppets["a"]
    puppet.hooks["on_fill"] = lambda fill: closing(CLOSE)(fill.quantity)(puppet.context)
    rig.act(lambda context: context.submit_bracket(ID, BUY, LOT, stop_price=BID - 500))
    rig.fill(rig.sent[0].client_order_id)
    assert codes(rig) == []
    assert [order.position_effect for order in rig.sent] == [OPEN, CLOSE, CLOSE]
    check_books(rig)


def pair_of(context: StrategyContext, quantity: int = 2 * LOT) -> tuple[str, str]:
    return context.submit_oco(ID, BUY, quantity, limit_price=BID - 100, stop_price=ASK + 100)


@pytest.mark.parametrize("amends", [True, False])
def test_an_opening_pair_counts_its_worse_order_once(*, amends: bool) -> None:
    capabilities = replace(ALL_CAPABILITIES, amend=amends)
    rig = holding(capabilities, limits=replace(WIDE, position_quantity_max="0.3"))
    limit, stop = rig.act(pair_of)
    assert codes(rig) == []
    balance = rig.account.balance("USDT")
    assert balance.reserved == rig.order(stop).reserved > rig.order(limit).reserved
    check_books(rig)
    rig.act(lambda context: context.submit(ID, BUY, 2 * LOT, LIMIT, BID))
    assert codes(rig) == ["RISK_POSITION"]
    rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    assert len(codes(rig)) == 1
    rig.fill(limit, LOT, BID - 100)
    check_books(rig)
    rig.fill(stop if amends else rig.sent[-1].client_order_id, LOT, ASK)
    check_books(rig)
    assert rig.held() == 2 * LOT


def test_a_pair_is_paid_once() -> None:
    rig = holding(ALL_CAPABILITIES)
    rig.deposit = Money(202 * 10**8, "USDT")
    balance = rig.account.balance("USDT")
    balance.total = rig.deposit.amount * 10 ** (balance.scale - 8)
    rig.act(pair_of)
    assert codes(rig) == []
    rig.act(pair_of)
    assert "CAPITAL_FUNDS" in codes(rig)
    check_books(rig)
