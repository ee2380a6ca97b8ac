"""Rules, presets and verdicts as people and programs read them."""

from collections.abc import Mapping
from typing import cast

import msgspec

from hexdesk.application.risk.catalog import BY_NAME, KINDS, RuleKind
from hexdesk.domain.risk import GATE_CODES, OFF, RiskLimits
from hexdesk_app.config import Config
from hexdesk_app.config.presets import PRESET_DAYS, RISK_PRESETS, RULE_PRESETS

REMEDIES: dict[str, str] = {
    "ORDER_VALUE": "correct the order: a value is missing or makes no sense",
    "ORDER_TICK": "round the price to the instrument's tick",
    "ORDER_LOT": "round the quantity to the instrument's lot",
    "ORDER_SIZE": "send less, or raise order_quantity_max or order_notional_max",
    "ORDER_MIN_NOTIONAL": "send more: the venue wants a least value",
    "ORDER_COLLAR": "come nearer to the touch, or widen collar_pct",
    "ORDER_OVER_CLOSE": "close not more than is held and nobody closes already",
    "ORDER_UNSUPPORTED": "the broker does not take such orders: hexdesk plugin show NAME",
    "ORDER_DUPLICATE": "cancel the equal order first, or allow some: rules.duplicate.open_max",
    "ORDER_UNANSWERED": "wait until the equal order is answered: the venue keeps no ids of ours",
    "ORDER_SELF_TRADE": "cancel the own order opposite first",
    "PRICE_UNAVAILABLE": "wait for a quote or a trade, or send a limit order",
    "SESSION_CLOSED": "wait for the session",
    "FEED_STALE": "look after the feed; closes pass meanwhile",
    "RECON_STALE": "look after reconciliation; closes pass meanwhile",
    "RISK_HALTED": "hexdesk risk rearm, with a reason, once the cause is gone",
    "RISK_REDUCING": "closes pass; see why: hexdesk risk report",
    "STRATEGY_DISABLED": "start the strategy",
    "CAPITAL_FUNDS": "free or deposit money",
    "CAPITAL_ALLOCATION": "close something of the strategy, or give it more capital",
    "LIVE_NOT_ARMED": "arm the desk",
    "LINK_BLOCKED": "closes and cancels pass; a probe follows by itself after cool_down_s",
}


def rule_rows(config: Config) -> list[dict[str, object]]:
    """Return every rule with its effective settings, the gate's limits first."""
    section = config.risk
    rows: list[dict[str, object]] = [
        {
            "rule": field.encode_name,
            "layer": "order" if field.encode_name.startswith(("order_", "collar")) else "strategy",
            "code": GATE_CODES[field.encode_name],
            "state": "on" if getattr(section.limits, field.name) != "unlimited" else OFF,
            "settings": {field.encode_name: getattr(section.limits, field.name)},
            "summary": "limit of the gate, by instrument",
            "seeds": [],
        }
        for field in msgspec.structs.fields(RiskLimits)
    ]
    for kind in KINDS:
        rule = section.rules.get(kind.name)
        rows.append(_row(kind, None if rule is None else rule.settings))
    return rows


def _row(kind: RuleKind, settings: msgspec.Struct | None) -> dict[str, object]:
    return {
        "rule": kind.name,
        "layer": kind.layer.value,
        "code": kind.code,
        "state": OFF if settings is None else "on",
        "settings": {} if settings is None else msgspec.to_builtins(settings),
        "summary": kind.summary,
        "seeds": list(kind.seeds),
    }


def preset_rows() -> list[dict[str, object]]:
    """Return every preset with its limits, rules and day."""
    return [
        {
            "preset": name,
            "limits": limits,
            "rules": RULE_PRESETS.get(name, {}),
            "day": list(PRESET_DAYS.get(name, ("UTC", "00:00"))),
        }
        for name, limits in RISK_PRESETS.items()
    ]


def settings_text(settings: object) -> str:
    """Return settings on one line, those that are off left out."""
    if not isinstance(settings, Mapping):
        return str(settings)
    known = cast("Mapping[str, object]", settings)
    return ", ".join(f"{key} {value}" for key, value in known.items() if value != OFF)


def facts_of(text: str) -> dict[str, str]:
    """Return the `key=value` parts of a text."""
    found = (part.partition("=") for part in text.split())
    return {key: value for key, equals, value in found if equals}


def remedy_of(code: str, rule: str = "") -> str:
    """Return what a person may do about a code, and the rule that denied with it."""
    if code in REMEDIES:
        return REMEDIES[code]
    rule = rule.partition(".")[0]
    named = rule or ", ".join(kind.name for kind in KINDS if kind.code == code)
    return f"closes pass; its limits: [risk.rules.{named}]" if named else "hexdesk risk rules"


def explain(code: str, text: str = "") -> dict[str, object]:
    """Return a verdict's parts by name: its text is `CODE: key=value ...`."""
    facts = facts_of(text.partition(": ")[2])
    rule = facts.get("rule", "").partition(".")[0]
    kinds = [BY_NAME[rule]] if rule in BY_NAME else [each for each in KINDS if each.code == code]
    return {
        "code": code,
        "rule": rule or ", ".join(kind.name for kind in kinds),
        "measured": facts.get("measured", ""),
        "limit": facts.get("limit", ""),
        "facts": facts,
        "summary": "; ".join(kind.summary for kind in kinds),
        "remedy": remedy_of(code, rule if rule in BY_NAME else ""),
    }
