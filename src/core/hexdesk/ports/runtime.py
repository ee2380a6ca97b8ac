"""What surrounds a desk: its configuration, its plugins, and the way to stop it.

The application offers it to the control plane; a fake is `hexdesk.testing.runtime`.
"""

from typing import Protocol

import msgspec

from hexdesk.ports.control_checks import CheckInfo
from hexdesk.ports.control_configuration import ConfigurationKeeper
from hexdesk.ports.control_history import Archive
from hexdesk.ports.control_monitoring import Monitor
from hexdesk.ports.control_views import IncidentInfo, ReconciliationInfo, ResolvedInfo
from hexdesk.ports.telemetry import CallLog
from hexdesk.ports.workshop import Workshop


class StrategyFacts(msgspec.Struct, frozen=True):
    """What a strategy is made of; all empty for one that no plugin made.

    `settings` are effective values as in `plugins.toml`, secrets masked.
    """

    plugin: str = ""
    version: str = ""
    settings: dict[str, object] = {}


class Reconciling(Protocol):
    """What compares the books of a live desk with its brokers'."""

    def accounts(self) -> tuple[ReconciliationInfo, ...]:
        """Return how each account's books compare, by name."""
        ...

    def incidents(self) -> tuple[IncidentInfo, ...]:
        """Return all incidents that are kept, oldest first."""
        ...

    def resolve(
        self, account: str, number: int, policy: str, *, by: str, why: str, dry_run: bool
    ) -> ResolvedInfo:
        """Carry a person's decision out, or say what it would come to.

        Raises:
            ControlError: There is no such incident, or it cannot be resolved so.
        """
        ...


class Runtime(Protocol):
    """The process that a desk runs in."""

    @property
    def name(self) -> str:
        """Name of the desk in its configuration."""
        ...

    @property
    def mode(self) -> str:
        """`backtest`, `paper` or `live`."""
        ...

    @property
    def version(self) -> str:
        """Version of hexdesk."""
        ...

    @property
    def two_person(self) -> bool:
        """Whether what cannot be undone waits for a second person."""
        ...

    @property
    def stage_clean_days(self) -> int:
        """Clean trading days that a stage takes before the next may be armed; 0 for none."""
        ...

    @property
    def critical_alerts(self) -> frozenset[str]:
        """Codes of alerts after which a trading day is not clean."""
        ...

    @property
    def queue_depth(self) -> int:
        """Inputs that wait; -1 where there is no inbox."""
        ...

    @property
    def is_stopping(self) -> bool:
        """Whether the process ends."""
        ...

    @property
    def reconciliation(self) -> Reconciling | None:
        """What compares books; None where recordings are played, or nobody is to compare."""
        ...

    @property
    def calls(self) -> CallLog:
        """Notes which journal records came of which call."""
        ...

    @property
    def monitor(self) -> Monitor | None:
        """What watches the desk; None before it runs."""
        ...

    @property
    def workshop(self) -> Workshop | None:
        """What makes strategies while the desk runs; None where nothing does."""
        ...

    @property
    def configuration(self) -> ConfigurationKeeper | None:
        """What knows plugins and configuration."""
        ...

    @property
    def archive(self) -> Archive | None:
        """What keeps the past; None before the desk runs."""
        ...

    def strategy_facts(self, strategy_id: str) -> StrategyFacts:
        """Return what a strategy is made of."""
        ...

    def run_checks(self, *, live: bool) -> tuple[CheckInfo, ...]:
        """Look at the process, its files and its machine; with `live` at what a live desk needs."""
        ...

    def shutdown(self, reason: str) -> None:
        """Ask the process to stop in good order, soon; idempotent."""
        ...
