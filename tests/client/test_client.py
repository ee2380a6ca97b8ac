"""The Python client against a real server."""

import asyncio
from collections.abc import Iterator

import grpc
import pytest

from hexdesk_api.v1 import access_pb2, common_pb2, desk_pb2, events_pb2, orders_pb2
from hexdesk_client import ApiError, AsyncClient, Client, Target
from hexdesk_client.resuming import REST_MAX_S, Place
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.rig import PATIENCE_S, order, served


async def test_calls_and_refusals() -> None:
    async with served() as rig, AsyncClient(Target(rig.server.address)) as client:
        desk = await client.call(client.desk.GetDesk, desk_pb2.GetDeskRequest())
        assert desk.name == "desk"
        with pytest.raises(ApiError) as caught:
            await client.call(
                client.orders.CreateOrder,
                orders_pb2.CreateOrderRequest(order=order(quantity="x")),
            )
        assert caught.value.reason == "FIELD_INVALID"
        assert list(caught.value.fields) == ["quantity"]
        with pytest.raises(ApiError) as caught:
            await client.call(
                client.orders.GetOrder, orders_pb2.GetOrderRequest(name="orders/none")
            )
        assert caught.value.code is grpc.StatusCode.NOT_FOUND
        assert caught.value.remedy
        assert caught.value.facts["kind"] == "order"


async def test_a_desk_that_is_not_there() -> None:
    async with AsyncClient(Target("127.0.0.1:1")) as client:
        with pytest.raises(ApiError) as caught:
            await client.call(client.desk.GetDesk, desk_pb2.GetDeskRequest())
        assert caught.value.reason == "UNREACHABLE"


async def test_a_token_goes_with_every_call_and_is_not_shown() -> None:
    async with served() as rig:
        async with AsyncClient(Target(rig.server.address)) as client:
            made = await client.call(
                client.access.CreateToken,
                access_pb2.CreateTokenRequest(
                    token_id="bot",  # noqa: S106 - a name
                    scopes=[common_pb2.SCOPE_ADMIN],
                ),
            )
        target = Target(rig.server.address, token=made.secret)
        assert made.secret not in repr(target)
        async with AsyncClient(target) as client:
            caller = await client.call(client.access.GetCaller, access_pb2.GetCallerRequest())
            assert caller.subject == "bot"


async def test_events_go_on_after_the_server_was_away() -> None:
    """A23, C10's kin: a lost stream is taken up where it was, nothing is missed or doubled."""
    async with served() as rig, AsyncClient(Target(rig.server.address)) as client:
        stream = client.follow()
        numbers: list[int] = []
        snapshots = 0
        async with asyncio.timeout(PATIENCE_S):
            while True:
                response = await anext(stream)
                snapshots += response.snapshot.complete
                if response.snapshot.complete:
                    break
            for away in (False, True, True):
                if away:
                    address = rig.server.address
                    await rig.server.stop()
                    rig.life()
                    rig.server = rig.make_server(GrpcSettings(listen=address))
                    await rig.server.start()
                rig.life()
                last = rig.control.chronicle.ring.sequence + 1
                while not numbers or numbers[-1] < last:
                    response = await anext(stream)
                    numbers += [each.sequence for each in response.events]
                    snapshots += response.snapshot.complete
                    assert not response.HasField("resync")
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert snapshots == 1
        await stream.aclose()  # type: ignore[attr-defined]


async def test_a_stream_that_is_refused_is_not_asked_for_again() -> None:
    async with served() as rig, AsyncClient(Target(rig.server.address)) as client:
        with pytest.raises(ApiError) as caught:
            await anext(client.follow(events_pb2.StreamEventsRequest(strategy="strategies/none")))
        assert caught.value.reason == "RESOURCE_UNKNOWN"


async def test_the_plain_client_does_the_same() -> None:
    async with served() as rig:

        def use() -> tuple[str, bool, str]:
            with Client(Target(rig.server.address)) as client:
                desk = client.call(client.desk.GetDesk, desk_pb2.GetDeskRequest())
                stream: Iterator[events_pb2.StreamEventsResponse] = client.follow()
                first = next(stream)
                with pytest.raises(ApiError) as caught:
                    client.call(
                        client.orders.GetOrder, orders_pb2.GetOrderRequest(name="orders/none")
                    )
                return desk.name, first.HasField("snapshot"), caught.value.reason

        assert await asyncio.to_thread(use) == ("desk", True, "RESOURCE_UNKNOWN")


def test_rests_grow_and_are_bounded() -> None:
    place = Place(events_pb2.StreamEventsRequest())
    lost = ApiError(grpc.StatusCode.UNAVAILABLE, "UNREACHABLE", "")
    rests = [place.rest_s(lost) for _ in range(12)]
    assert rests == sorted(rests)
    assert rests[-1] == REST_MAX_S
    place.note(events_pb2.StreamEventsResponse(resume_token="r:1:/"))  # noqa: S106 - no secret
    assert place.rest_s(lost) == rests[0]
    assert place.request.resume_token == "r:1:/"  # noqa: S105 - no secret


def test_the_environment_names_the_desk() -> None:
    found = Target.from_environment({"HEXDESK_ADDRESS": "h:1", "HEXDESK_TOKEN": "t"})
    assert (found.address, found.metadata) == ("h:1", (("authorization", "Bearer t"),))
    assert Target.from_environment({}).address == "127.0.0.1:50051"
