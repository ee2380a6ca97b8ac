"""Executions: what the broker lists against what we booked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from hexdesk.application.reconciliation.books import Books, is_in_flight
from hexdesk.application.reconciliation.fills import (
    by_venue_id,
    missed_fills,
    order_of,
    standing_quantity,
    unknown_fills,
)
from hexdesk.application.reconciliation.findings import Finding, Mismatch
from hexdesk.application.reconciliation.quiet import Quiet
from hexdesk.application.reconciliation.truth import Truth
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import QtyRaw


class Unbooked(msgspec.Struct, frozen=True):
    """What missed and unknown executions would change in our books, signed.

    Attributes:
        orders: Filled quantity, by client order id.
        positions: Position, by instrument; executions of strangers too.
    """

    orders: Mapping[str, QtyRaw] = {}
    positions: Mapping[str, QtyRaw] = {}


class FillView:
    """What the broker's executions say about our orders.

    Without executions in the answer it says what was known before.

    Attributes:
        findings: Missed and unknown executions, one finding an order and kind.
        strangers: Executions that are not ours, by the broker's order id, else trade id.
        unbooked: What all of them would change.
    """

    def __init__(self, books: Books, truth: Truth, quiet: Quiet, known: Unbooked) -> None:
        self.findings: list[Finding] = []
        self.strangers: dict[str, list[Fill]] = defaultdict(list)
        self.unbooked = known
        self._books = books
        self._orders: dict[str, QtyRaw] = defaultdict(int)
        self._positions: dict[str, QtyRaw] = defaultdict(int)
        if truth.fills is not None:
            self._compare_all(truth.fills, truth, quiet)
            self.unbooked = Unbooked(self._orders, self._positions)

    def stranger_findings(self) -> list[Finding]:
        """Return executions of orders that are neither ours nor among the open ones."""
        findings: list[Finding] = []
        for key, fills in self.strangers.items():
            first = fills[0]
            quantity = sum(fill.quantity for fill in fills)
            shown = self._books.quantity_text(first.instrument_id, quantity)
            theirs = f"{first.side.name} {shown} {first.instrument_id}"
            text = f"the account has executions of an order that is not ours: {theirs}, id {key}"
            findings.append(
                Finding(
                    Mismatch.ORDER_EXTERNAL,
                    key,
                    "",
                    theirs,
                    text,
                    first.instrument_id,
                    fills=tuple(fills),
                )
            )
        return findings

    def _compare_all(self, fills: Iterable[Fill], truth: Truth, quiet: Quiet) -> None:
        orders = self._books.orders
        at_venue = by_venue_id(orders.values())
        listed: dict[str, list[Fill]] = defaultdict(list)
        for fill in sorted(fills, key=lambda fill: (fill.ts_event, fill.trade_id)):
            order = order_of(fill, orders, at_venue)
            if order is not None:
                listed[order.intent.client_order_id].append(fill)
            elif not _may_be_ours(fill, orders.values()):
                self.strangers[fill.venue_order_id or fill.trade_id].append(fill)
                self._positions[fill.instrument_id] += fill.quantity * fill.side
        for order_id, order in orders.items():
            if (order_id in listed or order.fills) and quiet.order(order):
                self._compare(order, listed[order_id], truth, quiet)

    def _compare(self, order: Order, listed: list[Fill], truth: Truth, quiet: Quiet) -> None:
        missed = missed_fills(order, listed, truth.asked_ns)
        if missed:
            self._add(Mismatch.FILL_MISSED, order, missed, standing_quantity(order, missed))
        trade_ids = [fill.trade_id for fill in listed]
        unknown = unknown_fills(order, trade_ids, truth.since_ns, quiet.visible_ns)
        if unknown:
            quantity = sum(fill.quantity for fill in unknown)
            self._add(Mismatch.FILL_UNKNOWN_TO_VENUE, order, unknown, -quantity)

    def _add(self, kind: Mismatch, order: Order, fills: Iterable[Fill], change: QtyRaw) -> None:
        intent = order.intent
        order_id, instrument_id = intent.client_order_id, intent.instrument_id
        self._orders[order_id] += change
        self._positions[instrument_id] += change * intent.side
        fills = tuple(sorted(fills, key=lambda fill: fill.trade_id))
        trades = ", ".join(fill.trade_id for fill in fills)
        shown = self._books.quantity_text(instrument_id, sum(fill.quantity for fill in fills))
        ours = theirs = ""
        if kind is Mismatch.FILL_MISSED:
            theirs = trades
            text = f"the broker lists {shown} filled that we never heard of: {trades}"
        else:
            ours = trades
            text = f"we booked {shown} filled that the broker does not list: {trades}"
        signed = change * intent.side
        self.findings.append(
            Finding(kind, order_id, ours, theirs, text, instrument_id, signed, fills=fills)
        )


def _may_be_ours(fill: Fill, orders: Iterable[Order]) -> bool:
    """Whether an execution without our id can be of an order whose outcome is unknown."""
    return not fill.client_order_id and any(
        is_in_flight(order)
        and order.intent.instrument_id == fill.instrument_id
        and order.intent.side is fill.side
        for order in orders
    )
