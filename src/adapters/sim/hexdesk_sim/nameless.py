"""The venue as one that keeps no client order ids, as kabu STATION: `client_ids = false`.

Its answer to an order says which one it became, and so does each request about it. Until then an
order has no name: its executions carry the venue's id alone, all else about it is not understood.
"""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderRejected,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.ports.broker import ReportSink, VenueOrder

R = TypeVar("R", AmendOrder, CancelOrder)
ANSWERS = (OrderRejected, CancelRejected, AmendRejected, OutcomeUnknown)


class Nameless:
    """Takes the names off reports about orders that nobody knows at the venue yet."""

    def __init__(self, deliver: ReportSink) -> None:
        self._deliver = deliver
        self._unanswered: set[str] = set()

    def sending(self, submit: Callable[[NewOrder], None]) -> Callable[[NewOrder], None]:
        """Return what sends an order and remembers that it waits for its answer."""

        def send(order: NewOrder) -> None:
            self._unanswered.add(order.client_order_id)
            submit(order)

        return send

    def naming(self, ask: Callable[[R], None]) -> Callable[[R], None]:
        """Return what sends a request about an order; its answer is understood."""

        def send(request: R) -> None:
            self._unanswered.discard(request.client_order_id)
            ask(request)

        return send

    def report(self, report: VenueReport) -> None:
        """Deliver a report as far as the desk's adapter can tell whose it is."""
        if isinstance(report, OrderAccepted | OrderRejected):
            self._unanswered.discard(report.client_order_id)
        if isinstance(report, ANSWERS) or report.client_order_id not in self._unanswered:
            self._deliver(report)
        elif isinstance(report, Fill):
            self._deliver(unnamed_fill(report))


def unnamed_order(order: VenueOrder) -> VenueOrder:
    """Return an order as such a venue lists it."""
    return replace(order, intent=replace(order.intent, client_order_id=""))


def unnamed_fill(fill: Fill) -> Fill:
    """Return an execution as such a venue lists it."""
    return replace(fill, client_order_id="")
