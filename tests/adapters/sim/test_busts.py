"""Broken trades."""

import pytest

from hexdesk.domain.reports import FillBusted, OrderExpired
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    CANCELED,
    DAY,
    FILLED,
    GTD,
    MARKET_TO_LIMIT,
    PARTIALLY_FILLED,
    Life,
    TimeInForce,
)
from tests.adapters.sim.exchange import ACCOUNT, Exchange

DAY_NS = 86_400 * 10**9


def bust(exchange: Exchange, leaves_live: bool | None) -> bool | None:
    """Bust the first trade and return what the report says of the leaves."""
    assert exchange.venue.bust(ACCOUNT, "T1", leaves_live=leaves_live)
    report = next(each for each in exchange.reports if isinstance(each, FillBusted))
    return report.leaves_live


@pytest.mark.parametrize(
    ("leaves_live", "life", "leaves"),
    [(True, ACCEPTED, 5), (False, CANCELED, 0), (None, CANCELED, 0)],
)
def test_a_filled_order_reopens_or_stays_dead(
    leaves_live: bool | None,
    life: Life,
    leaves: int,
) -> None:
    exchange = Exchange()
    exchange.quote(99, 101)
    cash = exchange.venue.balances(ACCOUNT)
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 5)
    assert bust(exchange, leaves_live) is leaves_live
    assert exchange.order(order).life is life
    assert exchange.order(order).leaves_qty == leaves
    assert exchange.position == 0
    assert exchange.venue.balances(ACCOUNT) == cash
    assert exchange.venue.fills(ACCOUNT) == []
    exchange.trade(99, 9)
    assert exchange.position == leaves


def test_a_working_order_takes_live_quantity_back() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 3)
    bust(exchange, leaves_live=True)
    assert exchange.order(order).life is ACCEPTED
    exchange.trade(100, 9)
    assert exchange.story(order)[-1] == "maker 5@100"


def test_a_working_order_loses_dead_quantity() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 2)
    exchange.trade(100, 1)
    bust(exchange, leaves_live=False)
    assert exchange.order(order).life is PARTIALLY_FILLED
    exchange.trade(100, 9)
    working = exchange.order(order)
    assert (working.cum_qty, working.dead_qty, working.leaves_qty) == (3, 2, 0)
    assert working.life is CANCELED


@pytest.mark.parametrize("force", [DAY, GTD])
def test_an_order_whose_time_is_over_never_comes_back(force: TimeInForce) -> None:
    """It would come back and expire in one instant, and nobody could tell which came first."""
    exchange = Exchange()
    exchange.quote(99, 101)
    ends_ns = exchange.clock.now_ns() + DAY_NS if force is GTD else 0
    order = exchange.submit(BUY, 5, 100, time_in_force=force, expire_ns=ends_ns)
    exchange.trade(100, 5)
    exchange.wait(DAY_NS)
    assert bust(exchange, leaves_live=True) is False
    assert (exchange.order(order).life, exchange.order(order).leaves_qty) == (CANCELED, 0)
    assert not any(isinstance(each, OrderExpired) for each in exchange.reports)


def test_a_market_order_never_comes_back() -> None:
    exchange = Exchange()
    exchange.quote(99, 100)
    order = exchange.submit(BUY, 5)
    assert bust(exchange, leaves_live=True) is False
    assert exchange.order(order).life is CANCELED


def test_a_canceled_order_stays_canceled() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 3)
    exchange.cancel(order)
    assert bust(exchange, leaves_live=True) is False
    assert exchange.order(order).life is CANCELED


def test_a_market_to_limit_order_comes_back_as_a_limit() -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 5, 1)
    order = exchange.submit(BUY, 2, order_type=MARKET_TO_LIMIT)
    bust(exchange, leaves_live=True)
    assert exchange.order(order).life is ACCEPTED


def test_only_a_known_trade_is_broken_once() -> None:
    exchange = Exchange()
    exchange.submit(BUY, 5, 100)
    exchange.trade(100, 5)
    assert not exchange.venue.bust(ACCOUNT, "T9", leaves_live=False)
    assert exchange.venue.bust(ACCOUNT, "T1", leaves_live=False)
    assert not exchange.venue.bust(ACCOUNT, "T1", leaves_live=False)


def test_a_reopened_order_can_be_filled_and_closed_again() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.trade(100, 5)
    bust(exchange, leaves_live=True)
    exchange.trade(100, 5)
    assert exchange.order(order).life is FILLED
    assert exchange.account.open_count == 0
