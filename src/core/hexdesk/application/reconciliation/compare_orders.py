"""Orders: what the broker lists as open against what we believe to be."""

from collections.abc import Iterable

from hexdesk.application.orders.working import is_close
from hexdesk.application.reconciliation.books import Books, is_at_venue
from hexdesk.application.reconciliation.compare_fills import FillView
from hexdesk.application.reconciliation.evidence import (
    UNDECIDED,
    Terms,
    terms_at_venue,
    terms_of,
)
from hexdesk.application.reconciliation.fills import by_venue_id
from hexdesk.application.reconciliation.findings import Finding, Mismatch
from hexdesk.application.reconciliation.fingerprints import may_be_one_of
from hexdesk.application.reconciliation.quiet import Quiet
from hexdesk.domain.order import IS_EXTERNAL, Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import CONDITIONAL_TYPES, FILLED, QtyRaw, TimeNs
from hexdesk.ports.broker import VenueOrder


def order_findings(
    books: Books, listed: Iterable[VenueOrder], quiet: Quiet, fills: FillView
) -> list[Finding]:
    """Return what open orders say; executions of strangers among them are taken off `fills`."""
    orders = books.orders
    at_venue = by_venue_id(orders.values())
    findings: list[Finding] = []
    theirs: dict[str, VenueOrder] = {}
    for venue_order in listed:
        venue_order_id = venue_order.venue_order_id
        ours = orders.get(venue_order.intent.client_order_id) or at_venue.get(venue_order_id)
        if ours is not None:
            theirs[ours.intent.client_order_id] = venue_order
        elif not may_be_one_of(venue_order, orders.values()):
            findings.append(_external(books, venue_order, fills.strangers.pop(venue_order_id, [])))
    for order_id, ours in orders.items():
        other = theirs.get(order_id)
        cum_qty = ours.cum_qty + fills.unbooked.orders.get(order_id, 0)
        if other is None:
            if is_at_venue(ours) and quiet.order(ours) and cum_qty < ours.quantity:
                findings.append(_gone(ours))
        elif quiet.order(ours) and other.life not in UNDECIDED:
            findings += _field_findings(books, ours, other, cum_qty)
    return findings + _ghosts(books, theirs, quiet)


def leftovers(books: Books, instrument_id: str = "") -> list[Order]:
    """Return open orders that are left of positions that are flat, of one instrument or of all."""
    flat_since: dict[tuple[str, str], TimeNs] = {}
    for order in books.orders.values():
        pair = (order.intent.strategy_id, order.intent.instrument_id)
        for fill in (order.fills or {}).values():
            flat_since[pair] = max(flat_since.get(pair, 0), fill.ts_init)
    found: list[Order] = []
    for order in books.orders.values():
        intent = order.intent
        pair = (intent.strategy_id, intent.instrument_id)
        if (
            instrument_id in ("", intent.instrument_id)
            and is_at_venue(order)
            and _is_flat(books, order)
            and is_leftover(order, flat_since.get(pair, 0))
        ):
            found.append(order)
    return found


def _is_flat(books: Books, order: Order) -> bool:
    """Whether an order has nothing to protect: its strategy's position, else the account's."""
    intent = order.intent
    if order.facts & IS_EXTERNAL:
        return books.is_flat(intent.instrument_id)
    holding = books.holdings.get((intent.strategy_id, intent.instrument_id))
    return holding is not None and holding.is_flat


def is_leftover(order: Order, flat_since_ns: TimeNs) -> bool:
    """Whether an order is left of a position that has been flat since a time.

    What can only close always is. A stop that was sent after that time is an entry.
    """
    intent = order.intent
    if is_close(intent) or intent.parent_id:
        return True
    return intent.order_type in CONDITIONAL_TYPES and intent.ts_init < flat_since_ns


def _ghosts(books: Books, theirs: dict[str, VenueOrder], quiet: Quiet) -> list[Finding]:
    findings: list[Finding] = []
    for order in leftovers(books):
        intent = order.intent
        order_id, instrument_id = intent.client_order_id, intent.instrument_id
        if order_id in theirs and quiet.order(order) and quiet.instrument(instrument_id):
            text = f"{intent.strategy_id} holds nothing that this order could close"
            theirs_text = f"{intent.side.name} {intent.order_type.name}"
            findings.append(
                Finding(Mismatch.GHOST_ORDER, order_id, "flat", theirs_text, text, instrument_id)
            )
    return findings


def _gone(order: Order) -> Finding:
    intent = order.intent
    ours = order.life.name
    text = f"{ours} in our books, not among the broker's open orders"
    return Finding(
        Mismatch.ORDER_GONE, intent.client_order_id, ours, "", text, intent.instrument_id
    )


def _field_findings(
    books: Books, ours: Order, theirs: VenueOrder, cum_qty: QtyRaw
) -> list[Finding]:
    """Compare an order that the broker lists; `cum_qty` counts executions found already."""
    intent = ours.intent
    order_id, instrument_id = intent.client_order_id, intent.instrument_id
    findings: list[Finding] = []
    if cum_qty != theirs.cum_qty:
        is_missed = theirs.cum_qty > cum_qty
        kind = Mismatch.FILL_MISSED if is_missed else Mismatch.FILL_UNKNOWN_TO_VENUE
        shown = books.quantity_text(instrument_id, cum_qty)
        wanted = books.quantity_text(instrument_id, theirs.cum_qty)
        text = f"filled by our books {shown}, by the broker's {wanted}"
        change = (theirs.cum_qty - cum_qty) * intent.side
        findings.append(
            Finding(kind, order_id, shown, wanted, text, instrument_id, change, order=theirs)
        )
    shown, wanted = _terms(terms_of(ours)), _terms(terms_at_venue(ours, theirs))
    if ours.life >= FILLED:
        shown, wanted = f"{ours.life.name}, {shown}", f"{theirs.life.name}, {wanted}"
    if shown != wanted:
        text = f"raw terms by our books: {shown}; by the broker's: {wanted}"
        findings.append(
            Finding(
                Mismatch.ORDER_FIELDS, order_id, shown, wanted, text, instrument_id, order=theirs
            )
        )
    return findings


def _external(books: Books, order: VenueOrder, fills: list[Fill]) -> Finding:
    intent = order.intent
    key = order.venue_order_id or intent.client_order_id
    quantity = books.quantity_text(intent.instrument_id, order.quantity)
    theirs = f"{intent.side.name} {quantity} {intent.instrument_id}"
    text = f"the account has an open order that is not ours: {theirs}, id {key}"
    return Finding(
        Mismatch.ORDER_EXTERNAL,
        key,
        "",
        theirs,
        text,
        intent.instrument_id,
        fills=tuple(fills),
        order=order,
    )


def _terms(terms: Terms) -> str:
    quantity, price, trigger = terms
    return f"quantity {quantity}, price {price}, trigger {trigger}"
