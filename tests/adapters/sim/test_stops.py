"""Stops and trailing stops: what sets them off, and when they do not go."""

import pytest

from hexdesk.domain.values import BUY, SELL, STOP_LIMIT, STOP_MARKET, TRAILING_STOP
from tests.adapters.sim.exchange import Exchange


def test_a_sell_stop_goes_when_the_bid_falls_to_it() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=95)
    exchange.quote(96, 97)
    assert exchange.story(order) == ["accepted"]
    exchange.quote(95, 96)
    assert exchange.story(order) == ["accepted", "triggered", "taker 1@95"]


def test_a_stop_beyond_the_market_goes_at_once() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=100)
    assert exchange.story(order) == ["accepted", "triggered", "taker 1@100"]


@pytest.mark.parametrize(
    ("trigger", "by_quote", "by_trade"),
    [("any", True, True), ("quote", True, False), ("trade", False, True)],
)
def test_what_sets_off_a_stop_is_chosen(trigger: str, by_quote: bool, by_trade: bool) -> None:
    exchange = Exchange(trigger=trigger)
    exchange.quote(100, 101)
    order = exchange.submit(BUY, 1, order_type=STOP_MARKET, trigger_price=105)
    exchange.quote(104, 105)
    assert ("triggered" in exchange.story(order)) is by_quote
    other = exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=95)
    exchange.trade(95, 1)
    assert ("triggered" in exchange.story(other)) is by_trade


def test_a_stale_trade_does_not_set_off_a_new_stop() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    exchange.trade(80, 1)
    order = exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=90)
    assert exchange.story(order) == ["accepted"]


def test_a_missing_side_sets_off_nothing() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=95)
    exchange.quote(0, 101)
    assert exchange.story(order) == ["accepted"]


def test_a_crossed_quote_sets_off_nothing() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    orders = [
        exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=95),
        exchange.submit(BUY, 1, order_type=STOP_MARKET, trigger_price=105),
    ]
    exchange.quote(110, 90)
    orders.append(exchange.submit(BUY, 1, order_type=STOP_MARKET, trigger_price=95))
    assert [exchange.story(order) for order in orders] == [["accepted"]] * 3


def test_stops_go_in_the_order_in_which_the_market_meets_them() -> None:
    exchange = Exchange()
    exchange.quote(100, 101, 10, 10)
    far = exchange.submit(SELL, 6, order_type=STOP_MARKET, trigger_price=93)
    near = exchange.submit(SELL, 6, order_type=STOP_MARKET, trigger_price=95)
    exchange.quote(90, 91, 10, 10)
    assert exchange.story(near) == ["accepted", "triggered", "taker 6@90"]
    assert exchange.story(far)[1:3] == ["triggered", "taker 4@90"]


def test_a_stop_limit_rests_where_the_market_has_run_away() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, 94, STOP_LIMIT, trigger_price=95)
    exchange.quote(90, 91)
    assert exchange.story(order) == ["accepted", "triggered"]
    exchange.quote(94, 95)
    assert exchange.story(order) == ["accepted", "triggered", "maker 1@94"]


def test_a_sell_trailing_stop_follows_the_bid_up_and_never_down() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=TRAILING_STOP, trailing_offset=5)
    assert exchange.order(order).trigger_price == 95
    exchange.quote(110, 111)
    exchange.quote(107, 108)
    assert exchange.order(order).trigger_price == 105
    exchange.quote(105, 106)
    assert exchange.story(order) == ["accepted", "triggered", "taker 1@105"]


def test_a_buy_trailing_stop_follows_the_ask_down() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(BUY, 1, order_type=TRAILING_STOP, trailing_offset=5)
    exchange.quote(90, 91)
    exchange.quote(0, 0)
    assert exchange.order(order).trigger_price == 96
    exchange.quote(95, 96)
    assert exchange.story(order) == ["accepted", "triggered", "taker 1@96"]


def test_a_trailing_stop_may_start_at_a_trigger_of_its_own() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=TRAILING_STOP, trailing_offset=5, trigger_price=80)
    assert exchange.order(order).trigger_price == 80
    exchange.quote(101, 102)
    assert exchange.order(order).trigger_price == 96


@pytest.mark.parametrize(("side", "trigger"), [(BUY, 106), (SELL, 95)])
def test_a_trailing_stop_without_a_market_starts_with_the_first_price(
    side: int, trigger: int
) -> None:
    exchange = Exchange()
    order = exchange.submit(
        BUY if side == BUY else SELL, 1, order_type=TRAILING_STOP, trailing_offset=5
    )
    exchange.quote(100, 101)
    assert exchange.order(order).trigger_price == trigger
    assert exchange.story(order) == ["accepted"]


def test_trailing_stops_follow_trades_too() -> None:
    exchange = Exchange()
    exchange.trade(100)
    order = exchange.submit(SELL, 1, order_type=TRAILING_STOP, trailing_offset=5)
    exchange.trade(120)
    exchange.trade(115)
    assert exchange.story(order) == ["accepted", "triggered", "taker 1@115"]


def test_a_waiting_stop_can_be_canceled() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    orders = [
        exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=95),
        exchange.submit(SELL, 1, order_type=TRAILING_STOP, trailing_offset=5),
    ]
    for order in orders:
        exchange.cancel(order)
    exchange.quote(110, 111)
    exchange.quote(90, 91)
    for order in orders:
        assert exchange.story(order) == ["accepted", "canceled"]
