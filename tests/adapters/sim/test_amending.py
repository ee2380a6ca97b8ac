"""Amendments and cancels."""

import pytest

from hexdesk.domain.reports import OrderUpdated
from hexdesk.domain.values import (
    BUY,
    FILLED,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
    Aggressor,
)
from tests.adapters.sim.exchange import Exchange


def test_an_amendment_reports_all_terms_and_its_request() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    request = exchange.amend(order, 7, 101)
    report = exchange.reports[-1]
    assert isinstance(report, OrderUpdated)
    assert (report.request_id, report.quantity, report.price) == (request, 7, 101)


def test_a_smaller_quantity_keeps_the_place() -> None:
    exchange = Exchange()
    first, second = exchange.submit(BUY, 5, 100), exchange.submit(BUY, 5, 100)
    exchange.amend(first, 3)
    exchange.trade(100, 3, Aggressor.SELLER)
    assert exchange.story(first) == ["accepted", "updated", "maker 3@100"]
    assert exchange.story(second) == ["accepted"]


@pytest.mark.parametrize(("quantity", "price"), [(6, 0), (0, 99)])
def test_more_quantity_or_another_price_lose_the_place(quantity: int, price: int) -> None:
    exchange = Exchange()
    first, second = exchange.submit(BUY, 5, 100), exchange.submit(BUY, 5, 100)
    exchange.amend(first, quantity, price)
    exchange.amend(first, 0, 100)
    exchange.trade(100, 3, Aggressor.SELLER)
    assert exchange.story(second) == ["accepted", "maker 3@100"]


def test_the_queue_is_joined_anew() -> None:
    exchange = Exchange(queue="back")
    exchange.quote(100, 101, 10, 10)
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 10, Aggressor.SELLER)
    exchange.amend(order, 4)
    assert exchange.order(order).ahead_qty == 0
    exchange.amend(order, 6)
    assert exchange.order(order).ahead_qty == 10


def test_a_price_that_reaches_the_market_takes() -> None:
    exchange = Exchange()
    exchange.quote(99, 101, 5, 3)
    order = exchange.submit(BUY, 5, 100)
    exchange.amend(order, 0, 101)
    assert exchange.story(order) == ["accepted", "updated", "taker 3@101"]


def test_post_only_stays_post_only() -> None:
    exchange = Exchange()
    exchange.quote(99, 101)
    order = exchange.submit(BUY, 5, 100, post_only=True)
    exchange.amend(order, 0, 101)
    assert exchange.story(order) == ["accepted", "amend_rejected VENUE_POST_ONLY"]
    assert exchange.order(order).price == 100


def test_a_quantity_down_to_what_is_filled_closes_the_order() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 3)
    exchange.amend(order, 2)
    assert exchange.story(order)[-1] == "amend_rejected VENUE_OTHER"
    exchange.amend(order, 3)
    assert exchange.story(order)[-1] == "updated"
    assert exchange.order(order).life is FILLED
    exchange.trade(90, 9)
    assert exchange.story(order)[-1] == "updated"


def test_a_stop_moves_and_may_go_at_once() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=STOP_MARKET, trigger_price=90)
    exchange.amend(order, trigger=95)
    exchange.quote(96, 97)
    assert exchange.story(order) == ["accepted", "updated"]
    exchange.amend(order, trigger=96)
    assert exchange.story(order) == ["accepted", "updated", "updated", "triggered", "taker 1@96"]


def test_a_stop_limit_moves_both_its_prices() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, 89, STOP_LIMIT, trigger_price=90)
    exchange.amend(order, 0, 94, 95)
    exchange.quote(95, 96)
    assert exchange.story(order)[2:] == ["triggered", "taker 1@95"]
    exchange.amend(order, 0, 0, 80)
    assert exchange.story(order)[-1] == "amend_rejected VENUE_OTHER"


def test_a_trailing_stop_keeps_following() -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(SELL, 1, order_type=TRAILING_STOP, trailing_offset=5)
    exchange.amend(order, 2, 0, 98)
    exchange.quote(102, 103)
    assert exchange.order(order).trigger_price == 98
    exchange.quote(104, 105)
    assert exchange.order(order).trigger_price == 99


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ((0, 0, 50), "VENUE_OTHER"),
        ((-5, 0, 0), "VENUE_LOT"),
        ((0, -5, 0), "VENUE_TICK"),
    ],
)
def test_a_bad_amendment_leaves_the_order_as_it_was(terms: tuple[int, int, int], code: str) -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.amend(order, *terms)
    assert exchange.story(order) == ["accepted", f"amend_rejected {code}"]
    exchange.trade(100)
    assert exchange.story(order)[-1] == "maker 5@100"


def test_a_market_stop_has_no_price_to_amend() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, order_type=STOP_MARKET, trigger_price=110)
    exchange.amend(order, 0, 100)
    assert exchange.story(order) == ["accepted", "amend_rejected VENUE_OTHER"]


def test_what_is_unknown_or_closed_cannot_be_changed() -> None:
    exchange = Exchange()
    exchange.quote(99, 100)
    filled = exchange.submit(BUY, 5)
    for order in (filled, "nobody"):
        exchange.amend(order, 9)
        exchange.cancel(order)
        assert exchange.story(order)[-2:] == [
            "amend_rejected VENUE_OTHER",
            "cancel_rejected VENUE_OTHER",
        ]


def test_a_cancel_ends_the_rest() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 3)
    exchange.cancel(order)
    exchange.cancel(order)
    exchange.trade(90, 9)
    assert exchange.story(order) == [
        "accepted",
        "maker 3@100",
        "canceled",
        "cancel_rejected VENUE_OTHER",
    ]
