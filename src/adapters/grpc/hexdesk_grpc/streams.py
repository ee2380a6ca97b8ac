"""The two streams: events, each encoded once for all its readers, and markets, conflated.

A slow reader holds up nobody: writing waits for it alone, and meanwhile the desk's events go past
it. It is told so (`resync`) and starts anew.
"""

import asyncio
from collections.abc import AsyncIterator

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.control import Caller, Control, EventFeed, EventFilter
from hexdesk.ports.control_requests import GetMarkets
from hexdesk.ports.control_views import MarketInfo
from hexdesk_api.v1 import events_pb2, market_data_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.encoding import encode_batch
from hexdesk_grpc.from_wire import event_kinds, invalid
from hexdesk_grpc.names import MARKETS, STRATEGIES, id_of, optional_id_of

BATCH_MAX = 256
"""Events encoded in one go: about what the desk's thread is held up for at once."""
INTERVAL_MS_DEFAULT = 250
INTERVAL_MS_MIN = 10
INTERVAL_MS_MAX = 60_000
WORK_SHARE = 20
"""A stream of markets rests at least this many times as long as a message took to make."""


async def stream_events(
    control: Control,
    caller: Caller,
    message: events_pb2.StreamEventsRequest,
    stopping: asyncio.Event,
) -> AsyncIterator[bytes]:
    """Yield encoded responses until the reader goes or the server stops."""
    wanted = EventFilter(
        kinds=event_kinds(message.kinds),
        strategy_id=optional_id_of(STRATEGIES, message.strategy, "strategy"),
    )
    feed = control.follow(caller, wanted, message.resume_token)
    try:
        skips = message.skip_snapshot and not message.resume_token
        while not stopping.is_set():
            batch = feed.read(BATCH_MAX)
            if batch is None:
                await _until_more(feed, stopping)
                continue
            if skips and batch.snapshot is not None:
                skips = not batch.snapshot.is_complete
                continue
            yield encode_batch(batch)
            await asyncio.sleep(0)  # ticks go first
    finally:
        feed.close()


async def _until_more(feed: EventFeed, stopping: asyncio.Event) -> None:
    more = asyncio.Event()
    feed.wake(more.set)
    waits = {asyncio.create_task(more.wait()), asyncio.create_task(stopping.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def stream_markets(
    control: Control,
    caller: Caller,
    message: market_data_pb2.StreamMarketsRequest,
    stopping: asyncio.Event,
) -> AsyncIterator[bytes]:
    """Yield the markets that changed, at most once an interval."""
    query = GetMarkets(
        instrument_ids=tuple(id_of(MARKETS, each, "names") for each in message.names)
    )
    interval_s = _interval_s(message)
    loop = asyncio.get_running_loop()
    known: dict[str, MarketInfo] = {}
    while not stopping.is_set():
        begun = loop.time()
        found = await control.ask(caller, query)
        changed = [each for each in found if known.get(each.instrument_id) != each]
        known.update((each.instrument_id, each) for each in changed)
        if changed:
            yield market_data_pb2.StreamMarketsResponse(
                markets=[to_wire.market(each) for each in changed]
            ).SerializeToString()
        rest_s = max(interval_s, WORK_SHARE * (loop.time() - begun)) if not changed else interval_s
        try:
            await asyncio.wait_for(stopping.wait(), rest_s)
        except TimeoutError:
            continue


def _interval_s(message: market_data_pb2.StreamMarketsRequest) -> float:
    if not message.HasField("interval"):
        return INTERVAL_MS_DEFAULT / 1_000
    span = message.interval
    interval_ms = (span.seconds * NS_PER_SECOND + span.nanos) // 1_000_000
    if not INTERVAL_MS_MIN <= interval_ms <= INTERVAL_MS_MAX:
        raise invalid("interval", f"expected {INTERVAL_MS_MIN} ms to {INTERVAL_MS_MAX} ms")
    return interval_ms / 1_000
