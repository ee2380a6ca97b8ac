"""How long to wait before a connection is tried again."""

from random import Random

JITTER_MIN = 0.5
"""A wait is this share of its full length at the least, so that clients do not come together."""


class Backoff:
    """Waits that double, with jitter, up to a limit."""

    def __init__(self, first_s: float, max_s: float, chance: Random) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._chance = chance
        self._next_s = first_s

    def next_s(self) -> float:
        """Return the next wait in seconds."""
        full_s = min(self._next_s, self._max_s)
        self._next_s = min(self._next_s * 2, self._max_s)
        return full_s * self._chance.uniform(JITTER_MIN, 1.0)

    def reset(self) -> None:
        """Begin again with the first wait."""
        self._next_s = self._first_s
