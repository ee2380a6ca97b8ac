"""The streams over the wire: snapshot, events, resuming, slow readers, markets."""

import asyncio
from typing import Any

import grpc
import pytest

from hexdesk.ports.control import EventBatch, EventFilter
from hexdesk.ports.control_events import EventKind
from hexdesk_api.v1 import events_pb2, events_pb2_grpc, market_data_pb2, market_data_pb2_grpc
from hexdesk_grpc.encoding import encode_batch, event
from hexdesk_grpc.settings import GrpcSettings
from hexdesk_grpc.streams import EVENTS_MAX, Gatherer
from hexdesk_grpc.turns import Turns
from tests.adapters.grpc.rig import PATIENCE_S, eventually, refusal, served
from tests.core.application.control.rig import ADMIN

Request = events_pb2.StreamEventsRequest


async def take(call: Any, until: Any) -> list[events_pb2.StreamEventsResponse]:
    """Read until a response is the last that is wanted."""
    got: list[events_pb2.StreamEventsResponse] = []
    async with asyncio.timeout(PATIENCE_S):
        while not got or not until(got[-1]):
            response = await call.read()
            assert response is not grpc.aio.EOF
            got.append(response)
    return got


def is_whole(response: events_pb2.StreamEventsResponse) -> bool:
    return bool(response.snapshot.complete)


def is_resync(response: events_pb2.StreamEventsResponse) -> bool:
    return response.HasField("resync")


def has_fill(response: events_pb2.StreamEventsResponse) -> bool:
    return any(each.HasField("fill") for each in response.events)


async def test_a_snapshot_then_what_follows() -> None:
    async with served() as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        call = events.StreamEvents(Request())
        first = await take(call, is_whole)
        assert first[0].snapshot.desk.name == "desk"
        names = {each.name for each in first[0].snapshot.strategies}
        assert names == {"strategies/a", "strategies/b", "strategies/manual@venue"}
        rig.life()
        got = [each for response in await take(call, has_fill) for each in response.events]
        numbers = [each.sequence for each in got]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        (fill,) = [each.fill for each in got if each.HasField("fill")]
        assert (fill.last_qty, fill.strategy) == ("1", "strategies/a")
        call.cancel()
        await eventually(lambda: rig.server.stream_count == 0)


async def test_a_token_goes_on_over_another_connection() -> None:
    async with served() as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        call = events.StreamEvents(Request())
        token = (await take(call, is_whole))[-1].resume_token
        call.cancel()
        rig.life()
        async with grpc.aio.insecure_channel(rig.server.address) as other:
            stub = events_pb2_grpc.EventServiceStub(other)
            got = await take(stub.StreamEvents(Request(resume_token=token)), has_fill)
            assert not got[0].HasField("snapshot")
            assert not got[0].HasField("resync")


async def test_kinds_and_no_snapshot() -> None:
    async with served() as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        fills = Request(kinds=[events_pb2.EVENT_KIND_FILL], skip_snapshot=True)
        call = events.StreamEvents(fills)
        await eventually(lambda: rig.server.stream_count == 1)
        await asyncio.sleep(0.05)
        rig.life()
        (response,) = await take(call, has_fill)
        assert [each.WhichOneof("payload") for each in response.events] == ["fill"]


async def test_a_reader_who_falls_behind_is_told_and_starts_anew() -> None:
    async with served(events_max=200) as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        call = events.StreamEvents(Request())
        await take(call, is_whole)
        for _ in range(100):  # more than the desk keeps, before the stream gets a turn
            rig.life()
        got = await take(call, is_resync)
        assert got[-1].resync.cause == events_pb2.Resync.CAUSE_TOO_SLOW
        assert got[-1].resync.missed_count > 0
        await take(call, is_whole)


async def test_streams_end_when_the_server_stops() -> None:
    async with served() as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        call = events.StreamEvents(Request())
        await take(call, is_whole)
        await rig.server.stop()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_too_many_streams_are_refused() -> None:
    async with served(GrpcSettings(listen="127.0.0.1:0", streams_max=2)) as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        calls = [events.StreamEvents(Request()) for _ in range(2)]
        for call in calls:
            await take(call, is_whole)
        code, reason, facts, _ = await refusal(events.StreamEvents(Request()).read())
        assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_REACHED")
        assert facts["limit"] == "2"


async def test_a_stream_of_an_unknown_strategy_is_refused() -> None:
    async with served() as rig:
        events = events_pb2_grpc.EventServiceStub(rig.channel)
        call = events.StreamEvents(Request(strategy="strategies/nobody"))
        assert (await refusal(call.read()))[1] == "RESOURCE_UNKNOWN"
        call = events.StreamEvents(Request(kinds=[99]))  # type: ignore[list-item]
        assert (await refusal(call.read()))[3] == ["kinds"]


async def test_joined_bytes_are_the_message() -> None:
    async with served() as rig:
        feed = rig.control.follow(ADMIN, EventFilter())
        while feed.read(10) is not None:
            pass
        rig.life()
        batch = feed.read(1_000)
        assert batch is not None
        message = events_pb2.StreamEventsResponse.FromString(encode_batch(batch))
        assert list(message.events) == [event(each) for each in batch.events]
        assert message.sequence == batch.sequence


async def test_what_waits_comes_in_few_responses_each_with_its_place() -> None:
    async with served(events_max=5_000) as rig:
        feed = rig.control.follow(ADMIN, EventFilter())
        gatherer = Gatherer(feed, Turns())
        head = events_pb2.StreamEventsResponse.FromString(await gatherer.gather())
        assert head.HasField("snapshot")
        assert not gatherer.is_caught_up
        while not gatherer.is_caught_up:
            await gatherer.gather()
        for _ in range(300):
            rig.life()
        got: list[int] = []
        sizes: list[int] = []
        while not gatherer.is_caught_up or not got:
            response = events_pb2.StreamEventsResponse.FromString(await gatherer.gather())
            got += [each.sequence for each in response.events]
            sizes.append(len(response.events))
            assert response.sequence == got[-1]
        assert got == list(range(got[0], got[0] + len(got)))
        assert sizes[0] == EVENTS_MAX
        assert await gatherer.gather() == b""


async def test_events_before_a_resync_are_a_response_of_their_own() -> None:
    async with served(events_max=200) as rig:
        feed = rig.control.follow(ADMIN, EventFilter())
        while feed.read(10) is not None:
            pass
        rig.life()

        class Overtaken:
            """A feed that falls behind in the middle of a response."""

            read_count = 0

            def read(self, limit: int) -> EventBatch | None:
                self.read_count += 1
                if self.read_count == 2:
                    for _ in range(100):
                        rig.life()
                    rig.control.chronicle.catch_up()
                return feed.read(min(limit, 2))

            wake, close = feed.wake, feed.close

        gatherer = Gatherer(Overtaken(), Turns())
        first = events_pb2.StreamEventsResponse.FromString(await gatherer.gather())
        assert (len(first.events), first.HasField("resync")) == (2, False)
        assert not gatherer.is_caught_up
        second = events_pb2.StreamEventsResponse.FromString(await gatherer.gather())
        assert second.resync.cause == events_pb2.Resync.CAUSE_TOO_SLOW


async def test_every_kind_is_shown() -> None:
    numbers = {each.number: each.name for each in events_pb2.EventKind.DESCRIPTOR.values}
    assert {f"EVENT_KIND_{kind.name}": int(kind) for kind in EventKind} | {
        "EVENT_KIND_UNSPECIFIED": 0
    } == {name: number for number, name in numbers.items()}


async def test_markets_come_when_they_change() -> None:
    """C2: ticks, for who is outside."""
    async with served() as rig:
        markets = market_data_pb2_grpc.MarketDataServiceStub(rig.channel)
        request = market_data_pb2.StreamMarketsRequest()
        request.interval.FromMilliseconds(10)
        call: Any = markets.StreamMarkets(request)
        async with asyncio.timeout(PATIENCE_S):
            first = await call.read()
            assert [each.quote.bid_price for each in first.markets] == ["10000"]
            rig.quote(100_100, 100_110)
            second = await call.read()
            assert [each.quote.bid_price for each in second.markets] == ["10010"]
        request.interval.FromMilliseconds(1)
        assert (await refusal(markets.StreamMarkets(request).read()))[3] == ["interval"]
