"""What an order's state at the venue means as reports; pure."""

from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import (
    CANCELED,
    CONDITIONAL_TYPES,
    EXPIRED,
    REJECTED,
    TRIGGERED,
    Operation,
    TimeNs,
)
from hexdesk.ports.broker import VenueOrder
from hexdesk_sim.venue.wire import OrderRequest

FOUND = (OrderAccepted, OrderRejected, OrderTriggered, OrderCanceled, OrderExpired, Fill)
"""Each shows that an order arrived."""
OPERATIONS: dict[type, Operation] = {
    NewOrder: Operation.SUBMIT,
    AmendOrder: Operation.REPLACE,
    CancelOrder: Operation.CANCEL,
}


def facts(order: VenueOrder, code: str) -> list[VenueReport]:
    """Return the reports that an order's state stands for, but its executions.

    `code` is the reason of a rejection that the queried order does not tell.
    """
    order_id, time_ns = order.intent.client_order_id, order.ts_event
    if order.life is REJECTED:
        return [OrderRejected(order_id, order.code or code, "as queried", time_ns, time_ns)]
    reports: list[VenueReport] = [OrderAccepted(order_id, order.venue_order_id, time_ns, time_ns)]
    if order.life is TRIGGERED and order.intent.order_type in CONDITIONAL_TYPES:
        reports.append(OrderTriggered(order_id, time_ns, time_ns))
    elif order.life is CANCELED:
        reports.append(OrderCanceled(order_id, "", time_ns, time_ns))
    elif order.life is EXPIRED:
        reports.append(OrderExpired(order_id, time_ns, time_ns))
    return reports


def answers(request: OrderRequest, report: VenueReport) -> bool:
    """Whether a report of the same order tells what became of a request."""
    match request:
        case NewOrder():
            return isinstance(report, FOUND)
        case AmendOrder():
            return (
                isinstance(report, OrderUpdated | AmendRejected)
                and report.request_id == request.request_id
            )
        case CancelOrder():
            if isinstance(report, CancelRejected):
                return report.request_id == request.request_id
            return isinstance(report, OrderCanceled | OrderExpired)


def refusal(request: OrderRequest, code: str, text: str, now_ns: TimeNs) -> VenueReport:
    """Return the report that a request was provably not executed."""
    match request:
        case NewOrder():
            return OrderRejected(request.client_order_id, code, text, now_ns, now_ns)
        case AmendOrder():
            return AmendRejected(
                request.client_order_id, request.request_id, code, text, now_ns, now_ns
            )
        case CancelOrder():
            return CancelRejected(
                request.client_order_id, request.request_id, code, text, now_ns, now_ns
            )


def doubt(request: OrderRequest, text: str, now_ns: TimeNs) -> OutcomeUnknown:
    """Return the report that a request may or may not have been executed."""
    request_id = 0 if isinstance(request, NewOrder) else request.request_id
    operation = OPERATIONS[type(request)]
    return OutcomeUnknown(request.client_order_id, operation, request_id, text, now_ns)
