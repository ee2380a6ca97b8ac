"""The journal of runs that need none on disk."""

import logging
from collections.abc import Iterator
from itertools import islice

from hexdesk.ports.journal import JournalFollowers, JournalRecord, JournalSink, Snapshot


class MemoryJournal:
    """Keeps records in a list, in order; what is appended counts as committed.

    Attributes:
        append: The list's own `append`: nothing is cheaper.
    """

    def __init__(self) -> None:
        self._records: list[JournalRecord] = []
        self.append = self._records.append
        self._followers = JournalFollowers(logging.getLogger("hexdesk.journal"))
        self._is_followed = False
        self._told = 0
        self._snapshot: Snapshot | None = None

    @property
    def sequence(self) -> int:
        """Number of the last record."""
        return len(self._records)

    def commit(self) -> None:
        """Tell those who follow; memory has no medium to fail."""
        if self._is_followed:
            told, records = self._told, self._records
            self._told = count = len(records)
            if told < count:
                self._followers.tell(told + 1, records[told:count])

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every record whose number is greater than `after`, oldest first."""
        return islice(self._records, after, None)

    def tail(self, after: int, limit: int) -> list[JournalRecord]:
        """Return at most so many records behind a number, from any thread."""
        return self._records[after : after + limit]

    def follow(self, sink: JournalSink) -> None:
        """Tell a sink of each commit from now on that wrote something."""
        if not self._is_followed:
            self._is_followed = True
            self._told = len(self._records)
        self._followers.add(sink)

    def save_snapshot(self, state: bytes) -> None:
        """Keep a state that holds after every record so far; only the last is kept."""
        self._snapshot = Snapshot(len(self._records), state)

    def snapshot(self) -> Snapshot | None:
        """Return the last snapshot."""
        return self._snapshot

    def close(self) -> None:
        """Commit; records stay readable."""
        self.commit()
