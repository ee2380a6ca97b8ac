"""How long a thread beside the desk rests, so that its work costs the desk a small share of time.

Measured in processor time: on a machine that others load, too, the thread takes no more of what the
process gets than on a quiet one. While the desk's own thread has next to nothing to do, the share
is larger: nobody else wants the time.
"""

from pathlib import Path
from threading import Event
from time import monotonic, process_time, thread_time

STARVED_MAX = 20.0
"""Longest that rests are stretched."""
REST_MAX_S = 5.0
"""Longest rest: what leaves once, however dear, must not keep all else waiting for minutes."""
IDLE_PART = 0.25
"""A main thread that wants less of the time than this is idle."""
IDLE_TIMES = 5.0
"""By which the share is larger then."""
SCHEDSTAT = Path("/proc/self/schedstat")
"""Of the main thread, by Linux: nanoseconds that it ran, and that it waited for a processor."""
NS_PER_S = 1e9


class Pace:
    """Rests between pieces of work, for one thread."""

    def __init__(self, share: float, rest_s_min: float) -> None:
        """Take a share of the process's time (0 to 1); each rest disturbs, so none is shorter."""
        self._times = 1 / share - 1
        self._idle_times = max(1 / min(IDLE_TIMES * share, 1.0) - 1, 0.0)
        self._rest_s_min = rest_s_min
        self._wall_s, self._process_s, self._wanted_s = monotonic(), process_time(), wanted_s()
        self._thread_s = 0.0

    def begin(self) -> None:
        """Begin a piece of work."""
        self._thread_s = thread_time()

    def rest(self, stop: Event) -> None:
        """Rest after the piece of work that was begun, but not longer than until `stop`."""
        stop.wait(self.rest_s())

    def rest_s(self) -> float:
        """Return how long to rest after the piece of work that was begun."""
        before = (self._wall_s, self._process_s, self._wanted_s)
        self._wall_s, self._process_s, self._wanted_s = monotonic(), process_time(), wanted_s()
        passed_s = max(self._wall_s - before[0], 1e-6)
        got_s = max(self._process_s - before[1], 1e-6)
        worked_s = thread_time() - self._thread_s
        if self._wanted_s and self._wanted_s - before[2] < IDLE_PART * passed_s:
            return self._limited(worked_s * self._idle_times)
        starved = min(max(passed_s / got_s, 1.0), STARVED_MAX)
        return self._limited(worked_s * self._times * starved)

    def _limited(self, rest_s: float) -> float:
        return max(min(rest_s, REST_MAX_S), self._rest_s_min)


def wanted_s() -> float:
    """Return how long the main thread ran or waited for a processor; 0 where nobody can tell."""
    try:
        ran_ns, waited_ns, _ = SCHEDSTAT.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return 0.0
    return (int(ran_ns) + int(waited_ns)) / NS_PER_S
