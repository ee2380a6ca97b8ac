"""Every order type under every time in force."""

from typing import Any

import pytest

from hexdesk.domain.values import (
    BUY,
    DAY,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
    OrderType,
    TimeInForce,
)
from tests.adapters.sim.exchange import START_NS, Exchange

HOUR_NS = 3_600 * 1_000_000_000
TERMS: dict[OrderType, dict[str, Any]] = {
    MARKET: {},
    LIMIT: {"price": 100},
    STOP_MARKET: {"trigger_price": 105},
    STOP_LIMIT: {"trigger_price": 105, "price": 106},
    TRAILING_STOP: {"trailing_offset": 5},
    MARKET_TO_LIMIT: {},
}
LASTING = (GTC, GTD, DAY)


def forced(force: TimeInForce) -> dict[str, Any]:
    """Return the terms of a time in force."""
    expiry = {"expire_ns": START_NS + HOUR_NS} if force is GTD else {}
    return {"time_in_force": force} | expiry


@pytest.mark.parametrize("force", list(TimeInForce))
@pytest.mark.parametrize("kind", [MARKET, LIMIT, MARKET_TO_LIMIT])
def test_what_is_displayed_fills_at_once(kind: OrderType, force: TimeInForce) -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 10)
    order = exchange.submit(BUY, 10, order_type=kind, **TERMS[kind], **forced(force))
    assert exchange.story(order) == ["accepted", "taker 10@100"]


@pytest.mark.parametrize(
    ("kind", "force", "ending"),
    [
        *[(MARKET, force, ["taker 4@100", "canceled NO_LIQUIDITY"]) for force in LASTING],
        (MARKET, IOC, ["taker 4@100", "canceled IOC"]),
        (MARKET, FOK, ["canceled FOK"]),
        *[(LIMIT, force, ["taker 4@100"]) for force in LASTING],
        (LIMIT, IOC, ["taker 4@100", "canceled IOC"]),
        (LIMIT, FOK, ["canceled FOK"]),
        *[(MARKET_TO_LIMIT, force, ["taker 4@100"]) for force in LASTING],
        (MARKET_TO_LIMIT, IOC, ["taker 4@100", "canceled IOC"]),
        (MARKET_TO_LIMIT, FOK, ["canceled FOK"]),
    ],
)
def test_what_is_not_displayed_rests_or_ends(
    kind: OrderType, force: TimeInForce, ending: list[str]
) -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 4)
    order = exchange.submit(BUY, 10, order_type=kind, **TERMS[kind], **forced(force))
    assert exchange.story(order) == ["accepted", *ending]
    rests = not any(word.startswith("canceled") for word in ending)
    assert exchange.order(order).leaves_qty == (6 if rests else 0)


@pytest.mark.parametrize("force", LASTING)
@pytest.mark.parametrize("kind", [LIMIT, MARKET_TO_LIMIT])
def test_the_rest_of_a_limit_fills_as_maker(kind: OrderType, force: TimeInForce) -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 4)
    order = exchange.submit(BUY, 10, order_type=kind, **TERMS[kind], **forced(force))
    exchange.quote(98, 99, 10, 5)
    exchange.quote(98, 100, 10, 5)
    assert exchange.story(order) == ["accepted", "taker 4@100", "maker 5@100", "maker 1@100"]


@pytest.mark.parametrize(
    ("force", "ending"),
    [*[(force, []) for force in LASTING], (IOC, ["canceled IOC"]), (FOK, ["canceled FOK"])],
)
def test_a_limit_out_of_reach_rests_or_ends(force: TimeInForce, ending: list[str]) -> None:
    exchange = Exchange()
    exchange.quote(100, 101)
    order = exchange.submit(BUY, 10, 100, **forced(force))
    assert exchange.story(order) == ["accepted", *ending]


@pytest.mark.parametrize("force", list(TimeInForce))
@pytest.mark.parametrize("kind", [STOP_MARKET, STOP_LIMIT, TRAILING_STOP])
def test_a_stop_waits_then_works_under_its_force(kind: OrderType, force: TimeInForce) -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 10)
    order = exchange.submit(BUY, 10, order_type=kind, **TERMS[kind], **forced(force))
    exchange.quote(103, 104, 10, 10)
    assert exchange.story(order) == ["accepted"]
    exchange.quote(104, 105, 10, 10)
    assert exchange.story(order) == ["accepted", "triggered", "taker 10@105"]


@pytest.mark.parametrize(
    ("kind", "force", "ending"),
    [
        *[
            (kind, force, ["taker 4@105", "canceled NO_LIQUIDITY"])
            for kind in (STOP_MARKET, TRAILING_STOP)
            for force in LASTING
        ],
        *[
            (kind, IOC, ["taker 4@105", "canceled IOC"])
            for kind in (STOP_MARKET, STOP_LIMIT, TRAILING_STOP)
        ],
        *[(kind, FOK, ["canceled FOK"]) for kind in (STOP_MARKET, STOP_LIMIT, TRAILING_STOP)],
        *[(STOP_LIMIT, force, ["taker 4@105"]) for force in LASTING],
    ],
)
def test_a_triggered_stop_that_finds_too_little(
    kind: OrderType, force: TimeInForce, ending: list[str]
) -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 10)
    order = exchange.submit(BUY, 10, order_type=kind, **TERMS[kind], **forced(force))
    exchange.quote(104, 105, 10, 4)
    assert exchange.story(order) == ["accepted", "triggered", *ending]


@pytest.mark.parametrize("force", [GTD, DAY])
@pytest.mark.parametrize("kind", [LIMIT, STOP_MARKET, STOP_LIMIT, TRAILING_STOP, MARKET_TO_LIMIT])
def test_time_ends_what_is_still_open(kind: OrderType, force: TimeInForce) -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 1)
    order = exchange.submit(BUY, 10, order_type=kind, **TERMS[kind], **forced(force))
    exchange.wait(25 * HOUR_NS)
    assert exchange.story(order)[-1] == "expired"
    assert exchange.order(order).leaves_qty == 0
    exchange.quote(104, 105)
    exchange.quote(99, 100)
    assert exchange.story(order)[-1] == "expired"


def test_a_good_till_date_order_lives_until_its_instant() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100, time_in_force=GTD, expire_ns=START_NS + 10)
    exchange.wait(9)
    assert exchange.story(order) == ["accepted"]
    exchange.wait(1)
    assert exchange.story(order) == ["accepted", "expired"]


def test_a_day_ends_when_the_venue_says() -> None:
    exchange = Exchange(day_end_utc="22:15")  # the clock starts at 22:13:20
    order = exchange.submit(BUY, 1, 100, time_in_force=DAY)
    exchange.wait(99 * 10**9)
    assert exchange.story(order) == ["accepted"]
    exchange.wait(10**9)
    assert exchange.story(order) == ["accepted", "expired"]


def test_a_closed_order_does_not_expire_again() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100, time_in_force=DAY)
    exchange.cancel(order)
    exchange.wait(48 * HOUR_NS)
    assert exchange.story(order) == ["accepted", "canceled"]


def test_an_empty_market_fills_nothing() -> None:
    exchange = Exchange(sweep=True)
    for kind in (MARKET, MARKET_TO_LIMIT):
        order = exchange.submit(BUY, 1, order_type=kind)
        assert exchange.story(order) == ["accepted", "canceled NO_LIQUIDITY"]
    order = exchange.submit(SELL, 1, 100)
    assert exchange.story(order) == ["accepted"]


def test_a_market_to_limit_order_takes_only_the_touch_and_never_slips() -> None:
    exchange = Exchange(slippage_bps=100, sweep=True)
    exchange.depth([(990, 1)], [(1000, 2), (1001, 5)])
    order = exchange.submit(BUY, 5, order_type=MARKET_TO_LIMIT)
    assert exchange.story(order) == ["accepted", "taker 2@1000"]
    assert exchange.order(order).price == 1000
