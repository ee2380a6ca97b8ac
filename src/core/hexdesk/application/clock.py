"""Virtual time for backtests, replays and tests."""

from collections.abc import Callable
from heapq import heappop, heappush

from hexdesk.application.pulse import Pulse
from hexdesk.domain.values import TimeNs

NEVER = 2**63 - 1


class _Timer:
    """An entry of the heap; a canceled one stays there until its time comes."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """A clock that moves only when it is told to.

    Attributes:
        next_due_ns: When the next timer is due, `NEVER` without one; read it before `advance_to`
            to spare the call.
    """

    __slots__ = ("_heap", "_pulse", "_set_count", "_time_ns", "next_due_ns")

    def __init__(self, start_ns: TimeNs = 0) -> None:
        self._time_ns = start_ns
        self._pulse = Pulse()
        self.next_due_ns: TimeNs = NEVER
        self._heap: list[tuple[TimeNs, int, _Timer]] = []
        self._set_count = 0

    def now_ns(self) -> TimeNs:
        """Return the virtual time."""
        return max(self._time_ns, self._pulse.now_ns)

    def follow(self, pulse: Pulse) -> None:
        """Take the time of a desk's latest input for now: events then need not set the clock."""
        self._pulse = pulse

    def call_at(self, due_ns: TimeNs, callback: Callable[[], None]) -> _Timer:
        """Call back when time reaches `due_ns`; one that has passed fires at the next advance."""
        timer = _Timer(callback)
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
            if timer.callback is not None:
                timer.callback()
        self.next_due_ns = heap[0][0] if heap else NEVER
        self._time_ns = max(self._time_ns, time_ns)
