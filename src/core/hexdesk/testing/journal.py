"""Fake of `ports/journal.py`: a list, and a medium that can be told to fail."""

from collections.abc import Iterator

from hexdesk.ports.journal import JournalRecord


class FakeJournal:
    """Keeps records in memory and tells what is committed from what is not.

    Attributes:
        committed: Records that `commit` wrote, oldest first.
        pending: Records appended since.
        failing: While true, `commit` raises and writes nothing: a full disk.
        commits: How often something was written.
        closed: Whether `close` was called.
    """

    def __init__(self) -> None:
        self.committed: list[JournalRecord] = []
        self.pending: list[JournalRecord] = []
        self.failing = False
        self.commits = 0
        self.closed = False

    def append(self, record: JournalRecord) -> None:
        """Add a record to the frame being built."""
        self.pending.append(record)

    def commit(self) -> None:
        """Write the frame.

        Raises:
            OSError: The test said so.
        """
        if self.failing:
            raise OSError("no space left on the fake medium")
        if self.pending:
            self.committed += self.pending
            self.pending.clear()
            self.commits += 1

    def records(self) -> Iterator[JournalRecord]:
        """Yield every committed record, oldest first."""
        return iter(list(self.committed))

    def close(self) -> None:
        """Commit and remember the call."""
        if not self.closed:
            self.commit()
        self.closed = True
