"""What an operator may tell a running desk; every command is an input and is journalled."""

from typing import TypeAlias

import msgspec

from hexdesk.domain.values import TimeNs


class StopEntries(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="stop_entries"):
    """Open nothing more, manage what is open. An empty `strategy_id` means every strategy."""

    strategy_id: str
    reason: str
    ts_init: TimeNs


class ResumeEntries(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="resume_entries"):
    """Allow entries again; refused while the desk is halted."""

    strategy_id: str
    reason: str
    ts_init: TimeNs


class CancelAll(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel_all"):
    """Cancel every open order. An empty `strategy_id` means every strategy."""

    strategy_id: str
    reason: str
    ts_init: TimeNs


class Flatten(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="flatten"):
    """Cancel open orders and close positions. An empty `strategy_id` means every strategy."""

    strategy_id: str
    reason: str
    ts_init: TimeNs


class Halt(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="halt"):
    """Send no order at all until re-armed; cancels still pass."""

    reason: str
    ts_init: TimeNs


class Rearm(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="rearm"):
    """End a halt; needs a reason."""

    reason: str
    ts_init: TimeNs


class SetReducing(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="set_reducing"):
    """Let only reducing orders of an instrument pass, for one more reason.

    `code` names the reason, as `OVERFILLED` or `FEED_STALE`; several may hold at once.
    """

    instrument_id: str
    code: str
    reason: str
    ts_init: TimeNs


class ClearReducing(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="clear_reducing"):
    """Take one reason away, or all of them where `code` is empty."""

    instrument_id: str
    code: str
    reason: str
    ts_init: TimeNs


class StartStrategy(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="start_strategy"):
    """Start a loaded strategy."""

    strategy_id: str
    ts_init: TimeNs


class StopStrategy(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="stop_strategy"):
    """Stop a strategy: `on_stop`, then its open orders are canceled or kept."""

    strategy_id: str
    keep_orders: bool
    ts_init: TimeNs


StrategyCommand: TypeAlias = (
    StopEntries | ResumeEntries | CancelAll | Flatten | StartStrategy | StopStrategy
)
Command: TypeAlias = StrategyCommand | Halt | Rearm | SetReducing | ClearReducing
