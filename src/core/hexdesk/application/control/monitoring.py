"""Use cases of monitoring: alarms and who knows of them, performance, logs."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from hexdesk.application.control.errors import invalid, unknown
from hexdesk.application.control.paging import page_of
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.control import ControlError, Page, Reason
from hexdesk.ports.control_monitoring import (
    AcknowledgeAlarm,
    AlarmInfo,
    Alarms,
    GetPerformance,
    ListAlarms,
    ListLogLevels,
    ListSilences,
    LogLevelInfo,
    Monitor,
    PerformanceInfo,
    SetLogLevel,
    SilenceAlarms,
    SilenceInfo,
    UnsilenceAlarms,
)
from hexdesk.ports.runtime import Runtime

T = TypeVar("T")
LEVELS = ("debug", "info", "warning", "error", "critical")
NUMBER_MAX = 10**9
NAME_LENGTH_MAX = 200
SILENCE_NS_MAX = 7 * 86_400 * NS_PER_SECOND


class Monitoring:
    """What operators ask of what watches a desk.

    Attributes:
        queries: What answers which query.
        mutations: What carries which mutation out.
    """

    def __init__(self, runtime: Runtime, wall_ns: Callable[[], TimeNs]) -> None:
        """Ask the runtime's monitor; `wall_ns` is real time, as alarms have it."""
        self._runtime = runtime
        self._wall_ns = wall_ns
        self.queries: dict[type, Callable[[Any], Any]] = {
            ListAlarms: self.list_alarms,
            ListSilences: self.list_silences,
            GetPerformance: self.performance,
            ListLogLevels: self.list_levels,
        }
        self.mutations: dict[type, Callable[[Any, TimeNs], Any]] = {
            AcknowledgeAlarm: self.acknowledge,
            SilenceAlarms: self.silence,
            UnsilenceAlarms: self.unsilence,
            SetLogLevel: self.set_level,
        }

    # --- alarms ----------------------------------------------------------------------------------

    def list_alarms(self, query: ListAlarms) -> Page[AlarmInfo]:
        """Return alarms, newest first."""
        wanted = [each for each in self._alarms().shown() if not (query.open_only and each.end_ns)]
        items = sorted((f"{NUMBER_MAX - each.number:010}", each) for each in wanted)
        return page_of(query, items, _as_it_is)

    def acknowledge(self, request: AcknowledgeAlarm, _now_ns: TimeNs) -> AlarmInfo:
        """Say that somebody knows."""
        alarms = self._alarms()
        found = next((each for each in alarms.shown() if each.number == request.number), None)
        if found is None:
            raise unknown("alarm", str(request.number), "hexdesk alert list --all")
        if found.end_ns:
            raise ControlError(
                Reason.STATE_WRONG, f"alarm {request.number} is over: there is nothing to take on"
            )
        if not request.dry_run:
            alarms.acknowledge(request.number, request.author)
        return replace(found, acknowledged_by=request.author)

    def silence(self, request: SilenceAlarms, _now_ns: TimeNs) -> SilenceInfo:
        """Say nothing of a rule for a while."""
        alarms = self._alarms()
        if not 0 < request.duration_ns <= SILENCE_NS_MAX:
            raise invalid("duration", "expected more than nothing, and at most seven days")
        if not 0 < len(request.code) <= NAME_LENGTH_MAX:
            raise invalid("code", "expected the name of a rule, as hexdesk alert list shows it")
        if len(request.at) > NAME_LENGTH_MAX:
            raise invalid("scope", f"expected at most {NAME_LENGTH_MAX} characters")
        made = SilenceInfo(
            code=request.code,
            scope=request.at,
            until_ns=self._wall_ns() + request.duration_ns,
            by=request.author,
            reason=request.reason,
        )
        if not request.dry_run:
            alarms.silence(made)
        return made

    def unsilence(self, request: UnsilenceAlarms, _now_ns: TimeNs) -> SilenceInfo:
        """End a silence."""
        alarms = self._alarms()
        key = (request.code, request.at)
        found = next((each for each in alarms.silences() if (each.code, each.scope) == key), None)
        if found is None:
            raise unknown("silence", f"{request.code} {request.at}".strip(), "hexdesk alert list")
        if not request.dry_run:
            alarms.unsilence(*key)
        return found

    def list_silences(self, query: ListSilences) -> Page[SilenceInfo]:
        """Return the silences that hold, by rule and place."""
        items = sorted((f"{each.code} {each.scope}", each) for each in self._alarms().silences())
        return page_of(query, items, _as_it_is)

    # --- performance and logs --------------------------------------------------------------------

    def performance(self, _query: GetPerformance) -> PerformanceInfo:
        """Return how fast the desk is and what it uses."""
        return self._monitor().performance()

    def list_levels(self, query: ListLogLevels) -> Page[LogLevelInfo]:
        """Return what is logged."""
        items = sorted((f".{each.logger}", each) for each in self._monitor().log_levels())
        return page_of(query, items, _as_it_is)

    def set_level(self, request: SetLogLevel, _now_ns: TimeNs) -> LogLevelInfo:
        """Log more or less."""
        monitor = self._monitor()
        if request.level not in LEVELS:
            raise invalid("level", f"expected one of {', '.join(LEVELS)}")
        if len(request.logger) > NAME_LENGTH_MAX:
            raise invalid("logger", f"expected at most {NAME_LENGTH_MAX} characters")
        if not request.dry_run:
            monitor.set_log_level(request.logger, request.level)
        return LogLevelInfo(request.logger, request.level)

    # --- inside ----------------------------------------------------------------------------------

    def _monitor(self) -> Monitor:
        found = self._runtime.monitor
        if found is None:
            raise ControlError(Reason.NOT_OFFERED, "nothing watches this desk")
        return found

    def _alarms(self) -> Alarms:
        found = self._monitor().alarms
        if found is None:
            raise ControlError(
                Reason.NOT_OFFERED,
                "this desk has nobody to alarm",
                remedy='add [channels.ops] with plugin = "webhook" and its url',
            )
        return found


def _as_it_is(found: T) -> T:
    return found
