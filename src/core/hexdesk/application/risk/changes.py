"""Changes of rules and limits on a running desk: tried before they hold, and their direction."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.risk import numbers
from hexdesk.application.risk.ladders import LadderRule
from hexdesk.application.risk.plan import ActiveRule, RiskPlan
from hexdesk.application.risk.self_test import CODE, try_limits, try_rules
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.risk import LIMITS, ChangeRule, Layer, RiskChanged, RiskLimits, RiskSetting
from hexdesk.errors import ConfigError

INSTRUMENT_SCOPE = "instrument:"
STRATEGY_SCOPE = "strategy:"


class Planned(msgspec.Struct, frozen=True):
    """What a change would come to.

    Attributes:
        plan: With it.
        before: The setting as it is.
        is_looser: Whether something would pass that does not now.
        rule: The changed rule; None for a limit of the gate.
    """

    plan: RiskPlan
    before: str
    is_looser: bool
    rule: ActiveRule | None = None


def plan_change(
    plan: RiskPlan,
    change: ChangeRule | RiskChanged | RiskSetting,
    instruments: Mapping[str, Instrument],
    traded: Collection[str],
) -> Planned:
    """Return what a change would come to; limits of instruments that are traded are tried.

    Raises:
        ConfigError: There is no such rule, setting or scope, or the value makes no sense.
    """
    if change.rule == LIMITS:
        return _plan_limit(plan, change, instruments, traded)
    strategy_id = _strategy_of(change.scope)
    old = plan.of(strategy_id).get(change.rule)
    if old is None:
        known = ", ".join(sorted(plan.of(strategy_id))) or "none"
        raise _problem(f"rule {change.rule!r} is not on; known: {known}, {LIMITS}")
    if strategy_id and old.layer is not Layer.STRATEGY and _watches(old):
        raise _problem(f"{old.name} is not about single strategies: change it without one")
    new = changed(old, change.key, change.value)
    before = str(getattr(old.settings, change.key))
    if strategy_id:
        own = {**plan.strategies.get(strategy_id, {}), new.name: new}
        wider = replace(plan, strategies={**plan.strategies, strategy_id: own})
    else:
        wider = replace(plan, rules={**plan.rules, new.name: new})
    return Planned(wider, before, is_looser(old, new), new)


def plan_in_order(
    plan: RiskPlan,
    settings: Sequence[RiskSetting],
    instruments: Mapping[str, Instrument],
    traded: Collection[str],
) -> list[tuple[RiskSetting, Planned]]:
    """Return what settings would come to one after the other, in an order in which each holds.

    A step of a ladder may only be raised once the step above it was, and the other way about.

    Raises:
        ConfigError: There is no such order: one of them makes no sense.
    """
    found: list[tuple[RiskSetting, Planned]] = []
    waiting = list(settings)
    while waiting:
        problems: list[ConfigError] = []
        before = len(waiting)
        for each in tuple(waiting):
            try:
                planned = plan_change(plan, each, instruments, traded)
            except ConfigError as error:
                problems.append(error)
                continue
            plan = planned.plan
            found.append((each, planned))
            waiting.remove(each)
        if len(waiting) == before:
            raise problems[0]
    return found


def changed(rule: ActiveRule, key: str, value: str) -> ActiveRule:
    """Return a rule with another setting.

    Raises:
        ConfigError: There is no such setting, or the value makes no sense.
    """
    kind = type(rule.settings)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    if key not in fields:
        known = ", ".join(fields) or "none"
        raise _problem(f"{rule.name} has no setting {key!r}; known: {known}")
    try:
        typed = msgspec.convert(value, fields[key].type, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{rule.name}.{key}: {error}", code=CODE) from error
    new = replace(rule, settings=replace(rule.settings, **{key: typed}))
    try_rules([new])
    return new


def is_looser(old: ActiveRule, new: ActiveRule) -> bool:
    """Whether something is allowed by the new rule that the old one forbade."""
    ladders = [each for each in new.made if isinstance(each, LadderRule)]
    checks = [each for each in new.made if not isinstance(each, LadderRule)]
    for each in old.made:
        if isinstance(each, LadderRule):
            if not any(_holds_as_much(each, ladder) for ladder in ladders):
                return True
        elif any(
            all(check.check(edge.beyond) is None for check in checks) for edge in each.edges()
        ):
            return True
    return False


def _holds_as_much(old: LadderRule, new: LadderRule) -> bool:
    return (
        all(new.level_of(threshold) >= level for level, threshold in old.thresholds)
        and new.throttle_ns >= old.throttle_ns
        and new.cool_down_ns >= old.cool_down_ns
        and new.latched >= old.latched
    )


def _plan_limit(
    plan: RiskPlan,
    change: ChangeRule | RiskChanged | RiskSetting,
    instruments: Mapping[str, Instrument],
    traded: Collection[str],
) -> Planned:
    """Return what another limit of the gate would come to, of all instruments or of one."""
    key, value = change.key, change.value
    if key not in RiskLimits.__struct_fields__:
        known = ", ".join(RiskLimits.__struct_fields__)
        raise _problem(f"there is no limit {key!r}; known: {known}")
    instrument_id = change.scope.removeprefix(INSTRUMENT_SCOPE)
    if change.scope and (
        not change.scope.startswith(INSTRUMENT_SCOPE) or instrument_id not in instruments
    ):
        raise _problem(f"a limit is of all instruments or of one, there is no {change.scope!r}")
    before = str(getattr(plan.limits_of(instrument_id), key))
    if instrument_id:
        own = {**plan.own_limits.get(instrument_id, {}), key: value}
        wider = replace(plan, own_limits={**plan.own_limits, instrument_id: own})
    else:
        wider = replace(plan, limits=replace(plan.limits, **{key: value}))
    try:
        for instrument in instruments.values():
            limits = GateLimits(wider.limits_of(instrument.id), instrument)
            if instrument.id in traded:
                try_limits(instrument, limits)
        looser = numbers.number(key, value) > numbers.number(key, before)
    except ValueError as error:
        raise _problem(str(error)) from error
    return Planned(wider, before, looser)


def _strategy_of(scope: str) -> str:
    if scope and not scope.startswith(STRATEGY_SCOPE):
        raise _problem(f"a rule is changed for all or for {STRATEGY_SCOPE}NAME, was {scope!r}")
    return scope.removeprefix(STRATEGY_SCOPE)


def _watches(rule: ActiveRule) -> bool:
    return any(isinstance(each, LadderRule) for each in rule.made)


def _problem(text: str) -> ConfigError:
    return ConfigError(text, code=CODE)
