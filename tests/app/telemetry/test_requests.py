"""Requests to a venue wait for what becomes of their order's trace."""

from hexdesk.ports.telemetry import TraceParent, VenueRequest, order_trace_id
from hexdesk.testing.telemetry import FakeTelemetry
from hexdesk_app.telemetry.requests import ORDERS_MAX, WAITING_MAX, RequestBook

CALL = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def request(order_id: str) -> VenueRequest:
    return VenueRequest(
        client_order_id=order_id,
        context=TraceParent(1, 2, is_sampled=True),
        parent_span_id=3,
        name="POST /v1/orders",
        begin_ns=1,
        end_ns=2,
        attributes={},
    )


def test_nothing_is_sent_along_before_somebody_follows() -> None:
    book = RequestBook()
    assert book.begin("a", "http.submit.0", "") is None
    book.follow()
    context = book.begin("a", "http.submit.0", "")
    assert context is not None
    assert context.trace_id == order_trace_id("a")


def test_every_request_of_an_order_is_in_the_trace_of_the_call_that_asked_for_it() -> None:
    book = RequestBook()
    book.follow()
    first = book.begin("a", "http.submit.0", CALL)
    later = book.begin("a", "http.cancel.1", "")
    assert first is not None
    assert later is not None
    assert f"{first.trace_id:032x}" == f"{later.trace_id:032x}" == CALL[3:35]
    assert first.span_id != later.span_id


def test_requests_of_kept_orders_are_exported_also_when_they_come_after_the_end() -> None:
    book, telemetry = RequestBook(), FakeTelemetry()
    for order_id in ("kept", "not"):
        book.end(request(order_id))
    book.pass_on(telemetry)
    assert telemetry.requests == []
    book.decide("kept", telemetry, is_kept=True)
    book.decide("not", telemetry, is_kept=False)
    for order_id in ("kept", "not"):
        book.end(request(order_id))
    book.pass_on(telemetry)
    assert [each.client_order_id for each in telemetry.requests] == ["kept", "kept"]


def test_what_is_held_has_limits() -> None:
    book, telemetry = RequestBook(), FakeTelemetry()
    for _ in range(WAITING_MAX + 5):
        book.end(request("a"))
    assert book.dropped == 5
    for number in range(ORDERS_MAX + 1):
        book.end(request(str(number)))
        book.pass_on(telemetry)
    book.decide("0", telemetry, is_kept=True)
    book.decide(str(ORDERS_MAX), telemetry, is_kept=True)
    assert [each.client_order_id for each in telemetry.requests] == [str(ORDERS_MAX)]
