"""The file of the read model: opening it, looking at its state, moving it aside."""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path

from hexdesk.errors import ConfigError, DataError
from hexdesk_sqlite.schema import APPLICATION_ID, DEFINITIONS, SCHEMA_VERSION
from hexdesk_sqlite.settings import SqliteSettings

NAME = "history.sqlite"
BUSY_TIMEOUT_S = 10.0
LOCK_WAIT_S = 5.0
"""How long the process that wrote for a killed desk may take to notice."""
LOCK_STEP_S = 0.02
ASIDE_COPIES_MAX = 1_000
REBUILD_REMEDY = "hexdesk history rebuild"
_COMPANIONS = ("-wal", "-shm")
_PRIMARY_CODE = 0xFF
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_BUSY: errno.EAGAIN,
    sqlite3.SQLITE_LOCKED: errno.EAGAIN,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}


class State(Enum):
    """What a file turns out to be."""

    CURRENT = "current"
    EMPTY = "empty"
    OLDER = "older"
    DAMAGED = "damaged"


def open_writable(path: Path, settings: SqliteSettings) -> sqlite3.Connection:
    """Open the file for writing, made if it is not there; tables are not made yet.

    Raises:
        sqlite3.Error: It is damaged, or the medium refuses.
        OSError: The file cannot be made.
    """
    # For its mode. One that is there is left alone: closing any handle of a file gives up the locks
    # that other connections of this process hold on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {settings.sync}")
        connection.execute(f"PRAGMA cache_size = {-settings.cache_mb * 1024}")
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_readable(path: Path) -> sqlite3.Connection:
    """Open the file for questions, beside whoever writes it.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    uri = path.absolute().as_uri()
    has_writer_files = path.with_name(f"{path.name}-wal").exists()
    try:
        return _readable(f"{uri}?mode=ro")
    except sqlite3.OperationalError:
        if has_writer_files:
            raise
        # In a folder that we may not write there is no place for the files that WAL needs; but
        # nobody writes this file either.
        return _readable(f"{uri}?mode=ro&immutable=1")


def _readable(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA user_version").fetchone()
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file."""
    connection.execute("BEGIN IMMEDIATE")
    for definition in DEFINITIONS:
        connection.execute(definition)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def state_of(connection: sqlite3.Connection, path: Path) -> State:
    """Return what a file is.

    Raises:
        DataError: It is of a newer version, or no read model at all.
        OSError: The medium refuses.
    """
    try:
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return State.DAMAGED
        raise translated(error, path) from error
    if not application_id and not tables:
        return State.EMPTY
    if application_id != APPLICATION_ID:
        raise DataError(
            "is a SQLite file, but not a read model of hexdesk",
            file=str(path),
            remedy="move it away, or set another state folder",
        )
    if version > SCHEMA_VERSION:
        raise DataError(
            f"was written with schema {version}, this hexdesk reads {SCHEMA_VERSION}",
            file=str(path),
            remedy="start the hexdesk that wrote it; or move the file away, which makes it again"
            " from the journal",
        )
    return State.CURRENT if version == SCHEMA_VERSION else State.OLDER


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether every page and index of a file is in order; reads all of it."""
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return False
        raise
    return bool(verdict == "ok")


def set_aside(path: Path, word: str) -> Path:
    """Rename a file, with what SQLite keeps beside it; return its new name.

    Raises:
        DataError: That was done too often.
        OSError: The medium refuses.
    """
    for copy in range(1, ASIDE_COPIES_MAX + 1):
        aside = path.with_name(f"{path.name}.{word}-{copy}")
        if aside.exists():
            continue
        path.rename(aside)
        for companion in _COMPANIONS:
            with suppress(FileNotFoundError):
                path.with_name(path.name + companion).rename(
                    aside.with_name(aside.name + companion)
                )
        return aside
    raise DataError(
        f"was moved aside {ASIDE_COPIES_MAX} times",
        file=str(path),
        remedy=f"find out what damages it, then delete the files {path.name}.{word}-*",
    )


def remove(path: Path) -> None:
    """Delete a file, with what SQLite keeps beside it, if it is there."""
    for each in (path, *(path.with_name(path.name + companion) for companion in _COMPANIONS)):
        each.unlink(missing_ok=True)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not what it should be."""
    code = getattr(error, "sqlite_errorcode", 0)
    return (code & _PRIMARY_CODE) in _DAMAGED


def translated(error: sqlite3.Error, path: Path) -> Exception:
    """Return what an error of SQLite is to the port's callers."""
    if is_damage(error):
        return DataError(f"is damaged: {error}", file=str(path), remedy=REBUILD_REMEDY)
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return OSError(_ERRNO.get(code, errno.EIO), f"{path}: {error}")


@contextmanager
def translating(path: Path) -> Generator[None]:
    """Let errors of SQLite leave as those of the port."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error


class WriterLock:
    """Holds a read model for one process, until it is released or the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock; wait a while for somebody who is ending.

        Raises:
            ConfigError: Somebody else keeps it.
            OSError: The folder cannot be written.
        """
        self._fd = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            is_ours = self._wait()
        except BaseException:
            self.release()
            raise
        if not is_ours:
            self.release()
            raise ConfigError(
                f"the read model {path} is being written by another process",
                code="READ_MODEL_LOCKED",
                remedy="stop that desk first, or give this one a state folder of its own",
            )

    def _wait(self) -> bool:
        deadline = time.monotonic() + LOCK_WAIT_S
        while not (is_ours := self._try()) and time.monotonic() < deadline:
            time.sleep(LOCK_STEP_S)
        return is_ours

    def _try(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True

    def release(self) -> None:
        """Let others write; idempotent."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def copy_into(source: Path, target: sqlite3.Connection) -> None:
    """Replace everything in an open file by another's content, in one transaction.

    Renaming a file over one that readers have open would mix the two; this does not.
    """
    with closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT_S)) as connection:
        connection.backup(target)
