"""An order and its three regions: what is known of it, as facts, and what the facts mean.

Read `hexdesk.domain.order_state` for how facts come in.
"""

import msgspec

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, FillBusted
from hexdesk.domain.values import (
    ACCEPTED,
    CANCELED,
    DENIED,
    EXPIRED,
    FILLED,
    HELD,
    INITIALIZED,
    PARTIALLY_FILLED,
    REJECTED,
    SUBMITTED,
    TRIGGERED,
    Life,
    MoneyRaw,
    Operation,
    PriceRaw,
    QtyRaw,
    ReportedStatus,
    TimeNs,
    ValueRaw,
)

UNREPORTED = -2
"""Time of a terminal cause that nobody reported."""
NEVER_REOPENED = -1

IS_HELD = 1
IS_SUBMITTED = 2
IS_ACCEPTED = 4
IS_TRIGGERED = 8
IS_DENIED = 16
IS_ABANDONED = 32
IS_EXTERNAL = 64
_REPORTED = {life: ReportedStatus(int(life)) for life in Life}


class Doubt(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The operation whose outcome is unknown, since when, and how often it was looked for."""

    operation: Operation
    request_id: int
    since_ns: TimeNs
    attempts: int = 0


class Order(msgspec.Struct, gc=False, array_like=True):
    """An order and what is known of it. Read it anywhere; only `apply` changes it.

    Field order is the format of snapshots: append with defaults, never reorder.

    Attributes:
        intent: What was decided, unchanged for ever.
        quantity: Total now asked for; amendments change it.
        price: Limit price now asked for.
        trigger_price: Trigger now asked for.
        life: Region 1, derived.
        cum_qty: Fills less busts (FIX 14).
        cum_value: Sum of price x quantity of the same (raw product), for `avg_px`.
        dead_qty: Busted quantity that did not come back to the book.
        facts: Bit set of `IS_...`.
        canceled_ns: Latest report of this cause, or `UNREPORTED`.
        expired_ns: The same.
        rejected_ns: The same.
        reopened_ns: Latest bust that brought quantity back to the book.
        amend_id: Highest request id among amendments that took effect.
        request_count: Requests made so far; the next id is one more.
        pending_cancels: Bit set of unanswered cancel request ids.
        pending_amends: Bit set of unanswered amendment request ids.
        doubt: Region 3; None is confirmed.
        venue_order_id: FIX 37.
        code: Why it ended, where somebody said.
        text: The same in the venue's words.
        fills: By trade id; None until the first.
        busts: By trade id, the venue's word on the leaves.
        reserved: What the account keeps back for it, in the settlement currency's cash scale.
        reserve_price: The worst price it is valued at.
        working_qty: What risk counts as able to be filled; the worse outcome of open requests.
    """

    intent: NewOrder
    quantity: QtyRaw
    price: PriceRaw
    trigger_price: PriceRaw
    life: Life = INITIALIZED
    cum_qty: QtyRaw = 0
    cum_value: ValueRaw = 0
    dead_qty: QtyRaw = 0
    facts: int = 0
    canceled_ns: TimeNs = UNREPORTED
    expired_ns: TimeNs = UNREPORTED
    rejected_ns: TimeNs = UNREPORTED
    reopened_ns: TimeNs = NEVER_REOPENED
    amend_id: int = 0
    request_count: int = 0
    pending_cancels: int = 0
    pending_amends: int = 0
    doubt: Doubt | None = None
    venue_order_id: str = ""
    code: str = ""
    text: str = ""
    fills: dict[str, Fill] | None = None
    busts: dict[str, FillBusted] | None = None
    reserved: MoneyRaw = 0
    reserve_price: PriceRaw = 0
    working_qty: QtyRaw = 0

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.life >= FILLED

    @property
    def is_refused(self) -> bool:
        """Whether it came to nothing by our word (DENIED) or by the venue's (REJECTED)."""
        return self.life in (DENIED, REJECTED)

    @property
    def leaves_qty(self) -> QtyRaw:
        """What may still be filled (FIX 151)."""
        if self.life >= FILLED:
            return 0
        return max(self.quantity - self.cum_qty - self.dead_qty, 0)

    @property
    def canceled_qty(self) -> QtyRaw:
        """What will not be filled any more: quantity + overfill = cum + leaves + this."""
        if self.life >= FILLED:
            return max(self.quantity - self.cum_qty, 0)
        return self.dead_qty

    @property
    def avg_px(self) -> float:
        """Average raw price of the fills (FIX 6), for display; 0.0 without fills."""
        return self.cum_value / self.cum_qty if self.cum_qty else 0.0

    @property
    def reported_status(self) -> ReportedStatus:
        """One word for clients: doubt first, then pending requests, then life."""
        if self.doubt is not None:
            return ReportedStatus.IN_DOUBT
        if self.pending_cancels:
            return ReportedStatus.PENDING_CANCEL
        if self.pending_amends:
            return ReportedStatus.PENDING_REPLACE
        return _REPORTED[self.life]


_OPEN_FACTS = IS_HELD | IS_SUBMITTED | IS_ACCEPTED | IS_TRIGGERED
_OPEN_LIVES = (INITIALIZED, HELD, *[SUBMITTED] * 2, *[ACCEPTED] * 4, *[TRIGGERED] * 8)
"""Life of an order without fills, by its facts: the highest bit tells."""


def new_order(intent: NewOrder) -> Order:
    """Return the order of an intent, INITIALIZED."""
    return Order(intent, intent.quantity, intent.price, intent.trigger_price)


def derive_life(order: Order) -> Life:
    """Return the life that the facts of an order mean.

    Terminal precedence: DENIED, FILLED, CANCELED, EXPIRED, REJECTED; rejected with fills reads
    CANCELED, broken ones too, for it did trade; a terminal cause counts unless a later bust brought
    quantity back (later by the venue's time; at equal times the ending counts).
    """
    facts = order.facts
    cum = order.cum_qty
    if facts & IS_DENIED:
        return DENIED
    if cum and cum >= order.quantity:
        return FILLED
    reopened = order.reopened_ns
    if order.canceled_ns >= reopened:
        return CANCELED
    if order.expired_ns >= reopened:
        return EXPIRED
    if order.rejected_ns >= reopened:
        return CANCELED if order.fills else REJECTED
    if facts & IS_ABANDONED:
        return CANCELED if cum or facts & (IS_ACCEPTED | IS_TRIGGERED) else REJECTED
    if order.dead_qty and cum + order.dead_qty >= order.quantity:
        return CANCELED
    return PARTIALLY_FILLED if cum else _OPEN_LIVES[facts & _OPEN_FACTS]
