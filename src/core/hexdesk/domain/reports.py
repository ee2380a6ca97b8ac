"""What became of an order: reports of a venue, refusals of our own, inferences of the desk.

All are immutable and journalled; field order is the journal's format: append with defaults, never
reorder. Reports find their order by `client_order_id`; one without it carries `venue_order_id`.
"""

from typing import TypeAlias

import msgspec

from hexdesk.domain.cash import CashMoved
from hexdesk.domain.values import (
    Liquidity,
    MoneyRaw,
    Operation,
    PriceRaw,
    QtyRaw,
    Side,
    TimeNs,
)


class OrderSubmitted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="submitted"):
    """The intent is in the journal and its bytes are about to leave."""

    client_order_id: str
    ts_init: TimeNs


class OrderHeld(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="held"):
    """The desk keeps the order until its condition is met; nothing has left."""

    client_order_id: str
    ts_init: TimeNs


class OrderDenied(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="denied"):
    """We refused; nothing left the process. `text` is `CODE: key=value ...`."""

    client_order_id: str
    code: str
    text: str
    ts_init: TimeNs


class OrderAccepted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="accepted"):
    """The venue has the order (FIX 39=0)."""

    client_order_id: str
    venue_order_id: str
    ts_event: TimeNs
    ts_init: TimeNs


class OrderTriggered(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="triggered"):
    """A conditional order's condition was met."""

    client_order_id: str
    ts_event: TimeNs
    ts_init: TimeNs


class OrderRejected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="rejected"):
    """The venue proved its refusal (FIX 39=8); `code` is normalised, `text` the venue's own."""

    client_order_id: str
    code: str
    text: str
    ts_event: TimeNs
    ts_init: TimeNs


class OrderCanceled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="canceled"):
    """The venue ended the order (FIX 39=4); `code` says why where the venue does."""

    client_order_id: str
    code: str
    ts_event: TimeNs
    ts_init: TimeNs


class OrderExpired(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="expired"):
    """Its time in force ended it (FIX 39=C)."""

    client_order_id: str
    ts_event: TimeNs
    ts_init: TimeNs


class OrderUpdated(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="updated"):
    """An amendment took effect; `request_id` orders amendments, the highest counts."""

    client_order_id: str
    request_id: int
    quantity: QtyRaw
    price: PriceRaw
    trigger_price: PriceRaw
    ts_event: TimeNs
    ts_init: TimeNs


class CancelRejected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel_rejected"):
    """The venue refused a cancel request; the order lives on."""

    client_order_id: str
    request_id: int
    code: str
    text: str
    ts_event: TimeNs
    ts_init: TimeNs


class AmendRejected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="amend_rejected"):
    """The venue refused an amendment; the order lives on as it was."""

    client_order_id: str
    request_id: int
    code: str
    text: str
    ts_event: TimeNs
    ts_init: TimeNs


class Fill(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="fill"):
    """One execution (FIX 150=F).

    `trade_id` is the venue's; together with account, instrument and side it makes the fill unique.
    A positive `fee` was paid, at the scale of `fee_currency`. An empty `fee_currency` means the
    venue did not say: the desk estimates the fee by the instrument's rates.
    """

    client_order_id: str
    venue_order_id: str
    trade_id: str
    instrument_id: str
    side: Side
    quantity: QtyRaw
    price: PriceRaw
    liquidity: Liquidity
    fee: MoneyRaw
    fee_currency: str
    ts_event: TimeNs
    ts_init: TimeNs


class FillBusted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="busted"):
    """The venue broke a trade (FIX 150=H).

    `leaves_live` says whether the quantity came back to the book: True, False, or None where the
    venue does not say.
    """

    client_order_id: str
    trade_id: str
    leaves_live: bool | None
    ts_event: TimeNs
    ts_init: TimeNs


class OutcomeUnknown(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="unknown"):
    """A request may or may not have been executed; only evidence will tell."""

    client_order_id: str
    operation: Operation
    request_id: int
    text: str
    ts_init: TimeNs


class OrderAbandoned(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="abandoned"):
    """Evidence says that the order is not at the venue; a later report withdraws it."""

    client_order_id: str
    code: str
    ts_init: TimeNs


VenueReport: TypeAlias = (
    OrderAccepted
    | OrderTriggered
    | OrderRejected
    | OrderCanceled
    | OrderExpired
    | OrderUpdated
    | CancelRejected
    | AmendRejected
    | Fill
    | FillBusted
    | OutcomeUnknown
    | CashMoved
)
"""What a broker adapter hands to the desk; all are about an order but the movements of cash.

Those of one account come in the order in which they arose: what a movement was for is what is held
when it comes."""

OrderEvent: TypeAlias = VenueReport | OrderSubmitted | OrderHeld | OrderDenied | OrderAbandoned
"""What a strategy sees in `on_order` (fills come through `on_fill`)."""
