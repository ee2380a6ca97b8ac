"""The journal of runs that need none on disk."""

from collections.abc import Iterator

from hexdesk.ports.journal import JournalRecord


class MemoryJournal:
    """Keeps records in a list, in order.

    Attributes:
        append: The list's own `append`: nothing is cheaper.
    """

    def __init__(self) -> None:
        self._records: list[JournalRecord] = []
        self.append = self._records.append

    def commit(self) -> None:
        """Do nothing: memory has no medium to fail."""

    def records(self) -> Iterator[JournalRecord]:
        """Yield every record, oldest first."""
        return iter(self._records)

    def close(self) -> None:
        """Do nothing; records stay readable."""
