"""Recognising our orders at a venue that keeps no client order ids (orders.md section 3, rule 4).

Such a venue may have one unanswered order of a fingerprint at a time. Then an unknown order of that
fingerprint, seen since it was sent, is ours; two of them are a matter for a person.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from hexdesk.application.orders.unlocated import Fingerprint, fingerprints_of
from hexdesk.application.reconciliation.books import is_in_flight
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import FILLED, NS_PER_SECOND, PARTIALLY_FILLED, PRICED_TYPES
from hexdesk.ports.broker import VenueOrder

CLOCK_SKEW_NS = 5 * NS_PER_SECOND
"""How far a venue's clock may be behind ours."""


class Match(msgspec.Struct, frozen=True, gc=False):
    """What was found of an order: `order` if exactly one candidate, else how many there are."""

    count: int
    order: VenueOrder | None = None


def may_be_one_of(order: VenueOrder, ours: Iterable[Order]) -> bool:
    """Whether a venue's order without our id may be one of ours that is in flight or in doubt."""
    if order.intent.client_order_id:
        return False
    return any(is_in_flight(each) and _may_be(order, each) for each in ours)


def _may_be(theirs: VenueOrder, order: Order) -> bool:
    """Whether terms agree; those that an open amendment asks for are not known here."""
    found = _found(theirs)
    if order.pending_amends:
        return found[:2] == (order.intent.instrument_id, order.intent.side)
    return found in fingerprints_of(order)


def match(
    order: Order,
    ours: Iterable[Order],
    open_orders: Sequence[VenueOrder],
    fills: Sequence[Fill],
) -> Match:
    """Look for an order among a venue's open orders, then among its executions.

    Executions of an order that is not open any more are put together to the order they were; one
    that they do not fill is found as partially filled, and its end is another doubt.
    """
    taken = {each.venue_order_id for each in ours if each.venue_order_id}
    since_ns = order.intent.ts_init - CLOCK_SKEW_NS
    wanted = fingerprints_of(order)
    found = [
        each
        for each in open_orders
        if each.venue_order_id not in taken and each.ts_event >= since_ns and _found(each) in wanted
    ]
    taken |= {each.venue_order_id for each in open_orders}
    parts: dict[str, list[Fill]] = defaultdict(list)
    for fill in fills:
        if fill.venue_order_id not in taken and fill.ts_event >= since_ns:
            parts[fill.venue_order_id].append(fill)
    found += [_made_of(order, group) for group in parts.values() if _fits(order, group)]
    return Match(len(found), found[0] if len(found) == 1 else None)


def _found(order: VenueOrder) -> Fingerprint:
    intent = order.intent
    price = order.price if intent.order_type in PRICED_TYPES else 0
    return intent.instrument_id, intent.side, order.quantity, price


def _fits(order: Order, fills: Sequence[Fill]) -> bool:
    """Whether executions of one venue order can be those of an order of ours, as it was or is."""
    intent = order.intent
    is_priced = intent.order_type in PRICED_TYPES
    limit = max(intent.price * intent.side, order.price * intent.side) if is_priced else 0
    return sum(fill.quantity for fill in fills) <= max(intent.quantity, order.quantity) and all(
        fill.instrument_id == intent.instrument_id
        and fill.side is intent.side
        and (not is_priced or fill.price * fill.side <= limit)
        for fill in fills
    )


def _made_of(order: Order, fills: Sequence[Fill]) -> VenueOrder:
    cum_qty = sum(fill.quantity for fill in fills)
    return VenueOrder(
        order.intent,
        fills[0].venue_order_id,
        FILLED if cum_qty >= order.quantity else PARTIALLY_FILLED,
        order.quantity,
        order.price,
        order.trigger_price,
        cum_qty,
        max(fill.ts_event for fill in fills),
    )
