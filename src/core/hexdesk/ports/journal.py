"""The journal: every input and every intent, in order, before anything leaves."""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import msgspec

from hexdesk.domain.commands import Command
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.market import MarketEvent
from hexdesk.domain.metrics import Distribution
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import DeskNote
from hexdesk.domain.reports import OrderEvent
from hexdesk.domain.values import TimeNs

JournalRecord: TypeAlias = (
    NewOrder
    | AmendOrder
    | CancelOrder
    | OrderEvent
    | Command
    | TimerFired
    | StrategyFaulted
    | DeskNote
    | MarketEvent
)
"""Market events are there only where a decision followed from them, after that decision."""

JournalSink: TypeAlias = Callable[[int, Sequence[JournalRecord]], None]
"""Told after a commit: number of its first record, and the records, which nobody changes again."""


class Snapshot(msgspec.Struct, frozen=True):
    """A state that stands for all records up to one.

    Attributes:
        sequence: Number of the last record that it holds; 0 for the state before the first.
        state: Bytes that only its maker can read.
    """

    sequence: int
    state: bytes


class Journal(Protocol):
    """An append-only record; one desk writes it.

    Records are numbered from 1 without a gap, over all runs.
    """

    @property
    def sequence(self) -> int:
        """Number of the last committed record, 0 if there is none."""
        ...

    def append(self, record: JournalRecord, /) -> None:
        """Add a record to the frame being built; cheap, no I/O."""
        ...

    def commit(self) -> None:
        """Write what was appended, as one frame; called before requests leave.

        Raises:
            OSError: The medium refuses; the desk then stops sending.
        """
        ...

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every committed record whose number is greater than `after`, oldest first.

        Raises:
            DataError: Some of them are damaged, or no longer kept.
        """
        ...

    def follow(self, sink: JournalSink) -> None:
        """Tell a sink of each commit from now on that wrote something, after it was written.

        A sink must neither block nor raise; one that raises is reported and not told again.
        """
        ...

    def save_snapshot(self, state: bytes) -> None:
        """Keep a state that holds after every record committed so far.

        Call it with nothing appended since the last commit. Failing to keep one is reported and
        harms nothing: the records before it are kept until a later one stands.
        """
        ...

    def snapshot(self) -> Snapshot | None:
        """Return the latest sound snapshot, None if there is none."""
        ...

    def close(self) -> None:
        """Commit and free; idempotent."""
        ...


@runtime_checkable
class TimedJournal(Protocol):
    """A journal that knows how long its disk takes."""

    @property
    def sync_times(self) -> Distribution:
        """How long forcing data to the disk took each time, in ns."""
        ...


@runtime_checkable
class TailedReader(Protocol):
    """Reads on where it stopped: each record once, however long a journal grows."""

    def tail(self, after: int, limit: int) -> Sequence[JournalRecord]:
        """Return at most so many committed records behind a number, oldest first.

        Raises:
            DataError: Some of them are damaged, or no longer kept.
        """
        ...


@runtime_checkable
class TailedJournal(TailedReader, Protocol):
    """A journal whose latest records can be read from any thread, without its noticing."""

    @property
    def sequence(self) -> int:
        """Number of the last committed record."""
        ...


class JournalFollowers:
    """The sinks of a journal; for those who write one.

    Attributes:
        sinks: Whom to tell; read only. Replaced, never changed: telling copies nothing.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self.sinks: tuple[JournalSink, ...] = ()

    def add(self, sink: JournalSink) -> None:
        """Tell a sink from now on."""
        self.sinks = (*self.sinks, sink)

    def tell(self, first: int, records: Sequence[JournalRecord]) -> None:
        """Tell every sink of committed records, and drop those that raise."""
        for sink in self.sinks:
            try:
                sink(first, records)
            except Exception:
                self.sinks = tuple(each for each in self.sinks if each is not sink)
                self._logger.exception(
                    "a follower of the journal failed at record %d and is not told again: %r",
                    *(first, sink),
                )


class JournalSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of records that one run wrote.

    Attributes:
        name: Of its file or table.
        format: Version of the format that it is written in.
        run_id: Run that wrote it.
        first_sequence: Number of its first record.
    """

    name: str
    format: int
    run_id: str
    first_sequence: int


class JournalFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong in a journal.

    Attributes:
        file: Where.
        offset: Byte at which it begins.
        sequence: Number of the first record that it concerns; 0 if none.
        text: What is wrong.
        remedy: What to do about it.
    """

    file: str
    offset: int
    sequence: int
    text: str
    remedy: str


class JournalReport(msgspec.Struct, frozen=True, kw_only=True):
    """What reading a whole journal found.

    Attributes:
        segments: Oldest first.
        first_sequence: Number of the first record that is kept.
        last_sequence: Number of the last sound one; `first_sequence - 1` if there is none.
        first_ns: `ts_init` of the first record kept; 0 if there is none.
        last_ns: `ts_init` of the last sound one.
        chain: Hash over all records up to the last, hexadecimal; who keeps it elsewhere can show
            later that none of them was changed.
        snapshots: Numbers of the last record in each sound snapshot, ascending.
        unfinished_bytes: Of a commit that is being written, or was when its desk died.
        faults: What is wrong, in the order of records; empty for a sound journal.
    """

    segments: tuple[JournalSegment, ...]
    first_sequence: int
    last_sequence: int
    first_ns: TimeNs
    last_ns: TimeNs
    chain: str
    snapshots: tuple[int, ...]
    unfinished_bytes: int
    faults: tuple[JournalFault, ...]


class JournalReader(Protocol):
    """Reads a journal without writing it, also while its desk runs.

    The end is where the last whole commit ends, at the time of reading.
    """

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept: 1 unless older ones were given up."""
        ...

    def records(self, after: int = 0) -> Iterator[tuple[int, JournalRecord]]:
        """Yield number and record of all whose number is greater than `after`, oldest first.

        Raises:
            DataError: Some of them are damaged, or no longer kept; all before were yielded.
        """
        ...

    def snapshot(self, until: int | None = None) -> Snapshot | None:
        """Return the latest sound snapshot, or the latest that holds no record after `until`."""
        ...

    def segments(self) -> Sequence[JournalSegment]:
        """Return what each segment says of itself, oldest first.

        Raises:
            DataError: One is missing or cannot be read.
        """
        ...

    def chain(self, sequence: int) -> str:
        """Return the hash over all records up to one, hexadecimal, as `verify` gives the last.

        Empty if the record is not the last of a commit, or not kept.

        Raises:
            DataError: Records around it are damaged.
        """
        ...

    def verify(self) -> JournalReport:
        """Read everything and say what is wrong; raises for nothing that is in the journal."""
        ...

    def backup(self, destination: Path) -> JournalReport:
        """Copy all up to the last whole commit into an empty folder; verify and report the copy.

        What is damaged is copied as it is, and stands in the report.

        Raises:
            ConfigError: The folder is not empty.
            DataError: A part is missing, or was given up meanwhile.
            OSError: It cannot be written.
        """
        ...
