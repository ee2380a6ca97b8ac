"""Market data: live feeds push, recordings are pulled, and the desk shows the latest state."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

import msgspec

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
from hexdesk.domain.values import PriceRaw, TradingStatus

MarketSink: TypeAlias = Callable[[MarketEvent], None]
"""Takes one event; never blocks and never raises."""


class MarketData(Protocol):
    """A live feed."""

    async def connect(self, sink: MarketSink) -> None:
        """Start pushing events of subscribed instruments.

        Raises:
            VenueError: The feed cannot be reached now or refuses.
        """
        ...

    async def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the feed can name; after `connect`.

        Beside other feeds it is asked for these alone, unless there are none.
        """
        ...

    async def subscribe(self, instrument_ids: Sequence[str]) -> None:
        """Ask for instruments; a repeated one is ignored."""
        ...

    async def unsubscribe(self, instrument_ids: Sequence[str]) -> None:
        """End subscriptions; an unknown one is ignored."""
        ...

    async def close(self) -> None:
        """Stop pushing and free everything; idempotent."""
        ...


class RowProblem(msgspec.Struct, frozen=True):
    """A row of recorded data that could not be used, or is odd (time going back) but was played.

    `row` counts from 1 in the file's own order.
    """

    file: str
    row: int
    problem: str


class Recording(Protocol):
    """Recorded market data: read from the start as often as wanted."""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """Instruments that the recording itself defines; may be empty."""
        ...

    @property
    def problems(self) -> Sequence[RowProblem]:
        """The first problems met by the last pass, in order; bounded."""
        ...

    @property
    def problem_count(self) -> int:
        """All problems met by the last pass."""
        ...

    def events(self) -> Iterator[MarketEvent]:
        """Yield events in the order of receipt.

        A malformed row is skipped, counted and kept in `problems`.

        Raises:
            DataError: A file is missing, unreadable, or cut off.
        """
        ...


MarketListener: TypeAlias = (
    Callable[[Quote], None] | Callable[[Trade], None] | Callable[[BookUpdate], None]
)


class MarketView(Protocol):
    """The latest state of one instrument's market; read-only for everyone but the desk."""

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        ...

    @property
    def quote(self) -> Quote | None:
        """The latest quote, None before the first."""
        ...

    @property
    def trade(self) -> Trade | None:
        """The latest public trade, None before the first."""
        ...

    @property
    def status(self) -> TradingStatus:
        """The latest trading status."""
        ...

    @property
    def mark(self) -> PriceRaw:
        """A price to value positions at: middle of the quote, else last trade, else 0."""
        ...


class MarketTap(Protocol):
    """Market state and events for whoever must see them before strategies do.

    The simulated venue watches an instrument only while orders rest there: an idle one costs
    nothing a tick.
    """

    def view(self, instrument_id: str) -> MarketView | None:
        """Return the market of an instrument, None if the desk does not know it."""
        ...

    def watch(
        self,
        instrument_id: str,
        *,
        on_quote: Callable[[Quote], None] | None = None,
        on_trade: Callable[[Trade], None] | None = None,
        on_book: Callable[[BookUpdate], None] | None = None,
        on_bar: Callable[[Bar], None] | None = None,
        on_status: Callable[[InstrumentStatus], None] | None = None,
    ) -> None:
        """Be called with each event of an instrument, ahead of strategies; replaces the last call.

        All None ends the watch.
        """
        ...

    def watch_funding(
        self, instrument_id: str, on_funding: Callable[[FundingRate], None] | None
    ) -> None:
        """Be called with each funding rate, ahead of strategies; None ends it.

        Apart from `watch`: what rests at a venue does not matter, funding is always due.
        """
        ...
