"""The journal: every input and every intent, in order, before anything leaves."""

from collections.abc import Iterator
from typing import Protocol, TypeAlias

from hexdesk.domain.commands import Command
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import OrderEvent

JournalRecord: TypeAlias = (
    NewOrder | AmendOrder | CancelOrder | OrderEvent | Command | TimerFired | StrategyFaulted
)


class Journal(Protocol):
    """An append-only record; one desk writes it."""

    def append(self, record: JournalRecord, /) -> None:
        """Add a record to the frame being built; cheap, no I/O."""
        ...

    def commit(self) -> None:
        """Write what was appended, as one frame; called before requests leave.

        Raises:
            OSError: The medium refuses; the desk then stops sending.
        """
        ...

    def records(self) -> Iterator[JournalRecord]:
        """Yield every committed record, oldest first."""
        ...

    def close(self) -> None:
        """Commit and free; idempotent."""
        ...
