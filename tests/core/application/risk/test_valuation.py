"""Sums over accounts in several currencies: rates with their origin, and no sum without them.

Issue 4, items 1, 3 and 7. Ids of seed systems: B8, C16, E13.
"""

from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.control.risk import sum_of
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.application.risk.valuation import (
    STALE,
    FixedRate,
    Valuation,
    ValuedRule,
    rate_problem,
)
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import InstrumentKind
from hexdesk.domain.money import RATE_SCALE, SCALE_MAX, parse_money, pow10
from hexdesk.domain.values import SELL
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, INSTRUMENT
from tests.core.application.rig import Puppet, Rig
from tests.core.application.risk.desks import RiskRig, plan
from tests.core.application.test_desk_machine import INVERSE

PAIR = replace(
    INSTRUMENT, id="TESTUSDT.ACME", kind=InstrumentKind.SPOT, base="TEST", quote="USDT",
    settle="USDT",
)  # fmt: skip
FIXED = FixedRate(2 * pow10(SCALE_MAX), SCALE_MAX, "test")
BY_PRICE = Valuation(currency="USDT", rates={"TEST": PAIR.id})
SCALE = pow10(SCALE_MAX)
ONE = pow10(RATE_SCALE)


class TwoCurrencies(RiskRig):
    """Strategy `a` with 1,000 USDT at one account, `b` with 100 TEST at another."""

    def __init__(self, valuation: Valuation, **rules: Any) -> None:
        Rig.__init__(self, "a", instruments=(INSTRUMENT, INVERSE, PAIR))
        target = parse_money("1000 USDT")
        self.deposit_more(replace(target, amount=target.amount - self.deposit.amount))
        other = Account("other", (INVERSE,))
        self.desk.add_broker("other", self.broker, other)

        def factory(context: StrategyContext) -> Strategy:
            self.puppets["b"] = Puppet(context)
            return self.puppets["b"]

        self.desk.add_strategy("b", factory, broker="other", instrument_ids=[INVERSE.id])
        self.desk.deposit("other", parse_money("100 TEST"), "start", self.now())
        wanted = replace(plan(**rules), valuation=valuation)
        self.engine = RiskEngine(self.desk, wanted).attach()
        self.office = RiskOffice(self.desk, self.engine)
        self.start(ASK, ASK)
        self.quote(ASK, ASK, INVERSE)

    def rate(self, price: int) -> None:
        """Let the pair be quoted, in raw prices of a scale of one decimal."""
        self.quote(price, price, PAIR)
        self.quote(ASK, ASK)

    def try_to_buy(self) -> list[str]:
        """Send an order of `a`; return what it was denied with."""
        before = len(self.codes())
        self.buy(1, ASK)
        return self.codes()[before:]


def test_equity_of_the_desk_is_one_sum_at_the_rate_of_a_market() -> None:
    rig = TwoCurrencies(BY_PRICE, desk_exposure={"gross_max": "3"})
    rig.rate(20 * pow10(PAIR.price_scale))
    whole = rig.engine.whole
    assert whole is not None
    whole.refresh()
    assert whole.equity == (1_000 + 100 * 20) * SCALE
    assert {rate.currency: rate.origin for rate in whole.known} == {
        "TEST": PAIR.id, "USDT": "the currency of the sum",
    }  # fmt: skip
    assert rig.try_to_buy() == []


@pytest.mark.parametrize(
    "valuation",
    [Valuation(), Valuation(currency="USDT"), BY_PRICE],
    ids=["none", "no rate", "no price"],
)
@pytest.mark.parametrize(
    "rules", [{"desk_exposure": {}}, {"desk_loss": {}}, {"desk_drawdown": {}}], ids=str
)
def test_without_a_rate_nothing_grows_and_people_are_told(
    valuation: Valuation, rules: dict[str, Any]
) -> None:
    rig = TwoCurrencies(valuation, **rules)
    assert rig.try_to_buy() == [STALE]
    assert "rule=valuation" in rig.last_denial().text
    assert STALE in rig.alerts


def test_the_report_says_where_each_rate_is_from_and_no_sum_where_one_is_missing() -> None:
    rig = TwoCurrencies(Valuation(currency="USDT", rates={"TEST": FIXED}), desk_loss={})
    total = sum_of(rig.engine.whole)
    assert total is not None
    assert (total.equity, total.result, total.problem) == ("1200", "0", "")
    assert [(each.currency, each.rate, each.origin) for each in total.rates] == [
        ("TEST", "2", "fixed: test"), ("USDT", "1", "the currency of the sum"),
    ]  # fmt: skip
    unknown = sum_of(TwoCurrencies(Valuation(), desk_loss={}).engine.whole)
    assert unknown is not None
    assert (unknown.equity, unknown.gross, unknown.problem) == ("", "", "no_rate_of_TEST_in_USDT")


def test_what_reduces_passes_without_a_rate() -> None:
    rig = TwoCurrencies(BY_PRICE, desk_loss={})
    rig.rate(100)
    rig.hold(1)
    rig.later(61)
    assert rig.try_to_buy() == [STALE]
    before = len(rig.sent)
    rig.send(SELL, 1)
    assert len(rig.sent) == before + 1


def test_a_price_that_is_too_old_is_no_rate_and_a_new_one_is() -> None:
    rig = TwoCurrencies(BY_PRICE, desk_loss={})
    rig.rate(100)
    assert rig.try_to_buy() == []
    rig.later(59)
    assert rig.try_to_buy() == []
    rig.later(3)
    assert rig.try_to_buy() == [STALE]
    assert "_s_old" in rig.last_denial().text
    rig.rate(100)
    assert rig.try_to_buy() == []
    assert rig.alerts.count("VALUATION_BACK") == rig.alerts.count(STALE)


def test_a_loss_in_another_currency_is_one_of_the_desk() -> None:
    """100 TEST are 200 USDT beside 1,000: a loss of a fifth of them is one of 3.3 percent."""
    rig = TwoCurrencies(
        Valuation(currency="USDT", rates={"TEST": FIXED}), desk_loss={"warn": "1", "reduce": "3"}
    )
    other = rig.desk.accounts["other"].balance("TEST")
    other.total -= 20 * pow10(other.scale)  # a fee that the venue took
    rig.quote(ASK, ASK)
    assert rig.levels() == {("desk", "desk_loss"): "REDUCING"}
    assert rig.try_to_buy() == ["RISK_DAILY_LOSS"]


def test_what_a_rate_does_to_deposits_is_no_loss() -> None:
    rig = TwoCurrencies(BY_PRICE, desk_loss={"warn": "1", "reduce": "3"})
    rig.rate(20 * pow10(PAIR.price_scale))
    rig.rate(10 * pow10(PAIR.price_scale))
    assert rig.levels() == {}


def test_a_rule_about_unknown_sums_is_fired_like_every_other() -> None:
    edge = ValuedRule().edges()[0]
    assert ValuedRule().check(edge.inside) is None
    assert ValuedRule().check(edge.beyond) is not None


@pytest.mark.parametrize(
    ("currency", "into", "is_rate"),
    [("TEST", "USDT", True), ("USDT", "TEST", True), ("TEST", "EUR", False), ("X", "USDT", False)],
)
def test_a_rate_is_of_an_instrument_of_both_currencies(
    currency: str, into: str, *, is_rate: bool
) -> None:
    assert (rate_problem(PAIR, currency, into) == "") is is_rate


@given(amount=st.integers(-(10**9), 10**9), price=st.integers(1, 10**6), inverted=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_sum_is_never_more_than_its_parts_at_their_rates(
    *, amount: int, price: int, inverted: bool
) -> None:
    into = "TEST" if inverted else "USDT"
    rig = TwoCurrencies(
        Valuation(currency=into, rates={"TEST": PAIR.id, "USDT": PAIR.id}), desk_loss={}
    )
    other = rig.desk.accounts["other"].balance("TEST")
    other.total = amount
    rig.rate(price)
    whole = rig.engine.whole
    assert whole is not None
    whole.refresh()
    rate = Fraction(price, pow10(PAIR.price_scale))
    test, usdt = Fraction(amount, pow10(other.scale)), Fraction(1_000)
    exact = (test + usdt / rate if inverted else test * rate + usdt) * SCALE
    assert exact - 2 < whole.equity <= exact


def two_purses(**rules: Any) -> RiskRig:
    """Return a desk whose strategy trades at one account in USDT and in TEST."""
    rig = RiskRig(plan(**rules), deposit="1000 USDT", instruments=(INSTRUMENT, INVERSE))
    rig.desk.deposit("venue", parse_money("100 TEST"), "start", rig.now())
    rig.quote(ASK, ASK)
    rig.quote(ASK, ASK, INVERSE)
    return rig


def test_a_level_of_an_account_stands_while_it_holds_in_one_of_its_currencies() -> None:
    rig = two_purses(
        daily_loss={"warn": "1", "throttle": "3", "reduce": "off", "cool_down_s": "10"}
    )
    balance = rig.desk.accounts["venue"].balance("TEST")
    balance.total -= 5 * pow10(balance.scale)  # a fee that the venue took
    rig.quote(ASK, ASK, INVERSE)
    lost = {("account:venue", "daily_loss"): "THROTTLE"}
    assert rig.levels() == lost
    rig.hold(1)
    for gained in (10, 20, 30):
        rig.quote(ASK + gained, ASK + gained)
        rig.later(11)
        assert rig.levels() == lost, "in USDT there is a new peak, but that is no end of it"
    assert rig.engine.measured["account:venue", "daily_loss"][1] == ONE // 20
    balance.total += 5 * pow10(balance.scale)
    rig.later(11)
    rig.quote(ASK, ASK, INVERSE)
    assert rig.levels() == {}
