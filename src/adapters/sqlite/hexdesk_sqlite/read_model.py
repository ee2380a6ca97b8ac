"""The read model: one file, one connection that writes, one that answers."""

import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from hexdesk.domain.history import (
    EquityRow,
    EventRow,
    FillRow,
    OrderHistory,
    OrderRow,
    PositionRow,
)
from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import ReadModelContext
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import (
    EquityQuery,
    EventQuery,
    FillQuery,
    Head,
    OrderQuery,
    Page,
)
from hexdesk_sqlite import queries
from hexdesk_sqlite.files import (
    NAME,
    State,
    WriterLock,
    copy_into,
    create_tables,
    is_sound,
    open_readable,
    open_writable,
    remove,
    set_aside,
    state_of,
    translating,
)
from hexdesk_sqlite.schema import EQUITY, SCHEMA_VERSION
from hexdesk_sqlite.settings import SqliteSettings
from hexdesk_sqlite.writer import Writer

T = TypeVar("T")

ANSWER_S_MAX = 60.0
"""Longest wait for another question to be answered."""
REBUILD_BATCH = 8_192
EQUITY_BATCH = 8_192


class SqliteReadModel:
    """Keeps history in `state_path/history.sqlite`.

    Attributes:
        path: Of the file.
    """

    def __init__(self, context: ReadModelContext, settings: SqliteSettings) -> None:
        """Find the file, or for writing make it; nothing is read yet.

        Raises:
            ConfigError: Another process writes it.
            DataError: It is of a newer version, no read model at all, or not there and read-only.
            OSError: The medium refuses.
        """
        self.path = context.state_path / NAME
        self._settings = settings
        self._logger = context.logger
        self._writer: Writer | None = None
        self._reader: sqlite3.Connection | None = None
        self._reader_inode = 0
        self._answering = threading.Lock()
        self._lock: WriterLock | None = None
        if context.is_read_only:
            self._find()
        else:
            self._begin(context.state_path)

    # --- writing ---------------------------------------------------------------------------------

    def open(self) -> Head:
        """Look at the whole file; move it aside if it is damaged or of an older version.

        Raises:
            DataError: It is of a newer version.
            OSError: The medium refuses.
        """
        self._forget_writer()
        with translating(self.path):
            state = self._state()
            if state in (State.DAMAGED, State.OLDER):
                self._renew(state)
            self._writer = self._make_writer()
        return self._writer.head

    def write(
        self, first: int, records: Sequence[JournalRecord], equity: Sequence[EquityRow] = ()
    ) -> int:
        """Add committed records and equity samples in one transaction; see the port."""
        with translating(self.path):
            writer = self._writer = self._writer or self._make_writer()
            try:
                return writer.write(first, records, equity)
            except sqlite3.Error:
                self._forget_writer()
                raise

    def rebuild(self, records: Iterable[JournalRecord]) -> int:
        """Write all records into a new file, then put its content into this one at once.

        Raises:
            Exception: Whatever reading the records raises.
            OSError: The medium refuses.
        """
        fresh = self.path.with_name(f"{self.path.name}.new")
        remove(fresh)
        try:
            with translating(fresh):
                count = self._write_anew(fresh, records)
            with translating(self.path):
                self._forget_writer()
                with closing(open_writable(self.path, self._settings)) as target:
                    copy_into(fresh, target)
                self._writer = self._make_writer()
        finally:
            remove(fresh)
        return count

    def backup(self, file: Path) -> None:
        """Copy everything into a new file, also while it is written.

        Raises:
            ConfigError: The file exists.
            OSError: The medium refuses.
        """
        try:
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise ConfigError(
                f"{file} exists",
                code="READ_MODEL_BACKUP",
                remedy="name a file that is not there yet",
            ) from None
        try:
            with (
                translating(file),
                closing(open_readable(self.path)) as source,
                closing(sqlite3.connect(file)) as target,
            ):
                source.backup(target)
        except BaseException:
            remove(file)
            raise

    def close(self) -> None:
        """Free everything; idempotent."""
        self._forget_writer()
        with self._answering:
            self._forget_reader()
        if self._lock is not None:
            self._lock.release()

    # --- questions -------------------------------------------------------------------------------

    def order(self, client_order_id: str) -> OrderHistory | None:
        """Return an order with its history, or None."""
        return self._ask(lambda reader: queries.order_history(reader, client_order_id))

    def orders(self, query: OrderQuery) -> Page[OrderRow]:
        """Return orders by the time they were decided."""
        return self._ask(lambda reader: queries.orders(reader, query))

    def fills(self, query: FillQuery) -> Page[FillRow]:
        """Return fills by time of receipt."""
        return self._ask(lambda reader: queries.fills(reader, query))

    def positions(
        self, *, strategy_id: str = "", account_id: str = "", instrument_id: str = ""
    ) -> Sequence[PositionRow]:
        """Return positions that ever had a fill, flat ones too."""
        return self._ask(
            lambda reader: queries.positions(
                reader,
                strategy_id=strategy_id,
                account_id=account_id,
                instrument_id=instrument_id,
            )
        )

    def equity(self, query: EquityQuery) -> Page[EquityRow]:
        """Return equity samples by time."""
        return self._ask(lambda reader: queries.equity(reader, query))

    def events(self, query: EventQuery) -> Page[EventRow]:
        """Return events by time."""
        return self._ask(lambda reader: queries.events(reader, query))

    # --- inside ----------------------------------------------------------------------------------

    def _find(self) -> None:
        if not self.path.exists():
            raise DataError(
                "is not there: this desk has kept no history yet",
                file=str(self.path),
                remedy='let a desk run with [read_model] plugin = "sqlite"; or make it from the'
                " journal: hexdesk history rebuild",
            )
        with translating(self.path), closing(open_readable(self.path)) as connection:
            state = state_of(connection, self.path)
        if state is not State.CURRENT:
            raise DataError(
                f"is {state.value}, this hexdesk reads schema {SCHEMA_VERSION}",
                file=str(self.path),
                remedy="hexdesk history rebuild, or start the desk",
            )

    def _begin(self, state_path: Path) -> None:
        state_path.mkdir(parents=True, exist_ok=True)
        self._lock = WriterLock(self.path)
        try:
            if not self.path.exists():
                self._create()
            with translating(self.path), closing(sqlite3.connect(self.path)) as connection:
                if state_of(connection, self.path) is State.EMPTY:
                    self._create()
        except BaseException:
            self._lock.release()
            raise

    def _create(self) -> None:
        with (
            translating(self.path),
            closing(open_writable(self.path, self._settings)) as connection,
        ):
            create_tables(connection)

    def _state(self) -> State:
        with closing(sqlite3.connect(self.path)) as connection:
            state = state_of(connection, self.path)
            if state is State.CURRENT and not is_sound(connection):
                return State.DAMAGED
        if state is State.EMPTY:
            self._create()
            return State.CURRENT
        return state

    def _renew(self, state: State) -> None:
        """Move the file aside and begin another, with what equity samples can be read."""
        with self._answering:
            self._forget_reader()
            aside = set_aside(self.path, state.value)
            self._create()
        if state is State.DAMAGED:
            self._logger.error(
                "%s was damaged; kept as %s, made again from the journal", self.path, aside.name
            )
        else:
            self._logger.warning(
                "%s had an older schema; kept as %s, made again from the journal",
                *(self.path, aside.name),
            )
        self._salvage_equity(aside)

    def _salvage_equity(self, aside: Path) -> None:
        try:
            with (
                closing(sqlite3.connect(aside)) as source,
                closing(open_writable(self.path, self._settings)) as target,
            ):
                count = _copy_equity(source, Writer(target))
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            self._logger.warning("equity samples of %s could not be kept: %s", aside.name, error)
            return
        self._logger.info("%d equity samples of %s were kept", count, aside.name)

    def _write_anew(self, fresh: Path, records: Iterable[JournalRecord]) -> int:
        with closing(open_writable(fresh, self._settings)) as connection:
            create_tables(connection)
            connection.execute("PRAGMA synchronous = OFF")  # it is worth nothing until it is whole
            writer = Writer(connection)
            stream = iter(records)
            while batch := list(islice(stream, REBUILD_BATCH)):
                writer.write(writer.head.sequence + 1, batch, ())
            with closing(sqlite3.connect(self.path)) as source:
                _copy_equity(source, writer)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return writer.head.sequence

    def _make_writer(self) -> Writer:
        connection = open_writable(self.path, self._settings)
        try:
            return Writer(connection)
        except BaseException:
            connection.close()
            raise

    def _forget_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _forget_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Answer a question from one state of the file."""
        if not self._answering.acquire(timeout=ANSWER_S_MAX):
            raise TimeoutError(f"the read model has not answered for {ANSWER_S_MAX:.0f} s")
        try:
            with translating(self.path), self._reading() as reader:
                return question(reader)
        finally:
            self._answering.release()

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        """Lend a connection that sees one state; after an error the next one gets another."""
        reader = self._current_reader()
        try:
            reader.execute("BEGIN")
            yield reader
        except sqlite3.Error:
            self._forget_reader()
            raise
        finally:
            if self._reader is not None:
                reader.execute("ROLLBACK")

    def _current_reader(self) -> sqlite3.Connection:
        """Return what reads the file of this name: its writer may have moved another away."""
        inode = self.path.stat().st_ino
        if self._reader is None or inode != self._reader_inode:
            self._forget_reader()
            self._reader, self._reader_inode = open_readable(self.path), inode
        return self._reader


def _copy_equity(source: sqlite3.Connection, writer: Writer) -> int:
    """Copy all equity samples; return how many."""
    rows = source.execute(f"SELECT {', '.join(EQUITY.columns)} FROM equity")  # noqa: S608 - own names
    count = 0
    while batch := rows.fetchmany(EQUITY_BATCH):
        writer.write(writer.head.sequence + 1, (), [EQUITY.decode(row) for row in batch])
        count += len(batch)
    return count
