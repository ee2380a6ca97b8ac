"""Fake of `ports/journal.py`: a list, and a medium that can be told to fail."""

import logging
from collections.abc import Iterator
from itertools import islice

from hexdesk.errors import require
from hexdesk.ports.journal import JournalFollowers, JournalRecord, JournalSink, Snapshot


class FakeJournal:
    """Keeps records in memory and tells what is committed from what is not.

    Attributes:
        committed: Records that `commit` wrote, oldest first.
        pending: Records appended since.
        failing: While true, `commit` raises and writes nothing: a full disk.
        commits: How often something was written.
        snapshots: All that were saved, oldest first.
        closed: Whether `close` was called.
    """

    def __init__(self) -> None:
        self.committed: list[JournalRecord] = []
        self.pending: list[JournalRecord] = []
        self.failing = False
        self.commits = 0
        self.closed = False
        self.snapshots: list[Snapshot] = []
        self._followers = JournalFollowers(logging.getLogger("hexdesk.testing.journal"))

    @property
    def sequence(self) -> int:
        """Number of the last committed record, 0 if there is none."""
        return len(self.committed)

    def append(self, record: JournalRecord) -> None:
        """Add a record to the frame being built."""
        self.pending.append(record)

    def commit(self) -> None:
        """Write the frame.

        Raises:
            OSError: The test said so.
        """
        if self.failing:
            raise OSError("no space left on the fake medium\n  -> free some, and start again")
        if self.pending:
            written = tuple(self.pending)
            self.pending.clear()
            self.committed += written
            self.commits += 1
            self._followers.tell(len(self.committed) - len(written) + 1, written)

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every committed record whose number is greater than `after`, oldest first."""
        return islice(list(self.committed), after, None)

    def follow(self, sink: JournalSink) -> None:
        """Tell a sink of each commit from now on that wrote something."""
        self._followers.add(sink)

    def save_snapshot(self, state: bytes) -> None:
        """Keep a state that holds after every record committed so far.

        Raises:
            InvariantError: Records were appended since the last commit.
        """
        require(not self.pending, "a snapshot is taken with nothing left to commit")
        self.snapshots.append(Snapshot(len(self.committed), state))

    def snapshot(self) -> Snapshot | None:
        """Return the last snapshot, None if there is none."""
        return self.snapshots[-1] if self.snapshots else None

    def close(self) -> None:
        """Commit and remember the call."""
        if not self.closed:
            self.commit()
        self.closed = True
