"""Equity samples on their way into the read model; they are in no journal."""

from collections import deque
from collections.abc import Iterable

from hexdesk.domain.history import EquityRow

SAMPLES_MAX = 4_096
"""Equity samples that may wait; beyond it the oldest is dropped, and counted."""


class Samples:
    """A bounded queue from the desk's thread to the feed's, which keeps each until it is written.

    Attributes:
        pending: Taken out and not known to be written.
        written: How many were.
    """

    def __init__(self) -> None:
        self.pending: list[EquityRow] = []
        self.written = 0
        self._waiting: deque[EquityRow] = deque(maxlen=SAMPLES_MAX)
        self._added = 0  # changed by the desk's thread, all others by the feed's

    def add(self, rows: Iterable[EquityRow]) -> None:
        """Take samples; neither blocks nor raises."""
        for row in rows:
            self._waiting.append(row)
            self._added += 1

    def take(self, limit: int) -> list[EquityRow]:
        """Return samples that nobody took yet, oldest first, until so many are pending."""
        taken: list[EquityRow] = []
        while self._waiting and len(self.pending) < limit:
            row = self._waiting.popleft()
            self.pending.append(row)
            taken.append(row)
        return taken

    def finish(self) -> None:
        """What is pending is written."""
        self.written += len(self.pending)
        self.pending.clear()

    @property
    def is_empty(self) -> bool:
        """Whether all are written."""
        return not (self._waiting or self.pending)

    @property
    def dropped(self) -> int:
        """How many found no room; from any thread, where it may lag a moment."""
        return max(self._added - self.written - len(self._waiting) - len(self.pending), 0)
