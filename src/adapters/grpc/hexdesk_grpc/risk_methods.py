"""Rules and limits on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.domain.risk import Level
from hexdesk.ports import control_risk as risk
from hexdesk_api.v1 import risk_pb2
from hexdesk_grpc.from_wire import mutation
from hexdesk_grpc.names import INSTRUMENTS, STRATEGIES, name_of
from hexdesk_grpc.to_wire import timestamp

_LEVELS = {
    Level.NORMAL: risk_pb2.RISK_LEVEL_NORMAL,
    Level.WARN: risk_pb2.RISK_LEVEL_WARN,
    Level.THROTTLE: risk_pb2.RISK_LEVEL_THROTTLE,
    Level.REDUCING: risk_pb2.RISK_LEVEL_REDUCING,
    Level.FLATTEN: risk_pb2.RISK_LEVEL_FLATTEN,
    Level.HALTED: risk_pb2.RISK_LEVEL_HALTED,
}


def get_report(_message: risk_pb2.GetRiskReportRequest) -> risk.GetRiskReport:
    """Return the question."""
    return risk.GetRiskReport()


def rearm_rule(message: risk_pb2.RearmRuleRequest) -> risk.RearmRule:
    """Return what is asked."""
    return risk.RearmRule(
        rule=message.rule,
        risk_scope=message.scope,
        accepts_loss=message.accepts_loss,
        **mutation(message),
    )


def change_rule(message: risk_pb2.ChangeRuleRequest) -> risk.ChangeRule:
    """Return what is asked."""
    return risk.ChangeRule(
        rule=message.rule,
        key=message.key,
        value=message.value,
        risk_scope=message.scope,
        **mutation(message),
    )


def switch_group(message: risk_pb2.SwitchGroupRequest) -> risk.SwitchGroup:
    """Return what is asked."""
    return risk.SwitchGroup(group=message.group, **mutation(message))


def report(found: risk.RiskReport) -> risk_pb2.RiskReport:
    """Return all rules with their use."""
    return risk_pb2.RiskReport(
        rules=[_use(each) for each in found.rules],
        groups=[
            risk_pb2.StrategyGroup(group=name, strategies=_strategies(members))
            for name, members in sorted(found.groups.items())
        ],
        confirm_looser=found.confirm_looser,
    )


def rearmed(done: risk.Rearmed) -> risk_pb2.RearmRuleResponse:
    """Return the level that ended."""
    return risk_pb2.RearmRuleResponse(
        rule=done.rule, scope=done.scope, level=_LEVELS[done.level], text=done.text
    )


def changed(done: risk.RuleChanged) -> risk_pb2.ChangeRuleResponse:
    """Return the setting before and after."""
    return risk_pb2.ChangeRuleResponse(
        rule=done.rule,
        key=done.key,
        value=done.value,
        scope=done.scope,
        before=done.before,
        looser=done.is_looser,
        needs_second=done.needs_second,
        confirmed_by=done.confirmed_by,
    )


def switched(done: risk.GroupSwitched) -> risk_pb2.SwitchGroupResponse:
    """Return who may enter now, and who no longer."""
    return risk_pb2.SwitchGroupResponse(
        group=done.group,
        resumed=_strategies(done.resumed),
        stopped=_strategies(done.stopped),
    )


METHODS: dict[str, tuple[Any, Any]] = {
    "RiskService.GetRiskReport": (get_report, report),
    "RiskService.RearmRule": (rearm_rule, rearmed),
    "RiskService.ChangeRule": (change_rule, changed),
    "RiskService.SwitchGroup": (switch_group, switched),
}
"""How each request is read, and how each answer is shown."""


def _use(use: risk.RuleUse) -> risk_pb2.RuleUse:
    return risk_pb2.RuleUse(
        rule=use.rule,
        scope=use.scope,
        instrument=name_of(INSTRUMENTS, use.instrument_id) if use.instrument_id else "",
        layer=use.layer.value,
        code=use.code,
        level=_LEVELS[use.level],
        use=use.use,
        limit=use.limit,
        unit=use.unit,
        next_level=_LEVELS[use.next_level] if use.next_level else None,
        used_pct=use.used_pct if use.used_pct >= 0 else None,
        latched=use.latched,
        level_time=timestamp(use.since_ns),
        text=use.text,
    )


def _strategies(ids: tuple[str, ...]) -> list[str]:
    return [name_of(STRATEGIES, each) for each in ids]
