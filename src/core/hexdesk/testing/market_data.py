"""Fakes of `ports/market_data.py`: a market to publish to, a feed, a recording."""

from collections.abc import Iterator, Sequence

from hexdesk.application.market.markets import Markets
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import (
    Bar,
    BookUpdate,
    FundingRate,
    InstrumentStatus,
    MarketEvent,
    Quote,
    Trade,
)
from hexdesk.ports.market_data import MarketSink, RowProblem


class FakeMarkets(Markets):
    """Market state that a test publishes to; the `MarketTap` of brokers under test."""

    def publish(self, event: MarketEvent) -> None:
        """Update the state, then call whoever watches.

        Raises:
            KeyError: The instrument is unknown.
        """
        market = self.by_id[event.instrument_id]
        match event:
            case Quote():
                market.quote = event
                channel = market.on_quote
            case Trade():
                market.trade = event
                channel = market.on_trade
            case BookUpdate():
                channel = market.on_book
            case Bar():
                channel = market.on_bar
            case InstrumentStatus():
                market.status = event.status
                channel = market.on_status
            case FundingRate():
                channel = market.on_funding
        for handler in channel:
            handler(event)


class FakeFeed:
    """A live feed that pushes what a test tells it to.

    Attributes:
        subscribed: Ids asked for.
        closed: Whether `close` was called.
    """

    def __init__(
        self, instruments: Sequence[Instrument], snapshot: Sequence[MarketEvent] = ()
    ) -> None:
        """Make a feed; `snapshot` is pushed for each subscription of its instruments."""
        self._instruments = tuple(instruments)
        self._snapshot = tuple(snapshot)
        self._sink: MarketSink | None = None
        self.subscribed = set[str]()
        self.closed = False

    async def connect(self, sink: MarketSink) -> None:
        """Keep the sink."""
        self._sink = sink

    async def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the fake was made with."""
        return self._instruments

    async def subscribe(self, instrument_ids: Sequence[str]) -> None:
        """Let events of instruments pass, the snapshot of new ones first."""
        fresh = set(instrument_ids) - self.subscribed
        self.subscribed.update(instrument_ids)
        for event in self._snapshot:
            if event.instrument_id in fresh:
                self.push(event)

    async def unsubscribe(self, instrument_ids: Sequence[str]) -> None:
        """Hold events of instruments back."""
        self.subscribed.difference_update(instrument_ids)

    async def close(self) -> None:
        """Push no more."""
        self._sink = None
        self.closed = True

    def push(self, event: MarketEvent) -> None:
        """Deliver an event if its instrument is subscribed and the feed is connected."""
        if self._sink is not None and event.instrument_id in self.subscribed:
            self._sink(event)


class FakeRecording:
    """A recording held in memory, with problems that a test gives it."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        events: Sequence[MarketEvent],
        problems: Sequence[RowProblem] = (),
    ) -> None:
        self._instruments = tuple(instruments)
        self._events = tuple(events)
        self._problems = tuple(problems)

    @property
    def instruments(self) -> Sequence[Instrument]:
        """Instruments that the fake was made with."""
        return self._instruments

    @property
    def problems(self) -> Sequence[RowProblem]:
        """Problems that the fake was made with."""
        return self._problems

    @property
    def problem_count(self) -> int:
        """How many."""
        return len(self._problems)

    def events(self) -> Iterator[MarketEvent]:
        """Yield the events."""
        return iter(self._events)
