"""Reads a journal without its lock: while the desk writes, or when it is gone."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord, JournalReport, JournalSegment, Snapshot
from hexdesk_journal.backup import backup
from hexdesk_journal.head import check_head
from hexdesk_journal.reading import chain_at, first_kept, read_numbered
from hexdesk_journal.segments import (
    FOLDER,
    HeaderError,
    headless,
    open_segment,
    present_numbers,
    segment_numbers,
    segment_path,
)
from hexdesk_journal.snapshots import Refusals, snapshot_paths, sound_snapshots
from hexdesk_journal.tail import TailReader
from hexdesk_journal.verify import verify


class FileJournalReader:
    """The journal in a folder; a frame at its end that is not whole does not count yet.

    Attributes:
        folder: Where the segments lie.
    """

    def __init__(self, path: Path) -> None:
        """Look for a journal in a folder: its own, or the desk's state folder.

        Raises:
            DataError: There is none.
            OSError: The folder cannot be read.
        """
        self.folder = path / FOLDER if (path / FOLDER).is_dir() else path
        self._refuse = Refusals(logging.getLogger("hexdesk.journal"))
        if not (
            self.folder.is_dir() and (present_numbers(self.folder) or snapshot_paths(self.folder))
        ):
            raise DataError(
                "there is no journal",
                file=str(path),
                remedy="name the desk's state folder, or the folder `journal` in it",
            )
        self._tail = TailReader(self.folder)

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept: 1 unless older ones were given up."""
        return first_kept(self.folder)

    def records(self, after: int = 0) -> Iterator[tuple[int, JournalRecord]]:
        """Yield number and record of all whose number is greater than `after`, oldest first.

        Raises:
            DataError: A segment is missing or damaged, or records are no longer kept; all before
                were yielded.
            OSError: A segment cannot be read.
        """
        try:
            yield from read_numbered(self.folder, after)
            check_head(self.folder)
        except FileNotFoundError as error:
            raise DataError(
                "was given up while the journal was being read",
                file=str(error.filename),
                remedy="read again: the journal now begins with a later record",
            ) from error

    def tail(self, after: int, limit: int) -> list[JournalRecord]:
        """Return at most so many records behind a number, oldest first; none if there are no more.

        Who comes back with the number of the last one goes on where the files were left.

        Raises:
            DataError: A segment is missing or damaged, or records are no longer kept.
            OSError: A segment cannot be read.
        """
        return self._tail.read(after, limit)

    def snapshot(self, until: int | None = None) -> Snapshot | None:
        """Return the latest sound snapshot, or the latest that holds no record after `until`.

        Raises:
            DataError: The records around it are damaged.
            OSError: The folder cannot be read.
        """
        for _path, stored in sound_snapshots(self.folder, self._refuse):
            sequence = stored.header.sequence
            if until is not None and sequence > until:
                continue
            if self.chain(sequence) == stored.header.chain:
                return stored.snapshot
        return None

    def segments(self) -> Sequence[JournalSegment]:
        """Return what each segment says of itself, oldest first.

        Raises:
            DataError: One is missing or has no sound header.
            OSError: One cannot be read.
        """
        found: list[JournalSegment] = []
        numbers = segment_numbers(self.folder)
        for number in numbers:
            path = segment_path(self.folder, number)
            try:
                found.append(open_segment(path).facts)
            except HeaderError as error:
                is_last = number == numbers[-1]
                if not (error.is_torn and is_last):
                    raise headless(path, error, is_last=is_last) from error
        return found

    def chain(self, sequence: int) -> str:
        """Return the hash over all records up to one, hexadecimal.

        Empty if the record is not the last of a commit, or not kept.

        Raises:
            DataError: Records around it are damaged.
            OSError: A segment cannot be read.
        """
        found = chain_at(self.folder, sequence)
        return "" if found is None else found.hex()

    def verify(self) -> JournalReport:
        """Read everything and say what is wrong.

        Raises:
            OSError: A file cannot be read.
        """
        return verify(self.folder)

    def backup(self, destination: Path) -> JournalReport:
        """Copy all up to the last whole commit into an empty folder; verify and report the copy.

        Raises:
            ConfigError: The folder is not empty.
            DataError: A segment is missing, or was given up meanwhile.
            OSError: It cannot be written.
        """
        return backup(self.folder, destination)
