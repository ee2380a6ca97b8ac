"""Rules about the moment: what is held, shown, sent or left just now. See `order_rules`."""

from dataclasses import dataclass

import msgspec

from hexdesk.application.risk import numbers
from hexdesk.application.risk.numbers import NO_LIMIT
from hexdesk.application.risk.order_rules import BIG, NoSettings, Settings
from hexdesk.domain.money import SCALE_MAX, format_raw, pow10
from hexdesk.domain.risk import Verdict
from hexdesk.domain.values import NS_PER_MS, NS_PER_SECOND
from hexdesk.ports.risk import NONE, Edge, OrderCase, WrittenCase


class Valve(Settings, frozen=True):
    """A one-way valve: while anything is held, a strategy opens nothing more of it.

    Attributes:
        quantity_max: Largest quantity that counts as nothing.
    """

    quantity_max: str = "0.001"


@dataclass(frozen=True)
class ValveRule:
    """Denies entries while a position is open; exits only."""

    limit: int
    name: str = "valve"
    code: str = "RISK_POSITION_OPEN"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        held = abs(case.held)
        if held * pow10(SCALE_MAX - case.quantity_scale) <= self.limit:
            return None
        return Verdict(
            self.name, self.code, format_raw(held, case.quantity_scale),
            format_raw(self.limit, SCALE_MAX),
        )  # fmt: skip

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the quantity and beyond."""
        at = WrittenCase(quantity_scale=SCALE_MAX, held=self.limit)
        return (Edge(at, msgspec.structs.replace(at, held=-self.limit - 1)),)


def valve(settings: Valve) -> list[ValveRule]:
    """Return the one-way valve."""
    limit = numbers.number("quantity_max", settings.quantity_max)
    return [ValveRule(limit)] if limit < NO_LIMIT else []


class MarketData(Settings, frozen=True):
    """Whether there is a market to decide upon.

    Attributes:
        age_ms_max: Age of the latest quote.
    """

    age_ms_max: str = "5000"


@dataclass(frozen=True)
class MarketDataRule:
    """Denies entries on stale, missing or crossed quotes."""

    limit_ns: int
    name: str = "market_data"
    code: str = "FEED_STALE"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        age_ns = case.quote_age_ns
        limit = f"{self.limit_ns // NS_PER_MS}_ms"
        if age_ns == NONE:
            return Verdict(self.name, self.code, "no_quote", limit)
        if age_ns > self.limit_ns:
            return Verdict(self.name, self.code, f"{age_ns // NS_PER_MS}_ms", limit)
        if case.is_crossed:
            return Verdict(self.name, self.code, "bid_above_ask", "bid_up_to_ask")
        return None

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the age and beyond, without a quote, and crossed."""
        at = WrittenCase(quote_age_ns=self.limit_ns)
        change = msgspec.structs.replace
        return (
            Edge(at, change(at, quote_age_ns=self.limit_ns + 1)),
            Edge(at, change(at, quote_age_ns=NONE)),
            Edge(at, change(at, is_crossed=True)),
        )


def market_data(settings: MarketData) -> list[MarketDataRule]:
    """Return the rule of stale quotes."""
    limit = numbers.count("age_ms_max", settings.age_ms_max)
    return [MarketDataRule(limit * NS_PER_MS)] if limit < NO_LIMIT else []


class EntryInterval(Settings, frozen=True):
    """Time between two entries of a strategy in one instrument.

    Attributes:
        seconds_min: Least of it.
    """

    seconds_min: str = "60"


@dataclass(frozen=True)
class EntryIntervalRule:
    """Denies entries that follow each other too fast."""

    limit_ns: int
    name: str = "entry_interval"
    code: str = "RISK_RATE"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        gap_ns = case.entry_gap_ns
        if gap_ns == NONE or gap_ns >= self.limit_ns:
            return None
        measured = f"{gap_ns // NS_PER_MS}_ms"
        return Verdict(self.name, self.code, measured, f"{self.limit_ns // NS_PER_MS}_ms")

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the interval and before."""
        at = WrittenCase(entry_gap_ns=self.limit_ns)
        return (Edge(at, msgspec.structs.replace(at, entry_gap_ns=self.limit_ns - 1)),)


def entry_interval(settings: EntryInterval) -> list[EntryIntervalRule]:
    """Return the rule of the pace of entries."""
    limit = numbers.number("seconds_min", settings.seconds_min)
    if limit == NO_LIMIT or not limit:
        return []
    return [EntryIntervalRule(limit * NS_PER_SECOND // pow10(SCALE_MAX))]


class CloseLock(Settings, frozen=True):
    """One close at a time: the next waits until the venue has answered the one before.

    Attributes:
        seconds_max: How long it waits at most.
    """

    seconds_max: str = "10"


@dataclass(frozen=True)
class CloseLockRule:
    """Denies a close while another one has no answer; the only rule about what reduces."""

    limit_ns: int
    name: str = "close_lock"
    code: str = "RISK_CLOSE_PENDING"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why a close must not leave, or None; the text says how long it lasts."""
        since_ns = case.unanswered_close_ns
        if since_ns == NONE or since_ns >= self.limit_ns:
            return None
        left = f"{(self.limit_ns - since_ns) // NS_PER_MS}_ms_left"
        return Verdict(self.name, self.code, left, f"{self.limit_ns // NS_PER_MS}_ms")

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the end of the wait and just before."""
        at = WrittenCase(unanswered_close_ns=self.limit_ns)
        return (Edge(at, msgspec.structs.replace(at, unanswered_close_ns=self.limit_ns - 1)),)


def close_lock(settings: CloseLock) -> list[CloseLockRule]:
    """Return the lock of closes."""
    limit = numbers.number("seconds_max", settings.seconds_max)
    if limit == NO_LIMIT:
        message = "seconds_max: expected a number of seconds: a lock must end by itself"
        raise ValueError(message)
    return [CloseLockRule(limit * NS_PER_SECOND // pow10(SCALE_MAX))] if limit else []


@dataclass(frozen=True)
class Allocation:
    """Denies what a strategy's capital does not cover."""

    name: str = "allocation"
    code: str = "CAPITAL_ALLOCATION"

    def measure(self, case: OrderCase) -> tuple[int, int]:
        """Return how much of a strategy's capital is bound, and all of it; 0 without capital."""
        if case.available == NONE:
            return 0, 0
        return max(case.strategy_equity - case.available, 0), case.strategy_equity

    def show(self, number: int, case: OrderCase) -> str:
        """Return an amount for people."""
        return format_raw(number, case.money_scale)

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        available = case.available
        if available == NONE or case.reserve <= available:
            return None
        scale = case.money_scale
        return Verdict(
            self.name, self.code, format_raw(case.reserve, scale), format_raw(available, scale)
        )

    def edges(self) -> tuple[Edge, ...]:
        """Return a case that just fits and one that does not."""
        at = WrittenCase(reserve=BIG, available=BIG)
        return (Edge(at, msgspec.structs.replace(at, reserve=BIG + 1)),)


def allocation(_settings: NoSettings) -> list[Allocation]:
    """Return the rule of capital; it speaks where a strategy has some."""
    return [Allocation()]
