"""Resting orders: price, time, queue, icebergs."""

import pytest

from hexdesk.domain.values import BUY, SELL, Aggressor
from tests.adapters.sim.exchange import Exchange

BUYER, SELLER = Aggressor.BUYER, Aggressor.SELLER


def test_a_quote_that_comes_to_the_price_fills_at_the_price() -> None:
    exchange = Exchange()
    exchange.quote(99, 101)
    buy, sell = exchange.submit(BUY, 2, 100), exchange.submit(SELL, 2, 101 + 1)
    exchange.quote(97, 98, 0, 0)
    exchange.quote(105, 106, 0, 0)
    assert exchange.story(buy) == ["accepted", "maker 2@100"]
    assert exchange.story(sell) == ["accepted", "maker 2@102"]


def test_the_displayed_size_is_shared_by_price_then_time() -> None:
    exchange = Exchange()
    exchange.quote(90, 110)
    worse = exchange.submit(BUY, 5, 99)
    first = exchange.submit(BUY, 5, 100)
    second = exchange.submit(BUY, 5, 100)
    exchange.quote(90, 99, 1, 12)
    assert exchange.story(first) == ["accepted", "maker 5@100"]
    assert exchange.story(second) == ["accepted", "maker 5@100"]
    assert exchange.story(worse) == ["accepted", "maker 2@99"]


def test_a_trade_through_the_price_fills_up_to_its_size() -> None:
    exchange = Exchange(queue="back")
    exchange.quote(100, 101, 50, 50)
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(99, 3, SELLER)
    exchange.trade(99, 3, SELLER)
    assert exchange.story(order) == ["accepted", "maker 3@100", "maker 2@100"]


def test_at_the_front_a_trade_at_the_price_fills() -> None:
    exchange = Exchange(queue="front")
    exchange.quote(100, 101, 50, 50)
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 3, SELLER)
    assert exchange.story(order) == ["accepted", "maker 3@100"]


def test_a_trade_on_our_own_side_does_not_meet_us() -> None:
    exchange = Exchange(queue="front")
    exchange.quote(100, 101)
    buy, sell = exchange.submit(BUY, 5, 100), exchange.submit(SELL, 5, 101)
    exchange.trade(100, 3, BUYER)
    exchange.trade(101, 3, SELLER)
    assert exchange.story(buy) == exchange.story(sell) == ["accepted"]


def test_at_the_back_the_displayed_size_goes_first() -> None:
    exchange = Exchange(queue="back")
    exchange.quote(100, 101, 50, 50)
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 30, SELLER)
    exchange.trade(100, 20, SELLER)
    assert exchange.story(order) == ["accepted"]
    exchange.trade(100, 4)
    assert exchange.story(order) == ["accepted", "maker 4@100"]


def test_own_orders_behind_each_other_wait_for_the_same_strangers() -> None:
    exchange = Exchange(queue="back")
    exchange.quote(100, 101, 50, 50)
    first = exchange.submit(BUY, 5, 100)
    exchange.quote(100, 101, 70, 50)
    second = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 57, SELLER)
    assert exchange.story(first) == ["accepted", "maker 5@100"]
    assert exchange.order(second).ahead_qty == 18
    exchange.trade(100, 20, SELLER)
    assert exchange.story(second) == ["accepted", "maker 2@100"]


def test_inside_the_spread_nobody_is_ahead() -> None:
    exchange = Exchange(queue="back")
    exchange.quote(98, 102, 50, 50)
    buy, sell = exchange.submit(BUY, 5, 99), exchange.submit(SELL, 5, 101)
    exchange.trade(99, 1, SELLER)
    exchange.trade(101, 1, BUYER)
    assert exchange.story(buy) == ["accepted", "maker 1@99"]
    assert exchange.story(sell) == ["accepted", "maker 1@101"]


def test_behind_the_touch_depth_says_who_is_ahead() -> None:
    exchange = Exchange(queue="back")
    exchange.depth([(100, 50), (99, 7)], [(101, 50)])
    order = exchange.submit(BUY, 5, 99)
    exchange.trade(99, 8, SELLER)
    assert exchange.story(order) == ["accepted", "maker 1@99"]


def test_behind_the_touch_without_depth_the_queue_is_learned_at_the_touch() -> None:
    exchange = Exchange(queue="back")
    exchange.quote(100, 101, 50, 50)
    order = exchange.submit(BUY, 5, 99)
    exchange.quote(99, 101, 20, 50)
    exchange.trade(99, 15, SELLER)
    exchange.trade(99, 6, SELLER)
    assert exchange.story(order) == ["accepted", "maker 1@99"]


def test_a_trade_of_unknown_size_fills_all() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100)
    assert exchange.story(order) == ["accepted", "maker 5@100"]


def test_an_iceberg_shows_a_tip_and_queues_again() -> None:
    exchange = Exchange()
    exchange.quote(90, 110)
    iceberg = exchange.submit(BUY, 10, 100, display_quantity=4)
    other = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 6, SELLER)
    assert exchange.story(iceberg) == ["accepted", "maker 4@100"]
    assert exchange.story(other) == ["accepted", "maker 2@100"]
    exchange.trade(100, 6, SELLER)
    assert exchange.story(other) == ["accepted", "maker 2@100", "maker 3@100"]
    assert exchange.story(iceberg) == ["accepted", "maker 4@100", "maker 3@100"]


def test_an_iceberg_is_taken_whole_by_a_market_that_goes_through() -> None:
    exchange = Exchange()
    exchange.quote(90, 110)
    iceberg = exchange.submit(BUY, 10, 100, display_quantity=4)
    exchange.quote(90, 95)
    assert sum(fill.quantity for fill in exchange.fills) == 10
    assert exchange.story(iceberg)[0] == "accepted"


def test_a_quote_fills_a_queue_of_icebergs_tip_by_tip() -> None:
    exchange = Exchange()
    exchange.quote(90, 110)
    first = exchange.submit(BUY, 6, 100, display_quantity=2)
    second = exchange.submit(BUY, 6, 100, display_quantity=3)
    exchange.quote(90, 100, 1, 8)
    assert exchange.story(first) == ["accepted", "maker 2@100", "maker 2@100"]
    assert exchange.story(second) == ["accepted", "maker 3@100", "maker 1@100"]


@pytest.mark.parametrize("queue", ["front", "back"])
def test_sells_mirror_buys(queue: str) -> None:
    exchange = Exchange(queue=queue)
    exchange.quote(99, 100, 50, 4)
    order = exchange.submit(SELL, 5, 100)
    exchange.trade(100, 6, BUYER)
    expected = "maker 5@100" if queue == "front" else "maker 2@100"
    assert exchange.story(order) == ["accepted", expected]


def test_a_book_without_orders_asks_for_nothing() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100)
    exchange.cancel(order)
    exchange.quote(99, 100)
    exchange.trade(99)
    assert exchange.story(order) == ["accepted", "canceled"]


def test_a_touch_fills_any_number_of_orders_in_the_order_of_their_queue() -> None:
    exchange = Exchange()
    first = [exchange.submit(BUY, 1, 100) for _ in range(50)]
    iceberg = exchange.submit(BUY, 3, 100, display_quantity=1)
    last = [exchange.submit(BUY, 1, 100) for _ in range(50)]
    exchange.quote(90, 100, 1, 75)
    exchange.quote(90, 100, 1, 27)
    filled = [fill.client_order_id for fill in exchange.fills]
    assert filled == [*first, iceberg, *last, iceberg]
    exchange.quote(90, 100)
    assert exchange.story(iceberg)[1:] == ["maker 1@100"] * 3
