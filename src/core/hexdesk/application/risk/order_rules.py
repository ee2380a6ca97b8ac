"""The rules about single orders that hexdesk brings along: each a pure value over an `OrderCase`.

Limits are inclusive: what is at one passes, what is beyond is denied. Codes: orders.md section 9.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import msgspec

from hexdesk.application.risk import numbers
from hexdesk.application.risk.numbers import NO_LIMIT, ONE, as_percent, as_ratio, share
from hexdesk.domain.money import SCALE_MAX, format_raw, pow10
from hexdesk.domain.risk import UNLIMITED, Verdict
from hexdesk.ports.risk import NONE, Edge, OrderCase, WrittenCase


def written(fields: dict[str, int]) -> WrittenCase:
    """Return a case in which all is well, but for some fields."""
    return msgspec.structs.replace(WrittenCase(), **fields)


BIG = 10**12
"""Equity of synthetic cases: large enough that one unit is less than any limit can tell."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a rule; each of them is a number written as text."""


@dataclass(frozen=True)
class RatioRule:
    """Denies what would pass a ratio of two numbers of a case.

    Attributes:
        name: Of the rule.
        code: Its reason code.
        part: Field of the case that grows.
        whole: Field that it is measured against.
        limit: At `RATE_SCALE`.
        in_percent: How people read it.
    """

    name: str
    code: str
    part: str
    whole: str
    limit: int
    in_percent: bool

    @cached_property
    def read(self) -> Callable[[OrderCase], tuple[int, int]]:
        """Reads both fields of a case."""
        return attrgetter(self.part, self.whole)

    def measure(self, case: OrderCase) -> tuple[int, int]:
        """Return the ratio, and its limit."""
        return share(*self.read(case)), self.limit

    def show(self, number: int, _case: OrderCase) -> str:
        """Return a ratio for people."""
        return as_percent(number) if self.in_percent else as_ratio(number)

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        part, whole = self.read(case)
        if part * ONE <= self.limit * whole:
            return None
        show = as_percent if self.in_percent else as_ratio
        return Verdict(
            f"{self.name}.{self.part}", self.code, show(share(part, whole)), show(self.limit)
        )

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the limit and one unit beyond."""
        whole = BIG
        at = self.limit * whole // ONE
        return (
            Edge(
                written({self.whole: whole, self.part: at}),
                written({self.whole: whole, self.part: at + 1}),
            ),
        )


class Exposure(Settings, frozen=True):
    """Exposure of an account against its equity.

    Attributes:
        gross_max: Long and short added, times equity.
        net_max: Long and short set off, times equity.
    """

    gross_max: str = "3"
    net_max: str = UNLIMITED


def exposure(settings: Exposure) -> list[RatioRule]:
    """Return the rules of gross and net exposure."""
    limits = {"gross": settings.gross_max, "net": settings.net_max}
    return [
        RatioRule("exposure", "RISK_EXPOSURE", part, "equity", limit, in_percent=False)
        for part, text in limits.items()
        if (limit := numbers.ratio(f"{part}_max", text)) < NO_LIMIT
    ]


class DeskExposure(Settings, frozen=True):
    """Exposure of all accounts in one currency against their equity.

    Attributes:
        gross_max: Long and short added, times equity.
    """

    gross_max: str = "3"


def desk_exposure(settings: DeskExposure) -> list[RatioRule]:
    """Return the rule of the whole desk's exposure."""
    limit = numbers.ratio("gross_max", settings.gross_max)
    rule = RatioRule(
        "desk_exposure", "RISK_EXPOSURE", "desk_gross", "desk_equity", limit, in_percent=False
    )
    return [rule] if limit < NO_LIMIT else []


class Concentration(Settings, frozen=True):
    """Value of one instrument in an account.

    Attributes:
        pct_max: Percent of equity.
    """

    pct_max: str = "20"


def concentration(settings: Concentration) -> list[RatioRule]:
    """Return the rule of concentration."""
    return _percent_rule(
        "concentration", "RISK_CONCENTRATION", "symbol_value", "equity", settings.pct_max
    )


class Leverage(Settings, frozen=True):
    """Exposure of a strategy against its capital, or the account's equity if it has none.

    Attributes:
        max: Times capital.
    """

    max: str = "3"


def leverage(settings: Leverage) -> list[RatioRule]:
    """Return the rule of leverage."""
    limit = numbers.ratio("max", settings.max)
    rule = RatioRule(
        "leverage", "RISK_LEVERAGE", "strategy_gross", "strategy_equity", limit, in_percent=False
    )
    return [rule] if limit < NO_LIMIT else []


class OrderMargin(Settings, frozen=True):
    """Margin and fee of one order.

    Attributes:
        pct_max: Percent of the account's equity.
    """

    pct_max: str = "13"


def order_margin(settings: OrderMargin) -> list[RatioRule]:
    """Return the rule of margin."""
    return _percent_rule("order_margin", "RISK_MARGIN", "reserve", "equity", settings.pct_max)


class PerTrade(Settings, frozen=True):
    """Loss of an order at its protective stop; one without a stop passes.

    Attributes:
        pct_max: Percent of the account's equity.
    """

    pct_max: str = "1"


def per_trade(settings: PerTrade) -> list[RatioRule]:
    """Return the 1 % rule."""
    return _percent_rule("per_trade", "RISK_PER_TRADE", "stop_distance", "equity", settings.pct_max)


def _percent_rule(name: str, code: str, part: str, whole: str, text: str) -> list[RatioRule]:
    limit = numbers.percent("pct_max", text)
    return [RatioRule(name, code, part, whole, limit, in_percent=True)] if limit < NO_LIMIT else []


@dataclass(frozen=True)
class AmountRule:
    """Denies what would pass an amount or a quantity.

    Attributes:
        name: Of the rule.
        code: Its reason code.
        field: Field of the case that is measured.
        scale: Field that holds its decimals.
        limit: At `SCALE_MAX`.
    """

    name: str
    code: str
    field: str
    scale: str
    limit: int

    def measure(self, case: OrderCase) -> tuple[int, int]:
        """Return the amount and its limit at `SCALE_MAX`."""
        scale: int = getattr(case, self.scale)
        return getattr(case, self.field) * pow10(SCALE_MAX - scale), self.limit

    def show(self, number: int, _case: OrderCase) -> str:
        """Return an amount for people."""
        return format_raw(number, SCALE_MAX)

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        measured: int = getattr(case, self.field)
        scale: int = getattr(case, self.scale)
        if measured * pow10(SCALE_MAX - scale) <= self.limit:
            return None
        return Verdict(
            f"{self.name}.{self.field}", self.code,
            format_raw(measured, scale), format_raw(self.limit, SCALE_MAX),
        )  # fmt: skip

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the limit and one unit beyond."""
        return (
            Edge(
                written({self.scale: SCALE_MAX, self.field: self.limit}),
                written({self.scale: SCALE_MAX, self.field: self.limit + 1}),
            ),
        )


class GlobalPosition(Settings, frozen=True):
    """Position of an account in one instrument, all strategies together.

    Attributes:
        quantity_max: In the instrument's quantity.
        notional_max: In the settlement currency.
    """

    quantity_max: str = "500"
    notional_max: str = UNLIMITED


def global_position(settings: GlobalPosition) -> list[AmountRule]:
    """Return the rules of the position that strategies make together."""
    wanted = (
        ("symbol_quantity", "quantity_scale", "quantity_max", settings.quantity_max),
        ("symbol_value", "money_scale", "notional_max", settings.notional_max),
    )
    return [
        AmountRule("global_position", "RISK_POSITION", field, scale, limit)
        for field, scale, key, text in wanted
        if (limit := numbers.number(key, text)) < NO_LIMIT
    ]


@dataclass(frozen=True)
class CountRule:
    """Denies what would pass a number: of positions, messages, equal orders."""

    name: str
    code: str
    field: str
    limit: int

    def measure(self, case: OrderCase) -> tuple[int, int]:
        """Return the number and its limit."""
        return getattr(case, self.field), self.limit

    def show(self, number: int, _case: OrderCase) -> str:
        """Return a number for people."""
        return str(number)

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        measured: int = getattr(case, self.field)
        if measured <= self.limit:
            return None
        return Verdict(self.name, self.code, str(measured), str(self.limit))

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the limit and one beyond."""
        return (Edge(written({self.field: self.limit}), written({self.field: self.limit + 1})),)


class PositionCount(Settings, frozen=True):
    """Positions of an account, by strategy and instrument, with what works.

    Attributes:
        max: Most of them.
    """

    max: str = "20"


def position_count(settings: PositionCount) -> list[CountRule]:
    """Return the rule of the number of positions."""
    limit = numbers.count("max", settings.max)
    rule = CountRule("position_count", "RISK_POSITION_COUNT", "position_count", limit)
    return [rule] if limit < NO_LIMIT else []


class MessageBudget(Settings, frozen=True):
    """Requests to a venue within a minute: orders, amendments, cancels.

    Attributes:
        per_minute_max: What the venue allows, or a part of it.
        reserved_pct: Part that is kept for cancels and for what reduces.
    """

    per_minute_max: str = "1920"
    reserved_pct: str = "20"


def message_budget(settings: MessageBudget) -> list[CountRule]:
    """Return the rule of a venue's message budget."""
    limit = numbers.count("per_minute_max", settings.per_minute_max)
    kept = numbers.percent("reserved_pct", settings.reserved_pct)
    if kept > ONE:
        message = f"reserved_pct: expected 0 to 100, was {settings.reserved_pct!r}"
        raise ValueError(message)
    if limit == NO_LIMIT:
        return []
    return [CountRule("message_budget", "RISK_RATE", "messages", limit * (ONE - kept) // ONE)]


class Duplicate(Settings, frozen=True):
    """Open orders of a strategy with the same instrument, side, type, quantity and price.

    Attributes:
        open_max: Most of them that may be open already.
    """

    open_max: str = "0"


def duplicate(settings: Duplicate) -> list[CountRule]:
    """Return the rule against doubled orders."""
    limit = numbers.count("open_max", settings.open_max)
    rule = CountRule("duplicate", "ORDER_DUPLICATE", "equal_open", limit)
    return [rule] if limit < NO_LIMIT else []


class NoSettings(Settings, frozen=True):
    """There is nothing to set: the rule is on, or off."""


@dataclass(frozen=True)
class SelfTrade:
    """Denies an order that would trade with one of the same account."""

    name: str = "self_trade"
    code: str = "ORDER_SELF_TRADE"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        if case.crosses_own:
            return Verdict(self.name, self.code, "own_order_opposite", "none")
        return None

    def edges(self) -> tuple[Edge, ...]:
        """Return a case without and one with an own order opposite."""
        return (Edge(WrittenCase(), WrittenCase(crosses_own=True)),)


def self_trade(_settings: NoSettings) -> list[SelfTrade]:
    """Return the rule against trading with oneself."""
    return [SelfTrade()]


@dataclass(frozen=True)
class StopRequired:
    """Denies what grows a position without a protective stop."""

    name: str = "stop_required"
    code: str = "RISK_STOP_MISSING"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        if case.stop_distance == NONE:
            return Verdict(self.name, self.code, "no_stop", "a_stop")
        return None

    def edges(self) -> tuple[Edge, ...]:
        """Return a case with and one without a stop."""
        return (Edge(WrittenCase(stop_distance=1), WrittenCase()),)


def stop_required(_settings: NoSettings) -> list[StopRequired]:
    """Return the rule that wants stops."""
    return [StopRequired()]


class Reward(Settings, frozen=True):
    """Gain at the target against loss at the stop; an order without both passes.

    Attributes:
        ratio_min: Least ratio.
    """

    ratio_min: str = "2.0"


@dataclass(frozen=True)
class RewardRule:
    """Denies what promises too little for its risk."""

    limit: int
    name: str = "reward"
    code: str = "RISK_REWARD"

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        gain, loss = case.target_distance, case.stop_distance
        if NONE in (gain, loss) or gain * ONE >= self.limit * loss:
            return None
        return Verdict(self.name, self.code, as_ratio(gain * ONE // loss), as_ratio(self.limit))

    def edges(self) -> tuple[Edge, ...]:
        """Return cases at the ratio and below."""
        at = -(-self.limit * BIG // ONE)
        return (
            Edge(
                WrittenCase(stop_distance=BIG, target_distance=at),
                WrittenCase(stop_distance=BIG, target_distance=at - 1),
            ),
        )


def reward(settings: Reward) -> list[RewardRule]:
    """Return the rule of reward against risk."""
    limit = numbers.ratio("ratio_min", settings.ratio_min)
    return [RewardRule(limit)] if limit < NO_LIMIT else []
