"""Journal records about orders as the facts that operators are told."""

from typing import Any, cast

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import format_raw
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderHeld,
    OrderRejected,
    OrderSubmitted,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.ports.control_views import ReportInfo, ReportKind

FACTS: dict[type, ReportKind] = {
    NewOrder: ReportKind.NEW,
    OrderHeld: ReportKind.HELD,
    OrderSubmitted: ReportKind.SUBMITTED,
    OrderDenied: ReportKind.DENIED,
    OrderAccepted: ReportKind.ACCEPTED,
    OrderTriggered: ReportKind.TRIGGERED,
    OrderRejected: ReportKind.REJECTED,
    OrderCanceled: ReportKind.CANCELED,
    OrderExpired: ReportKind.EXPIRED,
    AmendOrder: ReportKind.AMEND_REQUESTED,
    OrderUpdated: ReportKind.UPDATED,
    AmendRejected: ReportKind.AMEND_REJECTED,
    CancelOrder: ReportKind.CANCEL_REQUESTED,
    CancelRejected: ReportKind.CANCEL_REJECTED,
    Fill: ReportKind.FILL,
    FillBusted: ReportKind.FILL_BUSTED,
    OutcomeUnknown: ReportKind.OUTCOME_UNKNOWN,
    OrderAbandoned: ReportKind.ABANDONED,
}
_WITH_TERMS = frozenset({NewOrder, AmendOrder, OrderUpdated})


def fact_of(record: Any, instrument: Instrument) -> ReportInfo:  # noqa: ANN401 - any of `FACTS`
    """Return what a record says, in decimals."""
    kind = cast("type[object]", type(record))
    prices, quantities = instrument.price_scale, instrument.quantity_scale
    if kind is OrderAccepted:
        return ReportInfo(
            client_order_id=record.client_order_id,
            kind=ReportKind.ACCEPTED,
            event_ns=record.ts_event,
            receive_ns=record.ts_init,
        )
    if kind is Fill:
        return ReportInfo(
            client_order_id=record.client_order_id,
            kind=ReportKind.FILL,
            last_qty=format_raw(record.quantity, quantities),
            last_px=format_raw(record.price, prices),
            trade_id=record.trade_id,
            event_ns=record.ts_event,
            receive_ns=record.ts_init,
        )
    if kind in _WITH_TERMS:
        return ReportInfo(
            client_order_id=record.client_order_id,
            kind=FACTS[kind],
            quantity=format_raw(record.quantity, quantities),
            price=format_raw(record.price, prices) if record.price else "",
            trigger_price=format_raw(record.trigger_price, prices) if record.trigger_price else "",
            event_ns=getattr(record, "ts_event", 0),
            receive_ns=record.ts_init,
        )
    return ReportInfo(
        client_order_id=record.client_order_id,
        kind=FACTS[kind],
        code=getattr(record, "code", ""),
        text=getattr(record, "text", ""),
        trade_id=getattr(record, "trade_id", ""),
        event_ns=getattr(record, "ts_event", 0),
        receive_ns=record.ts_init,
    )
