"""A desk made again from a journal alone, record by record, over all runs that it tells of."""

from hexdesk.application.desk import Desk
from hexdesk.application.durability.replay import Replay, empty_desk, restored_desk
from hexdesk.application.durability.state import DeskState, capture, encode_state
from hexdesk.domain.records import RunStarted
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord


class Rebuild:
    """Follows records, oldest first: `read_life` of the module `replay`, but step by step.

    A run that continues none begins anew; what was before it is left behind.

    Attributes:
        desk: As the records so far leave it; None before the first run.
    """

    def __init__(self, state: DeskState | None = None) -> None:
        """Begin with a snapshot, or with nothing.

        Raises:
            DataError: The snapshot contradicts itself.
        """
        self.desk: Desk | None = None
        self._replay: Replay | None = None
        if state is not None:
            self._follow(restored_desk(state))

    def take(self, record: JournalRecord) -> None:
        """Read the next record.

        Raises:
            DataError: It contradicts those before it, or the journal does not begin with a run.
        """
        if type(record) is RunStarted and not record.continues:
            self._follow(empty_desk(record))
            return
        if self._replay is None:
            message = "the journal does not begin with a run, and there is no snapshot before it"
            raise DataError(message, remedy="use a journal whose first segments are still there")
        self._replay.read_one(record)

    def finish(self) -> None:
        """Take what waited for a record after it; only between commits is the state a desk's."""
        if self._replay is not None:
            self._replay.finish()

    def encoded(self) -> bytes:
        """Return the state so far as snapshots hold it; empty before the first run."""
        self.finish()
        return b"" if self.desk is None else encode_state(capture(self.desk))

    def _follow(self, desk: Desk) -> None:
        self.desk = desk
        self._replay = Replay(desk)
