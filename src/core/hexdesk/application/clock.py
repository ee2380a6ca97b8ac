"""Virtual time for backtests, replays and tests."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from hexdesk.application.pulse import Pulse
from hexdesk.domain.values import TimeNs

NEVER = 2**63 - 1
CANCELED_MIN = 64
"""Canceled timers that are not worth forgetting early."""


class _Timer:
    """An entry of the heap; a canceled one stays there until there are too many."""

    __slots__ = ("_clock", "callback")

    def __init__(self, clock: "VirtualClock", callback: Callable[[], None]) -> None:
        self._clock = clock
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Forget the callback."""
        if self.callback is not None:
            self.callback = None
            self._clock.canceled_count += 1


class VirtualClock:
    """A clock that moves only when it is told to.

    Attributes:
        next_due_ns: When the next timer is due, `NEVER` without one; read it before `advance_to`
            to spare the call.
        canceled_count: Timers canceled since the heap was last cleaned.
    """

    __slots__ = ("_heap", "_pulse", "_set_count", "_time_ns", "canceled_count", "next_due_ns")

    def __init__(self, start_ns: TimeNs = 0) -> None:
        self._time_ns = start_ns
        self._pulse = Pulse()
        self.next_due_ns: TimeNs = NEVER
        self._heap: list[tuple[TimeNs, int, _Timer]] = []
        self._set_count = 0
        self.canceled_count = 0

    @property
    def waiting_count(self) -> int:
        """How many timers wait, canceled ones that are not forgotten yet included."""
        return len(self._heap)

    def now_ns(self) -> TimeNs:
        """Return the virtual time."""
        time_ns, pulse_ns = self._time_ns, self._pulse.now_ns
        return time_ns if time_ns >= pulse_ns else pulse_ns  # noqa: FURB136 - on the order path

    def follow(self, pulse: Pulse) -> None:
        """Take the time of a desk's latest input for now: events then need not set the clock."""
        self._pulse = pulse

    def call_at(self, due_ns: TimeNs, callback: Callable[[], None]) -> _Timer:
        """Call back when time reaches `due_ns`; one that has passed fires at the next advance."""
        if self.canceled_count > max(CANCELED_MIN, len(self._heap) // 2):
            self._forget_canceled()
        timer = _Timer(self, callback)
        self._set_count += 1
        heappush(self._heap, (due_ns, self._set_count, timer))
        self.next_due_ns = self._heap[0][0]
        return timer

    def advance_to(self, time_ns: TimeNs) -> None:
        """Fire every timer due up to a time, each at its own time, then stand at that time.

        Timers that callbacks set fire as well if they are due. Time never goes backwards.
        """
        heap = self._heap
        while heap and heap[0][0] <= time_ns:
            due_ns, _, timer = heappop(heap)
            self._time_ns = max(self._time_ns, due_ns)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
        self.next_due_ns = heap[0][0] if heap else NEVER
        self._time_ns = max(self._time_ns, time_ns)

    def _forget_canceled(self) -> None:
        """Keep what a strategy that sets one timer anew at every tick leaves behind small."""
        heap = self._heap
        heap[:] = [entry for entry in heap if entry[2].callback is not None]
        heapify(heap)
        self.canceled_count = 0
