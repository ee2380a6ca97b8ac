"""Positions are exact: no history, however long, loses or makes a single unit."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.positions import HedgedPosition, Position, split_close
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    OPEN,
    SELL,
    PositionEffect,
    Side,
)
from hexdesk.errors import InvariantError
from hexdesk.testing.strategies import instruments, prices, sides

Trade = tuple[Side, int, int, PositionEffect]

trades = st.lists(
    st.tuples(sides, st.integers(1, 10**6), prices, st.sampled_from(PositionEffect)), max_size=40
)


def linear(multiplier: int = 1) -> Instrument:
    return Instrument(
        id="X.Y",
        kind=InstrumentKind.FUTURE,
        base="X",
        quote="USD",
        settle="USD",
        price_scale=2,
        quantity_scale=0,
        ticks=(TickBand(0, 1),),
        lot=1,
        multiplier=multiplier,
    )


def inverse() -> Instrument:
    """BTCUSD, 100 USD a contract, prices with one decimal."""
    return Instrument(
        id="BTCUSD.ACME",
        kind=InstrumentKind.PERPETUAL,
        base="BTC",
        quote="USD",
        settle="BTC",
        price_scale=1,
        quantity_scale=0,
        ticks=(TickBand(0, 1),),
        lot=1,
        multiplier=100,
        inverse=True,
    )


def booked(instrument: Instrument, history: Sequence[Trade]) -> Position:
    position = Position(instrument)
    for side, quantity, price, effect in history:
        position.book(side, quantity, price, effect)
    return position


@given(instruments(), trades, prices)
def test_l11_cash_flow_and_value_held_are_the_result(
    instrument: Instrument, history: list[Trade], mark: int
) -> None:
    """A21: cost sums do not drift, however long the history."""
    position = Position(instrument)
    realised = 0
    for side, quantity, price, effect in history:
        realised += position.book(side, quantity, price, effect)
        assert position.realised == realised
        assert position.cash_flow + position.held_value(mark) == realised + position.unrealised(
            mark
        )


@given(instruments(), trades, prices)
def test_l11_holds_for_both_legs_of_a_hedge(
    instrument: Instrument, history: list[Trade], mark: int
) -> None:
    hedge = HedgedPosition(instrument)
    net = 0
    for side, quantity, price, effect in history:
        hedge.book(side, quantity, price, effect)
        net += quantity if side is BUY else -quantity
    assert hedge.quantity == net
    assert hedge.cash_flow + hedge.held_value(mark) == hedge.realised + hedge.unrealised(mark)


@given(instruments(), trades)
def test_quantity_days_and_cost_stay_in_bounds(
    instrument: Instrument, history: list[Trade]
) -> None:
    position = Position(instrument)
    net = 0
    for side, quantity, price, effect in history:
        position.book(side, quantity, price, effect)
        net += quantity if side is BUY else -quantity
        assert position.quantity == net
        assert 0 <= position.today <= abs(net)
        assert position.today + position.yesterday == abs(net)
        assert position.cost >= 0
        if net == 0:
            assert (position.cost, position.avg_px) == (0, 0.0)


@given(instruments(), trades, prices)
def test_realised_is_cash_flow_whenever_flat(
    instrument: Instrument, history: list[Trade], price: int
) -> None:
    position = booked(instrument, history)
    if position.quantity:
        side = SELL if position.quantity > 0 else BUY
        position.book(side, abs(position.quantity), price)
    assert position.quantity == position.unrealised(price) == position.cost == 0
    assert position.realised == position.cash_flow


@given(instruments(), trades, trades, st.data(), prices)
def test_a_busted_trade_leaves_the_result_as_if_it_never_was(
    instrument: Instrument,
    before: list[Trade],
    later: list[Trade],
    data: st.DataObject,
    mark: int,
) -> None:
    side, quantity, price, effect = data.draw(trades.filter(len))[0]
    broken = booked(instrument, [*before, (side, quantity, price, effect), *later])
    broken.unbook(side, quantity, price, effect)
    never = booked(instrument, [*before, *later])
    assert broken.quantity == never.quantity
    assert broken.cash_flow == never.cash_flow
    assert broken.realised + broken.unrealised(mark) == never.realised + never.unrealised(mark)
    assert 0 <= broken.today <= abs(broken.quantity)


@given(instruments(), trades)
def test_mirrored_histories_have_mirrored_positions(
    instrument: Instrument, history: list[Trade]
) -> None:
    mirrored = [
        (SELL if side is BUY else BUY, quantity, price, effect)
        for side, quantity, price, effect in history
    ]
    one, other = booked(instrument, history), booked(instrument, mirrored)
    assert (one.quantity, one.cost, one.cash_flow) == (
        -other.quantity,
        other.cost,
        -other.cash_flow,
    )
    assert one.realised == -other.realised


def test_average_cost_by_hand() -> None:
    """A30: buys add price x quantity, the average is amount / quantity."""
    position = Position(linear(multiplier=10))
    assert position.book(BUY, 2, 10_000) == 0
    assert position.book(BUY, 1, 10_600) == 0
    assert position.avg_px == 10_200.0
    assert position.book(SELL, 2, 10_500) == 6_000
    assert (position.quantity, position.cost, position.avg_px) == (1, 102_000, 10_200.0)
    assert position.unrealised(10_300) == 1_000


def test_closing_releases_the_floor_and_keeps_the_rest() -> None:
    """A30: a sale releases average cost x quantity, not what it was sold for."""
    position = Position(linear())
    for price in (100, 100, 101):
        position.book(BUY, 1, price)
    assert position.book(SELL, 1, 100) == 0  # floor(301 / 3) = 100
    assert position.book(SELL, 1, 100) == 0  # floor(201 / 2) = 100
    assert position.book(SELL, 1, 100) == -1
    assert position.realised == position.cash_flow == -1


def test_a_trade_through_zero_closes_and_opens() -> None:
    position = booked(linear(), [(BUY, 3, 100, AUTO)])
    assert position.book(SELL, 5, 110) == 30
    assert (position.quantity, position.cost, position.avg_px, position.today) == (
        -2,
        220,
        110.0,
        2,
    )


def test_inverse_result_is_in_the_base_currency() -> None:
    instrument = inverse()
    position = booked(instrument, [(BUY, 100, 500_000, AUTO)])  # 10,000 USD at 50,000: 0.2 BTC
    assert position.avg_px == 500_000.0
    position.book(SELL, 100, 625_000)  # at 62,500: 0.16 BTC
    assert instrument.format_value(position.realised) == "0.04"


def test_yesterday_is_closed_first_unless_told_otherwise() -> None:
    position = booked(linear(), [(BUY, 5, 100, OPEN)])
    position.roll_trading_day()
    position.book(BUY, 3, 100, OPEN)
    position.book(SELL, 2, 100, CLOSE)
    assert (position.yesterday, position.today) == (3, 3)
    position.book(SELL, 2, 100, CLOSE_TODAY)
    assert (position.yesterday, position.today) == (3, 1)
    position.book(SELL, 3, 100, CLOSE_YESTERDAY)
    assert (position.yesterday, position.today) == (0, 1)


@pytest.mark.parametrize(
    ("effect", "closable"), [(CLOSE, 8), (CLOSE_TODAY, 3), (CLOSE_YESTERDAY, 5), (AUTO, 8)]
)
def test_closable_by_day(effect: PositionEffect, closable: int) -> None:
    position = booked(linear(), [(SELL, 5, 100, OPEN)])
    position.roll_trading_day()
    position.book(SELL, 3, 100, OPEN)
    assert position.closable(effect) == closable


def test_busting_an_opening_gives_back_todays_quantity() -> None:
    position = booked(linear(), [(BUY, 10, 100, OPEN)])
    position.roll_trading_day()
    position.book(BUY, 5, 100, OPEN)
    position.unbook(BUY, 5, 100, OPEN)
    assert (position.yesterday, position.today) == (10, 0)


@pytest.mark.parametrize(
    ("effect", "days"), [(CLOSE_YESTERDAY, (10, 5)), (CLOSE_TODAY, (10, 5)), (AUTO, (10, 5))]
)
def test_busting_a_close_gives_the_quantity_back_to_its_day(
    effect: PositionEffect, days: tuple[int, int]
) -> None:
    position = booked(linear(), [(BUY, 10, 100, OPEN)])
    position.roll_trading_day()
    position.book(BUY, 5, 100, OPEN)
    position.book(SELL, 4, 100, effect)
    position.unbook(SELL, 4, 100, effect)
    assert (position.yesterday, position.today) == days


def test_hedge_keeps_long_and_short_apart() -> None:
    hedge = HedgedPosition(linear())
    hedge.book(BUY, 5, 100, OPEN)
    hedge.book(SELL, 3, 110, OPEN)
    assert (hedge.long.quantity, hedge.short.quantity, hedge.quantity) == (5, -3, 2)
    assert hedge.book(SELL, 2, 120, CLOSE) == 40
    assert hedge.book(BUY, 3, 100, CLOSE) == 30
    assert (hedge.long.quantity, hedge.short.quantity, hedge.realised) == (3, 0, 70)
    hedge.unbook(SELL, 2, 120, CLOSE)
    assert (hedge.long.quantity, hedge.realised + hedge.unrealised(100)) == (5, 30)


def test_numbers_beyond_64_bits_stay_exact() -> None:
    position = booked(linear(), [(BUY, 10**30, 10**30 + 1, AUTO)])
    assert position.book(SELL, 10**30, 10**30 + 2) == 10**30


def days(yesterday: int, today: int, side: Side = BUY) -> Position:
    """Return a position of quantities that two trading days opened."""
    position = booked(linear(), [(side, yesterday, 100, OPEN)] if yesterday else [])
    position.roll_trading_day()
    if today:
        position.book(side, today, 100, OPEN)
    return position


@given(st.integers(0, 50), st.integers(0, 50), sides, st.data())
def test_a_split_close_takes_each_days_own_and_yesterdays_first(
    yesterday: int, today: int, side: Side, data: st.DataObject
) -> None:
    position = days(yesterday, today, side)
    quantity = data.draw(st.integers(0, yesterday + today))
    parts = split_close(position, quantity)
    assert sum(part for _, part in parts) == quantity
    assert [effect for effect, _ in parts] == sorted(
        {effect for effect, _ in parts}, reverse=True
    ), "CLOSE_YESTERDAY, then CLOSE_TODAY, each once"
    other = SELL if side is BUY else BUY
    for effect, part in parts:
        assert 0 < part <= position.to_close(other, effect)
        position.book(other, part, 100, effect)
    assert (position.yesterday, position.today) == (
        yesterday - min(quantity, yesterday),
        today - max(quantity - yesterday, 0),
    )


@given(instruments(), trades, st.lists(st.integers(0, 40), max_size=3))
def test_the_days_of_both_legs_sum_to_what_is_held_however_days_change(
    instrument: Instrument, history: list[Trade], rolls: list[int]
) -> None:
    hedge = HedgedPosition(instrument)
    for number, (side, quantity, price, effect) in enumerate(history):
        if number in rolls:
            hedge.roll_trading_day()
            assert hedge.long.today == hedge.short.today == 0
        hedge.book(side, quantity, price, effect)
        for leg, closes in ((hedge.long, SELL), (hedge.short, BUY)):
            parts = [leg.to_close(closes, each) for each in (CLOSE_TODAY, CLOSE_YESTERDAY)]
            assert min(parts) >= 0
            assert sum(parts) == leg.to_close(closes, CLOSE)
            assert leg.today + leg.yesterday == abs(leg.quantity)


def test_what_works_on_yesterdays_leaves_todays_to_close() -> None:
    position = days(3, 5)
    assert split_close(position, 4, frozen_yesterday=3) == [(CLOSE_TODAY, 4)]
    assert split_close(position, 4, frozen_yesterday=2) == [(CLOSE_YESTERDAY, 1), (CLOSE_TODAY, 3)]
    with pytest.raises(InvariantError):
        split_close(position, 9)


def test_only_the_other_side_closes() -> None:
    long = booked(linear(), [(BUY, 5, 100, AUTO)])
    assert (long.to_close(SELL, CLOSE), long.to_close(BUY, CLOSE)) == (5, 0)
    hedge = HedgedPosition(linear())
    hedge.book(BUY, 5, 100, OPEN)
    hedge.book(SELL, 3, 100, OPEN)
    assert (hedge.to_close(SELL, CLOSE), hedge.to_close(BUY, CLOSE)) == (5, 3)
    assert hedge.to_close(SELL, OPEN) == hedge.to_close(BUY, AUTO) == 0
