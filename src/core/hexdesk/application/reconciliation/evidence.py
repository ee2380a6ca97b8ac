"""What a look-up says, as the reports that the venue itself would have sent.

They go through the one door that reports go through, so that they apply in any order and together
with reports that still arrive (law L4): executions are known by their trade ids, an ending by the
venue's time, amendments by request numbers.

What a look-up cannot bring back: a broken trade whose report was lost. It is a finding
(FILL_UNKNOWN_TO_VENUE), for a person.
"""

from collections.abc import Iterable

from hexdesk.application.reconciliation.fills import belongs, missed_fills, standing_quantity
from hexdesk.domain.order import IS_ABANDONED, IS_ACCEPTED, IS_TRIGGERED, Doubt, Order
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    VenueReport,
)
from hexdesk.domain.values import (
    CANCELED,
    CONDITIONAL_TYPES,
    EXPIRED,
    FILLED,
    HELD,
    INITIALIZED,
    NS_PER_MS,
    PRICED_TYPES,
    REJECTED,
    SUBMITTED,
    TRAILING_STOP,
    TRIGGERED,
    Operation,
    PriceRaw,
    QtyRaw,
    TimeNs,
)
from hexdesk.ports.broker import VenueOrder

NOT_FOUND_CONFIRMED = "NOT_FOUND_CONFIRMED"
NOT_EXECUTED = "NOT_EXECUTED"
"""Code of a request that left no trace at the venue."""
UNDECIDED = frozenset({INITIALIZED, HELD, SUBMITTED})
"""Lives by which a venue says that it has not decided yet."""

Terms = tuple[QtyRaw, PriceRaw, PriceRaw]


def evidence(
    order: Order,
    found: VenueOrder,
    fills: Iterable[Fill] = (),
    *,
    asked_ns: TimeNs,
    visibility_ms: int,
    now_ns: TimeNs,
) -> list[VenueReport]:
    """Return the reports that a found order and its executions amount to.

    Executions that add up to less than the venue's `cum_qty` are all that is returned of an order
    in doubt: the rest must be asked for again. Requests count as refused only if the venue was
    asked late enough to show what it received.
    """
    own = (fill for fill in fills if belongs(fill, order))
    missed = missed_fills(order, own, now_ns)
    reports: list[VenueReport] = [*missed]
    is_short = order.cum_qty + standing_quantity(order, missed) < found.cum_qty
    if found.life in UNDECIDED:
        return reports
    if is_short:
        return (
            reports
            if order.doubt is not None
            else [*reports, *_signs_of_life(order, found, now_ns)]
        )
    if found.life is not REJECTED:
        reports += _signs_of_life(order, found, now_ns)
    limit = _settled_requests(order, found, asked_ns - visibility_ms * NS_PER_MS)
    reports += _amendments(order, found, limit, now_ns)
    if found.life >= FILLED:
        reports += _ending(order, found, now_ns)
    else:
        reports += _revived_busts(order, found, now_ns)
        reports += _refused_cancels(order, limit, now_ns)
    return reports


def confirmed_absence(order: Order, now_ns: TimeNs) -> VenueReport | OrderAbandoned:
    """Return what proof of absence means; an order that had ended has ended for good."""
    client_order_id = order.intent.client_order_id
    ended_ns = max(order.reopened_ns, order.canceled_ns, order.expired_ns, 0)
    if order.life is EXPIRED:
        return OrderExpired(client_order_id, ended_ns, now_ns)
    if order.life is CANCELED:
        return OrderCanceled(client_order_id, NOT_FOUND_CONFIRMED, ended_ns, now_ns)
    return OrderAbandoned(client_order_id, NOT_FOUND_CONFIRMED, now_ns)


def terms_at_venue(order: Order, found: VenueOrder) -> Terms:
    """Return the venue's terms where they can be compared, else ours.

    A trailing stop's trigger moves by itself; a market order that stays as a limit gets a price.
    """
    kind = order.intent.order_type
    has_price = kind in PRICED_TYPES
    has_trigger = kind in CONDITIONAL_TYPES and kind is not TRAILING_STOP
    return (
        found.quantity,
        found.price if has_price else order.price,
        found.trigger_price if has_trigger else order.trigger_price,
    )


def terms_of(order: Order) -> Terms:
    """Return the terms that we believe in."""
    return order.quantity, order.price, order.trigger_price


def _signs_of_life(order: Order, found: VenueOrder, now_ns: TimeNs) -> list[VenueReport]:
    client_order_id = order.intent.client_order_id
    reports: list[VenueReport] = []
    is_news = not order.facts & IS_ACCEPTED or bool(order.facts & IS_ABANDONED)
    if is_news or order.venue_order_id != found.venue_order_id or _is_about_being(order.doubt):
        reports.append(OrderAccepted(client_order_id, found.venue_order_id, found.ts_event, now_ns))
    if (
        found.life is TRIGGERED
        and not order.facts & IS_TRIGGERED
        and order.intent.order_type in CONDITIONAL_TYPES
    ):
        reports.append(OrderTriggered(client_order_id, found.ts_event, now_ns))
    return reports


def _is_about_being(doubt: Doubt | None) -> bool:
    return doubt is not None and doubt.operation in (Operation.SUBMIT, Operation.STATUS)


def _settled_requests(order: Order, found: VenueOrder, visible_ns: TimeNs) -> int:
    """Return the highest request number about which the venue's answer is final.

    All of them once the order has ended. Else the one in doubt and those before it, if the venue
    was asked late enough; a request made since may still be on its way.
    """
    if found.life >= FILLED:
        return order.request_count
    doubt = order.doubt
    if doubt is None or doubt.since_ns > visible_ns:
        return 0
    return doubt.request_id


def _amendments(order: Order, found: VenueOrder, limit: int, now_ns: TimeNs) -> list[VenueReport]:
    """Return the answers to amendments that the venue's terms mean.

    Other terms than ours are those of the only open amendment, or of the latest that can have
    arrived. Without any, somebody else set them: they get a number of their own.
    """
    client_order_id = order.intent.client_order_id
    pending = _numbers(order.pending_amends)
    doubt = order.doubt
    if doubt is not None and doubt.operation is Operation.REPLACE:
        pending = sorted({*pending, doubt.request_id})
    settled = [number for number in pending if number <= limit]
    terms = terms_at_venue(order, found)
    effective = 0
    if terms != terms_of(order):
        if len(pending) == 1 or settled:
            effective = max(settled or pending)
        elif not pending:
            effective = order.request_count + 1
    elif len(settled) > 1:
        effective = max(settled)  # one may have undone the other
    reports: list[VenueReport] = [
        AmendRejected(client_order_id, number, NOT_EXECUTED, "", found.ts_event, now_ns)
        for number in settled
        if number != effective
    ]
    if effective:
        ts_event = found.ts_event
        reports.append(OrderUpdated(client_order_id, effective, *terms, ts_event, now_ns))
    return reports


def _refused_cancels(order: Order, limit: int, now_ns: TimeNs) -> list[VenueReport]:
    """Return refusals of cancels that would have ended the order by now."""
    numbers = set(_numbers(order.pending_cancels))
    doubt = order.doubt
    if doubt is not None and doubt.operation is Operation.CANCEL:
        numbers.add(doubt.request_id)
    text = "the order is open at the venue"
    return [
        CancelRejected(order.intent.client_order_id, number, NOT_EXECUTED, text, now_ns, now_ns)
        for number in sorted(numbers)
        if number <= limit
    ]


def _ending(order: Order, found: VenueOrder, now_ns: TimeNs) -> list[VenueReport]:
    """Return how it ended; one that was filled says so by its executions alone.

    A broken trade may have brought it back to the book before it ended: whoever was asked after
    that knows better.
    """
    client_order_id = order.intent.client_order_id
    ended_ns = max(found.ts_event, order.reopened_ns)
    if found.life is CANCELED:
        return [OrderCanceled(client_order_id, "", ended_ns, now_ns)]
    if found.life is EXPIRED:
        return [OrderExpired(client_order_id, ended_ns, now_ns)]
    if found.life is REJECTED:
        text = "found rejected; the venue's reason was lost"
        code = found.code or "VENUE_OTHER"
        return [OrderRejected(client_order_id, code, text, ended_ns, now_ns)]
    return []


def _revived_busts(order: Order, found: VenueOrder, now_ns: TimeNs) -> list[VenueReport]:
    """Return, for an order that only trades broken without a word had ended, that word."""
    if order.life < FILLED:
        return []
    client_order_id = order.intent.client_order_id
    return [
        FillBusted(client_order_id, bust.trade_id, True, found.ts_event, now_ns)  # noqa: FBT003 - positional by contract
        for bust in (order.busts or {}).values()
        if bust.leaves_live is None
    ]


def _numbers(bits: int) -> list[int]:
    return [number for number in range(bits.bit_length()) if bits >> number & 1]
