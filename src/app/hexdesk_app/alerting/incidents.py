"""What is wrong, who was told and who knows: de-duplication, escalation, silence, history.

Pure: time comes as an argument, and what is to be said comes out. One owner, one thread.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.alerts import AlertLevel, AlertMessage
from hexdesk.ports.control_monitoring import AlarmInfo, SilenceInfo
from hexdesk_app.config.schema import AlertSettings

HISTORY_MAX = 1_000
"""Ended incidents kept."""
OPEN_MAX = 1_000
"""Incidents open at once; beyond it the one that was heard of longest ago is ended."""
STAGE_MAX = 9
FORGET_S = 86_400.0
"""An event that was not repeated for so long is over; conditions say themselves when they are."""


class Notice(msgspec.Struct, frozen=True):
    """A message, and up to which stage channels are told."""

    message: AlertMessage
    stage: int


class Incident(msgspec.Struct, kw_only=True):
    """One rule at one scope, from the first time until it is over.

    Attributes:
        number: Of the incident, upwards.
        code: The rule.
        scope: What it is about.
        level: After escalation.
        stage: Up to which channels are told.
        text: The latest.
        remedy: What to do.
        count: How often it happened.
        begin_ns: The first time.
        latest_ns: The last time.
        told_ns: When somebody was told last; 0 for never.
        raised_ns: When the level was raised last, or it began.
        acknowledged_by: Who knows; empty for nobody.
        end_ns: When it was over; 0 while it is not.
        times: When it happened, as far as the window of repetition reaches.
        is_owed: Whether people are to be told once silence or quiet hours end.
        is_counted: Whether it happened since people were told.
        trace_id: Of the order concerned.
        ended_told_ns: `told_ns` of the message that a recovery was told about.
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
    told_ns: TimeNs = 0
    raised_ns: TimeNs = 0
    acknowledged_by: str = ""
    end_ns: TimeNs = 0
    times: list[TimeNs] = []
    is_owed: bool = False
    is_counted: bool = False
    trace_id: str = ""
    ended_told_ns: TimeNs = 0


class IncidentBook:
    """Every incident, open and ended.

    Attributes:
        open: By code and scope.
        history: Ended ones, the newest last.
    """

    def __init__(
        self,
        settings: AlertSettings,
        *,
        desk: str,
        mode: str,
        is_quiet: Callable[[TimeNs], bool] = lambda _now_ns: False,
    ) -> None:
        self.open: dict[tuple[str, str], Incident] = {}
        self.history: deque[Incident] = deque(maxlen=HISTORY_MAX)
        self._desk = desk
        self._mode = mode
        self.adopt(settings, is_quiet)
        self._silences: dict[tuple[str, str], SilenceInfo] = {}
        self._number = 0

    def adopt(self, settings: AlertSettings, is_quiet: Callable[[TimeNs], bool]) -> None:
        """Go by these settings from now on; what is open stays so."""
        self._settings = settings
        self._dedupe_ns = int(settings.dedupe_s * NS_PER_SECOND)
        self._is_quiet = is_quiet

    def happen(
        self,
        code: str,
        scope: str,
        level: AlertLevel,
        text: str,
        now_ns: TimeNs,
        *,
        remedy: str = "",
        trace_id: str = "",
    ) -> list[Notice]:
        """Take an event, and return what is to be said."""
        incident = self.open.get((code, scope))
        if incident is None:
            incident = self._reopen(code, scope, now_ns) or self._begin(
                code, scope, level, text, now_ns, remedy
            )
        incident.count += 1
        incident.latest_ns = now_ns
        incident.text = text
        incident.trace_id = trace_id or incident.trace_id
        window_ns = int(self._settings.repeat_window_s * NS_PER_SECOND)
        recent = [each for each in incident.times if each > now_ns - window_ns]
        incident.times = [*recent, now_ns][-self._settings.repeats :]
        if level > incident.level:
            incident.level = level
            return self._say(incident, now_ns)
        repeats = len(incident.times) >= self._settings.repeats
        if repeats and self._raise(incident, now_ns):
            return self._say(incident, now_ns)
        if incident.told_ns and now_ns - incident.told_ns < self._dedupe_ns:
            incident.is_counted = True
            return []
        return self._say(incident, now_ns)

    def recover(self, code: str, scope: str, text: str, now_ns: TimeNs) -> list[Notice]:
        """End an incident; those who were told of it are told of this, too."""
        incident = self.open.pop((code, scope), None)
        if incident is None:
            return []
        incident.end_ns = now_ns
        self.history.append(incident)
        if incident.told_ns <= incident.ended_told_ns:
            return []
        incident.ended_told_ns = incident.told_ns
        return [Notice(self._message(incident, now_ns, recovery=text), incident.stage)]

    def tick(self, now_ns: TimeNs) -> list[Notice]:
        """Let time pass: escalate what nobody took on, say what was held back or counted."""
        notices: list[Notice] = []
        wait_ns = int(self._settings.acknowledge_s * NS_PER_SECOND)
        for incident in list(self.open.values()):
            is_urgent = incident.level >= AlertLevel.CRITICAL and not incident.acknowledged_by
            is_due = incident.is_counted and now_ns - incident.told_ns >= self._dedupe_ns
            if (incident.is_owed or is_due) and not self._is_held(incident, now_ns):
                notices += self._say(incident, now_ns)
            elif is_urgent and incident.told_ns and 0 < wait_ns <= now_ns - incident.raised_ns:
                if not self._raise(incident, now_ns):
                    continue
                notices += self._say(incident, now_ns)
            if now_ns - incident.latest_ns > FORGET_S * NS_PER_SECOND:
                self._forget(incident, now_ns)
        self._silences = {
            key: each for key, each in self._silences.items() if each.until_ns > now_ns
        }
        return notices

    def acknowledge(self, number: int, by: str) -> bool:
        """Note that somebody knows; it is not escalated any more. Return whether it is open."""
        for incident in self.open.values():
            if incident.number == number:
                incident.acknowledged_by = by
                return True
        return False

    def silence(self, silence: SilenceInfo) -> None:
        """Say nothing of a rule until a time; an empty scope is every scope.

        Of too many the one that ends first is forgotten.
        """
        if len(self._silences) >= OPEN_MAX:
            del self._silences[min(self._silences, key=lambda key: self._silences[key].until_ns)]
        self._silences[silence.code, silence.scope] = silence

    def unsilence(self, code: str, scope: str) -> None:
        """End a silence; what was held back is said at the next tick."""
        self._silences.pop((code, scope), None)

    def silences(self) -> tuple[SilenceInfo, ...]:
        """Return the silences that hold."""
        return tuple(self._silences.values())

    def shown(self, now_ns: TimeNs) -> tuple[AlarmInfo, ...]:
        """Return every incident that is known, as values, oldest first."""
        known = sorted((*self.history, *self.open.values()), key=lambda each: each.number)
        return tuple(self._info(each, now_ns) for each in known)

    # --- inside ----------------------------------------------------------------------------------

    def _reopen(self, code: str, scope: str, now_ns: TimeNs) -> Incident | None:
        """Return an incident that ended a short while ago: what comes and goes is one.

        Who took on what is over does not know of what comes now: it is told, and waits, as new.
        """
        window_ns = int(self._settings.repeat_window_s * NS_PER_SECOND)
        for incident in reversed(self.history):
            if incident.end_ns < now_ns - window_ns:
                return None
            if (incident.code, incident.scope) == (code, scope):
                self.history.remove(incident)
                incident.end_ns = 0
                self.open[code, scope] = incident
                if incident.acknowledged_by:
                    incident.acknowledged_by = ""
                    incident.told_ns, incident.raised_ns = 0, now_ns
                return incident
        return None

    def _begin(  # noqa: PLR0917 - a record's fields
        self, code: str, scope: str, level: AlertLevel, text: str, now_ns: TimeNs, remedy: str
    ) -> Incident:
        if len(self.open) >= OPEN_MAX:
            self._forget(min(self.open.values(), key=lambda each: each.latest_ns), now_ns)
        self._number += 1
        incident = self.open[code, scope] = Incident(
            number=self._number,
            code=code,
            scope=scope,
            level=level,
            stage=1,
            text=text,
            remedy=remedy,
            count=0,
            begin_ns=now_ns,
            latest_ns=now_ns,
            raised_ns=now_ns,
        )
        return incident

    def _raise(self, incident: Incident, now_ns: TimeNs) -> bool:
        """Go one level and one stage up; False at the top, or once somebody knows."""
        incident.times = []
        if incident.acknowledged_by:
            return False
        incident.raised_ns = now_ns
        before = (incident.level, incident.stage)
        incident.level = AlertLevel(min(incident.level + 1, AlertLevel.EMERGENCY))
        incident.stage = min(incident.stage + 1, STAGE_MAX)
        return before != (incident.level, incident.stage)

    def _say(self, incident: Incident, now_ns: TimeNs) -> list[Notice]:
        if self._is_held(incident, now_ns):
            incident.is_owed = True
            return []
        incident.is_owed = incident.is_counted = False
        incident.told_ns = now_ns
        return [Notice(self._message(incident, now_ns), incident.stage)]

    def _is_held(self, incident: Incident, now_ns: TimeNs) -> bool:
        for place in (incident.scope, ""):
            silence = self._silences.get((incident.code, place))
            if silence is not None and silence.until_ns > now_ns:
                return True
        return incident.level < AlertLevel.EMERGENCY and self._is_quiet(now_ns)

    def _info(self, incident: Incident, now_ns: TimeNs) -> AlarmInfo:
        return AlarmInfo(
            number=incident.number,
            code=incident.code,
            scope=incident.scope,
            level=incident.level,
            stage=incident.stage,
            text=incident.text,
            remedy=incident.remedy,
            count=incident.count,
            begin_ns=incident.begin_ns,
            latest_ns=incident.latest_ns,
            end_ns=incident.end_ns,
            told_ns=incident.told_ns,
            acknowledged_by=incident.acknowledged_by,
            trace_id=incident.trace_id,
            is_held=not incident.end_ns and self._is_held(incident, now_ns),
        )

    def _forget(self, incident: Incident, now_ns: TimeNs) -> None:
        incident.end_ns = now_ns
        self.history.append(self.open.pop((incident.code, incident.scope)))

    def _message(self, incident: Incident, now_ns: TimeNs, *, recovery: str = "") -> AlertMessage:
        """Return what is said of an incident, or of its end."""
        return AlertMessage(
            number=incident.number,
            desk=self._desk,
            mode=self._mode,
            level=incident.level,
            code=incident.code,
            scope=incident.scope,
            text=recovery or incident.text,
            remedy="" if recovery else incident.remedy,
            count=incident.count,
            is_recovery=bool(recovery),
            trace_id=incident.trace_id,
            ts_ns=now_ns,
        )
