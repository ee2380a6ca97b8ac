"""The process that writes a desk's history: `python -m hexdesk_app.history.child SOCKET`.

The desk says how far its journal is; the records come from the journal's own files. It ends when
the desk says so, and at once when the desk is gone: what it was writing is then written whole or
not at all, and comes again from the journal.
"""

import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from hexdesk.errors import HexdeskError
from hexdesk.ports.journal import JournalReader, JournalRecord, TailedReader
from hexdesk_app.config.paths import Origins
from hexdesk_app.history.feed import FeedStats, HistoryFeed
from hexdesk_app.history.messages import Answer, Note, Progress, Setup
from hexdesk_app.history.opening import open_section
from hexdesk_app.reading.journals import reader_of

NICENESS = 5
"""Below the desk, where both want the same processor."""
NOTES_MAX = 100
"""Lines that wait for the desk; beyond it the oldest is dropped, and the last stands for it."""

_encode = msgspec.json.Encoder().encode
_decode_progress = msgspec.json.Decoder(Progress).decode


class DistantJournal:
    """A journal that another process writes, up to where that one says.

    Attributes:
        sequence: Number of the last committed record.
    """

    def __init__(self, reader: JournalReader, sequence: int) -> None:
        self.sequence = sequence
        self._reader = reader

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every record whose number is greater than `after`; raises as `JournalReader`."""
        return (record for _number, record in self._reader.records(after))

    def tail(self, after: int, limit: int) -> Sequence[JournalRecord]:
        """Return at most so many records behind a number; raises as `JournalReader`."""
        if isinstance(self._reader, TailedReader):
            return self._reader.tail(after, limit)
        return list(islice(self.records(after), limit))


class Notes(logging.Handler):
    """Keeps lines of the log until they are told."""

    def __init__(self) -> None:
        super().__init__()
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._notes.append(Note(record.levelno, self.format(record)))

    def take(self) -> tuple[Note, ...]:
        """Return what was not told yet."""
        return tuple(self._notes.popleft() for _ in range(len(self._notes)))


def main() -> None:
    """Serve the desk at the other end of a socket, whose number is the only argument."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the desk says when this ends
    os.nice(NICENESS)
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, ConnectionError):
        os._exit(0)  # the desk is gone: nothing may hold the read model any longer


def serve(desk: "Connection[bytes, bytes]") -> None:
    """Write history until the desk ends it.

    Raises:
        EOFError: The desk is gone.
        ConnectionError: Likewise.
    """
    notes = Notes()
    logging.basicConfig(level=logging.INFO, handlers=[notes], format="%(message)s")
    setup = msgspec.json.decode(desk.recv_bytes(), type=Setup)
    state_path = Path(setup.state_path)
    try:
        reader = reader_of(setup.journal, state_path)
        model = open_section(setup.section, Origins(), state_path, is_read_only=False)
    except (HexdeskError, OSError) as error:
        desk.send_bytes(_encode(Answer(stats=FeedStats(), refusal=str(error))))
        return
    progress = _decode_progress(desk.recv_bytes())
    journal = DistantJournal(reader, progress.sequence)
    feed = HistoryFeed(model, journal, logging.getLogger("hexdesk.history"))
    feed.start()
    while progress.close_s is None:
        feed.add_equity(progress.equity)
        desk.send_bytes(_encode(Answer(stats=feed.stats, notes=notes.take())))
        progress = _decode_progress(desk.recv_bytes())
        journal.sequence = progress.sequence
    feed.add_equity(progress.equity)
    feed.close(progress.close_s)
    model.close()
    desk.send_bytes(_encode(Answer(stats=feed.stats, notes=notes.take())))


if __name__ == "__main__":
    main()
