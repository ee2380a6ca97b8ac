"""The desk's books, rebuilt from its journal by nothing but the journal."""

from pathlib import Path

from hexdesk.application.desk import Desk
from hexdesk.application.durability.replay import read_life
from hexdesk.application.durability.state import capture, decode_state, encode_state, hash_of
from hexdesk.ports.journal import JournalReader
from hexdesk_app.chaos.site import ChaosError
from hexdesk_app.reading.journals import open_journal


def reader_of(folder: Path) -> JournalReader:
    """Open the journal in a desk's state folder for reading, also while the desk runs."""
    return open_journal(folder)


def rebuilt(reader: JournalReader, until: int, *, from_start: bool = False) -> Desk:
    """Return a desk that knows what the journal says up to a record.

    Args:
        reader: Of the journal.
        until: Number of the last record to read.
        from_start: Whether every record is read, rather than those after the last snapshot.

    Raises:
        ChaosError: There is nothing to rebuild.
        DataError: The journal is damaged, or contradicts itself.
    """
    snapshot = None if from_start else reader.snapshot(until)
    state = None if snapshot is None else decode_state(snapshot.state)
    after = 0 if snapshot is None else snapshot.sequence
    records = (record for number, record in reader.records(after) if number <= until)
    desk = read_life(records, state)
    if desk is None:
        raise ChaosError("the journal holds no run")
    return desk


def hash_of_books(desk: Desk) -> str:
    """Return the state hash of a desk."""
    return hash_of(encode_state(capture(desk)))
