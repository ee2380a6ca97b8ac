"""Market data of a venue that runs as a process of its own."""

import asyncio
from collections.abc import Sequence
from random import Random

import msgspec

from hexdesk.connection import Connection, GapError, LinkError, SequenceGuard
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.links import LinkStatus
from hexdesk.errors import VenuePermanentError, VenueUnavailableError
from hexdesk.plugin import FeedContext
from hexdesk.ports.market_data import MarketSink
from hexdesk_sim.venue.settings import VenueFeedSettings
from hexdesk_sim.venue.stream import Stream
from hexdesk_sim.venue.wire import (
    Hello,
    Market,
    ServerMessage,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Welcome,
)

MS_PER_S = 1_000


class VenueFeed:
    """The venue's market as a feed; what was subscribed is subscribed again after a loss."""

    def __init__(
        self, context: FeedContext, settings: VenueFeedSettings, *, chance: Random | None = None
    ) -> None:
        self._clock = context.clock
        self._settings = settings
        self._stream = Stream(
            settings,
            greet=self._greet,
            on_welcome=self._on_welcome,
            refill=self._subscribe_again,
            take=self._take,
        )
        self._connection = Connection(
            context.name,
            self._stream,
            settings.limits(),
            random=chance or Random(f"{context.name}:reconnect"),
            now_ns=context.clock.now_ns,
            logger=context.logger,
            on_link=context.on_link,
        )
        self._logger = context.logger
        self._sink: MarketSink | None = None
        self._instruments: list[Instrument] = []
        self._subscribed: set[str] = set()
        self._numbers = SequenceGuard()
        self._request_count = 0
        self._waiting: dict[int, asyncio.Future[Subscribed]] = {}

    async def connect(self, sink: MarketSink) -> None:
        """Start pushing events of subscribed instruments.

        Raises:
            VenueError: The venue cannot be reached now or refuses.
            ConfigError: The token is not set.
        """
        self._sink = sink
        await self._connection.open()

    @property
    def link(self) -> LinkStatus:
        """How the connection is now."""
        return self._connection.status

    async def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the venue lists; after `connect`."""
        return list(self._instruments)

    async def subscribe(self, instrument_ids: Sequence[str]) -> None:
        """Ask for instruments; while the venue is away they are asked for when it is back.

        Raises:
            VenuePermanentError: The venue does not list one.
            VenueUnavailableError: It does not answer.
        """
        wanted = [each for each in dict.fromkeys(instrument_ids) if each not in self._subscribed]
        self._subscribed.update(wanted)
        if not wanted or not self._connection.is_up:
            return
        self._request_count += 1
        answer = await self._ask(Subscribe(request_id=self._request_count, instrument_ids=wanted))
        if answer.unknown:
            self._subscribed.difference_update(answer.unknown)
            known = ", ".join(each.id for each in self._instruments[:10])
            raise VenuePermanentError(
                f"{self._settings.url}: the venue does not list {', '.join(answer.unknown)}",
                remedy=f"name one of: {known}",
            )

    async def unsubscribe(self, instrument_ids: Sequence[str]) -> None:
        """End subscriptions; an unknown one is ignored."""
        ended = self._subscribed.intersection(instrument_ids)
        self._subscribed -= ended
        if ended and self._connection.is_up:
            self._request_count += 1
            await self._ask(
                Unsubscribe(request_id=self._request_count, instrument_ids=sorted(ended))
            )

    async def close(self) -> None:
        """Stop pushing and free everything; idempotent."""
        self._sink = None
        await self._connection.close()

    async def _ask(self, message: Subscribe | Unsubscribe) -> Subscribed:
        future: asyncio.Future[Subscribed] = asyncio.get_running_loop().create_future()
        self._waiting[message.request_id] = future
        try:
            await self._stream.send(message)
            async with asyncio.timeout(self._settings.connect_timeout_ms / MS_PER_S):
                return await future
        except TimeoutError as error:
            raise VenueUnavailableError(
                f"{self._settings.url}: a subscription is not answered in time"
            ) from error
        except LinkError as error:
            raise VenueUnavailableError(f"{self._settings.url}: {error.message}") from error
        finally:
            del self._waiting[message.request_id]

    def _greet(self) -> Hello:
        token = self._settings.token
        return Hello(token=token.reveal() if token is not None else "")

    async def _on_welcome(self, welcome: Welcome) -> None:
        self._instruments = welcome.instruments
        self._numbers.begin(1)
        await self._subscribe_again()

    async def _subscribe_again(self) -> None:
        """Ask for what was subscribed, and for its latest state."""
        if self._subscribed:
            self._request_count += 1
            again = sorted(self._subscribed)
            await self._stream.send(
                Subscribe(request_id=self._request_count, instrument_ids=again, latest=True)
            )

    def _take(self, message: ServerMessage) -> None:
        if isinstance(message, Market):
            self._take_market(message)
        elif isinstance(message, Subscribed):
            waiting = self._waiting.get(message.request_id)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            elif message.unknown:
                self._logger.warning("the venue lists no more: %s", ", ".join(message.unknown))

    def _take_market(self, message: Market) -> None:
        try:
            is_new = not self._numbers.known(message.sequence)
        except GapError:  # what is missing is past; the latest state is asked for
            self._numbers.begin(message.sequence + 1)
            self._push(message)
            raise
        if is_new:
            self._push(message)

    def _push(self, message: Market) -> None:
        sink = self._sink
        for event in message.events:
            if sink is not None and event.instrument_id in self._subscribed:
                sink(msgspec.structs.replace(event, ts_init=self._clock.now_ns()))
