"""The journal on disk: what is committed survives the death of the process."""

import errno
import logging
from collections.abc import Iterator
from typing import NoReturn

from hexdesk.domain.metrics import Distribution
from hexdesk.errors import ConfigError, HexdeskError, InvariantError, require
from hexdesk.plugin import JournalContext
from hexdesk.ports.journal import JournalFollowers, JournalRecord, JournalSink, Snapshot
from hexdesk_journal.framing import FORMAT_VERSION, NO_CHAIN, chain_of, encode_frame, link
from hexdesk_journal.keeper import SnapshotKeeper
from hexdesk_journal.lock import WriterLock
from hexdesk_journal.reading import chain_at, first_kept, read_records
from hexdesk_journal.recovery import Tail, recover
from hexdesk_journal.segments import (
    FOLDER,
    SegmentHeader,
    encode_header,
    present_numbers,
    read_header,
    segment_path,
)
from hexdesk_journal.settings import BYTES_PER_MB, JournalSettings
from hexdesk_journal.snapshots import Refusals, SnapshotHeader, StoredSnapshot, sound_snapshots
from hexdesk_journal.sync import EachSync, GroupSync, NoSync, Sync
from hexdesk_journal.tail import TailReader
from hexdesk_journal.writer import SegmentWriter

REMEDIES = {
    errno.EACCES: "make the folder writable for this user",
    errno.EROFS: "make the folder writable, or set another state folder",
    errno.ENOSPC: "free disk space",
    errno.EDQUOT: "free disk space, or raise this user's quota",
    errno.EFBIG: "raise the file size limit (`ulimit -f`)",
    errno.EIO: "replace the disk",
}


class FileJournal:
    """Appends records to numbered segment files in `state_path/journal`.

    Once a commit has failed, every later one fails too: what the medium holds is unknown until
    the next start has looked.

    Attributes:
        append: Collects a record for the next commit; the `append` of a list.
        folder: Where the segments lie.
        torn_bytes: How much of an unfinished commit was cut at opening, 0 if nothing.
        torn_copies: Files that hold what was cut.
    """

    def __init__(self, context: JournalContext, settings: JournalSettings) -> None:
        """Open a journal for writing and check its end.

        Raises:
            ConfigError: Another process writes it, or its folder cannot be made, read or written.
            DataError: It is damaged, or of another format.
        """
        self.folder = context.state_path / FOLDER
        self._run_id = context.run_id
        self._segment_bytes_max = settings.segment_mb * BYTES_PER_MB
        self._durable = settings.sync != "none"
        self._logger = context.logger
        self._pending: list[JournalRecord] = []
        self.append = self._pending.append
        self._refuse = Refusals(context.logger)
        self._failure: OSError | HexdeskError | None = None
        self._closed = False
        self._chain = self._seed = NO_CHAIN  # behind the last record; before the next frame
        self._writer: SegmentWriter
        self._followers = JournalFollowers(context.logger)
        self._tail = TailReader(self.folder)
        try:
            self._open(settings)
        except OSError as error:
            raise ConfigError(
                f"in {self.folder} cannot be opened: {error.strerror or error}",
                code="JOURNAL_UNWRITABLE",
                remedy=REMEDIES.get(error.errno or 0, "look at that folder"),
            ) from error
        self._sync = _make_sync(settings, self._writer.fd, context.logger)

    @property
    def sync_times(self) -> Distribution:
        """How long forcing data to the disk took each time, in ns."""
        return self._sync.times.distribution()

    @property
    def sequence(self) -> int:
        """Number of the last committed record, 0 if there is none."""
        return self._sequence - 1

    @property
    def segment(self) -> int:
        """Number of the segment being written, from 1."""
        return self._writer.header.segment

    def commit(self) -> None:
        """Write what was appended, as one frame and with one system call.

        Raises:
            OSError: The medium refuses or has refused before. Nothing may be sent any more.
            InvariantError: A record cannot be journalled, or the journal is closed. The same holds.
        """
        if self._failure is not None:
            self._pending.clear()
            raise self._failure.with_traceback(None)
        pending = self._pending
        if not pending:
            return
        try:
            frame = encode_frame(pending, self._sequence, self._seed)
            if self._writer.size + len(frame) > self._segment_bytes_max and self._rotate():
                frame = encode_frame(pending, self._sequence, self._seed)
            self._writer.write(frame)
            self._sync.written()
        except (OSError, HexdeskError) as error:
            self._fail(error)
        first = self._sequence
        self._sequence += len(pending)
        self._chain = self._seed = chain_of(frame)
        if self._followers.sinks:
            written = tuple(pending)
            pending.clear()
            self._followers.tell(first, written)
        else:
            pending.clear()

    def records(self, after: int = 0) -> Iterator[JournalRecord]:
        """Yield every committed record whose number is greater than `after`, oldest first.

        Raises:
            DataError: A segment is missing or damaged.
            OSError: A segment cannot be read.
        """
        return read_records(self.folder, after, trusted_from=self._trusted_from)

    def tail(self, after: int, limit: int) -> list[JournalRecord]:
        """Return at most so many committed records behind a number, from any thread.

        Raises:
            DataError: A segment is missing or damaged, or records are no longer kept.
            OSError: A segment cannot be read.
        """
        limit = min(limit, self.sequence - after)
        return self._tail.read(after, limit) if limit > 0 else []

    def follow(self, sink: JournalSink) -> None:
        """Tell a sink of each commit from now on that wrote something, after it was written."""
        self._followers.add(sink)

    def save_snapshot(self, state: bytes) -> None:
        """Keep a state that holds after every record committed so far; written by a thread.

        Raises:
            InvariantError: Records were appended since the last commit.
        """
        if self._failure is not None:
            self._logger.warning("no snapshot is kept, for the journal has stopped before")
            return
        require(not self._pending, "a snapshot is taken with nothing left to commit")
        header = SnapshotHeader(
            sequence=self.sequence,
            chain=self._chain.hex(),
            segment=self.segment,
            run_id=self._run_id,
        )
        path = segment_path(self.folder, self.segment)
        self._keeper.save(StoredSnapshot(header, state), path)

    def snapshot(self) -> Snapshot | None:
        """Return the latest sound snapshot, None if there is none.

        One that is damaged, or does not fit the records before it, is passed with a warning.

        Raises:
            DataError: The records around it are damaged.
            OSError: The folder cannot be read.
        """
        self._keeper.wait()
        for path, stored in sound_snapshots(self.folder, self._refuse):
            sequence = stored.header.sequence
            found = chain_at(self.folder, sequence, trusted_from=self._trusted_from)
            if found is not None and found.hex() == stored.header.chain:
                return stored.snapshot
            self._refuse(path, "it does not belong to the records that are here")
        return None

    def close(self) -> None:
        """Commit, force all to the disk unless `sync` is none, let others write; idempotent.

        Raises:
            OSError: The medium refuses, and had not said so before; all is freed nevertheless.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._failure is None:
                self.commit()
                self._force()
        finally:
            self._failure = self._failure or InvariantError("the journal is closed")
            self._keeper.wait()
            self._sync.close()
            self._writer.close()
            self._lock.release()

    def _open(self, settings: JournalSettings) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = WriterLock(self.folder, self._run_id)
        try:
            self._keeper = SnapshotKeeper(self.folder, settings, self._logger)
            tail = recover(self.folder, self._logger)
            first_kept(self.folder)  # a journal that would be refused later gets no new segment
            self.torn_bytes, self.torn_copies = tail.torn_bytes, tail.torn_copies
            self._sequence = tail.next_sequence
            self._chain, self._seed = tail.chain, tail.seed
            self._trusted_from = tail.header.segment if tail.header else 1
            self._writer = self._continue(tail)
            self._look_at_beginning(settings)
        except BaseException:  # also of somebody who does not want to wait any longer
            self._lock.release()
            raise

    def _look_at_beginning(self, settings: JournalSettings) -> None:
        """Warn where the first segments are gone, though this desk gives none up."""
        first = present_numbers(self.folder)[0]
        if first > 1 and not settings.keep_days:
            path = segment_path(self.folder, first)
            self._logger.warning(
                "%s: the records before number %d are gone, though keep_days is 0: restore the"
                " segments before it from a backup, if they were not given up on purpose",
                *(path, read_header(path).first_sequence),
            )

    def _continue(self, tail: Tail) -> SegmentWriter:
        header = tail.header
        for _path, stored in sound_snapshots(self.folder, self._refuse):
            if stored.header.sequence > self.sequence:
                return self._continue_behind(stored.header, tail)
            break
        if header is None:
            return self._create(1)
        if header.run_id != self._run_id or tail.version != FORMAT_VERSION:
            return self._create(header.segment + 1)
        return SegmentWriter(segment_path(self.folder, header.segment), header, tail.size)

    def _continue_behind(self, snapshot: SnapshotHeader, tail: Tail) -> SegmentWriter:
        """Go on from a snapshot that holds more than the records do: it knows orders they lost."""
        self._logger.error(
            "records %d to %d are lost; the snapshot of record %d holds what they did, and the"
            " journal in %s goes on behind it",
            *(self._sequence, snapshot.sequence, snapshot.sequence, self.folder),
        )
        lost_from, self._sequence = self._sequence, snapshot.sequence + 1
        self._chain = bytes.fromhex(snapshot.chain)
        last = tail.header.segment if tail.header else snapshot.segment
        return self._create(last + 1, lost_from=lost_from)

    def _create(self, segment: int, *, lost_from: int = 0) -> SegmentWriter:
        header = SegmentHeader(
            segment=segment,
            first_sequence=self._sequence,
            run_id=self._run_id,
            chain=self._chain.hex(),
            lost_from=lost_from,
        )
        writer = SegmentWriter.create(self.folder, header, durable=self._durable)
        self._seed = link(self._chain, encode_header(header))
        return writer

    def _rotate(self) -> bool:
        """Begin a new segment, unless this one is empty: a larger frame gets one of its own."""
        if not self._writer.has_frames:
            return False
        # The old segment is safe before the new one exists: only the last can have a torn end.
        self._sync.force()
        full = self._writer
        self._writer = self._create(full.header.segment + 1)
        self._sync.follow(self._writer.fd)
        full.close()
        return True

    def _force(self) -> None:
        try:
            self._sync.force()
        except OSError as error:
            what = f"the end of the journal in {self.folder} may not be on the disk"
            raise _explained(error, what) from error

    def _fail(self, error: OSError | HexdeskError) -> NoReturn:
        count = len(self._pending)
        self._pending.clear()
        if isinstance(error, OSError):
            error = _explained(
                error,
                f"the journal in {self.folder} cannot be written ({count} records from number"
                f" {self._sequence} on); no order may be sent until a restart",
            )
        self._failure = error
        raise error


def _make_sync(settings: JournalSettings, fd: int, logger: logging.Logger) -> Sync:
    match settings.sync:
        case "group":
            return GroupSync(fd, settings.sync_window_ms, logger)
        case "each":
            return EachSync(fd)
        case "none":
            return NoSync()


def _explained(error: OSError, what: str) -> OSError:
    """Return the same kind of error with a text that says what to do."""
    reason = error.strerror or str(error)
    remedy = REMEDIES.get(error.errno or 0, "")
    text = f"{what}: {reason}" + (f"\n  -> {remedy}, then start the desk again" if remedy else "")
    return OSError(error.errno or errno.EIO, text)
