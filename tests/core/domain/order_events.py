"""Events and orders that the tests of order_state share."""

from hexdesk.domain.order_state import IS_EXTERNAL, Order, apply, new_order
from hexdesk.domain.orders import NewOrder
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
from hexdesk.domain.values import BUY, MAKER, STOP_LIMIT, Life, Operation, OrderType

ORDER_ID = "O1"
QUANTITY = 100

HELD = OrderHeld(ORDER_ID, 1)
SUBMITTED = OrderSubmitted(ORDER_ID, 1)
DENIED = OrderDenied(ORDER_ID, "ORDER_VALUE", "ORDER_VALUE: quantity=0", 1)
ACCEPTED = OrderAccepted(ORDER_ID, "V1", 2, 2)
TRIGGERED = OrderTriggered(ORDER_ID, 3, 3)
ABANDONED = OrderAbandoned(ORDER_ID, "NOT_FOUND_CONFIRMED", 9)


def intent(order_type: OrderType = STOP_LIMIT, quantity: int = QUANTITY) -> NewOrder:
    return NewOrder(
        ORDER_ID, "s", "acct", "X.Y", BUY, order_type, quantity, 1, price=50, trigger_price=49
    )


def fill(quantity: int, trade_id: str = "t1", price: int = 50, ts: int = 4) -> Fill:
    return Fill(ORDER_ID, "V1", trade_id, "X.Y", BUY, quantity, price, MAKER, 0, "USDT", ts, ts)


def busted(trade_id: str, *, live: bool | None, ts: int = 8) -> FillBusted:
    return FillBusted(ORDER_ID, trade_id, live, ts, ts)


def updated(quantity: int, request_id: int = 1, ts: int = 5) -> OrderUpdated:
    return OrderUpdated(ORDER_ID, request_id, quantity, 51, 49, ts, ts)


def canceled(ts: int = 6) -> OrderCanceled:
    return OrderCanceled(ORDER_ID, "", ts, ts)


def expired(ts: int = 6) -> OrderExpired:
    return OrderExpired(ORDER_ID, ts, ts)


def rejected(ts: int = 6) -> OrderRejected:
    return OrderRejected(ORDER_ID, "VENUE_FUNDS", "no money", ts, ts)


def cancel_rejected(request_id: int) -> CancelRejected:
    return CancelRejected(ORDER_ID, request_id, "VENUE_OTHER", "", 6, 6)


def amend_rejected(request_id: int) -> AmendRejected:
    return AmendRejected(ORDER_ID, request_id, "VENUE_OTHER", "", 6, 6)


def unknown(operation: Operation, request_id: int = 0) -> OutcomeUnknown:
    return OutcomeUnknown(ORDER_ID, operation, request_id, "timeout", 7)


def order_in(
    life: Life, *, order_type: OrderType = STOP_LIMIT, cum_qty: int = 0, external: bool = False
) -> Order:
    """Return an order that plain events brought into a life, with a quantity already filled."""
    order = new_order(intent(order_type))
    if external:
        order.facts |= IS_EXTERNAL
    if life is Life.PARTIALLY_FILLED:
        cum_qty = cum_qty or 40
    if life is Life.FILLED:
        cum_qty = QUANTITY
    for event in _PATHS[life]:
        apply(order, event)
    if cum_qty:
        apply(order, fill(cum_qty, "t0"))
    if life in _ENDINGS:
        apply(order, _ENDINGS[life])
    return order


_PATHS: dict[Life, tuple[OrderEvent, ...]] = {
    Life.INITIALIZED: (),
    Life.HELD: (HELD,),
    Life.SUBMITTED: (SUBMITTED,),
    Life.ACCEPTED: (SUBMITTED, ACCEPTED),
    Life.TRIGGERED: (SUBMITTED, ACCEPTED, TRIGGERED),
    Life.PARTIALLY_FILLED: (SUBMITTED, ACCEPTED),
    Life.FILLED: (SUBMITTED, ACCEPTED),
    Life.CANCELED: (SUBMITTED, ACCEPTED),
    Life.EXPIRED: (SUBMITTED, ACCEPTED),
    Life.REJECTED: (SUBMITTED,),
    Life.DENIED: (DENIED,),
}
_ENDINGS: dict[Life, OrderEvent] = {
    Life.CANCELED: canceled(),
    Life.EXPIRED: expired(),
    Life.REJECTED: rejected(),
}
