"""Use cases of rules and limits: look at their use, change them, re-arm, let groups take turns."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from hexdesk.application.control.approvals import Approvals
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import (
    invalid,
    refuse_other_account,
    refuse_while_halted,
    unknown,
)
from hexdesk.application.control.portfolio import Portfolio
from hexdesk.application.desk import Desk
from hexdesk.application.risk.books import Whole
from hexdesk.application.risk.gauge import PERCENT, Gauge
from hexdesk.application.risk.office import FORGIVEN, RiskOffice
from hexdesk.domain import risk as commands
from hexdesk.domain.money import SCALE_MAX, format_raw
from hexdesk.domain.risk import GATE_CODES, NORMAL, UNLIMITED, Layer, RiskCommand, RiskSetting
from hexdesk.domain.values import TimeNs
from hexdesk.errors import ConfigError
from hexdesk.ports.control import ControlError, Mutation, Reason
from hexdesk.ports.control_requests import GetRiskLimits
from hexdesk.ports.control_risk import (
    ChangeRule,
    GetRiskReport,
    GroupSwitched,
    RateInfo,
    Rearmed,
    RearmRule,
    RiskReport,
    RuleChanged,
    RuleUse,
    SumInfo,
    SwitchGroup,
)

CONFIGURATION = "the configuration"


class Risks:
    """What operators do with the risk of a desk."""

    def __init__(
        self,
        desk: Desk,
        chronicle: Chronicle,
        portfolio: Portfolio,
        approvals: Approvals,
        office: RiskOffice,
    ) -> None:
        self._desk = desk
        self._chronicle = chronicle
        self._portfolio = portfolio
        self._office = office
        self._gauge = Gauge(desk, office.engine)
        self._approvals = approvals

    def report(self, _query: GetRiskReport, now_ns: TimeNs) -> RiskReport:
        """Return every rule with its use, and the gate's limits of what is traded."""
        plan = self._office.engine.plan
        return RiskReport(
            rules=(*self._limits(), *self._gauge.read(now_ns)),
            groups=dict(plan.groups),
            confirm_looser=plan.confirms_looser,
            total=sum_of(self._office.engine.whole),
        )

    def rearm(self, request: RearmRule, now_ns: TimeNs) -> Rearmed:
        """End a level."""
        scope = self._scope_of(request)
        step = self._desk.risk.steps.get((scope, request.rule))
        if step is None:
            return Rearmed(rule=request.rule, scope=scope, level=NORMAL)
        command = commands.RearmRule(
            scope, request.rule, request.author, request.reason, request.accepts_loss, now_ns
        )
        self._tell(command, dry_run=request.dry_run)
        return Rearmed(rule=request.rule, scope=scope, level=step.level, text=step.text)

    def change(self, request: ChangeRule, now_ns: TimeNs) -> RuleChanged:
        """Change a setting; a looser one may wait for a second person."""
        command = commands.ChangeRule(
            request.rule, request.key, request.value, request.author, request.reason, "", now_ns,
            request.risk_scope,
        )  # fmt: skip
        try:
            planned = self._office.plan(command)
        except ConfigError as error:
            raise invalid("rule", error.message) from error
        if planned.is_looser and not request.dry_run:
            refuse_other_account(self._desk, request.account_id)
        needs_second = planned.is_looser and self._office.engine.plan.confirms_looser
        if not needs_second:
            self._tell(command, dry_run=request.dry_run)
        elif not request.dry_run:
            agreed = self._approvals.agreed(request.author, request, _nothing)
            command = replace(command, confirmed_by=agreed.approved_by)
            self._tell(command, dry_run=False)
            self._approvals.use(agreed.number)
        return RuleChanged(
            rule=request.rule,
            key=request.key,
            value=request.value,
            scope=request.risk_scope,
            before=planned.before,
            is_looser=planned.is_looser,
            needs_second=needs_second and request.dry_run,
            confirmed_by=command.confirmed_by,
        )

    def prepare(
        self, settings: Sequence[RiskSetting], request: Mutation[Any], author: str
    ) -> Callable[[TimeNs], None]:
        """Return what lets settings of a configuration hold, or refuse them all.

        What is looser needs a reason, and a second person where `confirm_looser` is set.
        """
        try:
            planned = self._office.plan_all(settings)
        except ConfigError as error:
            raise ControlError(Reason.CONFIG_INVALID, f"risk: {error.message}") from error
        is_looser = any(each.is_looser for _, each in planned)
        if is_looser and not request.reason.strip():
            raise invalid("reason", "expected why: a limit of risk becomes looser")
        agreed = None
        if is_looser and self._office.engine.plan.confirms_looser and not request.dry_run:
            agreed = self._approvals.agreed(author, request, _nothing)

        def apply(now_ns: TimeNs) -> None:
            by = agreed.approved_by if agreed is not None else ""
            reason = request.reason.strip() or CONFIGURATION
            for each, _ in planned:
                command = commands.ChangeRule(
                    each.rule, each.key, each.value, author, reason, by, now_ns, each.scope,
                    is_configured=True,
                )  # fmt: skip
                self._tell(command, dry_run=False)
            if agreed is not None:
                self._approvals.use(agreed.number)

        return apply

    def switch(self, request: SwitchGroup, now_ns: TimeNs) -> GroupSwitched:
        """Let one group enter, and no other strategy."""
        groups = self._office.engine.plan.groups
        members = groups.get(request.group)
        if members is None:
            known = ", ".join(sorted(groups)) or "none; name some in [risk.groups]"
            raise unknown("group", request.group, f"groups: {known}")
        refuse_while_halted(self._desk)
        hosts = [host for host in self._desk.hosts.values() if host.strategy is not None]
        off = [each.strategy_id for each in hosts if not each.entries_allowed]
        on = [each.strategy_id for each in hosts if each.entries_allowed]
        command = commands.SwitchGroup(request.group, request.author, request.reason, now_ns)
        self._tell(command, dry_run=request.dry_run)
        return GroupSwitched(
            group=request.group,
            resumed=tuple(each for each in off if each in members),
            stopped=tuple(each for each in on if each not in members),
        )

    # --- inside ----------------------------------------------------------------------------------

    def _tell(self, command: RiskCommand, *, dry_run: bool) -> None:
        if dry_run:
            refusal = self._office.refusal(command)
        else:
            refusal = self._desk.command(command).refusal
            self._chronicle.catch_up()
        if refusal:
            code, _, text = refusal.partition(": ")
            remedy = ""
            if isinstance(command, commands.RearmRule):
                remedy = "reduce what is held, or wait until it is over: hexdesk risk report"
                if command.rule in FORGIVEN:
                    remedy = f"hexdesk risk rearm {command.rule} --accept-loss --reason ..."
            facts = {"code": code, "text": text}
            raise ControlError(Reason.STATE_WRONG, text, remedy=remedy, facts=facts)

    def _scope_of(self, request: RearmRule) -> str:
        """Return where a rule is to be re-armed."""
        rule = request.rule
        steps = sorted(self._desk.risk.steps)
        found = [scope for scope, each in steps if each == rule]
        if request.risk_scope in found or (len(found) == 1 and not request.risk_scope):
            return request.risk_scope or found[0]
        at = ", ".join(f"{each} at {scope}" for scope, each in steps) or "none"
        if found:
            raise invalid("risk_scope", f"{rule} is at a level at {', '.join(found)}: name one")
        plan = self._office.engine.plan
        if not any(rule in plan.of(each) for each in ("", *plan.strategies)):
            raise unknown("rule", rule, f"rules at a level now: {at}")
        return request.risk_scope

    def _limits(self) -> Iterator[RuleUse]:
        """Yield the gate's limits, by instrument and where there is a use by strategy."""
        traded = {each for host in self._desk.hosts.values() for each in host.ledgers}
        for instrument_id in sorted(traded):
            found = self._portfolio.get_limits(GetRiskLimits(instrument_id=instrument_id))
            for limit in found.limits:
                bare = RuleUse(
                    rule=limit.rule,
                    scope=f"instrument:{instrument_id}",
                    layer=Layer.STRATEGY if limit.uses else Layer.ORDER,
                    code=GATE_CODES[limit.rule],
                    instrument_id=instrument_id,
                    limit=limit.limit,
                    unit=limit.unit,
                )
                if not limit.uses:
                    yield bare
                for use in limit.uses:
                    yield replace(
                        bare,
                        scope=f"strategy:{use.strategy_id}",
                        use=use.used,
                        used_pct=_used_pct(use.used, limit.limit),
                    )


def sum_of(whole: Whole | None) -> SumInfo | None:
    """Return all accounts together, as far as there are rates."""
    if whole is None:
        return None
    whole.refresh()
    equity = whole.equity
    amounts = (equity, whole.gross, equity - whole.paid_in)
    shown = ["" if whole.unvalued else format_raw(each, SCALE_MAX) for each in amounts]
    return SumInfo(
        currency=whole.rates.currency,
        equity=shown[0],
        gross=shown[1],
        result=shown[2],
        problem=whole.unvalued,
        rates=tuple(
            RateInfo(currency=each.currency, rate=each.text, origin=each.origin,
                     problem=each.problem)
            for each in whole.known
        ),
    )  # fmt: skip


def _nothing() -> None:
    """There is nothing that would be refused anyway: the change was planned."""


def _used_pct(used: str, limit: str) -> int:
    if limit == UNLIMITED:
        return -1
    most = Decimal(limit)
    if not most:
        return PERCENT * bool(Decimal(used))
    return int(Decimal(used) * PERCENT / most)
