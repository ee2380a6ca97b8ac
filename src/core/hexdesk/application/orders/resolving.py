"""What a person's word about an order in doubt amounts to: reports that a venue would have sent.

orders.md, section 3: where evidence is not to be had a person decides, and it is journalled.
"""

from hexdesk.application.reconciliation.fills import ADJUSTMENT_PREFIX
from hexdesk.domain.commands import Resolution, ResolveOrder
from hexdesk.domain.order import Order
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    VenueReport,
)
from hexdesk.domain.values import TAKER, Operation

BY_OPERATOR = "OPERATOR"
"""Code of reports that a person vouches for."""


def reports_of(command: ResolveOrder, order: Order) -> list[VenueReport | OrderAbandoned]:
    """Return the reports; none for an order that is not in doubt.

    A fill has a trade id that says that no venue reported it; its fee is estimated.
    """
    order_id, now_ns = command.client_order_id, command.ts_init
    if order.doubt is None:
        return []
    match command.resolution:
        case Resolution.ABSENT:
            return [OrderAbandoned(order_id, BY_OPERATOR, now_ns)]
        case Resolution.CANCELED:
            return [OrderCanceled(order_id, BY_OPERATOR, now_ns, now_ns)]
        case Resolution.REJECTED:
            text = f"{command.by}: {command.reason}"
            return [OrderRejected(order_id, BY_OPERATOR, text, now_ns, now_ns)]
        case Resolution.FILLED:
            return [_rest_of(command, order)]
        case Resolution.OPEN:
            return [_still_open(command, order)]


def _still_open(command: ResolveOrder, order: Order) -> VenueReport:
    """Return what says that an order lives on: a doubtful cancel or amendment did nothing."""
    doubt, order_id, now_ns = order.doubt, command.client_order_id, command.ts_init
    text = f"{command.by}: {command.reason}"
    if doubt is not None and doubt.operation is Operation.CANCEL:
        return CancelRejected(order_id, doubt.request_id, BY_OPERATOR, text, now_ns, now_ns)
    if doubt is not None and doubt.operation is Operation.REPLACE:
        return AmendRejected(order_id, doubt.request_id, BY_OPERATOR, text, now_ns, now_ns)
    return OrderAccepted(order_id, order.venue_order_id, now_ns, now_ns)


def _rest_of(command: ResolveOrder, order: Order) -> Fill:
    """Return the execution of all that is left."""
    intent, now_ns = order.intent, command.ts_init
    trade_id = f"{ADJUSTMENT_PREFIX}{command.client_order_id}"
    return Fill(
        command.client_order_id, order.venue_order_id, trade_id, intent.instrument_id, intent.side,
        order.quantity - order.cum_qty, command.price, TAKER, 0, "", now_ns, now_ns,
    )  # fmt: skip
