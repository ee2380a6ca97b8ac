"""What a crash may leave behind, and what is done about it at the next start.

A process that is killed leaves whole frames, and at worst the beginning of one. A loss of power
leaves any bytes after what was last forced to the disk. Both end the last segment: such a tail is
copied aside and cut. Bad bytes with a sound frame behind them are something else, damage to what
was once safe; a desk must not go on over them by itself.
"""

import logging
import os
from pathlib import Path

import msgspec

from hexdesk.errors import DataError
from hexdesk_journal.framing import (
    FORMAT_VERSION,
    NO_CHAIN,
    Buffer,
    FrameReader,
    find_frame,
)
from hexdesk_journal.head import check_head
from hexdesk_journal.segments import (
    DO_WITHOUT_LAST,
    HeaderError,
    Segment,
    SegmentHeader,
    damaged,
    load,
    open_segment,
    segment_numbers,
    segment_path,
)

ASIDE_COPIES_MAX = 1_000


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """Where a journal ends.

    Attributes:
        header: Of its last segment; None for an empty journal.
        size: Of that segment, in bytes.
        version: Of that segment's format.
        chain: Behind the last record.
        seed: What the next frame of that segment is chained to.
        next_sequence: Number of the record to be written next.
        torn_bytes: How much was cut.
        torn_copies: Files that hold what was cut.
    """

    header: SegmentHeader | None = None
    version: int = FORMAT_VERSION
    size: int = 0
    chain: bytes = NO_CHAIN
    seed: bytes = NO_CHAIN
    next_sequence: int = 1
    torn_bytes: int
    torn_copies: tuple[Path, ...]


def recover(folder: Path, logger: logging.Logger) -> Tail:
    """Check the end of a journal and cut off what a crash left of an unfinished commit.

    Earlier segments are checked when they are read. Nothing is cut before its copy is on the disk.

    Raises:
        DataError: A segment is missing, the last one is damaged before its end, or it is of
            another format.
        OSError: The folder cannot be read or written.
    """
    check_head(folder)
    copies: list[Path] = []
    torn_bytes = 0
    for number in reversed(segment_numbers(folder)):
        path = segment_path(folder, number)
        try:
            segment = open_segment(path)
        except HeaderError as error:
            torn_bytes += path.stat().st_size
            copies.append(_set_aside(path, error))
            logger.warning("%s: %s; kept as %s", path, error, copies[-1])
            continue
        reader = _walk(segment)
        if reader.problem is not None:
            copies.append(_copy_aside(path, segment.buffer, reader.offset))
            torn_bytes += len(segment.buffer) - reader.offset
            _cut(path, reader.offset)
            logger.warning(
                "%s: %s; cut after record %d, %d bytes kept in %s",
                *(path, reader.problem, reader.sequence - 1),
                *(len(segment.buffer) - reader.offset, copies[-1]),
            )
        return Tail(
            header=segment.header,
            version=segment.version,
            size=reader.offset,
            chain=reader.chain,
            seed=reader.seed,
            next_sequence=reader.sequence,
            torn_bytes=torn_bytes,
            torn_copies=tuple(copies),
        )
    return Tail(torn_bytes=torn_bytes, torn_copies=tuple(copies))


def _walk(segment: Segment) -> FrameReader:
    reader = segment.reader()
    for _ in reader.payloads():
        pass
    problem = reader.problem
    if problem is not None and not segment.is_torn(problem):
        raise damaged(segment.path, reader.offset, reader.sequence, str(problem))
    return reader


def _set_aside(path: Path, error: HeaderError) -> Path:
    """Rename a segment that a crash left without a header, unless it holds frames."""
    buffer = load(path)
    if any(find_frame(buffer, 0, version) >= 0 for version in range(1, FORMAT_VERSION + 1)):
        raise DataError(
            f"{error}, though records follow",
            file=str(path),
            remedy=f"restore this file from a backup; {DO_WITHOUT_LAST}",
        )
    aside = _free_name(path, 0)
    path.rename(aside)
    sync_folder(path.parent)
    return aside


def _copy_aside(path: Path, buffer: Buffer, offset: int) -> Path:
    aside = _free_name(path, offset)
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(buffer[offset:])
        file.flush()
        os.fsync(fd)
    sync_folder(path.parent)
    return aside


def _free_name(path: Path, offset: int) -> Path:
    for copy in range(ASIDE_COPIES_MAX):
        aside = path.with_name(f"{path.name}.torn-{offset}" + (f"-{copy}" if copy else ""))
        if not aside.exists():
            return aside
    raise DataError(
        f"torn at byte {offset} {ASIDE_COPIES_MAX} times over",
        file=str(path),
        remedy="find out what kills the desk at its start, then move the .torn files away",
    )


def _cut(path: Path, size: int) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(fd, size)
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk.

    Raises:
        OSError: The disk refuses.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
