"""How long to wait before a connection is tried again."""

from random import Random

DOUBLINGS_MAX = 62
"""Beyond it every limit is reached, and a float would lose its last digits."""


class Backoff:
    """Exponential waits with full jitter: each is anything up to its doubled limit.

    Full jitter spreads clients that lost the same venue at the same moment (M. Brooker,
    "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """

    def __init__(self, first_ns: int, max_ns: int, random: Random) -> None:
        self._first_ns = first_ns
        self._max_ns = max_ns
        self._random = random

    def limit_ns(self, attempts: int) -> int:
        """Return the longest wait after a number of attempts in a row."""
        return min(self._first_ns << min(attempts, DOUBLINGS_MAX), self._max_ns)

    def wait_ns(self, attempts: int, *, at_least_ns: int = 0) -> int:
        """Return a wait from 1 ns to the limit; what a venue asks for counts up to the longest."""
        wait_ns = self._random.randint(1, self.limit_ns(attempts))
        return max(wait_ns, min(at_least_ns, self._max_ns))
