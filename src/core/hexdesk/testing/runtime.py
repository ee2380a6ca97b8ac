"""A process around a desk that a test makes up."""

from hexdesk.ports.control_checks import CheckInfo
from hexdesk.ports.control_configuration import ConfigurationKeeper
from hexdesk.ports.control_history import Archive
from hexdesk.ports.control_monitoring import Monitor
from hexdesk.ports.runtime import Reconciling, StrategyFacts
from hexdesk.ports.telemetry import CallLog
from hexdesk.ports.workshop import Workshop


class FakeRuntime:
    """Implements `Runtime` with plain attributes.

    Attributes:
        shutdowns: Reasons that somebody gave for stopping.
        checks: What looking at it finds.
    """

    def __init__(self, *, mode: str = "paper") -> None:
        self.name = "test"
        self.mode = mode
        self.version = "0"
        self.two_person = False
        self.stage_clean_days = 0
        self.critical_alerts = frozenset({"HALTED"})
        self.queue_depth = -1
        self.is_stopping = False
        self.reconciliation: Reconciling | None = None
        self.calls = CallLog()
        self.monitor: Monitor | None = None
        self.workshop: Workshop | None = None
        self.configuration: ConfigurationKeeper | None = None
        self.archive: Archive | None = None
        self.shutdowns: list[str] = []
        self.checks: list[CheckInfo] = []
        self.facts: dict[str, StrategyFacts] = {}

    def strategy_facts(self, strategy_id: str) -> StrategyFacts:
        """Return what a test said of a strategy."""
        return self.facts.get(strategy_id, StrategyFacts())

    def run_checks(self, *, live: bool) -> tuple[CheckInfo, ...]:
        """Return what a test said."""
        return tuple(self.checks)

    def shutdown(self, reason: str) -> None:
        """Note that somebody asked."""
        self.shutdowns.append(reason)
        self.is_stopping = True
