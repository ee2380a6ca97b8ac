"""The bounded queue in front of a live desk, with a written policy for each lane when full.

| lane | holds | when full |
|---|---|---|
| first | venue reports, commands, timers | never dropped: the desk is halted, and it is kept |
| market | quotes, trades, books, bars, ... | quotes that a newer one of their instrument |
| | | follows are conflated; if that frees nothing, the oldest event is dropped, |
| | | but no status or funding rate; both are counted |

The first lane goes ahead of the other. Its puts may come from any thread (deque appends are
atomic) but `put_market`, which like `drain` is the desk's own thread's: foreign threads hand over
through their adapter's bounded deque.

So market events are overtaken by what came later. An input whose `ts_init` is before the desk's
time is handed over with that time: a desk's time never goes backwards, and `ts_event` still says
when the venue saw it.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from msgspec.structs import replace

from hexdesk.application.desk import Desk
from hexdesk.domain.commands import Command
from hexdesk.domain.inputs import TimerFired
from hexdesk.domain.market import FundingRate, InstrumentStatus, MarketEvent, Quote
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.values import TimeNs

FirstInput: TypeAlias = Callable[[], object]
DEFAULT_MAX = 65_536
_KEPT = (InstrumentStatus, FundingRate)
"""Never dropped: a halt that is not seen is traded through, and funding is due once."""
PAUSE_SHARE = 8
"""Conflating is tried again after this part of the capacity, if it freed less than that."""


class Stamped(Protocol):
    """An input with its time of receipt."""

    @property
    def ts_init(self) -> TimeNs:
        """Return the time."""
        ...


S = TypeVar("S", bound=Stamped)


class Inbox:
    """Inputs that wait for a desk.

    Attributes:
        conflated_count: Quotes that a newer one replaced before the desk saw them.
        dropped_count: Market events that were dropped.
        overflow_count: First-lane inputs beyond the limit.
        overtaken_count: Inputs that reached the desk after later ones.
    """

    def __init__(
        self, desk: Desk, wake: Callable[[], None], *, capacity: int = DEFAULT_MAX
    ) -> None:
        self._desk = desk
        self._wake = wake
        self._capacity = capacity
        self._first: deque[FirstInput] = deque()
        self._market: deque[MarketEvent] = deque()
        self._pause = 0
        self.conflated_count = 0
        self.dropped_count = 0
        self.overflow_count = 0
        self.overtaken_count = 0

    def __len__(self) -> int:
        """Return how many inputs wait."""
        return len(self._first) + len(self._market)

    def put_report(self, report: VenueReport) -> None:
        """Take a venue's report."""
        self._put_first(lambda: self._desk.on_report(self._in_time(report)))

    def put_command(self, command: Command) -> None:
        """Take an operator's command."""
        self._put_first(lambda: self._desk.command(self._in_time(command)))

    def put_timer(self, fired: TimerFired) -> None:
        """Take a timer that came due."""
        self._put_first(lambda: self._desk.on_timer(self._in_time(fired)))

    def put_market(self, event: MarketEvent) -> None:
        """Take a market event."""
        self._market.append(event)
        if len(self._market) > self._capacity:
            self._make_room()
        self._wake()

    def drain(self, limit: int = 1_024) -> bool:
        """Hand up to a number of inputs to the desk, first lane first; True if more wait."""
        first, market, desk = self._first, self._market, self._desk
        for _ in range(limit):
            if first:
                first.popleft()()
            elif market:
                desk.handle(self._in_time(market.popleft()))
            else:
                return False
        return bool(first or market)

    def _in_time(self, given: S) -> S:
        """Return an input with a time that is not before the desk's."""
        now_ns = self._desk.pulse.now_ns
        if given.ts_init >= now_ns:
            return given
        self.overtaken_count += 1
        return replace(given, ts_init=now_ns)  # type: ignore[type-var]

    def _put_first(self, handle: FirstInput) -> None:
        self._first.append(handle)
        if len(self._first) > self._capacity:
            self.overflow_count += 1
            if not self._desk.execution.halted:
                self._desk.execution.halt("inbox overflow: reports and commands outrun the desk")
        self._wake()

    def _make_room(self) -> None:
        """Keep only the latest quote of each instrument; else let the oldest event go.

        Conflating walks over the whole lane: where it frees little, the next try waits a while.
        """
        pause = self._capacity // PAUSE_SHARE
        if self._pause:
            self._pause -= 1
        elif self._conflate() < pause:
            self._pause = pause
        if len(self._market) > self._capacity:
            self._drop_oldest()

    def _conflate(self) -> int:
        market = self._market
        latest = {event.instrument_id: event for event in market if isinstance(event, Quote)}
        kept = [
            event
            for event in market
            if not isinstance(event, Quote) or latest[event.instrument_id] is event
        ]
        freed = len(market) - len(kept)
        self.conflated_count += freed
        market.clear()
        market.extend(kept)
        return freed

    def _drop_oldest(self) -> None:
        market = self._market
        oldest = (index for index, event in enumerate(market) if not isinstance(event, _KEPT))
        del market[next(oldest, 0)]
        self.dropped_count += 1
