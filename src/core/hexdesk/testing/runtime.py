"""A process around a desk that a test makes up."""

from hexdesk.domain.risk import RiskLimits
from hexdesk.ports.runtime import Reconciling, StrategyFacts


class FakeRuntime:
    """Implements `Runtime` with plain attributes.

    Attributes:
        shutdowns: Reasons that somebody gave for stopping.
    """

    def __init__(self, *, mode: str = "paper", limits: RiskLimits | None = None) -> None:
        self.name = "test"
        self.mode = mode
        self.version = "0"
        self.queue_depth = -1
        self.is_stopping = False
        self.reconciliation: Reconciling | None = None
        self.shutdowns: list[str] = []
        self.facts: dict[str, StrategyFacts] = {}
        self._limits = limits or RiskLimits()

    def strategy_facts(self, strategy_id: str) -> StrategyFacts:
        """Return what a test said of a strategy."""
        return self.facts.get(strategy_id, StrategyFacts())

    def limits_of(self, instrument_id: str) -> RiskLimits:
        """Return the same limits for every instrument."""
        return self._limits

    def shutdown(self, reason: str) -> None:
        """Note that somebody asked."""
        self.shutdowns.append(reason)
        self.is_stopping = True
