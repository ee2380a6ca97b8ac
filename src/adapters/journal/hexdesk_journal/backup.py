"""Copies a journal, also while a desk writes it."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from hexdesk.errors import ConfigError, DataError
from hexdesk.ports.journal import JournalReport
from hexdesk_journal.framing import Damage
from hexdesk_journal.head import read_head, write_head
from hexdesk_journal.recovery import sync_folder
from hexdesk_journal.segments import HeaderError, open_segment, present_numbers, segment_path
from hexdesk_journal.snapshots import snapshot_paths
from hexdesk_journal.verify import verify


def backup(folder: Path, destination: Path) -> JournalReport:
    """Copy a journal up to its last whole commit and verify the copy.

    Snapshots are copied first, so that none holds records which are not there. What is damaged is
    copied as it is, and stands in the report, as does what is missing.

    Raises:
        ConfigError: The destination is not an empty folder.
        DataError: A segment was given up meanwhile.
        OSError: It cannot be written.
    """
    if destination.exists() and not (destination.is_dir() and not any(destination.iterdir())):
        raise ConfigError(
            f"{destination} is not an empty folder",
            remedy="name a folder that is empty or not there",
        )
    destination.mkdir(parents=True, exist_ok=True)
    noted = read_head(folder)  # before segments are listed: it is never ahead of them
    try:
        _copy_snapshots(folder, destination)
        numbers = present_numbers(folder)
        for number in numbers[:-1]:
            path = segment_path(folder, number)
            _copy(path, destination / path.name)
        for number in numbers[-1:]:
            _copy_last(segment_path(folder, number), destination)
    except FileNotFoundError as error:
        raise DataError(
            "was given up while the journal was being copied",
            file=str(error.filename),
            remedy=f"remove {destination} and do it again",
        ) from error
    last = max(noted, *present_numbers(destination), 0)
    if last:
        write_head(destination, last)
    sync_folder(destination)
    return verify(destination, is_live=False)


def _copy_snapshots(folder: Path, destination: Path) -> None:
    """Copy snapshots, passing those that later ones replace meanwhile."""
    copied = 0
    while (paths := snapshot_paths(folder)) and not copied:
        for path in paths:
            with suppress(FileNotFoundError):
                _copy(path, destination / path.name)
                copied += 1


def _copy(source: Path, destination: Path) -> None:
    shutil.copy2(source, destination)
    _force(destination)


def _copy_last(path: Path, destination: Path) -> None:
    """Copy the segment that is being written, without a frame that is not whole."""
    copy = destination / path.name
    try:
        segment = open_segment(path, is_live=True)
    except HeaderError as error:
        if not error.is_torn:
            _copy(path, copy)
        return
    except DataError:
        _copy(path, copy)
        return
    reader = segment.reader(is_trusted=True)
    for _ in reader.payloads():
        pass
    is_torn = reader.problem is not None and reader.problem.damage is Damage.TORN
    fd = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(segment.buffer[: reader.offset] if is_torn else segment.buffer)
    _force(copy)


def _force(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
