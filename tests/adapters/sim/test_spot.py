"""Spot: an exchange of two currencies, exact, and refused where either is short."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.reports import OrderRejected
from hexdesk.domain.values import (
    BUY,
    GTC,
    IOC,
    MARKET_TO_LIMIT,
    SELL,
    STOP_LIMIT,
    Aggressor,
    Side,
)
from tests.adapters.sim.exchange import ACCOUNT, Exchange, contract

FREE: dict[str, Any] = {"kind": "spot", "maker_fee": "0", "taker_fee": "0"}

ONE = 10**8
"""Raw money of 1, in either currency."""


def spot(*deposits: str, instrument: Instrument | None = None, **changes: Any) -> Exchange:
    """Return an exchange of BTC for USDT that checks funds, at 99 to 100 USDT."""
    exchange = Exchange(
        instrument or contract(**FREE), deposits=deposits, check_funds=True, **changes
    )
    exchange.quote(99, 100)
    return exchange


def balances(exchange: Exchange) -> dict[str, str]:
    """Return amounts by currency, as text."""
    parts = [str(money).split() for money in exchange.venue.balances(ACCOUNT)]
    return {currency: amount for amount, currency in parts}


def test_both_currencies_are_reported_and_change_hands() -> None:
    exchange = spot("1000 USDT")
    assert balances(exchange) == {"USDT": "1000", "BTC": "0"}
    exchange.submit(BUY, 10)
    assert balances(exchange) == {"USDT": "0", "BTC": "10"}
    exchange.submit(SELL, 4)
    assert balances(exchange) == {"USDT": "396", "BTC": "6"}


def test_fees_are_paid_in_the_quote_currency() -> None:
    exchange = spot("1000 USDT", "5 BTC", instrument=contract(kind="spot", taker_fee="0.001"))
    exchange.submit(SELL, 2)
    assert balances(exchange) == {"USDT": "1197.802", "BTC": "3"}


def test_a_buyer_needs_the_price_and_the_fee() -> None:
    exchange = spot("1000 USDT", instrument=contract(kind="spot", taker_fee="0.0001"))
    exchange.submit(BUY, 10)
    assert exchange.rejection == "VENUE_FUNDS: needed=1000.1 free=1000 currency=USDT"
    assert exchange.story(exchange.submit(BUY, 9)) == ["accepted", "taker 9@100"]


@pytest.mark.parametrize("fees", [("0", "0.001"), ("0.001", "0")])
def test_a_limit_order_may_pay_either_fee(fees: tuple[str, str]) -> None:
    instrument = contract(kind="spot", maker_fee=fees[0], taker_fee=fees[1])
    exchange = spot("1000 USDT", instrument=instrument)
    exchange.submit(BUY, 20, 50)
    assert exchange.rejection == "VENUE_FUNDS: needed=1001 free=1000 currency=USDT"


def test_a_seller_needs_what_is_sold() -> None:
    exchange = spot("1000000 USDT", "3 BTC")
    exchange.submit(SELL, 4)
    assert exchange.rejection == "VENUE_FUNDS: needed=4 free=3 currency=BTC"
    exchange.submit(SELL, 4, 100, reduce_only=True)
    assert exchange.rejection.startswith("VENUE_REDUCE_ONLY")
    assert exchange.story(exchange.submit(SELL, 3)) == ["accepted", "taker 3@99"]
    assert exchange.story(exchange.submit(BUY, 4)) == ["accepted", "taker 4@100"]


def test_what_was_sold_from_a_deposit_is_bought_back_for_its_full_price() -> None:
    exchange = spot("50 USDT", "1 BTC")
    exchange.submit(SELL, 1)
    exchange.quote(149, 150)
    exchange.submit(BUY, 1)
    assert exchange.rejection == "VENUE_FUNDS: needed=150 free=149 currency=USDT"


@pytest.mark.parametrize(("side", "price"), [(BUY, 50), (SELL, 200)])
def test_what_rests_ties_up_its_funds_until_it_ends(side: Side, price: int) -> None:
    exchange = spot("1000 USDT", "20 BTC")
    resting = exchange.submit(side, 20, price)
    for order_type in (None, STOP_LIMIT):
        terms = {"trigger_price": price} if order_type else {}
        exchange.submit(side, 1, price, order_type, **terms)
        assert exchange.rejection.startswith("VENUE_FUNDS: needed=")
    exchange.amend(resting, 19)
    assert exchange.story(exchange.submit(side, 1, price)) == ["accepted"]
    exchange.amend(resting, 20)
    assert exchange.story(resting)[-1] == "amend_rejected VENUE_FUNDS"
    exchange.cancel(resting)
    assert exchange.story(exchange.submit(side, 19, price)) == ["accepted"]


@pytest.mark.parametrize("terms", [{}, {"order_type": MARKET_TO_LIMIT}])
def test_a_market_order_is_counted_at_the_last_level_that_it_comes_to(
    terms: dict[str, Any],
) -> None:
    exchange = spot("1000 USDT", sweep=True)
    exchange.depth([(99, 5)], [(100, 5), (110, 5), (300, 5)])
    exchange.submit(BUY, 10, **terms)
    assert exchange.rejection == "VENUE_FUNDS: needed=1100 free=1000 currency=USDT"
    assert exchange.story(exchange.submit(BUY, 9))[-2:] == ["taker 5@100", "taker 4@110"]


def test_slippage_is_counted() -> None:
    exchange = spot("1000 USDT", slippage_bps=100)
    exchange.submit(BUY, 10)
    assert exchange.rejection == "VENUE_FUNDS: needed=1010 free=1000 currency=USDT"


def test_a_base_currency_without_a_name_is_still_not_sold_twice() -> None:
    exchange = spot("1000 USDT", instrument=contract(**FREE, base=""))
    exchange.submit(SELL, 1)
    assert exchange.rejection.startswith("VENUE_FUNDS: needed=1 free=0")
    exchange.submit(BUY, 1)
    assert exchange.story(exchange.submit(SELL, 1))[-1] == "taker 1@99"
    assert balances(exchange) == {"USDT": "999"}


def test_fine_quantities_are_kept_exactly_and_reported_rounded_down() -> None:
    fine = contract(**FREE, lot="0.0000000001")
    exchange = spot("1000 USDT", "0.00000001 BTC", instrument=fine)
    exchange.submit(SELL, 1)
    assert balances(exchange)["BTC"] == "0"
    exchange.submit(SELL, 100)
    assert exchange.rejection.startswith("VENUE_FUNDS: needed=0.00000001 free=0.0000000099")
    assert exchange.story(exchange.submit(SELL, 99))[-1] == "taker 99@99"


def test_a_broken_trade_gives_both_currencies_back() -> None:
    exchange = spot("1000 USDT", "1 BTC", instrument=contract(kind="spot"))
    before = balances(exchange)
    exchange.submit(BUY, 3)
    (fill,) = exchange.fills
    exchange.venue.bust(ACCOUNT, fill.trade_id, leaves_live=False)
    assert balances(exchange) == before


def test_equity_has_no_currency_of_its_own() -> None:
    exchange = spot("1000 USDT", instrument=contract(**FREE | {"kind": "equity"}))
    exchange.submit(BUY, 10)
    assert balances(exchange) == {"USDT": "0"}


def test_without_the_check_both_may_be_owed() -> None:
    exchange = Exchange(contract(**FREE), deposits=())
    exchange.quote(99, 100)
    exchange.submit(SELL, 1)
    exchange.submit(BUY, 3)
    assert balances(exchange) == {"USDT": "-201", "BTC": "2"}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    cash=st.integers(0, 3_000),
    coins=st.integers(0, 30),
    queue=st.sampled_from(["front", "back"]),
    sweep=st.booleans(),
    slippage_bps=st.sampled_from([0, 60]),
)
def test_cash_flow_is_exact_and_nothing_is_owed(
    seed: int, cash: int, coins: int, **rules: Any
) -> None:
    """Each currency is its deposit and the sum of the fills; neither is ever below 0.

    True of all but stops, whose price at the trigger is not known before.
    """
    chance = Random(seed)
    exchange = spot(f"{cash} USDT", f"{coins} BTC", instrument=contract(kind="spot"), **rules)
    for _ in range(80):
        _anything(exchange, chance)
        usdt, btc = cash * ONE, coins * ONE
        for fill in exchange.fills:
            usdt -= fill.price * fill.quantity * fill.side * ONE + fill.fee
            btc += fill.quantity * fill.side * ONE
        totals = [money.amount for money in exchange.venue.balances(ACCOUNT)]
        assert totals == [usdt, btc]
        assert min(totals) >= 0
    refused = [report for report in exchange.reports if isinstance(report, OrderRejected)]
    assert {report.code for report in refused} <= {"VENUE_FUNDS"}


def _anything(exchange: Exchange, chance: Random) -> None:
    step = chance.random()
    price, size = chance.randrange(90, 110), chance.randrange(1, 12)
    if step < 0.3:
        exchange.quote(price, price + chance.randrange(3), chance.randrange(9), size)
    elif step < 0.4:
        exchange.trade(price, size, chance.choice(list(Aggressor)))
    elif step < 0.45:
        exchange.depth([(price - 1, size)], [(price, size), (price + 3, size)])
    elif step < 0.8:
        side, limit = chance.choice([BUY, SELL]), chance.choice([0, price])
        exchange.submit(side, size, limit, time_in_force=chance.choice([GTC, IOC]))
    elif exchange.account.orders:
        order_id = chance.choice(list(exchange.account.orders))
        if step < 0.9:
            exchange.cancel(order_id)
        else:
            exchange.amend(order_id, size, price)
