"""What history consists of once it is ordered for questions: rows of a read model.

Raw integers stay raw and exact; each row carries the scales that they are at. A scale is None where
the journal never said what the instrument is. `number` is a record's number in the journal.
"""

from enum import StrEnum

import msgspec

from hexdesk.domain.values import (
    Life,
    Liquidity,
    MoneyRaw,
    Operation,
    OrderType,
    PriceRaw,
    QtyRaw,
    ReportedStatus,
    Side,
    TimeInForce,
    TimeNs,
    ValueRaw,
)


class OrderRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order as it stands after its latest record.

    Attributes:
        number: Of its intent; orders are told apart by it.
        doubt: The operation whose outcome is unknown; None is confirmed.
        cum_value: Sum of raw price x raw quantity of its fills, for `avg_px`.
        ts_init: When it was decided.
        ts_last: When its latest record was made.
        last_number: Of that record.
        closed_number: Of the record that closed it; 0 while it is open.
    """

    number: int
    client_order_id: str
    venue_order_id: str
    strategy_id: str
    account_id: str
    instrument_id: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    life: Life
    status: ReportedStatus
    is_open: bool
    doubt: Operation | None
    quantity: QtyRaw
    price: PriceRaw
    trigger_price: PriceRaw
    cum_qty: QtyRaw
    leaves_qty: QtyRaw
    cum_value: ValueRaw
    reduce_only: bool
    post_only: bool
    code: str
    text: str
    list_id: str
    parent_id: str
    tag: str
    ts_init: TimeNs
    ts_last: TimeNs
    last_number: int
    closed_number: int
    price_scale: int | None
    quantity_scale: int | None

    @property
    def avg_px(self) -> float:
        """Average raw price of the fills (FIX 6), for display; 0.0 without fills."""
        return self.cum_value / self.cum_qty if self.cum_qty else 0.0


class OrderEventRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One record of an order's history.

    Attributes:
        kind: Its tag in the journal, as `new`, `accepted`, `fill`.
        outcome: What it did to the order, as `APPLIED`, `DUPLICATE`; empty for what we asked.
        ts_ns: When it was made.
        body: The record as JSON: its tag, then its fields in order.
    """

    number: int
    kind: str
    outcome: str
    ts_ns: TimeNs
    body: str


class FillRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One execution that was booked, or whose bust came before it.

    Attributes:
        order_number: Of its order.
        fee: At `fee_scale`; positive was paid.
        fee_is_estimated: Whether the venue did not say, and the instrument's rates did.
        busted_number: Of the record that broke the trade; 0 while it stands.
    """

    number: int
    order_number: int
    client_order_id: str
    venue_order_id: str
    trade_id: str
    strategy_id: str
    account_id: str
    instrument_id: str
    side: Side
    quantity: QtyRaw
    price: PriceRaw
    liquidity: Liquidity
    fee: MoneyRaw
    fee_currency: str
    fee_scale: int
    fee_is_estimated: bool
    busted_number: int
    ts_event: TimeNs
    ts_init: TimeNs
    price_scale: int | None
    quantity_scale: int | None


class Leg(StrEnum):
    """Part of a position: netted, or a side of a hedging account."""

    NET = "net"
    LONG = "long"
    SHORT = "short"


class PositionRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one strategy's fills on one instrument add up to.

    Attributes:
        quantity: Signed; positive is long.
        cost: What the held quantity cost, at `value_scale`; None if the instrument is unknown.
        realised: Result of what was closed, before fees; likewise.
        cash_flow: Sales less purchases (linear), the other way round (inverse); likewise.
        avg_px: Average raw entry price, for display.
        fees: Paid in `settle`, at `fee_scale`.
        other_fees: Paid in other currencies, at those currencies' scales.
        funding: Received for holding it, as funding or dividends, at `fee_scale`.
        fill_count: Fills less busts.
        last_number: Of the latest record that changed it.
        ts_last: When that was made.
    """

    strategy_id: str
    account_id: str
    instrument_id: str
    leg: Leg
    quantity: QtyRaw
    cost: ValueRaw | None
    realised: ValueRaw | None
    cash_flow: ValueRaw | None
    avg_px: float
    fees: MoneyRaw
    other_fees: dict[str, MoneyRaw]
    funding: MoneyRaw
    fill_count: int
    settle: str
    fee_scale: int
    value_scale: int | None
    price_scale: int | None
    quantity_scale: int | None
    last_number: int
    ts_last: TimeNs


class EquityRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one currency of an account was worth at a time; an empty account is all of them.

    Attributes:
        equity: Cash and open results, at `scale`.
        cash: Of these the cash.
    """

    ts_ns: TimeNs
    account_id: str
    currency: str
    scale: int
    equity: MoneyRaw
    cash: MoneyRaw


class Category(StrEnum):
    """What an event is about."""

    COMMAND = "command"
    """What an operator asked: halt, flatten, start and the like."""
    FAULT = "fault"
    """A strategy was quarantined."""
    ALERT = "alert"
    """A report that a person should know of: dead letter, overfill, bust."""
    RUN = "run"
    """A process began or ended."""
    CASH = "cash"
    """Money came or went."""
    OTHER = "other"
    """A kind of record that this version has no more to say of."""


class EventRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that happened besides orders and fills.

    Attributes:
        kind: The record's tag in the journal, or the code of an alert.
        text: Reason or description, for people.
        body: The record as JSON; empty where it is beyond `BODY_LENGTH_MAX`.
    """

    number: int
    ts_ns: TimeNs
    category: Category
    kind: str
    strategy_id: str
    instrument_id: str
    client_order_id: str
    text: str
    body: str


class OrderHistory(msgspec.Struct, frozen=True, kw_only=True):
    """An order with all that happened to it, oldest first."""

    order: OrderRow
    events: tuple[OrderEventRow, ...]
    fills: tuple[FillRow, ...]


BODY_LENGTH_MAX = 8_192
"""Longest record, as JSON, that an event carries along."""
