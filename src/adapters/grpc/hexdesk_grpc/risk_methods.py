"""Rules and limits on the wire: which request each method is, and how its answer looks."""

from hexdesk.domain.risk import Level
from hexdesk.ports import control_capital as capital
from hexdesk.ports import control_requests as requests
from hexdesk.ports import control_risk as risk
from hexdesk_api.v1 import risk_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.from_wire import mutation, page
from hexdesk_grpc.method import Method, filters, id_in, listed, method, names_of
from hexdesk_grpc.names import (
    ACCOUNTS,
    INSTRUMENTS,
    RISK_LIMITS,
    STRATEGIES,
    id_of,
    name_of,
    optional_id_of,
)
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
            risk_pb2.StrategyGroup(group=name, strategies=names_of(STRATEGIES, members))
            for name, members in sorted(found.groups.items())
        ],
        confirm_looser=found.confirm_looser,
        total=_sum(found.total) if found.total is not None else None,
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
        resumed=names_of(STRATEGIES, done.resumed),
        stopped=names_of(STRATEGIES, done.stopped),
    )


def get_capital(_message: risk_pb2.GetCapitalRequest) -> capital.GetCapital:
    """Return the question."""
    return capital.GetCapital()


def set_capital(message: risk_pb2.SetCapitalRequest) -> capital.SetCapital:
    """Return what is asked."""
    return capital.SetCapital(
        strategy_id=id_of(STRATEGIES, message.strategy, "strategy"),
        capital=message.capital,
        **mutation(message),
    )


def move_capital(message: risk_pb2.MoveCapitalRequest) -> capital.MoveCapital:
    """Return what is asked."""
    return capital.MoveCapital(
        source=optional_id_of(STRATEGIES, message.source, "source"),
        target=optional_id_of(STRATEGIES, message.target, "target"),
        amount=message.amount,
        **mutation(message),
    )


def capital_of(found: capital.CapitalInfo) -> risk_pb2.Capital:
    """Return how accounts are divided."""
    return risk_pb2.Capital(
        divisions=[
            risk_pb2.CapitalDivision(
                account=name_of(ACCOUNTS, each.account),
                currency=each.currency,
                deposited=each.deposited,
                left=each.left,
                left_available=each.left_available,
                parts=[_part(part) for part in each.parts],
            )
            for each in found.divisions
        ],
        version=found.version,
    )


def capital_changed(done: capital.CapitalChanged) -> risk_pb2.ChangeCapitalResponse:
    """Return the parts before and after."""
    return risk_pb2.ChangeCapitalResponse(
        changes=[
            risk_pb2.CapitalChange(
                strategy=name_of(STRATEGIES, each.strategy_id),
                before=each.before,
                capital=each.capital,
            )
            for each in done.changes
        ],
        looser=done.is_looser,
        needs_second=done.needs_second,
        confirmed_by=done.confirmed_by,
        version=done.version,
    )


def _rearmed(halt_reason: str) -> risk_pb2.RearmResponse:
    return risk_pb2.RearmResponse(halt_reason=halt_reason)


METHODS: dict[str, Method] = {
    "RiskService.GetRiskLimits": method(
        requests.GetRiskLimits, id_in(RISK_LIMITS, "instrument_id"), show=to_wire.limits
    ),
    "RiskService.ListRiskLimits": method(
        requests.ListRiskLimits, page,
        show=listed(risk_pb2.ListRiskLimitsResponse, "risk_limits", to_wire.limits),
    ),
    "RiskService.ListDenials": method(
        requests.ListDenials, page, filters,
        show=listed(risk_pb2.ListDenialsResponse, "denials", to_wire.denial),
    ),
    "RiskService.Rearm": method(requests.Rearm, mutation, show=_rearmed),
    "RiskService.GetRiskReport": Method(get_report, report),
    "RiskService.RearmRule": Method(rearm_rule, rearmed),
    "RiskService.ChangeRule": Method(change_rule, changed),
    "RiskService.SwitchGroup": Method(switch_group, switched),
    "RiskService.GetCapital": Method(get_capital, capital_of),
    "RiskService.SetCapital": Method(set_capital, capital_changed),
    "RiskService.MoveCapital": Method(move_capital, capital_changed),
}  # fmt: skip
"""By service and name: how the request is read, and how the answer is shown."""


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


def _sum(total: risk.SumInfo) -> risk_pb2.DeskSum:
    return risk_pb2.DeskSum(
        currency=total.currency,
        equity=total.equity,
        gross=total.gross,
        result=total.result,
        problem=total.problem,
        rates=[
            risk_pb2.CurrencyRate(
                currency=each.currency, rate=each.rate, origin=each.origin, problem=each.problem
            )
            for each in total.rates
        ],
    )


def _part(part: capital.PartInfo) -> risk_pb2.CapitalPart:
    return risk_pb2.CapitalPart(
        strategy=name_of(STRATEGIES, part.strategy_id),
        capital=part.capital,
        needed=part.needed,
        available=part.available,
        reserved=part.reserved,
        bound=part.bound,
        realised_pnl=part.realised_pnl,
        unrealised_pnl=part.unrealised_pnl,
        unloaded=part.is_unloaded,
    )
