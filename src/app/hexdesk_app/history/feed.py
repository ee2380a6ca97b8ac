"""Feeds the read model: a thread that reads what the journal has behind its head.

It runs in a process of its own (`hexdesk_app.history.child`), or in the desk's where journal or
read model are in memory.

The desk's thread tells it nothing and keeps nothing for it: an order costs the same with a read
model as without. Nothing is lost, for the journal has every record by its number. Whatever goes
wrong here, the desk does not notice.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

import msgspec

from hexdesk.domain.history import EquityRow
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord, TailedJournal
from hexdesk.ports.read_model import Head, ReadModel, record_digest
from hexdesk_app.history.samples import SAMPLES_MAX, Samples
from hexdesk_app.history.trouble import Trouble

BATCH_RECORDS = 1_024
"""Records of one transaction: larger ones are no quicker."""
WINDOW_S = 0.05
"""Longest wait of a record for its transaction, when all is well."""
RETRY_S_MIN = 1.0
RETRY_S_MAX = 60.0
CLOSE_TIMEOUT_S = 10.0

Tail = Callable[[int, int], Sequence[JournalRecord]]
"""Returns at most so many records behind a number."""


class Source(Protocol):
    """What a feed wants of a journal; see `hexdesk.ports.journal.Journal`."""

    @property
    def sequence(self) -> int:
        """Number of the last committed record."""
        ...

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every committed record whose number is greater than `after`."""
        ...


class FeedStats(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed is doing.

    Attributes:
        sequence: Number of the last record written.
        behind: Records of the journal that are not written yet.
        written: Records written by this process.
        rebuilds: Times that everything was made again.
        failures: Times that something was refused: a full disk, say.
        samples_written: Equity samples written by this process.
        samples_dropped: Equity samples that found no room.
        problem: What is wrong now; empty when nothing is.
    """

    sequence: int = 0
    behind: int = 0
    written: int = 0
    rebuilds: int = 0
    failures: int = 0
    samples_written: int = 0
    samples_dropped: int = 0
    problem: str = ""


class HistoryFeed:
    """Reads one journal into one read model."""

    def __init__(
        self,
        read_model: ReadModel,
        journal: Source,
        logger: logging.Logger,
        *,
        window_s: float = WINDOW_S,
        retry_s: float = RETRY_S_MIN,
    ) -> None:
        self._model = read_model
        self._journal = journal
        self._logger = logger
        self._window_s = window_s
        self._retry_s_min = retry_s
        self._tail = _tail_of(journal)
        self._samples = Samples()
        self._written = self._rebuilds = 0
        self._head: Head | None = None
        self._trouble = Trouble(logger)
        self._deadline = float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history-feed", daemon=True)

    # --- the desk's thread -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin with what the read model misses of the journal, and go on as it grows."""
        self._thread.start()

    def add_equity(self, rows: Iterable[EquityRow]) -> None:
        """Take equity samples; neither blocks nor raises."""
        self._samples.add(rows)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Write what waits, within a time; what is left comes from the journal at the next start.

        The read model is left open. Return whether nothing was left.
        """
        if self._thread.ident is None:
            return True  # it was never begun
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        self._thread.join(timeout_s + self._window_s)
        stats = self.stats
        is_done = not self._thread.is_alive() and not stats.behind
        if not is_done:
            self._logger.warning("%s", left_behind(stats))
        return is_done

    @property
    def stats(self) -> FeedStats:
        """How it is doing; from any thread."""
        sequence = self._head.sequence if self._head is not None else 0
        return FeedStats(
            sequence=sequence,
            behind=max(self._journal.sequence - sequence, 0),
            written=self._written,
            rebuilds=self._rebuilds,
            failures=self._trouble.count,
            samples_written=self._samples.written,
            samples_dropped=self._samples.dropped,
            problem=self._trouble.text,
        )

    # --- the feed's thread -----------------------------------------------------------------------

    def _run(self) -> None:
        retry_s = self._retry_s_min
        while True:
            stopping = self._stop.is_set()
            try:
                self._feed()
            except Exception as error:  # noqa: BLE001 - whatever it is, the desk must not notice
                self._trouble.note(error)
                if stopping:
                    return
                self._stop.wait(retry_s)
                retry_s = min(2 * retry_s, RETRY_S_MAX)
                continue
            self._trouble.end(self._sequence)
            retry_s = self._retry_s_min
            if stopping:
                return
            self._stop.wait(self._window_s)

    def _feed(self) -> None:
        """Write all that waits."""
        if self._head is None:
            self._head = self._begin(self._model.open())
        while (end := self._journal.sequence) > self._sequence:
            records = self._tail(self._sequence, BATCH_RECORDS)
            if not records:
                raise DataError(
                    f"the journal ended at record {self._sequence}, though {end} were committed",
                    remedy="hexdesk journal verify",
                )
            self._write(self._sequence + 1, records)
            if self._is_late:
                return
        self._write(self._sequence + 1, ())

    def _begin(self, head: Head) -> Head:
        """Return a head that goes on in this journal; make everything again if none does."""
        end = self._journal.sequence
        if not head.sequence:
            return head
        if head.sequence <= end:
            last = next(self._journal.records(head.sequence - 1), None)
            if last is not None and record_digest(last) == head.digest:
                return head
        self._logger.warning(
            "history up to record %d is of another journal than this one, which ends with %d:"
            " it is made again",
            *(head.sequence, end),
        )
        self._rebuilds += 1
        count = self._model.rebuild(islice(self._journal.records(), end))
        self._written += count
        return Head(count)

    @property
    def _sequence(self) -> int:
        return self._head.sequence if self._head is not None else 0

    @property
    def _is_late(self) -> bool:
        return self._stop.is_set() and time.monotonic() > self._deadline

    def _write(self, first: int, records: Sequence[JournalRecord]) -> None:
        self._samples.take(SAMPLES_MAX)
        samples = self._samples.pending
        if not records and not samples:
            return
        try:
            self._written += self._model.write(first, records, samples)
        except DataError:
            self._head = None  # opening again moves a damaged store aside
            raise
        self._samples.finish()
        self._head = Head(max(self._sequence, first + len(records) - 1))


def left_behind(stats: FeedStats) -> str:
    """Say what a feed that ends leaves unwritten."""
    hope = "they come from the journal at the next start"
    if stats.problem:
        hope += ", once what keeps it from being written is mended"
    return f"history is {stats.behind} records behind; {hope}"


def _tail_of(journal: Source) -> Tail:
    """Return what reads a journal behind a number; one that cannot go on begins anew each time."""
    if isinstance(journal, TailedJournal):
        return journal.tail
    return lambda after, limit: list(islice(journal.records(after), limit))
