"""Reading a journal from a number on, over all its segments."""

from collections.abc import Iterator
from pathlib import Path

from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord
from hexdesk_journal.framing import Damage, FrameReader
from hexdesk_journal.segments import (
    HeaderError,
    Segment,
    damaged,
    headless,
    open_segment,
    read_header,
    segment_numbers,
    segment_path,
    torn,
)


def read_records(folder: Path, after: int = 0, *, trusted_from: int) -> Iterator[JournalRecord]:
    """Yield every record whose number is greater than `after`, oldest first, for the writer.

    `trusted_from` is the first segment whose chain this process has computed before.

    Raises:
        DataError: A segment is missing or damaged, or records are no longer kept; all records
            before it were yielded.
        OSError: A segment cannot be read.
    """
    for segment, reader in walk_segments(folder, after, trusted_from=trusted_from):
        for batch in reader.batches(after):
            yield from batch
        _check_end(segment, reader)


def read_numbered(folder: Path, after: int = 0) -> Iterator[tuple[int, JournalRecord]]:
    """Yield number and record of all whose number is greater than `after`, while others may write.

    The last segment is taken as it is now, and a frame at its end that is not whole is left out.

    Raises:
        DataError: As `read_records`.
        OSError: Likewise.
    """
    for segment, reader in walk_segments(folder, after, is_live=True):
        for batch in reader.batches(after):
            yield from enumerate(batch, max(reader.sequence, after + 1))
        _check_end(segment, reader)


def _check_end(segment: Segment, reader: FrameReader) -> None:
    problem = reader.problem
    if problem is None or (segment.is_live and problem.damage is Damage.TORN):
        return
    if segment.is_live and segment.is_torn(problem):
        raise torn(segment.path, str(problem))
    raise damaged(segment.path, reader.offset, reader.sequence, str(problem))


def chain_at(folder: Path, sequence: int, *, trusted_from: int | None = None) -> bytes | None:
    """Return the chain behind a record, None if no frame ends with it or it is no longer kept.

    Raises:
        DataError: As `read_records`.
        OSError: Likewise.
    """
    if sequence + 1 < first_kept(folder):
        return None
    for _segment, reader in walk_segments(
        folder, sequence, is_live=True, trusted_from=trusted_from
    ):
        for _ in reader.payloads():
            if reader.sequence > sequence:
                break
        return reader.chain if reader.sequence == sequence + 1 else None
    return None


def walk_segments(
    folder: Path, after: int = 0, *, is_live: bool = False, trusted_from: int | None = None
) -> Iterator[tuple[Segment, FrameReader]]:
    """Yield each segment that may hold a record above `after`; its reader is to be used up.

    Raises:
        DataError: One is missing, has no sound header or does not follow from the one before.
        OSError: One cannot be read.
    """
    numbers = segment_numbers(folder)
    before: FrameReader | None = None
    for number in numbers[_first_needed(folder, numbers, after) :]:
        is_last = number == numbers[-1]
        path = segment_path(folder, number)
        try:
            segment = open_segment(path, is_live=is_live and is_last)
        except HeaderError as error:
            if is_live and is_last and error.is_torn:
                return  # it is being begun
            raise headless(path, error, is_last=is_last) from error
        if before is not None:
            check_follows(segment, before)
        is_trusted = trusted_from is not None and number >= trusted_from
        before = segment.reader(is_trusted=is_trusted)
        yield segment, before


def first_kept(folder: Path) -> int:
    """Return the number of the first record that is there or can come, 1 unless some were given up.

    Raises:
        DataError: A segment is missing, or the first one has no sound header.
        OSError: The folder cannot be read.
    """
    numbers = segment_numbers(folder)
    if not numbers:
        return 1
    path = segment_path(folder, numbers[0])
    try:
        return read_header(path).first_sequence
    except HeaderError as error:
        if len(numbers) == 1 and error.is_torn:
            return 1  # it is being begun
        raise headless(path, error, is_last=len(numbers) == 1) from error


def _first_needed(folder: Path, numbers: list[int], after: int) -> int:
    """Return the place, among segments, of the one that holds the first record above `after`."""
    first = 0
    for place in reversed(range(len(numbers))):
        path = segment_path(folder, numbers[place])
        try:
            first = read_header(path).first_sequence
        except HeaderError as error:
            if place + 1 == len(numbers):
                continue  # it may be being begun; who reads as far will see
            raise headless(path, error, is_last=False) from error
        if first <= after + 1:
            return place
    if first:
        raise DataError(
            f"records {after + 1} to {first - 1} are no longer kept",
            file=str(folder),
            remedy=f"read from record {first} on, or restore older segments from a backup",
        )
    return 0


def check_follows(segment: Segment, before: FrameReader) -> None:
    """Compare a segment's header with the end of the segment before.

    Raises:
        DataError: It does not follow.
    """
    header = segment.header
    if header.lost_from == before.sequence < header.first_sequence:
        last = header.first_sequence - 1
        raise DataError(
            f"records {header.lost_from} to {last} were lost before this file was begun",
            file=str(segment.path),
            remedy=f"the snapshot of record {last} holds what they did: read on behind it by"
            f" `hexdesk replay --from-snapshot`, `journal cat --from {last + 1}`",
        )
    text = ""
    if header.first_sequence != before.sequence:
        text = f"it begins with record {header.first_sequence}"
    elif header.chain_before != before.chain:
        text = (
            "its chain does not follow from the segment before:"
            " something was changed, removed or put in by hand"
        )
    if text:
        raise damaged(segment.path, segment.frames_from, before.sequence, text)
