"""Perpetuals pay funding: between holders, at the mark, once for each funding time."""

import pytest

from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.instruments import InstrumentKind
from hexdesk.domain.market import FundingRate
from hexdesk.domain.values import BUY, SELL, Side
from tests.adapters.sim.exchange import ACCOUNT, Exchange, contract

RATE = 100_000  # 0.01 %
SECOND = 1_000_000_000


def pay(exchange: Exchange, rate: int = RATE, ts_event: int = 0) -> list[CashMoved]:
    """Let funding be due; return what the venue says of it."""
    now = exchange.clock.now_ns()
    count = len(exchange.reports)
    exchange.venue.on_funding(FundingRate(exchange.instrument.id, rate, ts_event or now, now))
    return [report for report in exchange.reports[count:] if isinstance(report, CashMoved)]


def cash(exchange: Exchange, currency: str = "USDT") -> int:
    """What the account has, at the currency's scale."""
    return {each.currency: each.amount for each in exchange.venue.balances(ACCOUNT)}[currency]


def holding(side: Side, quantity: int, **changes: object) -> Exchange:
    exchange = Exchange(contract(**changes), deposits=("1000000 USDT", "100 BTC"))
    exchange.quote(20_000, 20_002)
    exchange.submit(side, quantity)
    return exchange


@pytest.mark.parametrize(("side", "sign"), [(BUY, -1), (SELL, 1)])
def test_longs_pay_shorts_the_rate_on_the_value_at_the_mark(side: Side, sign: int) -> None:
    exchange = holding(side, 3)
    before, now = cash(exchange), exchange.clock.now_ns()
    (moved,) = pay(exchange)
    amount = sign * 6_00030000  # 3 x 20,001 x 0.01 %
    assert moved == CashMoved(
        ACCOUNT, f"F{exchange.instrument.id}:{now}", CashKind.FUNDING, amount, "USDT",
        exchange.instrument.id, now, now,
    )  # fmt: skip
    assert cash(exchange) - before == amount


def test_at_a_negative_rate_longs_receive() -> None:
    (moved,) = pay(holding(BUY, 3), -RATE)
    assert moved.amount == 6_00030000


def test_an_inverse_contract_pays_in_its_base_currency_rounded_against_us() -> None:
    inverse = {"quote": "USD", "settle": "BTC", "inverse": True, "multiplier": "100"}
    exchange = holding(BUY, 7, **inverse)
    before = cash(exchange, "BTC")
    (moved,) = pay(exchange)
    assert (moved.amount, moved.currency) == (-350, "BTC")  # 700 / 20,001 x 0.01 % = 349.98 sat
    assert cash(exchange, "BTC") - before == -350
    assert pay(holding(SELL, 7, **inverse))[0].amount == 349


def test_each_funding_time_is_paid_once() -> None:
    exchange = holding(BUY, 3)
    now = exchange.clock.now_ns()
    assert len(pay(exchange)) == 1
    exchange.submit(BUY, 1)
    assert pay(exchange, ts_event=now) == []
    assert pay(exchange, ts_event=now - SECOND) == [], "nor an earlier one"
    assert pay(exchange, ts_event=now + SECOND)[0].amount == -8_00040000, "from what is held then"


def test_who_holds_nothing_pays_nothing() -> None:
    exchange = holding(BUY, 3)
    exchange.submit(SELL, 3)
    assert pay(exchange) == []
    assert pay(Exchange()) == []


def test_without_a_mark_nothing_is_paid_yet() -> None:
    exchange = holding(BUY, 3)
    now = exchange.clock.now_ns()
    exchange.quote(0, 0)
    assert pay(exchange) == []
    exchange.quote(20_000, 20_002)
    assert len(pay(exchange, ts_event=now)) == 1


@pytest.mark.parametrize("kind", [InstrumentKind.FUTURE, InstrumentKind.SPOT])
def test_only_perpetuals_have_funding(kind: InstrumentKind) -> None:
    assert pay(holding(BUY, 3, kind=kind)) == []


def test_both_legs_of_a_hedged_account_pay_by_what_is_left() -> None:
    exchange = Exchange(position_mode="hedging")
    exchange.quote(20_000, 20_002)
    exchange.submit(BUY, 3)
    exchange.submit(SELL, 2)
    assert pay(exchange)[0].amount == -2_00010000
