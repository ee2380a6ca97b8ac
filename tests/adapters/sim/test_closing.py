"""Reduce-only orders and position effects, against the venue's own position."""

from typing import Any

import pytest

from hexdesk.domain.values import (
    BUY,
    CLOSE,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    FOK,
    OPEN,
    SELL,
    STOP_MARKET,
    PositionEffect,
)
from tests.adapters.sim.exchange import Exchange, contract

DAY_NS = 86_400 * 10**9


def long(quantity: int, **settings: Any) -> Exchange:
    """Return an exchange where we hold a long position."""
    exchange = Exchange(None, **settings)
    exchange.quote(99, 100)
    exchange.submit(BUY, quantity, position_effect=OPEN)
    return exchange


@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_reduce_only_needs_something_to_reduce(mode: str) -> None:
    exchange = long(5, position_mode=mode)
    exchange.submit(BUY, 1, reduce_only=True)
    assert exchange.rejection == "VENUE_REDUCE_ONLY: side=BUY expected=position_to_reduce"
    assert exchange.story(exchange.submit(SELL, 1, reduce_only=True))[-1] == "taker 1@99"
    assert exchange.position == 4


@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_reduce_only_never_flips_the_position(mode: str) -> None:
    exchange = long(5, position_mode=mode)
    order = exchange.submit(SELL, 8, reduce_only=True)
    assert exchange.story(order) == ["accepted", "taker 5@99", "canceled VENUE_REDUCE_ONLY"]
    assert exchange.position == 0


def test_reduce_only_rests_and_goes_with_the_position() -> None:
    exchange = long(5)
    target = exchange.submit(SELL, 5, 105, reduce_only=True)
    stop = exchange.submit(SELL, 5, order_type=STOP_MARKET, trigger_price=90, reduce_only=True)
    exchange.submit(SELL, 3)
    assert exchange.story(target) == exchange.story(stop) == ["accepted"]
    exchange.quote(105, 106)
    assert exchange.story(target) == ["accepted", "maker 2@105", "canceled VENUE_REDUCE_ONLY"]
    assert exchange.story(stop) == ["accepted", "canceled VENUE_REDUCE_ONLY"]
    assert exchange.position == 0


def test_a_position_that_flips_ends_what_would_have_reduced_it() -> None:
    exchange = long(5)
    stop = exchange.submit(SELL, 5, order_type=STOP_MARKET, trigger_price=90, reduce_only=True)
    exchange.submit(SELL, 8)
    assert exchange.story(stop) == ["accepted", "canceled VENUE_REDUCE_ONLY"]
    assert exchange.position == -3


def test_two_reduce_only_orders_at_one_price_never_flip() -> None:
    exchange = long(5)
    first = exchange.submit(SELL, 5, 105, reduce_only=True)
    second = exchange.submit(SELL, 5, 105, reduce_only=True)
    exchange.quote(106, 107)
    assert exchange.story(first) == ["accepted", "maker 5@105"]
    assert exchange.story(second) == ["accepted", "canceled VENUE_REDUCE_ONLY"]


def test_fill_or_kill_counts_what_may_be_reduced() -> None:
    exchange = long(5)
    order = exchange.submit(SELL, 6, reduce_only=True, time_in_force=FOK)
    assert exchange.story(order) == ["accepted", "canceled FOK"]


@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_close_is_limited_to_what_is_held_and_not_frozen(mode: str) -> None:
    exchange = long(5, position_mode=mode)
    exchange.submit(SELL, 6, position_effect=CLOSE)
    assert exchange.rejection == "VENUE_OVER_CLOSE: quantity=6 effect=CLOSE expected=at_most_5"
    resting = exchange.submit(SELL, 3, 105, position_effect=CLOSE)
    exchange.submit(SELL, 3, position_effect=CLOSE)
    assert exchange.rejection == "VENUE_OVER_CLOSE: quantity=3 effect=CLOSE expected=at_most_2"
    exchange.amend(resting, 6)
    assert exchange.story(resting)[-1] == "amend_rejected VENUE_OVER_CLOSE"
    exchange.amend(resting, 5)
    assert exchange.story(resting)[-1] == "updated"
    exchange.cancel(resting)
    assert exchange.story(exchange.submit(SELL, 5, position_effect=CLOSE))[-1] == "taker 5@99"


def test_hedging_keeps_long_and_short_apart() -> None:
    exchange = long(5, position_mode="hedging")
    exchange.submit(SELL, 3, position_effect=OPEN)
    exchange.submit(SELL, 2)
    position = exchange.account.holdings[exchange.instrument.id].position
    assert (position.quantity, exchange.position) == (0, 0)
    exchange.submit(BUY, 5, position_effect=CLOSE)
    assert exchange.position == 5
    exchange.submit(BUY, 1, position_effect=CLOSE)
    assert exchange.rejection.startswith("VENUE_OVER_CLOSE")


@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_today_and_yesterday_are_closed_apart(mode: str) -> None:
    exchange = long(5, position_mode=mode)
    exchange.wait(DAY_NS)
    exchange.submit(BUY, 3, position_effect=OPEN)

    def closes(quantity: int, effect: PositionEffect) -> bool:
        order = exchange.submit(SELL, quantity, position_effect=effect)
        return exchange.story(order)[-1] == f"taker {quantity}@99"

    assert not closes(4, CLOSE_TODAY)
    assert not closes(6, CLOSE_YESTERDAY)
    assert closes(2, CLOSE_TODAY)
    assert closes(5, CLOSE_YESTERDAY)
    assert not closes(1, CLOSE_YESTERDAY)
    assert closes(1, CLOSE)


def test_a_day_that_ends_without_trades_turns_today_into_yesterday() -> None:
    exchange = long(5)
    exchange.wait(DAY_NS)
    exchange.submit(SELL, 1, position_effect=CLOSE_TODAY)
    assert exchange.rejection.startswith("VENUE_OVER_CLOSE")
    assert exchange.story(exchange.submit(SELL, 5, position_effect=CLOSE_YESTERDAY))[1:] == [
        "taker 5@99"
    ]


def test_where_days_are_closed_apart_a_plain_close_means_yesterday() -> None:
    exchange = Exchange(contract(closes_by_day=True))
    exchange.quote(99, 100)
    exchange.submit(BUY, 5, position_effect=OPEN)
    exchange.submit(SELL, 1, position_effect=CLOSE)
    assert exchange.rejection.startswith("VENUE_OVER_CLOSE: quantity=1 effect=CLOSE_YESTERDAY")
    exchange.wait(DAY_NS)
    assert exchange.story(exchange.submit(SELL, 5, position_effect=CLOSE))[1] == "taker 5@99"


def test_a_close_whose_position_went_elsewhere_is_canceled() -> None:
    exchange = long(5)
    resting = exchange.submit(SELL, 5, 105, position_effect=CLOSE)
    exchange.submit(SELL, 5)
    assert exchange.story(resting) == ["accepted", "canceled VENUE_OVER_CLOSE"]
