"""A strategy inside the desk: its state and all that belongs to it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeAlias

from hexdesk.application.gate.risk_gate import RiskGate
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.accounts import Account
from hexdesk.domain.values import TimeNs
from hexdesk.ports.broker import Broker
from hexdesk.ports.clock import TimerHandle
from hexdesk.ports.strategy import Strategy, StrategyContext

EXTERNAL = "external"
StrategyFactory: TypeAlias = Callable[[StrategyContext], Strategy]


def external_books(broker: str) -> str:
    """Return the owner of what at a broker is no strategy's."""
    return f"{EXTERNAL}:{broker}"


def is_external(strategy_id: str) -> bool:
    """Whether an owner is that of what is no strategy's; no section can be named so."""
    return strategy_id.startswith(f"{EXTERNAL}:")


class HostState(StrEnum):
    """Where a strategy is in its life."""

    LOADED = "loaded"
    RUNNING = "running"
    STOPPED = "stopped"
    FAULTED = "faulted"
    UNLOADED = "unloaded"
    """Taken away while the desk ran; its books are still there."""


class StrategyHost:
    """One strategy with all that belongs to it.

    Attributes:
        strategy_id: Name of its section.
        broker: Where its orders go.
        account: Whose money it moves.
        ledgers: By instrument id.
        gate: Its risk gate.
        state: Where it is in its life.
        entries_allowed: False after stop-entries: only reducing orders pass.
        is_stopped: Whether a person stopped it: it stays so over restarts, until a person starts
            it.
        cancel_on_fault: Whether its open orders are canceled when it is quarantined.
        strategy: The plugin's object; set once by the desk.
        on_order: Its bound callback if it overrides it, None once quarantined.
        on_fill: The same.
        send: The broker's bound `submit`.
        fault: Why it was quarantined.
        open_count: Its orders that are not closed.
        timers: When each is due and its handle, by name.
        timer_ns: When its latest timer fired.
        timer_count: How many fired at that moment.
        burst_seq: The input in which it last sent a request.
        burst_count: Requests sent in that input.
    """

    __slots__ = (
        "account",
        "broker",
        "burst_count",
        "burst_seq",
        "cancel_on_fault",
        "entries_allowed",
        "fault",
        "gate",
        "is_stopped",
        "ledgers",
        "on_fill",
        "on_order",
        "open_count",
        "send",
        "state",
        "strategy",
        "strategy_id",
        "timer_count",
        "timer_ns",
        "timers",
    )

    def __init__(
        self,
        strategy_id: str,
        *,
        broker: Broker,
        account: Account,
        ledgers: dict[str, Ledger],
        gate: RiskGate,
        cancel_on_fault: bool = True,
    ) -> None:
        self.strategy_id = strategy_id
        self.broker = broker
        self.send = broker.submit
        self.account = account
        self.ledgers = ledgers
        self.gate = gate
        self.state = HostState.LOADED
        self.entries_allowed = True
        self.is_stopped = False
        self.cancel_on_fault = cancel_on_fault
        self.strategy: Strategy | None = None
        self.on_order: Callable[[Any], None] | None = None
        self.on_fill: Callable[[Any], None] | None = None
        self.fault = ""
        self.open_count = 0
        self.timers: dict[str, tuple[TimeNs, TimerHandle]] = {}
        self.timer_ns: TimeNs = 0
        self.timer_count = 0
        self.burst_seq = 0
        self.burst_count = 0
