"""What a client's call carries of its trace, and what a desk makes of it."""

from collections.abc import Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.telemetry import CALL
from hexdesk_api.v1 import orders_pb2
from hexdesk_client import ApiError, AsyncClient, Target
from tests.adapters.grpc.rig import ServedRig, order, served

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def call_seen(rig: ServedRig, **fields: str) -> str:
    """Create an order, and return the trace context that its intent was written in."""
    seen: list[str] = []

    def sink(_first: int, _records: Sequence[JournalRecord]) -> None:
        seen.append(CALL.get())

    rig.desk.journal.follow(sink)
    request = orders_pb2.CreateOrderRequest(order=order(**fields))
    async with AsyncClient(Target(rig.server.address)) as client:
        await client.call(client.orders.CreateOrder, request)
    rig.life()
    assert not seen[-1], "what came after the call is not of its trace"
    return seen[0]


async def test_a_script_is_part_of_the_trace_that_its_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with served() as rig:
        assert not await call_seen(rig)
        monkeypatch.setenv("TRACEPARENT", GIVEN)
        assert await call_seen(rig) == GIVEN
        monkeypatch.setenv("TRACEPARENT", GIVEN.replace("b7", "zz"))
        assert not await call_seen(rig)


async def test_a_call_is_a_span_and_its_context_goes_with_it() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    async with served() as rig:
        seen = await call_seen(rig)
        with pytest.raises(ApiError):
            await call_seen(rig, quantity="x")
    done, refused = exporter.get_finished_spans()
    assert done.context is not None
    trace_id, span_id = seen.split("-")[1:3]
    assert (int(trace_id, 16), int(span_id, 16)) == (done.context.trace_id, done.context.span_id)
    assert (done.name, done.kind) == (
        "hexdesk_api.v1.OrderService/CreateOrder",
        trace.SpanKind.CLIENT,
    )
    assert (done.attributes or {})["rpc.system.name"] == "grpc"
    assert (done.attributes or {})["rpc.response.status_code"] == "OK"
    assert (refused.attributes or {})["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert refused.status.status_code is trace.StatusCode.ERROR
