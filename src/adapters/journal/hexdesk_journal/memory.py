"""The journal in memory, for runs that nobody has to recover."""

from collections.abc import Iterator

from hexdesk.ports.journal import JournalRecord


class MemoryJournal:
    """Keeps records in a list; it grows with the run and is gone with the process.

    Attributes:
        append: The list's own `append`: nothing is cheaper.
    """

    def __init__(self) -> None:
        self._records: list[JournalRecord] = []
        self._committed = 0
        self.append = self._records.append

    def commit(self) -> None:
        """Count what was appended as committed; memory has no medium to fail."""
        self._committed = len(self._records)

    def records(self) -> Iterator[JournalRecord]:
        """Yield every committed record, oldest first."""
        records = self._records
        return (records[index] for index in range(self._committed))

    def close(self) -> None:
        """Commit; records stay readable."""
        self.commit()
