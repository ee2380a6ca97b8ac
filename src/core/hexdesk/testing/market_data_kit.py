"""Conformance kits for market data: `RecordingKit` for files, `MarketDataKit` for live feeds.

Example::

    from hexdesk.testing.market_data_kit import RecordingKit

    class TestAcmeFiles(RecordingKit):
        def make_recording(self) -> Recording:
            return AcmeRecording(context, AcmeFileSettings(path="sample.acme"))
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pytest

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookUpdate, MarketEvent, Quote, Trade
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk.testing.cases import case, check

T = TypeVar("T")

EVENTS_MAX = 50_000
"""Events that a case looks at; the rest of a long recording is left."""


def event_problem(event: MarketEvent, instruments: Mapping[str, Instrument]) -> str:
    """Return what is wrong with an event in itself, or an empty string."""
    if event.instrument_id not in instruments:
        return "an instrument that nobody defines"
    if event.ts_event <= 0 or event.ts_init <= 0:
        return "a time that is not after 1970"
    match event:
        case Quote():
            return _quote_problem(event)
        case Trade():
            return "" if event.price > 0 and event.size > 0 else "a trade of nothing"
        case BookUpdate():
            levels = (*event.bids, *event.asks)
            fine = all(level.price > 0 and level.size >= 0 for level in levels)
            return "" if fine else "a level without price, or below size 0"
        case Bar():
            ordered = event.low <= min(event.open, event.close)
            ordered &= max(event.open, event.close) <= event.high
            return "" if ordered and event.ts_open < event.ts_event else "a bar that is none"
        case _:
            return ""


def _quote_problem(quote: Quote) -> str:
    if min(quote.bid_price, quote.ask_price, quote.bid_size, quote.ask_size) < 0:
        return "a quote with a number below 0"
    if (quote.bid_size and not quote.bid_price) or (quote.ask_size and not quote.ask_price):
        return "a size without a price"
    return ""


class RecordingKit:
    """All cases of recordings; override `make_recording`.

    Attributes:
        instruments: Those that the configuration defines, where the recording does not.
        malformed_rows: How many rows of the recording cannot be used.
    """

    instruments: Sequence[Instrument] = ()
    malformed_rows = 0

    def make_recording(self) -> Recording:
        """Return a recording of at least two events."""
        raise NotImplementedError("override make_recording")

    @pytest.fixture
    def recording(self) -> Recording:
        """Return a fresh recording."""
        return self.make_recording()

    @case("R01")
    def test_r01_order(self, recording: Recording) -> None:
        """Events come in the order of receipt."""
        times = [event.ts_init for event in _some(recording)]
        check(len(times) > 1, "there are events", len(times))
        check(times == sorted(times), "ts_init never goes backwards")

    @case("R02")
    def test_r02_sound(self, recording: Recording) -> None:
        """Every event is sound and of an instrument that is defined."""
        known = {
            instrument.id: instrument for instrument in (*self.instruments, *recording.instruments)
        }
        for event in _some(recording):
            problem = event_problem(event, known)
            check(not problem, "every event is sound", f"{problem}: {event!r}")

    @case("R03")
    def test_r03_reread(self, recording: Recording) -> None:
        """Read again, and read from a new object, it gives the same."""
        first = list(_some(recording))
        check(list(_some(recording)) == first, "the second pass is equal")
        check(list(_some(self.make_recording())) == first, "a new object is equal")

    @case("R04")
    def test_r04_malformed_rows_are_counted(self, recording: Recording) -> None:
        """A malformed row is skipped, counted and named, on every pass alike."""
        for _ in range(2):
            for _event in recording.events():
                pass
            check(
                recording.problem_count == self.malformed_rows,
                f"{self.malformed_rows} malformed rows are counted",
                recording.problem_count,
            )
            kept = list(recording.problems)
            check(len(kept) <= recording.problem_count, "kept problems are counted ones")
            check(bool(kept) is bool(self.malformed_rows), "the first problems are kept")
            named = all(problem.file and problem.row > 0 and problem.problem for problem in kept)
            check(named, "a problem names file, row and reason", kept[:3])

    @case("R05")
    def test_r05_abandoned_pass(self, recording: Recording) -> None:
        """A pass that is given up half way does not spoil the next."""
        events = recording.events()
        first = next(events)
        del events
        check(next(recording.events()) == first, "the next pass starts anew")


class MarketDataKit:
    """All cases of live feeds; override `make_feed` and `emit`."""

    def make_feed(self) -> MarketData:
        """Return a feed that is not connected."""
        raise NotImplementedError("override make_feed")

    async def emit(self, feed: MarketData, instrument_id: str) -> None:
        """Make the source send at least two events of an instrument, and wait until they are in."""
        raise NotImplementedError("override emit")

    @pytest.fixture
    def feed(self) -> Iterator[MarketData]:
        """Yield a feed that is closed afterwards."""
        feed = self.make_feed()
        yield feed
        asyncio.run(feed.close())

    @case("M01")
    def test_m01_names_instruments(self, feed: MarketData) -> None:
        """After `connect` it names at least one instrument."""
        events: list[MarketEvent] = []
        names = _run(_connected(feed, events))
        check(names, "there are instruments")

    @case("M02")
    def test_m02_pushes_what_is_subscribed(self, feed: MarketData) -> None:
        """Sound events of a subscribed instrument arrive, in order, and no others."""
        events: list[MarketEvent] = []

        async def play() -> list[Instrument]:
            listed = await _connected(feed, events)
            await feed.subscribe([listed[0].id, listed[0].id])
            await self.emit(feed, listed[0].id)
            return listed

        listed = _run(play())
        known = {listed[0].id: listed[0]}
        check(len(events) > 1, "events arrive", len(events))
        for event in events:
            problem = event_problem(event, known)
            check(not problem, "every event is sound", f"{problem}: {event!r}")
        times = [event.ts_init for event in events]
        check(times == sorted(times), "ts_init never goes backwards")

    @case("M03")
    def test_m03_nothing_unasked(self, feed: MarketData) -> None:
        """Before `subscribe` and after `unsubscribe` nothing arrives."""
        # in between a feed may show the market as it is: most venues begin with a snapshot
        events: list[MarketEvent] = []

        async def play() -> None:
            listed = await _connected(feed, events)
            await self.emit(feed, listed[0].id)
            check(not events, "nothing arrives unasked", events[:2])
            await feed.subscribe([listed[0].id])
            await feed.unsubscribe([listed[0].id, "NONE.ACME"])
            events.clear()
            await self.emit(feed, listed[0].id)
            check(not events, "nothing arrives after the subscription", events[:2])

        _run(play())

    @case("M04")
    def test_m04_close(self, feed: MarketData) -> None:
        """After `close`, called twice, nothing arrives."""
        events: list[MarketEvent] = []

        async def play() -> None:
            listed = await _connected(feed, events)
            await feed.subscribe([listed[0].id])
            await feed.close()
            await feed.close()
            events.clear()
            await self.emit(feed, listed[0].id)
            check(not events, "nothing arrives after the end", events[:2])

        _run(play())


async def _connected(feed: MarketData, events: list[MarketEvent]) -> list[Instrument]:
    await feed.connect(events.append)
    return list(await feed.instruments())


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _some(recording: Recording) -> Iterator[MarketEvent]:
    for number, event in enumerate(recording.events()):
        if number == EVENTS_MAX:
            return
        yield event
