"""An order as the venue knows it."""

from copy import copy

import msgspec

from hexdesk.domain.orders import AmendOrder, NewOrder
from hexdesk.domain.values import (
    ACCEPTED,
    AUTO,
    FILLED,
    Life,
    OrderType,
    PositionEffect,
    PriceRaw,
    QtyRaw,
    TimeNs,
)
from hexdesk.ports.broker import VenueOrder

NOWHERE = 0
RESTING = 1
WAITING = 2
"""Places of an order: in no book, on the ladder of limit orders, among the untriggered stops."""

AHEAD_UNKNOWN = -1


class SimOrder(msgspec.Struct, gc=False):
    """A working or closed order; only its book changes it.

    It refers to no account and no book, so that it can sit in no reference cycle (`gc=False`).

    Attributes:
        intent: As it was sent.
        sequence: Number at the venue, by arrival.
        venue_order_id: FIX 37.
        kind: What it works as now: a triggered stop is a market or limit order.
        quantity: Total, as amended.
        leaves_qty: Open rest; 0 when closed.
        price: Limit price now; 0 is none.
        ts_event: Latest change.
        life: FIX 39.
        cum_qty: Fills less busts.
        place: NOWHERE, RESTING or WAITING.
        ahead_qty: Displayed by others at its price before it; `AHEAD_UNKNOWN` where not seen.
        trigger_price: Trigger now; a trailing stop's moves.
        effect: Position effect that it is booked with.
        reduces: Whether it may only shrink the position.
        dead_qty: Busted quantity that did not come back.
        tip_qty: Rest of the displayed part of an iceberg; 0 for other orders.
        extreme: Best price that a trailing stop has seen.
        expire_ns: When its time in force ends it; 0 is never.
        code: Why it was rejected.
    """

    intent: NewOrder
    sequence: int
    venue_order_id: str
    kind: OrderType
    quantity: QtyRaw
    leaves_qty: QtyRaw
    price: PriceRaw
    ts_event: TimeNs
    life: Life = ACCEPTED
    cum_qty: QtyRaw = 0
    place: int = NOWHERE
    ahead_qty: QtyRaw = AHEAD_UNKNOWN
    trigger_price: PriceRaw = 0
    effect: PositionEffect = AUTO
    reduces: bool = False
    dead_qty: QtyRaw = 0
    tip_qty: QtyRaw = 0
    extreme: PriceRaw = 0
    expire_ns: TimeNs = 0
    code: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to it, busts apart."""
        return self.life >= FILLED

    def snapshot(self) -> VenueOrder:
        """Return the answer to a query."""
        return VenueOrder(
            self.intent,
            self.venue_order_id,
            self.life,
            self.quantity,
            self.price,
            self.trigger_price,
            self.cum_qty,
            self.ts_event,
            self.code,
        )


def amended(order: SimOrder, request: AmendOrder) -> SimOrder:
    """Return a draft of an order under new terms; 0 keeps a term."""
    draft = copy(order)
    draft.quantity = request.quantity or order.quantity
    draft.price = request.price or order.price
    draft.trigger_price = request.trigger_price or order.trigger_price
    draft.leaves_qty = max(draft.quantity - order.cum_qty - order.dead_qty, 0)
    return draft
