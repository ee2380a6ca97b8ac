"""Monitoring through the Control port: alarms, performance, logs. Requests, and what they show."""

from typing import ClassVar, Protocol

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.control import Mutation, Page, PageQuery, Query, Scope

# --- what is shown ------------------------------------------------------------------------------


class AlarmInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is breached, or something that happened, at one place.

    Attributes:
        number: Counted from 1 since the start.
        code: The rule.
        scope: What it is about; empty for the desk.
        level: How urgent, after escalation.
        stage: Channels up to this one are told.
        text: For people.
        remedy: What to do.
        count: How often it happened.
        begin_ns: The first time.
        latest_ns: The last time.
        end_ns: When it was over; 0 while it is not.
        told_ns: When people were told last; 0 for never.
        acknowledged_by: Who knows; empty for nobody.
        trace_id: Of the order concerned.
        is_held: Whether a silence or quiet hours hold it back.
    """

    number: int
    code: str
    scope: str
    level: AlertLevel
    stage: int
    text: str
    remedy: str
    count: int
    begin_ns: TimeNs
    latest_ns: TimeNs
    end_ns: TimeNs = 0
    told_ns: TimeNs = 0
    acknowledged_by: str = ""
    trace_id: str = ""
    is_held: bool = False


class SilenceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing is said of a rule; an empty scope is every place."""

    code: str
    scope: str
    until_ns: TimeNs
    by: str
    reason: str


class LatencyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Durations of one kind; percentiles are upper bounds by powers of two."""

    name: str
    definition: str
    count: int
    mean_us: float
    p50_us: float
    p99_us: float


class ThroughputInfo(msgspec.Struct, frozen=True):
    """How much of one kind there was since the start, and a second over the last interval."""

    name: str
    count: int
    per_second: float


class GaugeInfo(msgspec.Struct, frozen=True):
    """A number at one moment; `unit` as in `hexdesk.domain.metrics`."""

    name: str
    value: float
    unit: str


class ComparisonInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One of our numbers beside another system's; `ours` is empty while there is none."""

    name: str
    ours: str
    theirs: str
    mark: str
    definition: str


class PerformanceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a desk is and what it uses; `measured_ns` is how long orders have been followed."""

    measured_ns: int
    latencies: tuple[LatencyInfo, ...]
    throughputs: tuple[ThroughputInfo, ...]
    gauges: tuple[GaugeInfo, ...]
    comparisons: tuple[ComparisonInfo, ...]
    notes: tuple[str, ...] = ()


class LogLevelInfo(msgspec.Struct, frozen=True):
    """What a logger says; an empty name is all that have no level of their own."""

    logger: str
    level: str


class Alarms(Protocol):
    """What tells people; use it from any thread."""

    def shown(self) -> tuple[AlarmInfo, ...]:
        """Return every alarm that is known, oldest first."""
        ...

    def silences(self) -> tuple[SilenceInfo, ...]:
        """Return the silences that hold."""
        ...

    def acknowledge(self, number: int, by: str) -> None:
        """Say that somebody knows."""
        ...

    def silence(self, silence: SilenceInfo) -> None:
        """Say nothing of a rule until a time."""
        ...

    def unsilence(self, code: str, scope: str) -> None:
        """End a silence."""
        ...


class Monitor(Protocol):
    """What watches a desk."""

    @property
    def alarms(self) -> Alarms | None:
        """What tells people; None where there is nobody to tell."""
        ...

    def performance(self) -> PerformanceInfo:
        """Return how fast the desk is; the first to ask lets it be measured."""
        ...

    def log_levels(self) -> tuple[LogLevelInfo, ...]:
        """Return the loggers that have a level of their own, by name."""
        ...

    def set_log_level(self, logger: str, level: str) -> None:
        """Let a logger say more or less."""
        ...


# --- what is asked ------------------------------------------------------------------------------


class ListAlarms(PageQuery[Page[AlarmInfo]], frozen=True, kw_only=True):
    """Return alarms, newest first."""

    open_only: bool = False


class AcknowledgeAlarm(Mutation[AlarmInfo], frozen=True, kw_only=True):
    """Say that somebody knows; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.RISK
    is_always_open: ClassVar[bool] = True
    number: int
    author: str = ""


class SilenceAlarms(Mutation[SilenceInfo], frozen=True, kw_only=True):
    """Say nothing of a rule for a while; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    code: str
    duration_ns: int
    at: str = ""
    author: str = ""


class UnsilenceAlarms(Mutation[SilenceInfo], frozen=True, kw_only=True):
    """End a silence; answers with the one that ended."""

    scope: ClassVar[Scope] = Scope.RISK
    is_always_open: ClassVar[bool] = True
    code: str
    at: str = ""


class ListSilences(PageQuery[Page[SilenceInfo]], frozen=True, kw_only=True):
    """Return the silences that hold, by rule and place."""


class GetPerformance(Query[PerformanceInfo], frozen=True, kw_only=True):
    """Return how fast the desk is and what it uses."""


class ListLogLevels(PageQuery[Page[LogLevelInfo]], frozen=True, kw_only=True):
    """Return what is logged."""


class SetLogLevel(Mutation[LogLevelInfo], frozen=True, kw_only=True):
    """Log more or less from now on; an empty logger is all that have no level of their own."""

    scope: ClassVar[Scope] = Scope.ADMIN
    level: str
    logger: str = ""
