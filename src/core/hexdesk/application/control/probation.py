"""Clean trading days between the stages of a live desk: the next stage has to be earned.

A day counts once it is over, if the desk traded on it at its highest stage so far and nothing
critical happened, whatever it was: a limit of loss, a halt, a mismatch, an order in doubt. What
happens is written down at once, so that no restart makes a day better than it was.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.desk import Desk
from hexdesk.application.risk.days import TradingDays
from hexdesk.domain.risk import STAGES_PCT
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_state import StageDay, StageDayStore
from hexdesk.ports.runtime import Runtime

INCIDENTS_MAX = 20
"""Incidents of one day that are kept: the first is enough to spoil it."""
UNWRITABLE = "STAGE_DAY_UNWRITABLE"
NOON_NS = 12 * 3_600 * NS_PER_SECOND


class Probation:
    """The days of one desk with money, and which stage they have earned."""

    def __init__(
        self,
        desk: Desk,
        chronicle: Chronicle,
        runtime: Runtime,
        days: TradingDays,
        store: StageDayStore,
    ) -> None:
        """Take up what earlier runs wrote down; `take` is to be called when something happened."""
        self._desk = desk
        self._chronicle = chronicle
        self._runtime = runtime
        self._days = days
        self._store = store
        self._kept = {each.begin_ns: each for each in store.load()}
        self._alert_count = 0
        self._fill_count = chronicle.fills.count

    def take(self) -> None:
        """Note what happened since the last time: fills, and what is critical."""
        fresh = self._desk.alerts.count - self._alert_count
        recent = list(self._desk.alerts.recent)[-fresh:] if fresh else []
        critical = [each for each in recent if each.code in self._runtime.critical_alerts]
        is_traded = self._chronicle.fills.count > self._fill_count
        self._alert_count, self._fill_count = self._desk.alerts.count, self._chronicle.fills.count
        if not (critical or is_traded):
            return
        day = self._today(self._desk.pulse.now_ns)
        if day is None:
            return
        incidents = dict.fromkeys((*day.incidents, *(_text(each) for each in critical)))
        self._keep(
            replace(
                day,
                is_traded=day.is_traded or is_traded,
                incidents=tuple(incidents)[:INCIDENTS_MAX],
            )
        )

    def begin(self, stage_pct: int, now_ns: TimeNs) -> None:
        """Note that the desk was armed at a stage."""
        begin_ns, end_ns = self._days.bounds(now_ns)
        day = self._kept.get(begin_ns) or StageDay(
            begin_ns=begin_ns, end_ns=end_ns, stage_pct=stage_pct
        )
        self._keep(replace(day, stage_pct=max(day.stage_pct, stage_pct)))

    def refuse_unearned(self, stage_pct: int, now_ns: TimeNs) -> None:
        """Refuse a stage that the days before have not earned.

        Raises:
            ControlError: It says what is missing, and which days were not clean.
        """
        wanted = self._runtime.stage_clean_days
        highest = max((each.stage_pct for each in self._kept.values()), default=0)
        if not wanted or stage_pct <= max(highest, STAGES_PCT[0]):
            return
        following = next(each for each in STAGES_PCT if each > highest)
        clean = list(self._clean(highest, now_ns))
        if stage_pct == following and len(clean) >= wanted:
            return
        if stage_pct != following:
            text = f"stage {stage_pct} comes after stage {following}, which was never armed"
        else:
            text = (
                f"stage {stage_pct} needs {wanted} clean trading days at stage {highest},"
                f" so far {len(clean)}{self._spoilt()}"
            )
        raise ControlError(
            Reason.STATE_WRONG,
            text,
            remedy=f"hexdesk live arm ACCOUNT --stage {min(highest or following, following)} ...;"
            " or --skip-clean-days, to which a second person must agree",
            facts={"clean_days": str(len(clean)), "clean_days_needed": str(wanted)},
        )

    def _clean(self, stage_pct: int, now_ns: TimeNs) -> Iterator[StageDay]:
        """Yield the clean days at a stage that are over, newest first, back to one that was not."""
        for begin_ns in sorted(self._kept, reverse=True):
            day = self._kept[begin_ns]
            if day.incidents:
                return
            if day.is_traded and day.stage_pct >= stage_pct and day.end_ns <= now_ns:
                yield day

    def _spoilt(self) -> str:
        """Return which day was the last that was not clean, and why."""
        spoilt = [self._kept[each] for each in sorted(self._kept) if self._kept[each].incidents]
        if not spoilt:
            return ""
        day = datetime.fromtimestamp((spoilt[-1].begin_ns + NOON_NS) // NS_PER_SECOND, UTC)
        return f"; {day:%Y-%m-%d} was not clean: {', '.join(spoilt[-1].incidents[:3])}"

    def _today(self, now_ns: TimeNs) -> StageDay | None:
        """Return the day of a moment; None where the desk was not armed on it."""
        begin_ns, end_ns = self._days.bounds(now_ns)
        day = self._kept.get(begin_ns)
        standing = self._desk.execution.standing
        if day is None and standing.needs_arming and standing.armed_until_ns > now_ns:
            stage_pct = self._desk.limits.stage_pct
            return StageDay(begin_ns=begin_ns, end_ns=end_ns, stage_pct=stage_pct)
        return day

    def _keep(self, day: StageDay) -> None:
        if self._kept.get(day.begin_ns) == day:
            return
        self._kept[day.begin_ns] = day
        try:
            self._store.append(day)
        except (OSError, HexdeskError) as error:
            text = f"it is not written down how clean this trading day is: {error}"
            self._desk.alerts.add(Alert(UNWRITABLE, "desk", text, self._desk.pulse.now_ns))


def _text(alert: Alert) -> str:
    return f"{alert.code} {alert.scope}".strip()
