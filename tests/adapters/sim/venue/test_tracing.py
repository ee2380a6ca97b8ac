"""Requests about orders carry trace context to the venue; both sides tell of them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hexdesk.domain.orders import CancelOrder, NewOrder
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import ServerContext
from hexdesk.ports.telemetry import TraceParent, VenueRequest, order_span_id, order_traceparent
from hexdesk.testing.broker_bench import BID
from hexdesk.testing.broker_bench import INSTRUMENT as TRADED
from hexdesk.testing.clock import FakeClock
from hexdesk_sim.venue.rest import NotExecutedError, Rest
from hexdesk_sim.venue.server import VenueServer
from hexdesk_sim.venue.settings import VenueBrokerSettings
from tests.adapters.sim.venue.site import ACCOUNT, LOGGER, server_settings

CALL = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-%s"
ORDER = NewOrder("K1", "s", ACCOUNT, TRADED.id, BUY, LIMIT, 1_000, 1, BID - 500)


class Tracer:
    """Traces everything, or nothing."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.requests: list[VenueRequest] = []
        self._is_on = is_on

    def begin(self, client_order_id: str, part: str, call: str) -> TraceParent | None:
        return order_traceparent(client_order_id, part, call) if self._is_on else None

    def end(self, request: VenueRequest) -> None:
        self.requests.append(request)


@asynccontextmanager
async def both(client: Tracer, server: Tracer) -> AsyncGenerator[Rest]:
    clock = FakeClock()
    context = ServerContext(
        name="venue", clock=clock, instruments={TRADED.id: TRADED}, seed=7, logger=LOGGER,
        tracer=server,
    )  # fmt: skip
    venue = VenueServer(context, server_settings())
    await venue.start()
    rest = Rest(ACCOUNT, clock, VenueBrokerSettings(url=f"http://{venue.address}"), client)
    await rest.open()
    try:
        yield rest
    finally:
        await rest.close()
        await venue.stop()


async def test_both_sides_of_a_request_are_spans_of_one_trace() -> None:
    client, server = Tracer(), Tracer()
    async with both(client, server) as rest:
        await rest.send(ORDER, CALL % "01")
        await rest.send(CancelOrder("K1", 4, 1))
    sent, canceled = client.requests
    served = server.requests[0]
    assert f"{sent.context.trace_id:032x}" == CALL[3:35]
    assert sent.parent_span_id == order_span_id("K1", "submit")
    assert sent.name == served.name == "POST /v1/orders"
    assert sent.attributes["http.response.status_code"] == 200
    assert served.attributes["http.route"] == "/v1/orders"
    assert served.context.trace_id == sent.context.trace_id
    assert served.parent_span_id == sent.context.span_id
    assert canceled.name == "POST /v1/orders/{client_order_id}/cancel"
    assert server.requests[1].name == canceled.name


async def test_a_request_that_failed_says_why() -> None:
    client, server = Tracer(), Tracer()
    async with both(client, server) as rest:
        with pytest.raises(NotExecutedError):
            await rest.send(msgspec.structs.replace(ORDER, account_id="another"))
    (sent,) = client.requests
    assert (sent.error, sent.attributes["http.response.status_code"]) == ("400", 400)
    assert not server.requests[0].error, "a refusal is no fault of the server"


async def test_nothing_is_told_where_the_caller_keeps_no_trace() -> None:
    client, server = Tracer(is_on=False), Tracer()
    async with both(client, server) as rest:
        await rest.send(ORDER)
    assert client.requests == server.requests == []
    client = Tracer()
    async with both(client, server) as rest:
        await rest.send(ORDER, CALL % "00")
    assert server.requests == []
