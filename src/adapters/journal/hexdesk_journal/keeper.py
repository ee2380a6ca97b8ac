"""Keeps snapshots: in a thread, for forcing a state to the disk takes longer than any tick."""

import logging
import os
import threading
from pathlib import Path

from hexdesk.errors import HexdeskError
from hexdesk_journal.retention import prune
from hexdesk_journal.settings import JournalSettings
from hexdesk_journal.snapshots import StoredSnapshot, remove_drafts, write_snapshot
from hexdesk_journal.sync import ANSWER_S_MAX


class SnapshotKeeper:
    """Writes snapshots one after the other; of those that wait, only the latest counts."""

    def __init__(self, folder: Path, settings: JournalSettings, logger: logging.Logger) -> None:
        """Begin without a thread; the folder's lock is held.

        Raises:
            OSError: The folder cannot be written.
        """
        self._folder = folder
        self._settings = settings
        self._logger = logger
        self._lock = threading.Lock()
        self._waiting: tuple[StoredSnapshot, Path] | None = None
        self._thread: threading.Thread | None = None
        remove_drafts(folder)

    def save(self, stored: StoredSnapshot, segment: Path) -> None:
        """Write a snapshot soon; `segment` holds the last record before it."""
        with self._lock:
            self._waiting = (stored, segment)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="journal-snapshot", daemon=True
                )
                self._thread.start()

    def wait(self) -> None:
        """Return when nothing waits to be written, or the disk has not answered for long."""
        thread = self._thread
        if thread is not None:
            thread.join(ANSWER_S_MAX)

    def _run(self) -> None:
        while True:
            with self._lock:
                job, self._waiting = self._waiting, None
                if job is None:
                    self._thread = None
                    return
            stored, segment = job
            try:
                _force(segment)
                write_snapshot(self._folder, stored)
                prune(
                    self._folder,
                    keep_snapshots=self._settings.keep_snapshots,
                    keep_days=self._settings.keep_days,
                    logger=self._logger,
                )
            except (OSError, HexdeskError) as error:
                self._logger.error(  # noqa: TRY400 - the text says it all
                    "the snapshot of record %d is not kept, or nothing given up for it: %s",
                    *(stored.header.sequence, error),
                )


def _force(path: Path) -> None:
    """Force a file to the disk: no snapshot may outlive the records before it.

    It is opened anew: a refusal is told once to each that opened it, and must not be taken from
    who commits.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)
