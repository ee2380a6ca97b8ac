"""Makes the control plane of a desk, and shows it the process around."""

import asyncio
import secrets
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hexdesk.application.control.control import ControlStores, DeskControl
from hexdesk.application.desk import Desk
from hexdesk.application.inbox import Inbox
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.values import TimeNs
from hexdesk.ports.clock import Clock
from hexdesk.ports.control_checks import CheckInfo
from hexdesk.ports.control_history import Archive
from hexdesk.ports.control_monitoring import Monitor
from hexdesk.ports.runtime import Reconciling, StrategyFacts
from hexdesk.ports.telemetry import CallLog
from hexdesk_app.alerting.rules import CRITICAL_EVENTS
from hexdesk_app.config import Config, Mode
from hexdesk_app.control.files import (
    answer_file,
    approval_file,
    audit_file,
    stage_day_file,
    token_file,
)
from hexdesk_app.control.keeper import Keeper
from hexdesk_app.doctor.running import running_checks
from hexdesk_app.resolve import Parts
from hexdesk_app.running.links import Links
from hexdesk_app.running.live_clock import wall_time_ns
from hexdesk_app.workshop import PluginWorkshop

SECRET_BYTES = 32


class Process:
    """The process that a desk runs in; implements `Runtime`.

    Attributes:
        workshop: Makes strategies while the desk runs.
        configuration: Knows plugins and configuration.
    """

    def __init__(self, config: Config, parts: Parts, inbox: Inbox, *, is_virtual: bool) -> None:
        self._stop: Callable[[str], None] = _nothing
        self._is_stopping: Callable[[], bool] = bool
        self._config = config
        self._parts = parts
        self._inbox = inbox
        self._is_virtual = is_virtual
        self.workshop = PluginWorkshop(config, parts)
        self.configuration = Keeper(config, parts, self.workshop, wall_time_ns())
        self._reconciliation: Reconciling | None = None
        self._links: Links | None = None
        self._monitor: Monitor | None = None
        self._archive: Archive | None = None
        self.calls = CallLog()

    def attach(self, stop: Callable[[str], None], is_stopping: Callable[[], bool]) -> None:
        """Say how the process is asked to stop, and whether somebody asked."""
        self._stop = stop
        self._is_stopping = is_stopping

    @property
    def is_stopping(self) -> bool:
        """Whether the process ends."""
        return self._is_stopping()

    @property
    def name(self) -> str:
        """Name of the desk in its configuration."""
        return self._config.desk.name

    @property
    def mode(self) -> str:
        """`backtest`, `paper` or `live`."""
        return self._config.desk.mode.value

    @property
    def version(self) -> str:
        """Version of hexdesk."""
        return _version()

    @property
    def two_person(self) -> bool:
        """Whether what cannot be undone waits for a second person."""
        return self._config.desk.two_person and self._config.desk.mode is Mode.LIVE

    @property
    def stage_clean_days(self) -> int:
        """Clean trading days that a stage takes before the next may be armed."""
        return self._config.desk.stage_clean_days

    @property
    def critical_alerts(self) -> frozenset[str]:
        """Codes of alerts after which a trading day is not clean."""
        return CRITICAL_EVENTS

    @property
    def queue_depth(self) -> int:
        """Inputs that wait; -1 where recordings are played, which need no inbox."""
        return -1 if self._is_virtual else len(self._inbox)

    @property
    def reconciliation(self) -> Reconciling | None:
        """What compares the books of a live desk; None where nothing does."""
        return self._reconciliation

    def show_reconciliation(self, reconciling: Reconciling | None) -> None:
        """Say what compares the books."""
        self._reconciliation = reconciling

    @property
    def monitor(self) -> Monitor | None:
        """What watches the desk; None before it runs."""
        return self._monitor

    def show_monitor(self, monitor: Monitor) -> None:
        """Say what watches the desk."""
        self._monitor = monitor

    @property
    def archive(self) -> Archive | None:
        """What keeps the past; None before the desk runs."""
        return self._archive

    def show_archive(self, archive: Archive) -> None:
        """Say what keeps the past."""
        self._archive = archive

    def strategy_facts(self, strategy_id: str) -> StrategyFacts:
        """Return what a strategy is made of, secrets masked."""
        return self.workshop.facts_of(strategy_id)

    def watch_links(self, links: Links) -> None:
        """Say where the connections are looked up."""
        self._links = links

    def run_checks(self, *, live: bool) -> tuple[CheckInfo, ...]:
        """Look at the process, its files and its machine."""
        return running_checks(self._config, self._parts, self._links, live=live)

    def shutdown(self, reason: str) -> None:
        """Ask the process to stop, once what is being answered is out."""
        asyncio.get_running_loop().call_soon(self._stop, reason)


def make_control(  # noqa: PLR0917 - what it joins
    desk: Desk,
    risk: RiskOffice,
    clock: Clock,
    process: Process,
    state_path: Path,
    wall_ns: Callable[[], TimeNs],
) -> DeskControl:
    """Make the control plane of a desk whose run has begun.

    Raises:
        ControlError: The audit log that is there does not hold together.
        DataError: A file of the control plane is damaged.
    """
    control = DeskControl(
        desk,
        clock,
        process,
        risk,
        wall_ns=wall_ns,
        later=_soon,
        stores=ControlStores(
            answer_file(state_path),
            audit_file(state_path),
            token_file(state_path),
            approval_file(state_path),
            stage_day_file(state_path),
        ),
        make_secret=_make_secret,
    )
    control.open()
    return control


def _nothing(_reason: str) -> None:
    """Stop nothing: the process does not run yet."""


@cache
def _version() -> str:
    try:
        return version("hexdesk")
    except PackageNotFoundError:  # run from a tree that was never installed
        return "unknown"


def _make_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def _soon(callback: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(callback)
