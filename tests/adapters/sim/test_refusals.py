"""What the venue refuses, and how it says so."""

from typing import Any

import pytest

from hexdesk.domain.values import (
    BUY,
    CLOSE,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
    TradingStatus,
)
from tests.adapters.sim.exchange import START_NS, Exchange, contract

LIMITED = contract(
    tick="5",
    lot="10",
    min_quantity="20",
    max_quantity="1000",
    min_notional="3000",
    max_notional="50000",
    lower_limit="50",
    upper_limit="200",
)


@pytest.mark.parametrize(
    ("quantity", "terms", "expected"),
    [
        (100, {"price": 101}, "VENUE_TICK: price=101 expected=multiple_of_5"),
        (100, {"price": -5}, "VENUE_OTHER: price=-5 expected=above_0 type=LIMIT"),
        (105, {"price": 100}, "VENUE_LOT: quantity=105 expected=multiple_of_10"),
        (10, {"price": 100}, "VENUE_LOT: quantity=10 expected=at_least_20"),
        (1010, {"price": 50}, "VENUE_LOT: quantity=1010 expected=at_most_1000"),
        (0, {"price": 100}, "VENUE_LOT: quantity=0 expected=at_least_20"),
        (-50, {"price": 100}, "VENUE_LOT: quantity=-50 expected=at_least_20"),
        (20, {"price": 100}, "VENUE_LOT: notional=2000 expected=at_least_3000"),
        (600, {"price": 100}, "VENUE_LOT: notional=60000 expected=at_most_50000"),
        (20, {}, "VENUE_LOT: notional=2100 expected=at_least_3000"),
        (100, {"price": 45}, "VENUE_PRICE_BAND: price=45 expected=at_least_50"),
        (100, {"price": 205}, "VENUE_PRICE_BAND: price=205 expected=at_most_200"),
        (
            100,
            {"order_type": STOP_MARKET, "trigger_price": 101},
            "VENUE_TICK: trigger_price=101 expected=multiple_of_5",
        ),
        (
            100,
            {"order_type": STOP_LIMIT, "trigger_price": 105, "price": 205},
            "VENUE_PRICE_BAND: price=205 expected=at_most_200",
        ),
        (
            100,
            {"price": 100, "display_quantity": 15},
            "VENUE_LOT: display_quantity=15 expected=multiple_of_10",
        ),
    ],
)
def test_grid_and_limits(quantity: int, terms: dict[str, Any], expected: str) -> None:
    exchange = Exchange(LIMITED)
    exchange.quote(100, 105)
    exchange.submit(BUY, quantity, **terms)
    assert exchange.rejection == expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"order_type": LIMIT}, "price=0 expected=above_0 type=LIMIT"),
        ({"order_type": MARKET, "price": 5}, "price=5 expected=none type=MARKET"),
        ({"order_type": STOP_MARKET}, "trigger_price=0 expected=above_0 type=STOP_MARKET"),
        ({"order_type": TRAILING_STOP}, "trailing_offset=0 expected=above_0"),
        ({"price": 5, "trigger_price": 5}, "trigger_price=5 expected=none type=LIMIT"),
        ({"price": 5, "expire_ns": 5}, "expire_ns=5 expected=none time_in_force=GTC"),
        (
            {"price": 5, "post_only": True, "time_in_force": IOC},
            "post_only=true expected=resting time_in_force=IOC",
        ),
        (
            {"price": 5, "time_in_force": GTD, "expire_ns": START_NS},
            f"expire_ns={START_NS} expected=after_{START_NS}",
        ),
        (
            {"price": 5, "time_in_force": GTD, "expire_ns": START_NS, "ts_init": START_NS - 5},
            f"expire_ns={START_NS} expected=after_{START_NS}",
        ),
    ],
)
def test_senseless_terms(terms: dict[str, Any], expected: str) -> None:
    exchange = Exchange()
    exchange.submit(BUY, 1, **terms)
    assert exchange.rejection == f"VENUE_OTHER: {expected}"


def test_an_order_sent_again_is_not_made_twice() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100)
    exchange.venue.submit(exchange.order(order).intent)
    assert exchange.story(order) == ["accepted", "accepted"]
    assert exchange.account.open_count == 1


def test_a_rejected_order_sent_again_stays_rejected() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 0, 100)
    exchange.venue.submit(exchange.order(order).intent)
    assert exchange.story(order) == ["rejected VENUE_LOT", "rejected VENUE_LOT"]


def test_an_id_is_taken_once() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100)
    exchange.submit(BUY, 2, 100, client_order_id=order)
    assert exchange.rejection == "VENUE_DUPLICATE_ID: client_order_id=O1 expected=unused"
    assert exchange.order(order).leaves_qty == 1


def test_an_unlisted_instrument_is_refused() -> None:
    exchange = Exchange()
    exchange.submit(BUY, 1, 100, instrument_id="X.SIM")
    assert exchange.rejection == "VENUE_OTHER: instrument=X.SIM expected=listed"


def test_post_only_rests_or_is_refused() -> None:
    exchange = Exchange()
    exchange.quote(99, 100)
    exchange.submit(BUY, 1, 100, post_only=True)
    assert exchange.rejection == "VENUE_POST_ONLY: price=100 touch=100 expected=resting"
    exchange.submit(SELL, 1, 98, post_only=True)
    assert exchange.rejection == "VENUE_POST_ONLY: price=98 touch=99 expected=resting"
    assert exchange.story(exchange.submit(BUY, 1, 99, post_only=True)) == ["accepted"]
    exchange.quote(99, 0)
    assert exchange.story(exchange.submit(BUY, 1, 100, post_only=True)) == ["accepted"]


def test_a_price_far_beyond_the_touch_is_refused() -> None:
    exchange = Exchange(price_band_pct=5)
    exchange.quote(999, 1000)
    exchange.submit(BUY, 1, 1051)
    assert exchange.rejection == "VENUE_PRICE_BAND: price=1051 expected=at_most_1050"
    exchange.submit(SELL, 1, 949)
    assert exchange.rejection == "VENUE_PRICE_BAND: price=949 expected=at_least_950"
    assert exchange.story(exchange.submit(BUY, 1, 1))[0] == "accepted"
    assert exchange.story(exchange.submit(BUY, 1, 1050))[0] == "accepted"


@pytest.mark.parametrize("status", [TradingStatus.HALTED, TradingStatus.CLOSED])
def test_a_halt_refuses_orders_and_fills_none(status: TradingStatus) -> None:
    exchange = Exchange()
    exchange.quote(99, 101)
    resting = exchange.submit(BUY, 2, 100)
    stop = exchange.submit(BUY, 1, order_type=STOP_MARKET, trigger_price=105)
    exchange.status(status)
    exchange.submit(BUY, 1, 100)
    assert exchange.rejection == f"VENUE_SESSION: status={status.name} expected=TRADING"
    exchange.quote(90, 91)
    exchange.trade(90, 5)
    exchange.quote(110, 111)
    assert exchange.story(resting) == exchange.story(stop) == ["accepted"]
    exchange.amend(resting, 1)
    assert exchange.story(resting) == ["accepted", "amend_rejected VENUE_SESSION"]
    exchange.quote(90, 91)
    exchange.status(TradingStatus.TRADING)
    assert exchange.story(resting)[-1] == "maker 2@100"
    exchange.cancel(stop)
    assert exchange.story(stop) == ["accepted", "canceled"]


def test_an_order_can_be_canceled_in_a_halt() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100)
    exchange.status(TradingStatus.HALTED)
    exchange.cancel(order)
    assert exchange.story(order) == ["accepted", "canceled"]


def test_close_only_takes_what_reduces() -> None:
    exchange = Exchange()
    exchange.quote(99, 100)
    exchange.submit(BUY, 5)
    exchange.status(TradingStatus.CLOSE_ONLY)
    exchange.submit(SELL, 1)
    assert exchange.rejection.startswith("VENUE_SESSION")
    assert exchange.story(exchange.submit(SELL, 2, reduce_only=True))[1] == "taker 2@99"
    assert exchange.story(exchange.submit(SELL, 2, position_effect=CLOSE))[1] == "taker 2@99"


def test_the_number_of_open_orders_is_limited() -> None:
    exchange = Exchange(open_orders_max=2)
    first = exchange.submit(BUY, 1, 100)
    exchange.submit(BUY, 1, 100)
    exchange.submit(BUY, 1, 100)
    assert exchange.rejection == "VENUE_OTHER: open_orders=2 expected=fewer"
    exchange.cancel(first)
    assert exchange.story(exchange.submit(BUY, 1, 100)) == ["accepted"]


def test_random_rejects_are_the_same_for_a_seed() -> None:
    stories: list[list[str]] = []
    for _ in range(2):
        exchange = Exchange(reject_rate=0.3)
        orders = [exchange.submit(BUY, 1, 100) for _ in range(200)]
        stories.append([exchange.story(order)[0] for order in orders])
    assert stories[0] == stories[1]
    assert 30 < stories[0].count("rejected VENUE_OTHER") < 90


def test_funds_are_checked_on_demand() -> None:
    exchange = Exchange(contract(taker_fee="0"), check_funds=True)  # 1,000,000 cash, margin 10 %
    exchange.quote(99_999, 100_000)
    exchange.submit(BUY, 101)
    assert exchange.rejection.startswith("VENUE_FUNDS: needed=")
    resting = exchange.submit(BUY, 60, 90_000)
    exchange.submit(BUY, 60, 90_000)
    assert exchange.rejection.startswith("VENUE_FUNDS: needed=")
    exchange.amend(resting, 120)
    assert exchange.story(resting)[-1] == "amend_rejected VENUE_FUNDS"
    exchange.amend(resting, 100)
    assert exchange.story(resting)[-1] == "updated"
    exchange.cancel(resting)
    assert exchange.story(exchange.submit(BUY, 90))[-1] == "taker 90@100000"
    exchange.submit(BUY, 20)
    assert exchange.rejection.startswith("VENUE_FUNDS")
    assert exchange.story(exchange.submit(SELL, 90))[-1] == "taker 90@99999"
