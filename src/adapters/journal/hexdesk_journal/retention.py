"""What is given up: snapshots beyond the number kept, and segments that snapshots stand for."""

import logging
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from hexdesk_journal.recovery import sync_folder
from hexdesk_journal.segments import (
    HeaderError,
    present_numbers,
    read_header,
    segment_numbers,
    segment_path,
)
from hexdesk_journal.snapshots import snapshot_path, snapshot_paths, sound_snapshots

NS_PER_DAY = 86_400 * 10**9


def prune(folder: Path, *, keep_snapshots: int, keep_days: int, logger: logging.Logger) -> None:
    """Remove what the latest snapshots make needless; `keep_days` of 0 keeps every segment.

    Nothing is removed before `keep_snapshots` snapshots were read and found sound. Segments go
    oldest first, so that a crash leaves no gap.

    Raises:
        DataError: A segment is missing.
        OSError: The folder cannot be read or written.
    """

    def refuse(path: Path, text: str) -> None:
        logger.warning("%s: %s; not used", path, text)

    kept: list[tuple[Path, int]] = []
    for path, stored in sound_snapshots(folder, refuse):
        kept.append((path, stored.header.sequence))
        if len(kept) == keep_snapshots:
            break
    else:
        return
    latest, (oldest, sequence) = kept[0][0], kept[-1]
    bridges = _bridges(folder)
    for path in snapshot_paths(folder):
        if path < oldest and path not in bridges:
            path.unlink()
    if keep_days:
        age_limit_ns = latest.stat().st_mtime_ns - keep_days * NS_PER_DAY
        _remove_segments(folder, sequence, age_limit_ns, logger)


def _bridges(folder: Path) -> set[Path]:
    """Return the snapshots that outlived records: what is behind is read from them on."""
    found: set[Path] = set()
    for number in present_numbers(folder):
        with suppress(HeaderError):  # its damage is told by who reads it
            header = read_header(segment_path(folder, number))
            if header.lost_from:
                found.add(snapshot_path(folder, header.first_sequence - 1))
    return found


def _remove_segments(
    folder: Path, sequence: int, age_limit_ns: int, logger: logging.Logger
) -> None:
    """Remove segments that end with a record at most and were last written before a time."""
    for number, follower in pairwise(segment_numbers(folder)):
        path = segment_path(folder, number)
        try:
            last = read_header(segment_path(folder, follower)).first_sequence - 1
        except HeaderError:
            return  # being begun, or damaged: then nothing is given up
        if last > sequence or path.stat().st_mtime_ns > age_limit_ns:
            return
        path.unlink()
        sync_folder(folder)
        logger.info("%s: given up, the snapshot of record %d stands for it", path, sequence)
