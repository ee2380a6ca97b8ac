"""Requests about orders as spans, on both sides; names by OpenTelemetry's HTTP conventions.

Where nobody traces, nothing is sent along and nothing is measured.
"""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web

from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.ports.clock import Clock
from hexdesk.ports.telemetry import (
    HEADER,
    RequestTracer,
    TraceParent,
    VenueRequest,
    order_span_id,
    parse_traceparent,
)
from hexdesk_sim.venue.wire import PREFIX, OrderRequest

ONE = f"{PREFIX}/orders/{{client_order_id}}"
CLIENT_ERROR = 400
SERVER_ERROR = 500
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Exchange:
    """One request on its way: what is sent along, and the status that came back."""

    def __init__(self, context: TraceParent | None) -> None:
        self.headers = {} if context is None else {HEADER: str(context)}
        self.status = 0


class ClientTraces:
    """Spans of a client's requests about orders."""

    def __init__(self, tracer: RequestTracer, clock: Clock, url: str) -> None:
        self._tracer = tracer
        self._clock = clock
        self._url = url
        address = urlsplit(url)
        port = address.port or (443 if address.scheme == "https" else 80)
        self._server: dict[str, str | int] = {
            "server.address": address.hostname or "", "server.port": port,
        }  # fmt: skip

    @contextmanager
    def exchange(self, request: OrderRequest, path: str, call: str) -> Generator[Exchange]:
        """Trace one request, which ends with the block; `call` is that which asked for an order."""
        part, number, method, template = _kind(request)
        order_id = request.client_order_id
        context = self._tracer.begin(order_id, f"http.{part}.{number}", call)
        exchange = Exchange(context)
        if context is None:
            yield exchange
            return
        begin_ns = self._clock.now_ns()
        error = ""
        try:
            yield exchange
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            if exchange.status >= CLIENT_ERROR:
                error = str(exchange.status)
            self._tracer.end(
                VenueRequest(
                    client_order_id=order_id,
                    context=context,
                    parent_span_id=order_span_id(order_id, part),
                    name=f"{method} {template}",
                    begin_ns=begin_ns,
                    end_ns=self._clock.now_ns(),
                    attributes={
                        "http.request.method": method,
                        "url.template": template,
                        "url.full": f"{self._url}{path}",
                        **self._server,
                        **_status(exchange.status),
                    },
                    error=error,
                )
            )


class ServerTraces:
    """Spans of the requests that a venue answers, of callers that record theirs."""

    def __init__(self, tracer: RequestTracer, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock

    @web.middleware
    async def trace(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, and tell of it if its caller asked for that."""
        caller = parse_traceparent(request.headers.get(HEADER, ""))
        if caller is None or not caller.is_sampled:
            return await handler(request)
        begin_ns = self._clock.now_ns()
        status = SERVER_ERROR
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            self._tell(request, caller, begin_ns, status)

    def _tell(self, request: web.Request, caller: TraceParent, begin_ns: int, status: int) -> None:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else request.path
        span_id = order_span_id(f"{caller.span_id:016x}", "server")
        self._tracer.end(
            VenueRequest(
                context=TraceParent(caller.trace_id, span_id, is_sampled=True),
                parent_span_id=caller.span_id,
                is_server=True,
                name=f"{request.method} {route}",
                begin_ns=begin_ns,
                end_ns=self._clock.now_ns(),
                attributes={
                    "http.request.method": request.method,
                    "http.route": route,
                    "url.path": request.path,
                    "url.scheme": request.scheme,
                    **_status(status),
                },
                error=str(status) if status >= SERVER_ERROR else "",
            )
        )


def _kind(request: OrderRequest) -> tuple[str, int, str, str]:
    """Return which part of the order it is, its number, and how it goes over HTTP."""
    match request:
        case NewOrder():
            return "submit", 0, "POST", f"{PREFIX}/orders"
        case AmendOrder():
            return "amend", request.request_id, "PATCH", ONE
        case CancelOrder():
            return "cancel", request.request_id, "POST", f"{ONE}/cancel"


def _status(status: int) -> dict[str, str | int]:
    return {"http.response.status_code": status} if status else {}
