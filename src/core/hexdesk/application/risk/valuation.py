"""Sums over accounts in several currencies: by which rates, and what is known of them.

A rate is an instrument's price, or a number that a person wrote down with its origin. Without one,
or with an old one, a sum is unknown: nobody takes one currency for another. Then rules about the
whole desk let nothing grow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from hexdesk.application.market.markets import Market
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import format_raw, pow10
from hexdesk.domain.risk import Verdict
from hexdesk.domain.values import NS_PER_SECOND, MoneyRaw, TimeNs
from hexdesk.ports.risk import Edge, OrderCase, WrittenCase

STALE = "VALUATION_STALE"
AGE_NS_MAX = 60 * NS_PER_SECOND
"""How old a price may be that a rate is made of."""
SHOWN_DIGITS = 12


class FixedRate(msgspec.Struct, frozen=True):
    """A rate that a person wrote down: units of the sum's currency for one, at a scale."""

    raw: int
    scale: int
    origin: str


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    """How sums over accounts are made.

    Attributes:
        currency: Of the sums; empty for that of the accounts, if they have one in common.
        rates: By currency: the id of an instrument, or a fixed rate.
        age_ns_max: How old the price of such an instrument may be.
    """

    currency: str = ""
    rates: Mapping[str, str | FixedRate] = {}
    age_ns_max: TimeNs = AGE_NS_MAX


class Rate(msgspec.Struct, frozen=True):
    """What one unit of a currency is worth in the sum's; 0 where nobody knows, and why."""

    currency: str
    value: Fraction
    origin: str
    problem: str = ""

    @property
    def text(self) -> str:
        """The rate as a decimal number, rounded down; empty where it is unknown."""
        if self.problem:
            return ""
        return format_raw(int(self.value * pow10(SHOWN_DIGITS)), SHOWN_DIGITS)


class Rates:
    """The rates of one desk, into one currency.

    Attributes:
        currency: Into which.
    """

    __slots__ = ("_age_ns_max", "_markets", "_rates", "currency")

    def __init__(self, valuation: Valuation, currency: str, markets: Mapping[str, Market]) -> None:
        """Read `valuation`; `currency` is that of sums where it names none."""
        self.currency = valuation.currency or currency
        self._rates = valuation.rates
        self._age_ns_max = valuation.age_ns_max
        self._markets = markets

    def of(self, currency: str, now_ns: TimeNs) -> Rate:
        """Return what a currency is worth now."""
        if currency == self.currency:
            return Rate(currency, Fraction(1), "the currency of the sum")
        source = self._rates.get(currency)
        if source is None:
            return self._unknown(currency, "", f"no_rate_of_{currency}_in_{self.currency}")
        if isinstance(source, FixedRate):
            value = Fraction(source.raw, pow10(source.scale))
            return Rate(currency, value, f"fixed: {source.origin}")
        market = self._markets.get(source)
        mark = 0 if market is None else market.mark
        if market is None or not mark:
            return self._unknown(currency, source, f"no_price_of_{source}")
        since_ns = now_ns - _told_ns(market)
        if since_ns > self._age_ns_max:
            age = f"price_of_{source}_is_{since_ns // NS_PER_SECOND}_s_old"
            return self._unknown(currency, source, age)
        price = Fraction(mark, pow10(market.instrument.price_scale))
        is_direct = market.instrument.base == currency
        return Rate(currency, price if is_direct else 1 / price, source)

    @staticmethod
    def _unknown(currency: str, origin: str, problem: str) -> Rate:
        return Rate(currency, Fraction(0), origin, problem)


def converted(amount: MoneyRaw, rate: Rate, digits: int) -> MoneyRaw:
    """Return an amount with more decimals in the sum's currency, rounded down."""
    return amount * pow10(digits) * rate.value.numerator // rate.value.denominator


def rate_problem(instrument: Instrument, currency: str, into: str) -> str:
    """Return why an instrument's price is no rate of a currency, or nothing."""
    pair = (instrument.base, instrument.quote or instrument.settle)
    if pair in {(currency, into), (into, currency)}:
        return ""
    return f"expected an instrument of {currency} and {into}, {instrument.id} is {'/'.join(pair)}"


def _told_ns(market: Market) -> TimeNs:
    """Return when the latest price was told."""
    told = [event.ts_init for event in (market.quote, market.trade) if event is not None]
    return max(told, default=0)


@dataclass(frozen=True)
class ValuedRule:
    """Denies what grows while the sums that a rule about the whole desk needs are unknown."""

    name: str = "valuation"
    code: str = STALE

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        problem = case.unvalued
        if not problem:
            return None
        remedy = "give a rate under [risk.rates], or wait for a price"
        return Verdict(self.name, self.code, problem, "a_rate_of_each_currency", remedy)

    def edges(self) -> tuple[Edge, ...]:
        """Return a case whose sums are known, and one whose are not."""
        return (Edge(WrittenCase(), WrittenCase(unvalued="no_rate_of_X_in_Y")),)
