"""Rules, presets and verdicts as people and programs read them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import msgspec

from hexdesk.application.risk.catalog import BY_NAME, KINDS, RuleKind
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.domain.risk import GATE_CODES, OFF, UNLIMITED, RiskLimits
from hexdesk_app.config import Config
from hexdesk_app.config.presets import PRESET_DAYS, RISK_PRESETS, RULE_PRESETS

REMEDIES: dict[str, str] = {
    "ORDER_VALUE": "correct the order: a value is missing or makes no sense",
    "ORDER_TICK": "round the price to the instrument's tick",
    "ORDER_LOT": "round the quantity to the instrument's lot",
    "ORDER_SIZE": "send less, or raise order_quantity_max or order_notional_max",
    "ORDER_MIN_NOTIONAL": "send more: the venue wants a least value",
    "ORDER_PRICE_LIMIT": "stay within the instrument's lower_limit and upper_limit of the day",
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
    "RISK_HALTED": "hexdesk risk rearm, with a reason, once the cause is gone;"
    " after JOURNAL_UNWRITABLE mend the disk and start the desk again",
    "RISK_OPEN_ORDERS": "cancel some first, or raise open_orders_max",
    "RISK_POSITION_SUSPECT": "the venue says otherwise: hexdesk reconcile; closes pass",
    "RISK_REDUCING": "closes pass; see why: hexdesk risk report",
    "STRATEGY_DISABLED": "start the strategy",
    "CAPITAL_FUNDS": "free or deposit money",
    "CAPITAL_ALLOCATION": "close something of the strategy, or give it more capital",
    "LIVE_NOT_ARMED": "arm the desk",
    "LINK_BLOCKED": "closes and cancels pass; a probe follows by itself after cool_down_s",
    "LINK_DOWN": "nothing left; the broker's link comes back by itself",
    "VENUE_FUNDS": "the venue misses money: free or deposit some; compare with hexdesk balance",
    "VENUE_PRICE_BAND": "the venue takes no such price now: come nearer to the market",
    "VENUE_TICK": "the venue's tick is another: correct the instrument",
    "VENUE_LOT": "the venue's lot is another: correct the instrument",
    "VENUE_SESSION": "wait until the venue trades the instrument",
    "VENUE_DUPLICATE_ID": "the venue knows the id already: it is not sent twice",
    "VENUE_POST_ONLY": "it would have traded at once: stay behind the touch",
    "VENUE_REDUCE_ONLY": "there is less to close at the venue: hexdesk reconcile",
    "VENUE_OVER_CLOSE": "there is less to close at the venue: hexdesk reconcile",
    "VENUE_POSITION_LIMIT": "the venue's own limit of positions: hold less",
    "VENUE_RATE": "send less: message_budget keeps below the venue's rate",
    "VENUE_AUTH": "look after the account's keys",
    "VENUE_PERMISSION": "the account may not do this: look after its rights at the venue",
    "VENUE_OTHER": "see the venue's own words: hexdesk why ORDER",
}
CODES = frozenset({*REMEDIES, *GATE_CODES.values(), *(kind.code for kind in KINDS)})
"""What an order is refused with, by hexdesk itself or by a venue."""
OWN_CODES = "X_"
"""What codes of plugins' rules begin with."""


def rule_rows(config: Config, custom: Iterable[ActiveRule] = ()) -> list[dict[str, object]]:
    """Return every rule with its effective settings, the gate's limits first.

    After those of all come limits of single instruments, rules of single strategies, and `custom`
    ones, of plugins.
    """
    section = config.risk
    rows = list(_limit_rows(section.limits))
    rows += [_row(kind, section.rules.get(kind.name)) for kind in KINDS]
    usual = msgspec.structs.asdict(section.limits)
    for instrument_id, limits in sorted(section.instruments.items()):
        for row in _limit_rows(limits, f"instrument:{instrument_id}"):
            name = str(row["rule"])
            if getattr(limits, name) != usual[name]:
                rows.append(row)
    for strategy_id, rules in sorted(section.strategies.items()):
        scope = f"strategy:{strategy_id}"
        rows += [_row(BY_NAME[name], rule, scope) for name, rule in rules.items()]
    rows += [_custom_row(rule) for rule in custom]
    return rows


def _limit_rows(limits: RiskLimits, scope: str = "") -> Iterator[dict[str, object]]:
    for name, value in msgspec.structs.asdict(limits).items():
        yield {
            "rule": name,
            "scope": scope,
            "layer": "order" if name.startswith(("order_", "collar")) else "strategy",
            "code": GATE_CODES[name],
            "state": "on" if value != UNLIMITED else OFF,
            "settings": {name: value},
            "unit": "",
            "summary": "limit of the gate, by instrument",
            "seeds": [],
        }


def _row(kind: RuleKind, rule: ActiveRule | None, scope: str = "") -> dict[str, object]:
    return {
        "rule": kind.name,
        "scope": scope,
        "layer": kind.layer.value,
        "code": kind.code,
        "state": OFF if rule is None else "on",
        "settings": {} if rule is None else msgspec.to_builtins(rule.settings),
        "unit": kind.unit,
        "summary": kind.summary,
        "seeds": list(kind.seeds),
    }


def _custom_row(rule: ActiveRule) -> dict[str, object]:
    return {
        "rule": rule.name,
        "scope": "",
        "layer": rule.layer.value,
        "code": ", ".join(dict.fromkeys(each.code for each in rule.made)),
        "state": "on",
        "settings": msgspec.to_builtins(rule.settings),
        "unit": "",
        "summary": "rule of a plugin",
        "seeds": [],
    }


def preset_rows() -> list[dict[str, object]]:
    """Return every preset with its limits, rules and day."""
    return [
        {
            "preset": name,
            "limits": msgspec.structs.asdict(msgspec.convert(limits, RiskLimits)),
            "differs": limits,
            "rules": RULE_PRESETS.get(name, {}),
            "day": list(PRESET_DAYS.get(name, ("UTC", "00:00"))),
        }
        for name, limits in RISK_PRESETS.items()
    ]


def settings_text(settings: object) -> str:
    """Return settings on one line as they are written in TOML, those that are off left out."""
    if not isinstance(settings, Mapping):
        return str(settings)
    known = cast("Mapping[str, object]", settings)
    return ", ".join(f"{key} {_word(value)}" for key, value in known.items() if value != OFF)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


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
    limits = [name for name, each in GATE_CODES.items() if each == code]
    return {
        "code": code,
        "rule": rule or ", ".join([*limits, *(kind.name for kind in kinds)]),
        "measured": facts.get("measured", ""),
        "limit": facts.get("limit", ""),
        "facts": facts,
        "summary": "; ".join(kind.summary for kind in kinds),
        "remedy": remedy_of(code, rule if rule in BY_NAME else ""),
    }
