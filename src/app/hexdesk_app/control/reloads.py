"""What of a configuration may change while a desk runs, and why the rest may not."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from hexdesk.application.risk.changes import INSTRUMENT_SCOPE, STRATEGY_SCOPE
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.domain.risk import LIMITS, RiskLimits, RiskSetting
from hexdesk_app.config import Config
from hexdesk_app.config.risk import DAILY_LOSS, RiskSection
from hexdesk_app.config.toml_lines import parse_key

LEVEL = "logging.level"
STRATEGY_KEYS = frozenset({"settings", "on_fault"})
"""What of a strategy's section can change while the desk runs."""
ALARMED = ("alerts", "channels")
REASONS = {
    "alerts": "the desk began without a channel and without a heartbeat",
    "brokers": "orders and positions hang on the connection",
    "channels": "the desk began without a channel and without a heartbeat",
    "desk": "it is what the desk and its state are",
    "feeds": "markets hang on the connection",
    "instruments": "orders and prices hang on its scales",
    "journal": "it is what the desk is restored from",
    "logging": "the log is open",
    "read_model": "it is being written",
    "reconciliation": "books are being compared by it",
    "risk": "rules come, go and are grouped only at a start",
    "servers": "clients are connected to it",
    "strategies": "its orders and positions hang on it; unload it, or use another name",
    "telemetry": "it is being written",
}
"""By section."""
CAPITAL_REASON = "hexdesk risk allocate divides capital, strategy load --capital brings it"


def restart_reason(path: str, old: Config, new: Config, *, has_alarm: bool) -> str:
    """Return why a value changes only at a restart; empty for one that may be reloaded.

    Args:
        path: As in TOML.
        old: What runs.
        new: What the files say.
        has_alarm: Whether anybody is told of alerts.
    """
    section, *rest = parse_key(path)
    name = rest[0] if rest else ""
    if section == "strategies" and rest[1:] == ["capital"] and _is_divided(name, old, new):
        return CAPITAL_REASON
    is_free = {
        "logging": path == LEVEL,
        "alerts": has_alarm,
        "channels": has_alarm,
        "strategies": _is_free_strategy(name, rest[1:2], old, new),
        "risk": _is_free_risk(rest, old.risk, new.risk),
    }.get(section, False)
    return "" if is_free else REASONS.get(section, "it is read at the start alone")


def _is_divided(name: str, old: Config, new: Config) -> bool:
    """Whether capital of a strategy would have to change: a new one may have none of its own."""
    section = new.enabled_strategies.get(name)
    return section is not None and (name in old.enabled_strategies or section.capital is not None)


def _is_free_strategy(name: str, key: Collection[str], old: Config, new: Config) -> bool:
    is_both = name in old.enabled_strategies and name in new.enabled_strategies
    return not is_both or STRATEGY_KEYS.issuperset(key)


def _is_free_risk(path: list[str], old: RiskSection, new: RiskSection) -> bool:
    """Whether a value of `[risk]` is a limit, or a setting of a rule that was on and stays so."""
    match path:
        case ["daily_loss_limit_pct"]:
            return DAILY_LOSS in old.rules and DAILY_LOSS in new.rules
        case [key]:
            return key in RiskLimits.__struct_fields__ or key == "stage"
        case ["instruments", _, _]:
            return True
        case ["rules", name, _]:
            return name in old.rules and name in new.rules
        case ["strategies", strategy_id, name, _]:
            found = (each.strategies.get(strategy_id, {}).get(name) for each in (old, new))
            return all(rule is not None for rule in found)
        case _:
            return False


def risk_settings(old: RiskSection, new: RiskSection) -> tuple[RiskSetting, ...]:
    """Return what turns the risk of one configuration into that of another.

    Rules that come or go are left out: they need a restart.
    """
    found = [*_limits(old, new), *_rules(old.rules, new.rules, "")]
    for strategy_id in old.strategies.keys() & new.strategies.keys():
        scope = f"{STRATEGY_SCOPE}{strategy_id}"
        found += _rules(_on(old.strategies[strategy_id]), _on(new.strategies[strategy_id]), scope)
    return tuple(found)


def _limits(old: RiskSection, new: RiskSection) -> Iterator[RiskSetting]:
    for key in RiskLimits.__struct_fields__:
        before, after = str(getattr(old.of(""), key)), str(getattr(new.of(""), key))
        if before != after:
            yield RiskSetting(LIMITS, key, after)
        for instrument_id in sorted(old.instruments.keys() | new.instruments.keys()):
            own = str(getattr(old.of(instrument_id), key))
            left = after if own == before else own  # what it is with the general one alone
            wanted = str(getattr(new.of(instrument_id), key))
            if left != wanted:
                yield RiskSetting(LIMITS, key, wanted, f"{INSTRUMENT_SCOPE}{instrument_id}")


def _rules(
    old: Mapping[str, ActiveRule], new: Mapping[str, ActiveRule], scope: str
) -> Iterator[RiskSetting]:
    for name in sorted(old.keys() & new.keys()):
        before, after = old[name].settings, new[name].settings
        for field in msgspec.structs.fields(after):
            value = getattr(after, field.name)
            if value != getattr(before, field.name):
                yield RiskSetting(name, field.encode_name, _text(value), scope)


def _on(rules: Mapping[str, ActiveRule | None]) -> dict[str, ActiveRule]:
    return {name: rule for name, rule in rules.items() if rule is not None}


def _text(value: object) -> str:
    """Return a value as `ChangeRule` takes it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
