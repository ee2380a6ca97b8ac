"""Plays market events through a desk in virtual time: backtest, paced paper run and demo alike.

How fast it is played cannot matter to the desk: time comes from the events alone.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from hexdesk.application.clock import VirtualClock
from hexdesk.application.desk import Desk
from hexdesk.application.market.bars import BarQuotes
from hexdesk.domain.market import Bar, MarketEvent
from hexdesk.domain.values import TimeNs

SLICE_EVENTS = 4_096
"""Events played between two looks at the world: stop requests, pace, samples."""


class Player:
    """A cursor over events in the order of receipt.

    Attributes:
        event_count: Events played so far.
        last_ns: `ts_init` of the last one.
        is_over: Whether nothing is left.
    """

    def __init__(self, desk: Desk, clock: VirtualClock, events: Iterable[MarketEvent]) -> None:
        clock.follow(desk.pulse)
        self._desk = desk
        self._clock = clock
        self._bars = BarQuotes()
        self._events: Iterator[MarketEvent] = iter(events)
        self._ahead: MarketEvent | None = None
        self._stopwatch: Callable[[], int] | None = None
        self._spent: Callable[[int], None] | None = None
        self.event_count = 0
        self.last_ns: TimeNs = 0
        self.is_over = False

    def measure(self, stopwatch: Callable[[], int], spent: Callable[[int], None]) -> None:
        """Hand the ns that each event took to `spent` from here on."""
        self._stopwatch = stopwatch
        self._spent = spent

    def play(self, event_count: int = SLICE_EVENTS) -> int:
        """Play up to a number of events; return how many there were."""
        batch = list(islice(self._events, event_count))
        if self._ahead is not None:
            batch.insert(0, self._ahead)
            self._ahead = None
        self._play(batch)
        self.is_over = not batch
        return len(batch)

    def play_until(self, time_ns: TimeNs, event_count: int = SLICE_EVENTS) -> int:
        """Play up to a number of events received before a time; return how many there were."""
        batch: list[MarketEvent] = []
        while len(batch) < event_count:
            event = self._ahead or next(self._events, None)
            self._ahead = None
            if event is None:
                self.is_over = True
                break
            if event.ts_init > time_ns:
                self._ahead = event
                break
            batch.append(event)
        self._play(batch)
        return len(batch)

    def peek_ns(self) -> TimeNs:
        """Return when the next event was received, 0 when nothing is left."""
        if self._ahead is None:
            self._ahead = next(self._events, None)
        return self._ahead.ts_init if self._ahead is not None else 0

    def _play(self, batch: list[MarketEvent]) -> None:
        if self._stopwatch is None or self._spent is None:
            self._desk.play(batch, self._clock, self._other)
        else:
            for event in batch:
                begun = self._stopwatch()
                self._desk.play((event,), self._clock, self._other)
                self._spent(self._stopwatch() - begun)
        if batch:
            self.event_count += len(batch)
            self.last_ns = batch[-1].ts_init

    def _other(self, event: MarketEvent) -> None:
        """Handle what is no quote; a bar is shown as quotes first, where it is all there is."""
        if type(event) is Bar:
            market = self._desk.markets.by_id.get(event.instrument_id)
            if market is not None:
                for quote in self._bars.of(event, market):
                    self._desk.on_quote(quote)
        self._desk.handle(event)
