"""Orders and their past on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk.ports.control_views import ReportInfo
from hexdesk_api.v1 import history_pb2, orders_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.from_wire import mutation, page, resolution, statuses, terms
from hexdesk_grpc.method import Method, filters, id_in, listed, method, names_of, span
from hexdesk_grpc.names import ORDERS, optional_id_of

_ORDER = id_in(ORDERS, "client_order_id")


def _terms(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with an order
    return {"terms": terms(message.order)}


def _new_terms(message: orders_pb2.AmendOrderRequest) -> dict[str, Any]:
    return {
        "quantity": message.quantity,
        "price": message.price,
        "trigger_price": message.trigger_price,
    }


def _resolution(message: orders_pb2.ResolveOrderRequest) -> dict[str, Any]:
    return {"resolution": resolution(message.resolution), "price": message.price}


def _order_filters(message: orders_pb2.ListOrdersRequest) -> dict[str, Any]:
    return {"statuses": statuses(message.statuses), "open_only": message.open_only}


def _fill_filters(message: history_pb2.ListFillsRequest) -> dict[str, Any]:
    return {"client_order_id": optional_id_of(ORDERS, message.order, "order")}


def _canceled(done: requests.CanceledAll) -> orders_pb2.CancelAllOrdersResponse:
    return orders_pb2.CancelAllOrdersResponse(
        orders=names_of(ORDERS, done.ids),
        queued=to_wire.queued(done.queued),
        called_off=to_wire.queued(done.called_off),
    )


def _timeline(found: tuple[ReportInfo, ...]) -> history_pb2.GetOrderTimelineResponse:
    return history_pb2.GetOrderTimelineResponse(reports=[to_wire.report(each) for each in found])


METHODS: dict[str, Method] = {
    "OrderService.CreateOrder": method(requests.CreateOrder, _terms, mutation, show=to_wire.order),
    "OrderService.CheckOrder": method(requests.CheckOrder, _terms, show=to_wire.verdict),
    "OrderService.AmendOrder": method(
        requests.AmendOrder, _ORDER, _new_terms, mutation, show=to_wire.order
    ),
    "OrderService.CancelOrder": method(requests.CancelOrder, _ORDER, mutation, show=to_wire.order),
    "OrderService.ResolveOrder": method(
        requests.ResolveOrder, _ORDER, _resolution, mutation, show=to_wire.order
    ),
    "OrderService.CancelAllOrders": method(
        requests.CancelAllOrders, filters, mutation, show=_canceled
    ),
    "OrderService.GetOrder": method(requests.GetOrder, _ORDER, show=to_wire.order),
    "OrderService.ListOrders": method(
        requests.ListOrders, page, filters, span, _order_filters,
        show=listed(orders_pb2.ListOrdersResponse, "orders", to_wire.order),
    ),
    "HistoryService.ListFills": method(
        requests.ListFills, page, filters, span, _fill_filters,
        show=listed(history_pb2.ListFillsResponse, "fills", to_wire.fill),
    ),
    "HistoryService.GetOrderTimeline": method(
        requests.GetOrderTimeline, _ORDER, show=_timeline
    ),
}  # fmt: skip
"""By service and name."""
