"""Clients that mean harm, or do it: the others and the desk go on. `bench control` measures it."""

import asyncio
import socket
from typing import Any

import grpc

from hexdesk_api.v1 import (
    desk_pb2,
    desk_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
)
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.rig import PATIENCE_S, ServedRig, eventually, order, refusal, served

CONNECTIONS = 200
BURST = 3_000
SMALL_WINDOW = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 4_096),
)
"""What is on its way to a client that reads nothing: some kilobytes, and no more with time."""


async def assert_well(rig: ServedRig) -> None:
    desks = desk_pb2_grpc.DeskServiceStub(rig.channel)
    found = await desks.GetDesk(desk_pb2.GetDeskRequest(), timeout=PATIENCE_S)
    assert found.name == "desk"


async def test_silent_half_open_and_reset_connections_are_nothing_to_others() -> None:
    async with served() as rig:
        host, _, port = rig.server.address.rpartition(":")
        lines = [socket.create_connection((host, int(port)), 10) for _ in range(CONNECTIONS)]
        for line in lines[::2]:
            line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        for line in lines[::3]:
            line.sendall(b"\x00\xff" * 50)
        await assert_well(rig)
        for line in lines:
            line.close()
        await assert_well(rig)


async def test_a_message_that_is_too_large_is_refused_before_it_is_read() -> None:
    settings = GrpcSettings(listen="127.0.0.1:0", message_bytes_max=10_000)
    async with served(settings) as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        huge = orders_pb2.CreateOrderRequest(order=order(), reason="x" * 20_000)
        with_error: Any = None
        try:
            await orders.CreateOrder(huge)
        except grpc.aio.AioRpcError as error:
            with_error = error.code()
        assert with_error is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert not rig.sent
        await assert_well(rig)


async def test_a_burst_of_calls_is_answered_or_refused_with_a_reason() -> None:
    async with served(GrpcSettings(listen="127.0.0.1:0", calls_max=4)) as rig:
        desks = desk_pb2_grpc.DeskServiceStub(rig.channel)

        async def ask() -> grpc.StatusCode:
            try:
                await desks.GetDesk(desk_pb2.GetDeskRequest(), timeout=PATIENCE_S)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return grpc.StatusCode.OK

        answers = set(await asyncio.gather(*(ask() for _ in range(BURST))))
        assert grpc.StatusCode.OK in answers
        assert answers <= {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}


async def test_bad_tokens_however_many_find_no_way() -> None:
    async with served() as rig:
        desks = desk_pb2_grpc.DeskServiceStub(rig.channel)
        for text in ("Bearer hdx_wrong", "Bearer ", "Basic abc", "x" * 8_000):
            call = desks.GetDesk(desk_pb2.GetDeskRequest(), metadata=(("authorization", text),))
            code, reason, _, _ = await refusal(call)
            assert (code, reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
        await assert_well(rig)


async def test_calls_beyond_the_limit_are_refused() -> None:
    settings = GrpcSettings(listen="127.0.0.1:0", calls_max=3)
    async with served(settings) as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        calls: list[Any] = [events.StreamEvents(events_pb2.StreamEventsRequest()) for _ in range(3)]
        for call in calls:
            await call.read()
        desks = desk_pb2_grpc.DeskServiceStub(rig.channel)
        code: Any = None
        try:
            await desks.GetDesk(desk_pb2.GetDeskRequest(), timeout=PATIENCE_S)
        except grpc.aio.AioRpcError as error:
            code = error.code()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        calls[0].cancel()
        await eventually(lambda: rig.server.stream_count == 2)
        await assert_well(rig)


async def test_a_reader_who_reads_nothing_costs_no_memory_and_is_told_at_last() -> None:
    """The ring is the only queue: what a slow reader missed is not kept for it."""
    async with served(events_max=500) as rig:
        async with grpc.aio.insecure_channel(rig.server.address, SMALL_WINDOW) as channel:
            events = events_pb2_grpc.EventServiceStub(channel)
            slow: Any = events.StreamEvents(events_pb2.StreamEventsRequest())
            await slow.read()
            for number in range(600):  # far more than the connection's window holds
                rig.life()
                if number % 20 == 0:
                    await asyncio.sleep(0.005)
            await assert_well(rig)
            assert rig.control.chronicle.ring.sequence > 2_500
            async with asyncio.timeout(PATIENCE_S):
                while not (response := await slow.read()).HasField("resync"):
                    pass
            assert response.resync.cause == events_pb2.Resync.CAUSE_TOO_SLOW
            slow.cancel()
        await eventually(lambda: rig.server.stream_count == 0)


async def test_who_names_a_short_deadline_is_not_waited_for() -> None:
    async with served() as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        call: Any = events.StreamEvents(events_pb2.StreamEventsRequest(), timeout=0.2)
        code: Any = None
        try:
            while await call.read() is not grpc.aio.EOF:
                pass
        except grpc.aio.AioRpcError as error:
            code = error.code()
        assert code is grpc.StatusCode.DEADLINE_EXCEEDED
        await eventually(lambda: rig.server.stream_count == 0)
