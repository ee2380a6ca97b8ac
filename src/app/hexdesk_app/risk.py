"""Surrounds a desk with the risk that its configuration asks for; every rule is tried before."""

from hexdesk.application.desk import Desk
from hexdesk.application.gate_limits import GateLimits
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.self_test import try_limits, try_rules
from hexdesk.domain.risk import RiskLimits
from hexdesk_app.config import Config


def attach_risk(config: Config, desk: Desk) -> RiskEngine | None:
    """Try every rule and limit, and bind them to a desk; None where no rule is on.

    Raises:
        ConfigError: One of them cannot fire (`RISK_SELFTEST`).
    """
    section = config.risk
    try_rules(section.rules.values())
    for rules in section.strategies.values():
        try_rules(rule for rule in rules.values() if rule is not None)
    traded = {each for part in config.enabled_strategies.values() for each in part.instruments}
    for instrument_id in sorted(traded):
        instrument = desk.market(instrument_id).instrument
        limits: RiskLimits = section.of(instrument_id)
        try_limits(instrument, GateLimits(limits, instrument))
    if not section.rules and not section.strategies:
        return None
    capital = {
        name: part.capital
        for name, part in config.enabled_strategies.items()
        if part.capital is not None
    }
    return RiskEngine(desk, section.plan(capital)).attach()
