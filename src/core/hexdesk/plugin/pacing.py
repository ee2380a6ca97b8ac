"""How long a thread beside the desk rests, so that its work costs the desk a small share of time.

Measured in processor time: on a machine that others load, too, the thread takes no more of what the
process gets than on a quiet one.
"""

from time import monotonic, process_time, thread_time

STARVED_MAX = 4.0
"""Longest that rests are stretched: a process that uses little may as well be idle."""


class Pace:
    """Rests between pieces of work, for one thread."""

    def __init__(self, share: float, rest_s_min: float) -> None:
        """Take a share of the process's time (0 to 1); each rest disturbs, so none is shorter."""
        self._times = 1 / share - 1
        self._rest_s_min = rest_s_min
        self._wall_s, self._process_s = monotonic(), process_time()
        self._thread_s = 0.0

    def begin(self) -> None:
        """Begin a piece of work."""
        self._thread_s = thread_time()

    def rest_s(self) -> float:
        """Return how long to rest after the piece of work that was begun."""
        wall_s, process_s = monotonic(), process_time()
        got_s = max(process_s - self._process_s, 1e-6)
        starved = min(max((wall_s - self._wall_s) / got_s, 1.0), STARVED_MAX)
        self._wall_s, self._process_s = wall_s, process_s
        return max((thread_time() - self._thread_s) * self._times * starved, self._rest_s_min)
