"""Use cases of arming: a live desk opens positions only while a person's grant runs."""

from hexdesk.application.control.checks import Checks
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import invalid, refuse_other_account
from hexdesk.application.control.probation import Probation
from hexdesk.application.control.sight import Sight
from hexdesk.application.desk import Desk
from hexdesk.domain import commands
from hexdesk.domain.risk import STAGES_PCT
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_checks import RunChecks, failed
from hexdesk.ports.control_requests import ArmLive, DisarmLive
from hexdesk.ports.control_views import DeskInfo, GrantInfo

DURATION_NS_MIN = 60 * NS_PER_SECOND
DURATION_NS_MAX = 24 * 3_600 * NS_PER_SECOND


class Arming:
    """Grants, and their ends."""

    def __init__(
        self,
        desk: Desk,
        sight: Sight,
        chronicle: Chronicle,
        checks: Checks,
        probation: Probation,
    ) -> None:
        self._desk = desk
        self._probation = probation
        self._checks = checks
        self._sight = sight
        self._chronicle = chronicle

    def arm(self, request: ArmLive, now_ns: TimeNs) -> DeskInfo:
        """Let a live desk open positions for a time."""
        if not self._desk.execution.standing.needs_arming:
            raise ControlError(
                Reason.STATE_WRONG, "only a live desk is armed", remedy='set desk.mode = "live"'
            )
        refuse_other_account(self._desk, request.account_id)
        if request.stage_pct not in STAGES_PCT:
            stages = ", ".join(map(str, STAGES_PCT))
            raise invalid("stage_pct", f"expected one of {stages}")
        if not DURATION_NS_MIN <= request.duration_ns <= DURATION_NS_MAX:
            raise invalid("duration", "expected from 1 minute to 24 hours")
        self._refuse_what_is_not_in_order()
        if not request.skips_clean_days:
            self._probation.refuse_unearned(request.stage_pct, now_ns)
        if not request.dry_run:
            until_ns = now_ns + request.duration_ns
            by, reason = request.author, request.reason
            self._desk.command(commands.ArmLive(until_ns, by, reason, now_ns, request.stage_pct))
            self._probation.begin(request.stage_pct, now_ns)
            self._sight.grant = GrantInfo(
                account=",".join(sorted(self._desk.accounts)),
                stage_pct=request.stage_pct,
                expire_ns=until_ns,
                granted_by=by,
                reason=reason,
            )
            self._chronicle.catch_up()
        return self._sight.desk_info()

    def _refuse_what_is_not_in_order(self) -> None:
        found = failed(self._checks.run(RunChecks(live=True)))
        if found:
            raise ControlError(
                Reason.STATE_WRONG,
                "; ".join(f"{each.code}: {each.text or each.title}" for each in found),
                remedy="hexdesk doctor --live says what to do",
                facts={"checks": ",".join(each.code for each in found)},
            )

    def disarm(self, request: DisarmLive, now_ns: TimeNs) -> DeskInfo:
        """End a grant now; nothing where there is none."""
        if not request.dry_run and self._sight.live_grant() is not None:
            self._desk.command(commands.DisarmLive(request.author, request.reason, now_ns))
            self._sight.grant = None
            self._chronicle.catch_up()
        return self._sight.desk_info()
