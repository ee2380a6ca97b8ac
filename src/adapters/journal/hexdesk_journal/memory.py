"""The journal in memory, for runs that nobody has to recover."""

import logging
from collections.abc import Iterator
from itertools import islice

from hexdesk.errors import require
from hexdesk.ports.journal import JournalFollowers, JournalRecord, JournalSink, Snapshot


class MemoryJournal:
    """Keeps records in a list; it grows with the run and is gone with the process.

    Attributes:
        append: The list's own `append`: nothing is cheaper.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._records: list[JournalRecord] = []
        self._committed = 0
        self.append = self._records.append
        self._followers = JournalFollowers(logger)
        self._snapshot: Snapshot | None = None

    @property
    def sequence(self) -> int:
        """Number of the last committed record, 0 if there is none."""
        return self._committed

    def commit(self) -> None:
        """Count what was appended as committed; memory has no medium to fail."""
        before, self._committed = self._committed, len(self._records)
        if self._followers.sinks and before < self._committed:
            self._followers.tell(before + 1, self._records[before : self._committed])

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every committed record whose number is greater than `after`, oldest first."""
        return islice(self._records, after, self._committed)

    def tail(self, after: int, limit: int) -> list[JournalRecord]:
        """Return at most so many committed records behind a number, from any thread."""
        return self._records[after : min(after + limit, self._committed)]

    def follow(self, sink: JournalSink) -> None:
        """Tell a sink of each commit from now on that wrote something."""
        self._followers.add(sink)

    def save_snapshot(self, state: bytes) -> None:
        """Keep a state that holds after every record committed so far; only the last is kept.

        Raises:
            InvariantError: Records were appended since the last commit.
        """
        require(
            self._committed == len(self._records),
            "a snapshot is taken with nothing left to commit",
        )
        self._snapshot = Snapshot(self._committed, state)

    def snapshot(self) -> Snapshot | None:
        """Return the last snapshot, None if there is none."""
        return self._snapshot

    def close(self) -> None:
        """Commit; records stay readable."""
        self.commit()
