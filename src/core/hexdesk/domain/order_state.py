"""What became of an order: three regions, derived from facts.

**Keep facts, derive life.** Facts are sets or maxima: submitted, accepted, triggered; terminal
causes with their latest time; the amendment with the highest request id; fills and busts by trade
id. So the order in which reports arrive cannot matter (law L4). The regions are

- life (`Order.life`), derived by `derive_life`;
- pending: the ids of unanswered cancel and replace requests;
- certainty: confirmed, or in doubt about one operation until evidence comes.

`apply` and its two short cuts are the only functions that change an order; `EVENTS_VALID` says
which event makes sense in which life (orders.md section 2). The rest of the table follows from the
facts; a test compares every cell.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from hexdesk.domain.order import (
    IS_ABANDONED,
    IS_ACCEPTED,
    IS_DENIED,
    IS_EXTERNAL,
    IS_HELD,
    IS_SUBMITTED,
    IS_TRIGGERED,
    NEVER_REOPENED,
    UNREPORTED,
    Doubt,
    Order,
    derive_life,
    new_order,
)
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderHeld,
    OrderRejected,
    OrderSubmitted,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.domain.values import (
    ACCEPTED,
    CANCELED,
    CONDITIONAL_TYPES,
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
    Operation,
)

__all__ = [
    "ALERTING",
    "DUPLICATE_ID",
    "EVENTS_VALID",
    "IS_ABANDONED",
    "IS_ACCEPTED",
    "IS_DENIED",
    "IS_EXTERNAL",
    "IS_HELD",
    "IS_SUBMITTED",
    "IS_TRIGGERED",
    "NEVER_REOPENED",
    "UNREPORTED",
    "Doubt",
    "Order",
    "Outcome",
    "accept_plainly",
    "apply",
    "cancel_plainly",
    "derive_life",
    "fill_plainly",
    "new_order",
]


DUPLICATE_ID = "VENUE_DUPLICATE_ID"
"""Normalised code of a venue that already has an order of this client order id."""


class Outcome(IntEnum):
    """What an event did to an order."""

    APPLIED = 1
    IGNORED = 2
    """Known already or without effect; counted."""
    DUPLICATE = 3
    """A trade seen before; counted."""
    PARKED = 4
    """A bust waiting for its fill, or a fill whose bust came first: nothing to book."""
    OVERFILLED = 5
    """Booked, though more than was ordered; a person should know."""
    CONTRADICTED = 6
    """Kept as a fact, though the venue said otherwise before; a person should know."""
    REVIVED = 7
    """The venue knows an order that evidence had called absent; a person should know."""
    INVALID = 8
    """Makes no sense in this life; nothing was changed."""
    CORRECTED = 9
    """What became of a broken trade's quantity is known now; there is nothing to book."""


ALERTING = frozenset({Outcome.OVERFILLED, Outcome.CONTRADICTED, Outcome.REVIVED, Outcome.INVALID})


_VENUE_EVENTS = frozenset(
    {OrderAccepted, OrderTriggered, Fill, OrderCanceled, OrderExpired, OrderRejected, OrderUpdated}
)
_ANSWERS = frozenset({CancelRejected, AmendRejected, OutcomeUnknown})
_LIVE = _VENUE_EVENTS | {FillBusted, OrderAbandoned} | _ANSWERS
_ENDED = _VENUE_EVENTS | {FillBusted} | _ANSWERS

EVENTS_VALID: dict[Life, frozenset[type]] = {
    INITIALIZED: frozenset({OrderHeld, OrderSubmitted, OrderDenied, OrderUpdated}),
    HELD: frozenset({OrderSubmitted, OrderCanceled, OrderExpired, OrderDenied, OrderUpdated}),
    SUBMITTED: _LIVE,
    ACCEPTED: _LIVE,
    TRIGGERED: _LIVE,
    PARTIALLY_FILLED: _LIVE,
    FILLED: _ENDED,
    CANCELED: _ENDED,
    EXPIRED: _ENDED,
    REJECTED: _LIVE,
    DENIED: frozenset(),
}
"""Which events make sense in which life; any other is INVALID. External and reconciled orders
also take venue events while INITIALIZED."""


def apply(order: Order, event: OrderEvent) -> Outcome:
    """Add an event's facts to an order and derive its regions anew."""
    if type(event) not in EVENTS_VALID[order.life] and not (
        order.life is INITIALIZED and order.facts & IS_EXTERNAL and type(event) in _VENUE_EVENTS
    ):
        return Outcome.INVALID
    return _APPLIERS[type(event)](order, event)


def accept_plainly(order: Order, event: OrderAccepted) -> bool:
    """Do what `apply` does in the commonest case; False changes nothing."""
    if order.life is SUBMITTED and order.doubt is None:
        if event.venue_order_id:
            order.venue_order_id = event.venue_order_id
        order.facts |= IS_ACCEPTED
        order.life = ACCEPTED
        return True
    return False


def fill_plainly(order: Order, event: Fill) -> bool:
    """Do what `apply` does when the first fill of a plain order is its last; else False.

    To set a field of a struct costs as much as five reads: what is as it must be is not set.
    """
    quantity = event.quantity
    if (
        quantity == order.quantity
        and quantity > 0
        and event.price
        and (order.life is ACCEPTED or (order.life is SUBMITTED and order.venue_order_id))
        and order.fills is None
        and order.busts is None
        and order.doubt is None
    ):
        order.fills = {event.trade_id: event}
        order.cum_qty = quantity
        order.cum_value = event.price * quantity
        if not order.facts & IS_ACCEPTED:
            order.facts |= IS_ACCEPTED
        order.life = FILLED
        if order.pending_cancels:
            order.pending_cancels = 0
        if order.pending_amends:
            order.pending_amends = 0
        return True
    return False


def cancel_plainly(order: Order, event: OrderCanceled) -> bool:
    """Do what `apply` does when a resting order without fills is canceled; else False."""
    if (
        order.life is ACCEPTED
        and order.doubt is None
        and order.fills is None
        and order.busts is None
        and event.ts_event > order.canceled_ns
    ):
        order.canceled_ns = event.ts_event
        if event.code and not order.code:
            order.code = event.code
        order.life = CANCELED
        if order.pending_cancels:
            order.pending_cancels = 0
        if order.pending_amends:
            order.pending_amends = 0
        return True
    return False


def _rederive(order: Order, outcome: Outcome = Outcome.APPLIED) -> Outcome:
    before = order.life
    life = derive_life(order)
    order.life = life
    if before < FILLED <= life:
        order.pending_cancels = 0
        order.pending_amends = 0
        order.doubt = None
    return Outcome.IGNORED if outcome is Outcome.APPLIED and life is before else outcome


def _add_fact(order: Order, fact: int) -> Outcome:
    """Add a fact that only the living order can have; evidence of it ends a doubt about submit."""
    outcome = Outcome.APPLIED
    if order.facts & IS_ABANDONED:
        order.facts &= ~IS_ABANDONED
        outcome = Outcome.REVIVED
    order.facts |= fact
    doubt = order.doubt
    if doubt is not None and doubt.operation in (Operation.SUBMIT, Operation.STATUS):
        order.doubt = None
    return outcome


def _held(order: Order, _event: OrderHeld) -> Outcome:
    order.facts |= IS_HELD
    order.life = HELD
    return Outcome.APPLIED


def _submitted(order: Order, _event: OrderSubmitted) -> Outcome:
    order.facts |= IS_SUBMITTED
    order.life = SUBMITTED
    return Outcome.APPLIED


def _denied(order: Order, event: OrderDenied) -> Outcome:
    order.facts |= IS_DENIED
    order.life = DENIED
    order.code = event.code
    order.text = event.text
    return Outcome.APPLIED


def _accepted(order: Order, event: OrderAccepted) -> Outcome:
    if event.venue_order_id:
        order.venue_order_id = event.venue_order_id
    return _rederive(order, _add_fact(order, IS_ACCEPTED))


def _triggered(order: Order, _event: OrderTriggered) -> Outcome:
    if order.intent.order_type not in CONDITIONAL_TYPES:
        return Outcome.INVALID
    return _rederive(order, _add_fact(order, IS_ACCEPTED | IS_TRIGGERED))


def _canceled(order: Order, event: OrderCanceled) -> Outcome:
    order.canceled_ns = max(order.canceled_ns, event.ts_event)
    if event.code and not order.code:
        order.code = event.code
    return _ended(order)


def _expired(order: Order, event: OrderExpired) -> Outcome:
    order.expired_ns = max(order.expired_ns, event.ts_event)
    return _ended(order)


def _rejected(order: Order, event: OrderRejected) -> Outcome:
    if event.code == DUPLICATE_ID:
        return Outcome.IGNORED  # a second send was refused because the first one arrived
    order.rejected_ns = max(order.rejected_ns, event.ts_event)
    order.code = order.code or event.code
    order.text = order.text or event.text
    outcome = _ended(order)
    return Outcome.CONTRADICTED if order.life is FILLED else outcome


def _ended(order: Order) -> Outcome:
    """Let the venue's word that it is over replace our inference and end every doubt."""
    order.facts &= ~IS_ABANDONED
    outcome = _rederive(order)
    if order.life >= FILLED:
        order.doubt = None
    return outcome


def _updated(order: Order, event: OrderUpdated) -> Outcome:
    answered = _answered_amend(order, event.request_id)
    if event.request_id <= order.amend_id:
        return Outcome.APPLIED if answered else Outcome.IGNORED
    order.amend_id = event.request_id
    order.request_count = max(order.request_count, event.request_id)
    order.quantity = event.quantity
    order.price = event.price
    order.trigger_price = event.trigger_price
    outcome = _add_fact(order, 0)  # also an order that we hold is updated: no sign of acceptance
    _rederive(order)
    if _is_overfilled(order):
        return Outcome.OVERFILLED
    return Outcome.IGNORED if order.life is REJECTED else outcome


def _cancel_rejected(order: Order, event: CancelRejected) -> Outcome:
    request = 1 << event.request_id
    answered = order.pending_cancels & request
    order.pending_cancels &= ~request
    _end_doubt(order, Operation.CANCEL, event.request_id)
    return Outcome.APPLIED if answered else Outcome.IGNORED


def _amend_rejected(order: Order, event: AmendRejected) -> Outcome:
    answered = _answered_amend(order, event.request_id)
    if _is_overfilled(order):
        return Outcome.OVERFILLED
    return Outcome.APPLIED if answered else Outcome.IGNORED


def _answered_amend(order: Order, request_id: int) -> bool:
    """Take an amendment off those that wait for an answer; return whether it was one."""
    request = 1 << request_id
    answered = bool(order.pending_amends & request)
    order.pending_amends &= ~request
    _end_doubt(order, Operation.REPLACE, request_id)
    return answered


def _end_doubt(order: Order, operation: Operation, request_id: int) -> None:
    """End a doubt about this very request: the venue has answered it."""
    doubt = order.doubt
    if doubt is not None and doubt.operation is operation and doubt.request_id == request_id:
        order.doubt = None


def _filled(order: Order, event: Fill) -> Outcome:
    if event.quantity <= 0 or not event.price:
        return Outcome.INVALID
    fills = order.fills
    order.venue_order_id = order.venue_order_id or event.venue_order_id
    if fills is None:
        order.fills = {event.trade_id: event}
    elif event.trade_id in fills:
        return Outcome.DUPLICATE
    else:
        fills[event.trade_id] = event
    busts = order.busts
    if busts is not None and event.trade_id in busts:
        _add_fact(order, IS_ACCEPTED)
        _settle_bust(order, event, busts[event.trade_id])
        return Outcome.PARKED
    contradicted = order.life is REJECTED and not order.facts & IS_ABANDONED
    cum = order.cum_qty + event.quantity
    order.cum_qty = cum
    order.cum_value += event.price * event.quantity
    outcome = _add_fact(order, IS_ACCEPTED)
    if _is_overfilled(order):
        outcome = Outcome.OVERFILLED
    elif contradicted:
        outcome = Outcome.CONTRADICTED
    _rederive(order)
    return outcome


def _is_overfilled(order: Order) -> bool:
    """Whether more is filled than was asked for, whatever becomes of open amendments."""
    if order.pending_amends:
        return False  # its answer tells
    return order.cum_qty > order.quantity


def _busted(order: Order, event: FillBusted) -> Outcome:
    busts = order.busts
    if busts is None:
        busts = order.busts = {}
    known = busts.get(event.trade_id)
    if known is not None and (known.leaves_live is not None or event.leaves_live is None):
        return Outcome.DUPLICATE
    busts[event.trade_id] = event
    fill = order.fills.get(event.trade_id) if order.fills is not None else None
    if fill is None:
        return Outcome.PARKED
    if known is not None:
        return _correct_bust(order, fill, event)
    order.cum_qty -= fill.quantity
    order.cum_value -= fill.price * fill.quantity
    return _settle_bust(order, fill, event)


def _correct_bust(order: Order, fill: Fill, bust: FillBusted) -> Outcome:
    """Take what became of a broken trade's quantity, which was not known when it was broken."""
    if order.doubt is not None and order.doubt.operation is Operation.STATUS:
        order.doubt = None
    if not bust.leaves_live:
        return Outcome.IGNORED
    order.dead_qty -= fill.quantity
    order.reopened_ns = max(order.reopened_ns, bust.ts_event)
    _add_fact(order, 0)
    _rederive(order)
    return Outcome.CORRECTED


def _settle_bust(order: Order, fill: Fill, bust: FillBusted) -> Outcome:
    """Bring a broken trade's quantity back to the book or write it off."""
    outcome = Outcome.APPLIED
    if bust.leaves_live:
        order.reopened_ns = max(order.reopened_ns, bust.ts_event)
        outcome = _add_fact(order, 0)
    else:
        order.dead_qty += fill.quantity
    _rederive(order)
    if bust.leaves_live is None:
        order.doubt = Doubt(Operation.STATUS, 0, bust.ts_init)
    return outcome


def _unknown(order: Order, event: OutcomeUnknown) -> Outcome:
    if order.life >= FILLED:
        return Outcome.IGNORED
    order.doubt = Doubt(event.operation, event.request_id, event.ts_init)
    return Outcome.APPLIED


def _abandoned(order: Order, event: OrderAbandoned) -> Outcome:
    if order.life is REJECTED:
        return Outcome.IGNORED
    order.facts |= IS_ABANDONED
    order.code = order.code or event.code
    return _rederive(order)


_APPLIERS: dict[type, Callable[[Order, Any], Outcome]] = {
    OrderHeld: _held,
    OrderSubmitted: _submitted,
    OrderDenied: _denied,
    OrderAccepted: _accepted,
    OrderTriggered: _triggered,
    OrderCanceled: _canceled,
    OrderExpired: _expired,
    OrderRejected: _rejected,
    OrderUpdated: _updated,
    CancelRejected: _cancel_rejected,
    AmendRejected: _amend_rejected,
    Fill: _filled,
    FillBusted: _busted,
    OutcomeUnknown: _unknown,
    OrderAbandoned: _abandoned,
}
