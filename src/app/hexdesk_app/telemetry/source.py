"""Where the feed of timelines gets a journal's records from: the journal tells, or it is asked.

A journal on disk tells after each commit, and the desk's clock says when that was. A journal in
memory is read by the feed's own thread: that costs the desk nothing at all, and where time is
virtual nobody needs to know when a commit was written.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from hexdesk.domain.values import TimeNs
from hexdesk.ports.journal import Journal, JournalRecord, JournalSink, TailedJournal
from hexdesk.ports.telemetry import CALL, CallLog

COMMITS_MAX = 512
"""Commits that may wait; more are dropped."""
RECORDS_MAX = 8_192
"""Records that the reader of a journal in memory may be behind; it leaves out what is more."""
CHUNK_COMMITS = 32
CHUNK_RECORDS = 128
"""Handled between two rests."""

Commit = tuple[TimeNs, str, Sequence[JournalRecord]]
"""When it was written (0: not known), trace context of the call that it answers, its records."""


class Source(Protocol):
    """Gives the feed what it has not seen yet."""

    @property
    def dropped(self) -> int:
        """Commits or records that the feed will not see."""
        ...

    def start(self) -> None:
        """Begin; in the desk's thread."""
        ...

    def take(self) -> list[Commit]:
        """Return some of what waits, oldest first; in the feed's thread."""
        ...

    @property
    def has_more(self) -> bool:
        """Whether something waits."""
        ...


class ToldSource:
    """Is told each commit, by a short queue; what finds no room is dropped and counted."""

    def __init__(
        self,
        journal: Journal,
        wall_ns: Callable[[], TimeNs] | None,
        commits_max: int = COMMITS_MAX,
    ) -> None:
        self.dropped = 0
        self._journal = journal
        self._wall_ns = wall_ns
        self._commits_max = commits_max
        self._queue: deque[Commit] = deque()

    def start(self) -> None:
        """Follow the journal."""
        self._journal.follow(self._make_sink())

    def take(self) -> list[Commit]:
        """Return a chunk of commits."""
        queue = self._queue
        return [queue.popleft() for _ in range(min(CHUNK_COMMITS, len(queue)))]

    @property
    def has_more(self) -> bool:
        """Whether commits wait."""
        return bool(self._queue)

    def _make_sink(self) -> JournalSink:
        queue, most, wall_ns, call = self._queue, self._commits_max, self._wall_ns, CALL.get
        append = queue.append

        def take(_first: int, records: Sequence[JournalRecord]) -> None:
            if len(queue) < most:
                append((wall_ns() if wall_ns is not None else 0, call(), records))
            else:
                self.dropped += 1

        return take


class ReadSource:
    """Reads a journal in memory; `calls` knows which records came of which call."""

    def __init__(
        self, journal: TailedJournal, calls: CallLog, records_max: int = RECORDS_MAX
    ) -> None:
        self.dropped = 0
        self._journal = journal
        self._calls = calls
        self._records_max = records_max
        self._seen = 0

    def start(self) -> None:
        """Begin behind what is there."""
        self._seen = self._journal.sequence

    def take(self) -> list[Commit]:
        """Return a chunk of records, cut where a call begins or ends."""
        behind = self._journal.sequence - self._seen
        if behind > self._records_max:
            left_out = behind - self._records_max // 2
            self.dropped += left_out
            self._seen += left_out
        first = self._seen
        records = self._journal.tail(first, CHUNK_RECORDS)
        self._seen += len(records)
        return [
            (0, call, records[begin - first : end - first])
            for begin, end, call in self._calls.cut(first, self._seen)
        ]

    @property
    def has_more(self) -> bool:
        """Whether records wait."""
        return self._journal.sequence > self._seen
