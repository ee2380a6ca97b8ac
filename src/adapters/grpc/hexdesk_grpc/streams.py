"""The two streams: events, each encoded once for all its readers, and markets, conflated.

A slow reader holds up nobody: writing waits for it alone, and meanwhile the desk's events go past
it. It is told so (`resync`) and starts anew.
"""

import asyncio
from collections.abc import AsyncIterator
from random import uniform

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.control import Caller, Control, EventBatch, EventFeed, EventFilter
from hexdesk.ports.control_markets import MarketInfo
from hexdesk.ports.control_requests import GetMarkets
from hexdesk_api.v1 import events_pb2, market_data_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.encoding import Encoder, encode_batch, encode_events, encode_head
from hexdesk_grpc.from_wire import event_kinds, invalid
from hexdesk_grpc.names import MARKETS, STRATEGIES, id_of, optional_id_of
from hexdesk_grpc.turns import Turns

EVENTS_MAX = 1_024
"""Events in one response."""
STEP_MAX = 8
"""Events encoded before it is looked whether others should have a turn."""
PACE_S = 0.02
"""A reader who knows everything is told of what follows after this time; the first event of a burst
goes at once. Five readers would else cost a busy desk more than its orders."""
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
    turns: Turns,
) -> AsyncIterator[bytes]:
    """Yield encoded responses until the reader goes or the server stops."""
    wanted = EventFilter(
        kinds=event_kinds(message.kinds),
        strategy_id=optional_id_of(STRATEGIES, message.strategy, "strategy"),
    )
    feed = control.follow(caller, wanted, message.resume_token)
    more = asyncio.Event()
    ending = asyncio.ensure_future(stopping.wait())
    ending.add_done_callback(lambda _: more.set())
    try:
        if message.skip_snapshot and not message.resume_token:
            await _skip_snapshot(feed, turns)
        gatherer = Gatherer(feed, turns)
        while not stopping.is_set():
            part = await gatherer.gather()
            if part:
                yield part
            if gatherer.is_caught_up:
                await asyncio.sleep(PACE_S * uniform(0.75, 1.25))  # readers must not wake together
                more.clear()
                feed.wake(more.set)
                await more.wait()
    finally:
        ending.cancel()
        feed.close()


async def _skip_snapshot(feed: EventFeed, turns: Turns) -> None:
    while (batch := feed.read(1)) is not None:
        if batch.snapshot is not None and batch.snapshot.is_complete:
            return
        await turns.next()


class Gatherer:
    """Makes large responses in small steps: a message costs what fifty events cost.

    Attributes:
        is_caught_up: Whether nothing more waited when the last response was made.
    """

    def __init__(self, feed: EventFeed, turns: Turns) -> None:
        self.is_caught_up = False
        self._feed = feed
        self._turns = turns
        self._next: EventBatch | None = None
        self._encoder = Encoder()

    async def gather(self) -> bytes:
        """Return a response with what waits, or an empty one; ticks go between the steps."""
        await self._turns.next()
        parts: list[bytes] = []
        last: EventBatch | None = None
        count = 0
        while count < EVENTS_MAX:
            batch = self._next or self._feed.read(STEP_MAX)
            self._next = None
            if batch is None:
                break
            if batch.snapshot is not None or batch.resync is not None:
                if last is None:
                    self.is_caught_up = False
                    return encode_batch(batch)
                self._next = batch  # what came before goes first, in a response of its own
                break
            parts.append(encode_events(batch, self._encoder))
            count += len(batch.events)
            last = batch
            await self._turns.pause()
        self.is_caught_up = count < EVENTS_MAX and self._next is None
        return b"" if last is None else b"".join((*parts, encode_head(last)))


async def stream_markets(
    control: Control,
    caller: Caller,
    message: market_data_pb2.StreamMarketsRequest,
    stopping: asyncio.Event,
    turns: Turns,
) -> AsyncIterator[bytes]:
    """Yield the markets that changed, at most once an interval."""
    query = GetMarkets(
        instrument_ids=tuple(id_of(MARKETS, each, "names") for each in message.names)
    )
    interval_s = _interval_s(message)
    loop = asyncio.get_running_loop()
    known: dict[str, MarketInfo] = {}
    while not stopping.is_set():
        await turns.next()
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
