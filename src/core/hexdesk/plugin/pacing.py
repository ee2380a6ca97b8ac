"""How long a thread beside the desk rests, so that its work costs the desk a small share of time.

Measured in processor time: on a machine that others load, too, the thread takes no more of what the
process gets than on a quiet one. While the process has next to nothing to do, its share is larger:
nobody else wants the time.
"""

from threading import Event
from time import monotonic, process_time, thread_time

STARVED_MAX = 4.0
"""Longest that rests are stretched."""
IDLE_PART = 0.25
"""A process whose other threads use less of the time than this, and that wakes in time, is idle."""
IDLE_TIMES = 5.0
"""By which the share is larger then."""
LATE_S = 0.003
"""Who wakes later than this has neighbours, in the process or on the machine, that are at work."""


class Pace:
    """Rests between pieces of work, for one thread."""

    def __init__(self, share: float, rest_s_min: float) -> None:
        """Take a share of the process's time (0 to 1); each rest disturbs, so none is shorter."""
        self._times = 1 / share - 1
        self._idle_times = max(1 / min(IDLE_TIMES * share, 1.0) - 1, 0.0)
        self._rest_s_min = rest_s_min
        self._wall_s, self._process_s = monotonic(), process_time()
        self._thread_s = self._rested_s = thread_time()
        self._late_s = LATE_S

    def begin(self) -> None:
        """Begin a piece of work."""
        self._thread_s = thread_time()

    def rest(self, stop: Event) -> None:
        """Rest after the piece of work that was begun, but not longer than until `stop`."""
        rest_s = self.rest_s()
        begun_s = monotonic()
        stop.wait(rest_s)
        self._late_s = monotonic() - begun_s - rest_s

    def rest_s(self) -> float:
        """Return how long to rest after the piece of work that was begun."""
        wall_s, process_s, thread_s = monotonic(), process_time(), thread_time()
        passed_s = max(wall_s - self._wall_s, 1e-6)
        got_s = max(process_s - self._process_s, 1e-6)
        others_s = got_s - (thread_s - self._rested_s)
        self._wall_s, self._process_s, self._rested_s = wall_s, process_s, thread_s
        worked_s = thread_s - self._thread_s
        if self._late_s < LATE_S and others_s < IDLE_PART * passed_s:
            return max(worked_s * self._idle_times, self._rest_s_min)
        starved = min(max(passed_s / got_s, 1.0), STARVED_MAX)
        return max(worked_s * self._times * starved, self._rest_s_min)
