"""Changes of rules on a running desk: another setting, tried before it holds, and its direction."""

import msgspec
from msgspec.structs import replace

from hexdesk.application.risk.ladders import LadderRule
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.application.risk.self_test import CODE, try_rules
from hexdesk.errors import ConfigError


def changed(rule: ActiveRule, key: str, value: str) -> ActiveRule:
    """Return a rule with another setting.

    Raises:
        ConfigError: There is no such setting, or the value makes no sense.
    """
    kind = type(rule.settings)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    if key not in fields:
        known = ", ".join(fields) or "none"
        raise ConfigError(f"{rule.name} has no setting {key!r}; known: {known}", code=CODE)
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
