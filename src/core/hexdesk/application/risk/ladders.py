"""The rules that watch: each measures one number and says which level it means.

A level holds from its threshold on. `off` says that a rule does not lead to a level. What is
measured, and when, is `hexdesk.application.risk.watch`'s business; this here is pure.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import msgspec

from hexdesk.application.risk import numbers
from hexdesk.application.risk.numbers import NO_LIMIT, as_percent, as_ratio
from hexdesk.domain.money import SCALE_MAX, format_raw, pow10
from hexdesk.domain.risk import FLATTEN, HALTED, NORMAL, OFF, REDUCING, THROTTLE, WARN, Level

NS_DECIMALS = 9
AWAY = "pct away"
"""Unit of distances."""
USED_PCT_MAX = 999
MIN_HISTORY = 12
"""Measurements of movement before one can be called unusual."""
Window: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
"""How many of the latest are looked at; so many numbers are a note in the journal."""
STEPS = (
    ("warn", WARN), ("throttle", THROTTLE), ("reduce", REDUCING),
    ("flatten", FLATTEN), ("halt", HALTED),
)  # fmt: skip


class LadderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of a rule that watches; which unit they have is said by the rule.

    Attributes:
        warn: From here on a person is told.
        throttle: From here on what grows keeps a distance in time.
        reduce: From here on only what reduces passes.
        flatten: From here on what is held is closed.
        halt: From here on open orders are canceled, too.
        throttle_s: That distance, in seconds.
        cool_down_s: How long a level lasts at least, in seconds.
        latched: Whether levels from reduce on last until a person re-arms them.
    """

    warn: str = OFF
    throttle: str = OFF
    reduce: str = OFF
    flatten: str = OFF
    halt: str = OFF
    throttle_s: str = "2.0"
    cool_down_s: str = "60"
    latched: bool = True


class DailyLoss(LadderSettings, frozen=True):
    """Loss since the trading day began, open positions included.

    Attributes:
        unit: `pct` of the equity at the day's start, or `amount` in the settlement currency.
    """

    warn: str = "1.5"
    reduce: str = "3"
    unit: Literal["pct", "amount"] = "pct"


class Drawdown(LadderSettings, frozen=True):
    """Loss since equity's peak, in percent of the peak, open positions included."""

    warn: str = "10"
    reduce: str = "15"


class StrategyLoss(LadderSettings, frozen=True):
    """Loss of a strategy since it began, open positions included.

    Attributes:
        unit: `pct` of its capital, or `amount` in the settlement currency.
    """

    warn: str = "5"
    reduce: str = "10"
    unit: Literal["pct", "amount"] = "pct"


class Streak(LadderSettings, frozen=True):
    """Closes of a strategy at a loss, one after the other."""

    reduce: str = "5"


class Slippage(LadderSettings, frozen=True):
    """Fills worse than the touch at the decision, among the latest of a strategy.

    Attributes:
        over_pct: From which slippage on a fill counts.
        window: How many fills are looked at.
    """

    warn: str = "1"
    throttle: str = "3"
    over_pct: str = "0.2"
    window: Window = 10


class FillRatio(LadderSettings, frozen=True):
    """Part of a strategy's latest orders that ended without any fill, in percent.

    Attributes:
        window: How many orders are looked at; nothing is said before there are so many.
    """

    warn: str = "5"
    window: Window = 50


class Rejects(LadderSettings, frozen=True):
    """Orders that an account's venue refused within a minute."""

    reduce: str = "10"
    latched: bool = False


class Link(LadderSettings, frozen=True):
    """Requests of an account in a row that failed: no answer, or the venue's own trouble."""

    warn: str = "2"
    throttle: str = "4"
    reduce: str = "5"
    latched: bool = False


class Volatility(LadderSettings, frozen=True):
    """Movement of an instrument's price, times its usual movement.

    Attributes:
        window_s: Length of one measurement, in seconds.
        history: Measurements whose median is usual.
    """

    reduce: str = "3"
    latched: bool = False
    window_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 300
    history: Annotated[int, msgspec.Meta(ge=MIN_HISTORY, le=1_000)] = 288


class GrossWatch(LadderSettings, frozen=True):
    """Exposure of an account against its equity, as prices move: long and short added, times it."""

    warn: str = "3"
    reduce: str = "4"
    latched: bool = False


LIQUIDATION = "liquidation"


class Liquidation(LadderSettings, frozen=True):
    """How far prices are from liquidation, in percent of the mark: levels hold from there down."""

    warn: str = "10"
    reduce: str = "5"


Reader = Callable[[str, str], int]
Shower = Callable[[int], str]


class LadderRule(msgspec.Struct, frozen=True):
    """A rule that watches, ready to compare with.

    What is worse the less there is of it, as a distance, is measured as a negative number.

    Attributes:
        name: Of the rule.
        code: What orders are denied with at its levels.
        thresholds: Level and from where on, most severe first.
        throttle_ns: Distance between growing orders at THROTTLE.
        cool_down_ns: How long a level lasts at least.
        latched: Whether a person must end levels from REDUCING on.
        show: Makes a measured number readable.
    """

    name: str
    code: str
    thresholds: tuple[tuple[Level, int], ...]
    throttle_ns: int
    cool_down_ns: int
    latched: bool
    show: Shower

    def level_of(self, measured: int) -> Level:
        """Return which level a measured number means."""
        for level, threshold in self.thresholds:
            if measured >= threshold:
                return level
        return NORMAL

    def used_pct(self, measured: int, threshold: int) -> int:
        """Return how much of the way to a threshold is gone, in percent, up to `USED_PCT_MAX`."""
        if threshold < 0:  # a distance: half of it left is twice as near
            measured, threshold = -threshold, max(-measured, 1)
        return min(max(measured, 0) * 100 // threshold, USED_PCT_MAX)

    def text(self, level: Level, measured: int) -> str:
        """Return what was measured, and where the level begins."""
        limit = dict(self.thresholds).get(level, NO_LIMIT)
        return f"rule={self.name} measured={self.show(measured)} limit={self.show(limit)}"


def make_ladder(
    name: str, code: str, settings: LadderSettings, read: Reader, show: Shower
) -> LadderRule | None:
    """Return the rule of settings; None if it leads nowhere.

    Raises:
        ValueError: Not numbers, or a severer step begins before a milder one.
    """
    found: list[tuple[Level, int]] = []
    for key, level in STEPS:
        threshold = read(key, str(getattr(settings, key)))
        if threshold == NO_LIMIT:
            continue
        if not threshold:
            message = f"{key}: expected more than 0, or {OFF!r}"
            raise ValueError(message)
        if found and threshold < found[-1][1]:
            side = "less" if threshold > 0 else "more"
            message = f"{key}: expected not {side} than the step before it"
            raise ValueError(message)
        found.append((level, threshold))
    if not found:
        return None
    found.reverse()
    return LadderRule(
        name, code, tuple(found),
        _seconds("throttle_s", settings.throttle_s), _seconds("cool_down_s", settings.cool_down_s),
        settings.latched, show,
    )  # fmt: skip


def as_amount(raw: int) -> str:
    """Return an amount at `SCALE_MAX` for people."""
    return format_raw(raw, SCALE_MAX)


def readers_of(settings: LadderSettings, kind: str) -> tuple[Reader, Shower]:
    """Return how thresholds of a kind are read and shown, as `pct`, `ratio`, `count`, `amount`."""
    unit = getattr(settings, "unit", kind)
    table: dict[str, tuple[Reader, Shower]] = {
        "pct": (numbers.percent, as_percent),
        "amount": (numbers.number, as_amount),
        "ratio": (numbers.ratio, as_ratio),
        "count": (numbers.count, str),
        AWAY: (_distance, _as_distance),
    }
    return table[unit]


def _distance(name: str, text: str) -> int:
    raw = numbers.percent(name, text)
    if raw == NO_LIMIT:
        return raw
    if raw >= numbers.ONE:
        message = f"{name}: expected less than 100: a price falls no further"
        raise ValueError(message)
    return -raw


def _as_distance(raw: int) -> str:
    return as_percent(abs(raw))


def _seconds(name: str, text: str) -> int:
    raw = numbers.number(name, text)
    if raw == NO_LIMIT:
        message = f"{name}: expected a number of seconds"
        raise ValueError(message)
    return raw // pow10(SCALE_MAX - NS_DECIMALS)
