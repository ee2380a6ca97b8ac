"""What a desk notes in its journal besides inputs, intents and reports.

With these notes a journal can be read again without the configuration, strategies and quotes of
its run: everything that was decided by them is written down. Field order is the journal's format:
append with defaults, never reorder.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk.domain.plans import StrategyPlanned
from hexdesk.domain.risk import RiskNote
from hexdesk.domain.values import PositionMode, PriceRaw, QtyRaw, TimeNs


class AccountBook(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An account of a run: the broker's section name, FIX 1, and how it nets."""

    broker: str
    account_id: str
    position_mode: PositionMode


class StrategyBook(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A strategy of a run: whose account it moves, and what it trades there."""

    strategy_id: str
    broker: str
    instrument_ids: tuple[str, ...]


class RunStarted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="run"):
    """A process began to write: what its records refer to. Order ids derive from `run_id`.

    A run that does not continue the one before begins with empty books; a virtual one had no time
    of its own, and nothing continues it.
    """

    run_id: str
    name: str
    mode: str
    instruments: tuple[Instrument, ...]
    accounts: tuple[AccountBook, ...]
    strategies: tuple[StrategyBook, ...]
    continues: bool
    is_virtual: bool
    closed_orders_max: int
    ts_init: TimeNs


class RunEnded(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="run_ended"):
    """A process stopped in good order, with this state hash.

    `state_shape` says what states looked like in the version that took it; empty in older ones.
    """

    run_id: str
    state_hash: str
    ts_init: TimeNs
    state_shape: str = ""


class Deposited(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="deposited"):
    """Money came into a broker's account, or left it where the amount is negative."""

    broker: str
    money: Money
    reason: str
    ts_init: TimeNs


class OrderReserved(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="reserved"):
    """Risk values the order before (or named) at this price from here on.

    Written where that is not the order's own limit: it came from a quote, or is 0 for a close.
    """

    client_order_id: str
    price: PriceRaw


class LegNote(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One exit of a list; see `hexdesk.application.orders.contingent`."""

    order_ids: tuple[str, ...]
    is_recalled: bool
    resize_id: int
    is_given_up: bool = False


class ListChanged(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="list"):
    """How linked orders now stand.

    Attributes:
        list_id: Of all its orders.
        entry_id: Empty for OCO, whose quantity is fixed.
        quantity: Of the entry, or of the pair.
        legs: Its exits.
        settled_qty: What orders that are not of the list closed of it.
    """

    list_id: str
    entry_id: str
    quantity: QtyRaw
    legs: tuple[LegNote, ...]
    settled_qty: QtyRaw = 0


class StrategySaved(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="saved"):
    """A strategy's own state, as msgpack; what `Strategy.restore_state` is given back."""

    strategy_id: str
    version: int
    state: bytes
    ts_init: TimeNs


class Verb(StrEnum):
    """What an operator wants to be so, whatever it takes."""

    CANCEL_ALL = "cancel-all"
    """The orders of that time are gone."""
    WITHDRAW = "withdraw"
    """So are those of a strategy that ended, but for what protects its positions."""
    FLATTEN = "flatten"
    """No order is open, and nothing is held."""


class VerbOwed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="owed"):
    """A verb that its broker could not be told, or is not owed any more.

    Attributes:
        strategy_id: Whose orders and positions.
        instrument_id: Only there; empty for everywhere.
        verb: What is owed; None once it was done, or called off.
        why: What happened.
        ts_init: When.
    """

    strategy_id: str
    instrument_id: str
    verb: Verb | None
    why: str
    ts_init: TimeNs


DeskNote: TypeAlias = (
    RunStarted
    | RunEnded
    | Deposited
    | OrderReserved
    | ListChanged
    | StrategySaved
    | StrategyPlanned
    | VerbOwed
    | RiskNote
)
"""What the desk notes for those who read the journal again."""
