"""What a desk's risk is to be: which rules, with which settings, for whom."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hexdesk.application.risk.days import TradingDays
from hexdesk.application.risk.ladders import LadderRule
from hexdesk.application.risk.valuation import Valuation
from hexdesk.domain.money import Money
from hexdesk.domain.risk import Layer, RiskLimits
from hexdesk.domain.values import NS_PER_MS
from hexdesk.ports.risk import OrderRule

MARK_EVERY_NS = 250 * NS_PER_MS


class ActiveRule(msgspec.Struct, frozen=True):
    """A rule that is on.

    Attributes:
        name: Of the rule.
        layer: What it holds for.
        settings: Its settings, typed.
        make: Returns what enforces settings; for changes on the running desk.
    """

    name: str
    layer: Layer
    settings: msgspec.Struct
    make: Callable[[Any], Any]

    @property
    def made(self) -> tuple[OrderRule | LadderRule, ...]:
        """What enforces it.

        Raises:
            ValueError: Settings make no sense.
        """
        return tuple(self.make(self.settings))


class RiskPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.

    Attributes:
        rules: By name; a rule that is not there is off.
        strategies: Rules that a strategy has in their place, or None for off, by its id.
        capital: What strategies were given, by id.
        days: Of the accounts.
        mark_every_ns: How old sums may be.
        confirms_looser: Whether a second person must agree to a looser limit.
        groups: Strategies that run together, by name.
        limits: Of the gate, for all instruments.
        own_limits: What differs for an instrument, by id.
        valuation: How sums over accounts are made.
    """

    rules: Mapping[str, ActiveRule]
    strategies: Mapping[str, Mapping[str, ActiveRule | None]] = {}
    capital: Mapping[str, Money] = {}
    days: TradingDays = TradingDays()
    mark_every_ns: int = MARK_EVERY_NS
    confirms_looser: bool = False
    groups: Mapping[str, tuple[str, ...]] = {}
    limits: RiskLimits = RiskLimits()
    own_limits: Mapping[str, Mapping[str, str]] = {}
    valuation: Valuation = Valuation()

    def of(self, strategy_id: str) -> dict[str, ActiveRule]:
        """Return the rules of a strategy."""
        merged = {**self.rules, **self.strategies.get(strategy_id, {})}
        return {name: rule for name, rule in merged.items() if rule is not None}

    def limits_of(self, instrument_id: str) -> RiskLimits:
        """Return the gate's limits of an instrument."""
        return msgspec.structs.replace(self.limits, **self.own_limits.get(instrument_id, {}))
