"""Use cases of rules and limits: look at their use, change them, re-arm, let groups take turns."""

from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import invalid, unknown
from hexdesk.application.control.portfolio import Portfolio
from hexdesk.application.desk import Desk
from hexdesk.application.risk.gauge import PERCENT, Gauge
from hexdesk.application.risk.office import FORGIVEN, RiskOffice
from hexdesk.domain import risk as commands
from hexdesk.domain.risk import GATE_CODES, NORMAL, UNLIMITED, Layer, RiskCommand
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import ConfigError
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_requests import GetRiskLimits
from hexdesk.ports.control_risk import (
    ChangeRule,
    GetRiskReport,
    GroupSwitched,
    Rearmed,
    RearmRule,
    RiskReport,
    RuleChanged,
    RuleUse,
    SwitchGroup,
)

SECOND_WITHIN_NS = 600 * NS_PER_SECOND
"""How long a first person's word for a looser limit waits for a second."""
PROPOSALS_MAX = 100


class _Proposal(NamedTuple):
    """A looser limit that one person asked for."""

    by: str
    reason: str
    expire_ns: TimeNs


class Risks:
    """What operators do with the risk of a desk."""

    def __init__(
        self, desk: Desk, chronicle: Chronicle, portfolio: Portfolio, office: RiskOffice
    ) -> None:
        self._desk = desk
        self._chronicle = chronicle
        self._portfolio = portfolio
        self._office = office
        self._gauge = Gauge(desk, office.engine)
        self._proposals: OrderedDict[tuple[str, str, str, str], _Proposal] = OrderedDict()

    def report(self, _query: GetRiskReport, now_ns: TimeNs) -> RiskReport:
        """Return every rule with its use, and the gate's limits of what is traded."""
        plan = self._office.engine.plan
        return RiskReport(
            rules=(*self._limits(), *self._gauge.read(now_ns)),
            groups=dict(plan.groups),
            confirm_looser=plan.confirms_looser,
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
        """Change a setting; a looser one may wait for a second person to ask for the same."""
        command = commands.ChangeRule(
            request.rule, request.key, request.value, request.author, request.reason, "", now_ns,
            request.risk_scope,
        )  # fmt: skip
        try:
            planned = self._office.plan(command)
        except ConfigError as error:
            raise invalid("rule", error.message) from error
        needs_second = False
        if planned.is_looser and self._office.engine.plan.confirms_looser:
            first = self._first_word(request, now_ns)
            needs_second = first is None
            if first is not None:
                command = replace(
                    command, by=first.by, reason=first.reason, confirmed_by=request.author
                )
        if needs_second and not request.dry_run:
            raise self._propose(request, now_ns)
        if not needs_second:
            self._tell(command, dry_run=request.dry_run)
        if not request.dry_run:
            self._proposals.pop(_place(request), None)
        return RuleChanged(
            rule=request.rule,
            key=request.key,
            value=request.value,
            scope=request.risk_scope,
            before=planned.before,
            is_looser=planned.is_looser,
            needs_second=needs_second,
            confirmed_by=command.confirmed_by,
        )

    def switch(self, request: SwitchGroup, now_ns: TimeNs) -> GroupSwitched:
        """Let one group enter, and no other strategy."""
        groups = self._office.engine.plan.groups
        members = groups.get(request.group)
        if members is None:
            known = ", ".join(sorted(groups)) or "none; name some in [risk.groups]"
            raise unknown("group", request.group, f"groups: {known}")
        halted = self._desk.execution.halted
        if halted:
            raise ControlError(
                Reason.DESK_HALTED,
                f"the desk is halted: {halted}",
                remedy="hexdesk risk rearm --reason ...",
                facts={"halt_reason": halted},
            )
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
            if isinstance(command, commands.RearmRule) and command.rule in FORGIVEN:
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

    def _first_word(self, request: ChangeRule, now_ns: TimeNs) -> _Proposal | None:
        """Return the word of another person for the same, if it still holds."""
        found = self._proposals.get(_place(request))
        if found is None or found.by == request.author or found.expire_ns <= now_ns:
            return None
        return found

    def _propose(self, request: ChangeRule, now_ns: TimeNs) -> ControlError:
        """Note that one person asked for a looser limit, and return that a second must."""
        place = _place(request)
        self._proposals[place] = _Proposal(
            request.author, request.reason, now_ns + SECOND_WITHIN_NS
        )
        self._proposals.move_to_end(place)
        if len(self._proposals) > PROPOSALS_MAX:
            self._proposals.popitem(last=False)
        what = f"{request.rule}.{request.key}"
        return ControlError(
            Reason.APPROVAL_REQUIRED,
            f"{what} would be looser: a second person must ask for the same within"
            f" {SECOND_WITHIN_NS // NS_PER_SECOND // 60} minutes",
            remedy="let another person, with a token of their own, give the same command",
            facts={"approval": f"{what}={request.value}"},
        )

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


def _place(request: ChangeRule) -> tuple[str, str, str, str]:
    return request.rule, request.key, request.value, request.risk_scope


def _used_pct(used: str, limit: str) -> int:
    if limit == UNLIMITED:
        return -1
    most = Decimal(limit)
    if not most:
        return PERCENT * bool(Decimal(used))
    return int(Decimal(used) * PERCENT / most)
