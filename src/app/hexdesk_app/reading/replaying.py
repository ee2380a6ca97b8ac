"""Makes a desk again from its journal, and compares it with all that was noted on the way."""

import sys
from collections.abc import Callable, Iterator

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.durability.rebuild import Rebuild
from hexdesk.application.durability.state import (
    DeskState,
    decode_state,
    encode_state,
    hash_of,
    state_shape,
)
from hexdesk.application.durability.state_difference import first_difference
from hexdesk.domain.records import RunEnded
from hexdesk.domain.values import TimeNs
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalReader, JournalRecord, Snapshot

REORDERED = "the order of entries"
"""What differs where every value is equal."""


class Until(msgspec.Struct, frozen=True):
    """Where to stop: behind a record, or behind the last one made at a time or before it.

    Attributes:
        number: Of the last record to read; None for no limit.
        time_ns: Latest time; None for no limit.
    """

    number: int | None = None
    time_ns: TimeNs | None = None

    def past(self) -> Callable[[int, JournalRecord], bool] | None:
        """Return what says whether a record comes too late; None where none does.

        One without a time belongs to the record before it.
        """
        last, time_ns = self.number, self.time_ns
        if last is not None:
            return lambda number, _record: number > last
        if time_ns is not None:
            return lambda _number, record: getattr(record, "ts_init", 0) > time_ns
        return None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison with what the desk had noted of its own state.

    Attributes:
        number: Of the record behind which both states hold.
        kind: `snapshot`, or `run_ended` for the hash that a run ended with.
        is_equal: Whether they are; None where it cannot be said.
        difference: Which part differs first, or why nothing can be said.
    """

    number: int
    kind: str
    is_equal: bool | None
    difference: str


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """A desk as its journal tells.

    Attributes:
        desk: The desk.
        run_id: Run that wrote the last record.
        encoded: Its state.
        began_behind: Number of the record whose snapshot it began with; 0 for none.
        last_number: Of the last record read; 0 if there was none.
        last_ns: Its time.
        record_count: Records read.
        checks: What was compared, oldest first.
    """

    desk: Desk
    run_id: str
    encoded: bytes
    began_behind: int
    last_number: int
    last_ns: TimeNs
    record_count: int
    checks: tuple[Check, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing that was compared differs."""
        return all(check.is_equal is not False for check in self.checks)


class _Walk:
    """The state of one replay."""

    def __init__(self, reader: JournalReader, *, until: Until, from_snapshot: bool) -> None:
        self._reader = reader
        self._until = until
        self.began_behind = 0
        self.number = 0
        self.last_ns: TimeNs = 0
        self.checks: list[Check] = []
        self._equal_hashes: dict[int, str] = {}
        self._numbers = _snapshot_numbers(reader, until.number)
        self.rebuild = Rebuild(self._begin(from_snapshot=from_snapshot))
        self._ahead = [each for each in self._numbers if each > self.began_behind]

    def _begin(self, *, from_snapshot: bool) -> DeskState | None:
        """Return the state to begin with: the latest if speed is wanted, else the oldest needed."""
        first_kept = self._reader.first_sequence
        fitting = [each for each in self._numbers if each >= first_kept - 1]
        if not fitting or (first_kept == 1 and not from_snapshot):
            return None
        time_ns = self._until.time_ns
        for number in sorted(fitting, reverse=from_snapshot):
            snapshot = self._reader.snapshot(number)
            if snapshot is None or snapshot.sequence != number:
                continue
            state = decode_state(snapshot.state)
            if time_ns is None or not from_snapshot or self._is_before(number, time_ns):
                self.began_behind = self.number = number
                return state
        return None

    def _is_before(self, number: int, time_ns: TimeNs) -> bool:
        """Whether the last record in a snapshot was made at a time or before it."""
        first_kept = self._reader.first_sequence
        for _number, record in self._reader.records(max(number, first_kept) - 1):
            ts_init = getattr(record, "ts_init", None)
            if ts_init is not None:
                return int(ts_init) <= time_ns
        return False

    def read(self) -> int:
        """Read records to the end, or the limit; return how many."""
        count = 0
        take, is_past = self.rebuild.take, self._until.past()
        due = self._next_due()
        for number, record in self._reader.records(self.began_behind):
            if is_past is not None and is_past(number, record):
                break
            if number > due:
                self._compare_snapshots(self.number)
                due = self._next_due()
            if type(record) is RunEnded:
                self._compare_end(number, record)
            take(record)
            self.number = number
            self.last_ns = getattr(record, "ts_init", self.last_ns)
            count += 1
        self._compare_snapshots(self.number)
        return count

    def _next_due(self) -> int:
        """Return the number of the record behind which a snapshot is compared next."""
        return self._ahead[0] if self._ahead else sys.maxsize

    def _compare_snapshots(self, number: int) -> None:
        """Compare the state behind a record with the snapshots up to it; there is one at most."""
        while self._ahead and self._ahead[0] <= number:
            due = self._ahead.pop(0)
            snapshot = self._reader.snapshot(due)
            if due == number and snapshot is not None and snapshot.sequence == due:
                self.checks.append(self._compare(snapshot))

    def _compare(self, snapshot: Snapshot) -> Check:
        number, found = snapshot.sequence, self.rebuild.encoded()
        is_equal: bool | None = found == snapshot.state
        difference = ""
        if not is_equal:
            try:
                noted = decode_state(snapshot.state)
            except DataError as error:
                return Check(
                    number=number, kind="snapshot", is_equal=None, difference=error.message
                )
            # An older version wrote less; what it wrote is read with defaults for the rest.
            is_equal = encode_state(noted) == found
            if not is_equal:
                difference = first_difference(noted, decode_state(found)) or REORDERED
        if is_equal:
            self._equal_hashes[number] = hash_of(snapshot.state)
        return Check(number=number, kind="snapshot", is_equal=is_equal, difference=difference)

    def _compare_end(self, number: int, ended: RunEnded) -> None:
        """Compare the state before the end of a run with the hash that it noted."""
        found = hash_of(self.rebuild.encoded())
        is_equal: bool | None = ended.state_hash in (found, self._equal_hashes.get(number - 1))
        difference = "" if is_equal else f"state_hash: {found}, not {ended.state_hash}"
        if not is_equal and ended.state_shape != state_shape():
            is_equal, difference = None, "the hash is of another version's state"
        self.checks.append(
            Check(number=number, kind="run_ended", is_equal=is_equal, difference=difference)
        )


def replay(
    reader: JournalReader, *, until: Until | None = None, from_snapshot: bool = False
) -> Replayed:
    """Make a desk again, from the first record that is kept or from the latest snapshot.

    Where older records were given up it begins with the oldest snapshot.

    Raises:
        DataError: The journal is damaged, tells of no run, or contradicts itself.
        OSError: It cannot be read.
    """
    walk = _Walk(reader, until=until or Until(), from_snapshot=from_snapshot)
    count = walk.read()
    desk, encoded = walk.rebuild.desk, walk.rebuild.encoded()
    if desk is None:
        raise DataError(
            "there is no run in it, up to there",
            remedy="name a later time or record, see `hexdesk journal cat`",
        )
    return Replayed(
        desk=desk,
        run_id=_run_of(reader, walk.number),
        encoded=encoded,
        began_behind=walk.began_behind,
        last_number=walk.number,
        last_ns=walk.last_ns,
        record_count=count,
        checks=tuple(walk.checks),
    )


def _snapshot_numbers(reader: JournalReader, until: int | None) -> list[int]:
    """Return the numbers of the last record in each sound snapshot, ascending."""

    def walk() -> Iterator[int]:
        snapshot = reader.snapshot(until)
        while snapshot is not None:
            yield snapshot.sequence
            snapshot = reader.snapshot(snapshot.sequence - 1)

    return sorted(each for each in walk() if each > 0)


def _run_of(reader: JournalReader, number: int) -> str:
    segments = [each for each in reader.segments() if each.first_sequence <= max(number, 1)]
    return segments[-1].run_id if segments else ""
