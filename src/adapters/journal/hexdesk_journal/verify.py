"""Reads a whole journal and says all that is wrong with it, not only the first."""

from contextlib import suppress
from pathlib import Path

from hexdesk.domain.values import TimeNs
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalFault, JournalRecord, JournalReport, JournalSegment
from hexdesk_journal.framing import NO_CHAIN, Damage, FrameReader
from hexdesk_journal.head import check_head
from hexdesk_journal.reading import check_follows
from hexdesk_journal.segments import (
    HeaderError,
    Segment,
    damage_remedy,
    headless,
    missing,
    open_segment,
    present_numbers,
    segment_path,
    torn,
)
from hexdesk_journal.snapshots import SnapshotHeader, sound_snapshots

ATTEMPTS_MAX = 3


def verify(folder: Path, *, is_live: bool = True) -> JournalReport:
    """Check every byte of a journal.

    Args:
        folder: Of segments and snapshots.
        is_live: Whether a desk may be writing it: then a frame at the end that is not whole is no
            fault.

    Raises:
        OSError: The folder or a file cannot be read.
    """
    for _ in range(ATTEMPTS_MAX):
        with suppress(FileNotFoundError):  # a segment was given up meanwhile
            return _Verifier(folder, is_live=is_live).run()
    return _Verifier(folder, is_live=is_live).run()


class _Verifier:
    def __init__(self, folder: Path, *, is_live: bool) -> None:
        self._folder = folder
        self._is_live = is_live
        self._faults: list[JournalFault] = []
        self._segments: list[JournalSegment] = []
        self._snapshots: dict[int, tuple[Path, SnapshotHeader]] = {}
        self._fitting: set[int] = set()
        self._before: FrameReader | None = None
        self._is_broken = False  # then nothing can be said of how the next segment follows
        self._times = [0, 0]
        self._unfinished_bytes = 0

    def run(self) -> JournalReport:
        # Snapshots first: one that is written meanwhile may hold records that are not yet seen.
        for path, stored in sound_snapshots(self._folder, self._refuse):
            self._snapshots[stored.header.sequence] = (path, stored.header)
        is_cut = not self._check_head()
        numbers = present_numbers(self._folder)
        expected = numbers[0] if numbers else 1
        for number in numbers:
            path = segment_path(self._folder, number)
            if number != expected:
                self._add(missing(segment_path(self._folder, expected), path.name))
                self._is_broken = True
            self._check_segment(path, is_last=number == numbers[-1])
            expected = number + 1
        first = self._segments[0].first_sequence if self._segments else 1
        last = self._before.sequence - 1 if self._before else first - 1
        self._check_snapshots(first, last, is_cut=is_cut or self._is_broken)
        return JournalReport(
            segments=tuple(self._segments),
            first_sequence=first,
            last_sequence=last,
            first_ns=TimeNs(self._times[0]),
            last_ns=TimeNs(self._times[1]),
            chain=(self._before.chain if self._before else NO_CHAIN).hex(),
            snapshots=tuple(sorted(self._fitting)),
            unfinished_bytes=self._unfinished_bytes,
            faults=tuple(self._faults),
        )

    def _check_head(self) -> bool:
        try:
            check_head(self._folder)
        except DataError as error:
            self._add(error)
            return False
        return True

    def _check_segment(self, path: Path, *, is_last: bool) -> None:
        try:
            segment = open_segment(path, is_live=is_last)
        except HeaderError as error:
            if is_last and self._is_live and error.is_torn:
                self._unfinished_bytes += path.stat().st_size
            else:
                self._add(headless(path, error, is_last=is_last))
                self._is_broken = True
            return
        except DataError as error:
            self._add(error)
            self._is_broken = True
            return
        self._segments.append(segment.facts)
        self._check_follows(segment)
        reader = self._before = segment.reader()
        self._fit(reader)
        for batch in reader.batches():
            self._fit(reader)
            self._note_times(batch)
        self._fit(reader)
        self._check_end(segment, reader, is_live=is_last and self._is_live)

    def _check_follows(self, segment: Segment) -> None:
        if self._before is None or self._is_broken:
            return
        try:
            check_follows(segment, self._before)
        except DataError as error:
            self._add(error, segment.frames_from, self._before.sequence)

    def _check_end(self, segment: Segment, reader: FrameReader, *, is_live: bool) -> None:
        problem = reader.problem
        self._is_broken = False
        if problem is None:
            return
        if is_live and problem.damage is Damage.TORN:
            self._unfinished_bytes += len(segment.buffer) - reader.offset
            return
        self._is_broken = True
        if segment.is_live and segment.is_torn(problem):
            self._add(torn(segment.path, str(problem)), reader.offset, reader.sequence)
            return
        self._faults.append(
            JournalFault(
                file=str(segment.path),
                offset=reader.offset,
                sequence=reader.sequence,
                text=str(problem),
                remedy=damage_remedy(segment.path, reader.offset, reader.sequence),
            )
        )

    def _fit(self, reader: FrameReader) -> None:
        """Compare a snapshot that was made here, if there is one, with the records."""
        found = self._snapshots.get(reader.sequence - 1)
        if found is not None and found[1].chain == reader.chain.hex():
            self._fitting.add(reader.sequence - 1)

    def _note_times(self, batch: list[JournalRecord]) -> None:
        times = [time for record in batch if (time := getattr(record, "ts_init", 0))]
        if times:
            self._times = [self._times[0] or times[0], times[-1]]

    def _check_snapshots(self, first: int, last: int, *, is_cut: bool) -> None:
        """Compare snapshots with the records; those behind an end that is told as cut are not."""
        for sequence in sorted(self._snapshots):
            path, _header = self._snapshots[sequence]
            if sequence > last:
                if is_cut:
                    continue
                self._refuse(
                    path,
                    f"records {last + 1} to {sequence}, which it holds, are missing",
                    "restore the last segments from a backup; without one the desk goes on from"
                    " this snapshot",
                )
            elif sequence >= first - 1 and sequence not in self._fitting:
                self._refuse(path, "it does not belong to the records that are here")
        if first > 1 and max(self._fitting, default=0) < first - 1 and not self._faults:
            self._faults.append(
                JournalFault(
                    file=str(self._folder),
                    offset=0,
                    sequence=1,
                    text=f"records 1 to {first - 1} are gone, and no snapshot stands for them",
                    remedy="restore older segments or a snapshot from a backup",
                )
            )

    def _refuse(
        self, path: Path, text: str, remedy: str = "move it away: the desk does not use it"
    ) -> None:
        fault = JournalFault(file=str(path), offset=0, sequence=0, text=text, remedy=remedy)
        self._faults.append(fault)

    def _add(self, error: DataError, offset: int = 0, sequence: int = 0) -> None:
        self._faults.append(
            JournalFault(
                file=error.file,
                offset=offset,
                sequence=sequence,
                text=error.message,
                remedy=error.remedy,
            )
        )
