"""Journal records about orders as the facts that operators are told."""

from typing import Any, cast

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


def fact_of(record: Any, prices: int | None, quantities: int | None) -> ReportInfo:  # noqa: ANN401 - any of `FACTS`
    """Return what a record says, in decimals.

    Args:
        record: One of the kinds of `FACTS`.
        prices: Scale of its instrument's prices; None is unknown, and gives empty texts.
        quantities: Scale of its instrument's quantities, likewise.
    """
    kind = cast("type[object]", type(record))
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
            last_qty=decimal_text(record.quantity, quantities),
            last_px=decimal_text(record.price, prices),
            trade_id=record.trade_id,
            event_ns=record.ts_event,
            receive_ns=record.ts_init,
        )
    if kind in _WITH_TERMS:
        return ReportInfo(
            client_order_id=record.client_order_id,
            kind=FACTS[kind],
            quantity=decimal_text(record.quantity, quantities),
            price=decimal_text(record.price, prices) if record.price else "",
            trigger_price=decimal_text(record.trigger_price, prices)
            if record.trigger_price
            else "",
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


def decimal_text(raw: int, scale: int | None) -> str:
    """Return a raw number as a decimal; empty where nobody ever said its scale."""
    return "" if scale is None else format_raw(raw, scale)
