"""What an operator may tell a running desk; every command is an input and is journalled."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.risk import RiskCommand
from hexdesk.domain.values import PriceRaw, QtyRaw, TimeNs


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
    """Cancel every open order. An empty `strategy_id` means every strategy.

    An empty `instrument_id` means every instrument.
    """

    strategy_id: str
    reason: str
    ts_init: TimeNs
    instrument_id: str = ""


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


class ArmLive(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="arm"):
    """Let a live desk open positions until a time. `by` is who typed the account's id.

    `stage_pct` is the part of the size limits that holds until the next grant, in percent.
    """

    until_ns: TimeNs
    by: str
    reason: str
    ts_init: TimeNs
    stage_pct: int = 100


class DisarmLive(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="disarm"):
    """Let a live desk open nothing more; what is open is managed on."""

    by: str
    reason: str
    ts_init: TimeNs


class StartStrategy(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="start_strategy"):
    """Start a strategy. An empty `strategy_id` starts every one that no person has stopped."""

    strategy_id: str
    ts_init: TimeNs


class StopStrategy(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="stop_strategy"):
    """Stop a strategy: `on_stop`, then its open orders are canceled or kept.

    One that is named stays stopped over restarts until it is started by name; an empty
    `strategy_id`, as at the end of a session, stops all for now.
    """

    strategy_id: str
    keep_orders: bool
    ts_init: TimeNs


class RollTradingDay(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="roll_day"):
    """A trading day has begun: what was held as today's is yesterday's from now on.

    For one instrument, for all of a venue, or for every one where both are empty. An instrument
    whose day it is already, or a later one, stays as it is: saying it twice changes nothing.

    Attributes:
        trading_day: FIX 75 as a number, 20261123; the exchange's, which may begin the evening
            before.
        instrument_id: One instrument; empty for more.
        venue: The part of instrument ids after the last dot; empty for any.
        reason: Who or what said so.
        ts_init: When.
    """

    trading_day: int
    instrument_id: str
    venue: str
    reason: str
    ts_init: TimeNs


class OpenBooks(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="open_books"):
    """Have books of these instruments for an owner of orders at a broker; idempotent."""

    strategy_id: str
    broker: str
    instrument_ids: tuple[str, ...]
    ts_init: TimeNs


class OperatorSubmit(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="op_submit"):
    """Submit an order that a person wants; the desk names it.

    Of `intent`, `client_order_id`, `ts_init` and `causation_id` are set by the desk. Its owner's
    books must be open.
    """

    intent: NewOrder
    reason: str
    ts_init: TimeNs


class OperatorAmend(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="op_amend"):
    """Ask to replace terms of an open order of anybody; 0 keeps one."""

    client_order_id: str
    quantity: QtyRaw
    price: PriceRaw
    trigger_price: PriceRaw
    reason: str
    ts_init: TimeNs


class OperatorCancel(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="op_cancel"):
    """Ask to cancel an open order of anybody."""

    client_order_id: str
    reason: str
    ts_init: TimeNs


class AdoptOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="adopt"):
    """Take an order into the books that the desk did not send; what became of it is reported.

    Its `strategy_id` names whose it is from now on; its books must be open.
    """

    intent: NewOrder
    reason: str
    ts_init: TimeNs


class Resolution(StrEnum):
    """What a person found out about an order in doubt."""

    ABSENT = "absent"
    """The venue does not have it."""
    OPEN = "open"
    """The venue has it, with no more executions than are known."""
    FILLED = "filled"
    """The venue executed all of it."""
    CANCELED = "canceled"
    """The venue canceled what was left."""
    REJECTED = "rejected"
    """The venue refused it."""


class ResolveOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="resolve_order"):
    """Settle an order in doubt by a person's word; the reports that follow from it are records.

    `price` is the average of the executions that are not known, for `FILLED`.
    """

    client_order_id: str
    resolution: Resolution
    price: PriceRaw
    by: str
    reason: str
    ts_init: TimeNs


class ResendOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="resend_order"):
    """Send an order once more under its own id, where that can never make two.

    The order is in doubt from then on, as after its first send; `attempt` counts from 1.
    """

    client_order_id: str
    attempt: int
    reason: str
    ts_init: TimeNs


class NoteIncident(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="incident"):
    """A difference between our books and a broker's was opened for a person, or resolved.

    Attributes:
        broker: Section of the broker.
        incident: Its number, within its broker.
        mismatch: What differs, as `CASH`.
        key: Order id, instrument, currency or name of a mode.
        ours: Our value, as text.
        theirs: The broker's.
        evidence: A sentence for a person.
        instrument_id: What it concerns; empty for cash and modes.
        since_ns: Venue time of the earliest execution concerned; 0 without one.
        opened_ns: When it was opened.
        resolved_ns: When it was resolved; 0 while it is open.
        by: Who resolved it.
        why: In that person's words.
        policy: What was decided; empty while it is open, and if the difference went away.
        ts_init: When.
    """

    broker: str
    incident: int
    mismatch: str
    key: str
    ours: str
    theirs: str
    evidence: str
    instrument_id: str
    since_ns: TimeNs
    opened_ns: TimeNs
    resolved_ns: TimeNs
    by: str
    why: str
    policy: str
    ts_init: TimeNs


OrderCommand: TypeAlias = OperatorSubmit | OperatorAmend | OperatorCancel
StrategyCommand: TypeAlias = (
    StopEntries | ResumeEntries | CancelAll | Flatten | StartStrategy | StopStrategy
)
Command: TypeAlias = (
    StrategyCommand
    | Halt
    | Rearm
    | SetReducing
    | ClearReducing
    | ArmLive
    | DisarmLive
    | RollTradingDay
    | OpenBooks
    | OrderCommand
    | AdoptOrder
    | ResolveOrder
    | ResendOrder
    | NoteIncident
    | RiskCommand
)
