"""Read models for tests, and records that take every table."""

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hexdesk.domain.history import EquityRow
from hexdesk.plugin import ReadModelContext
from hexdesk.ports.journal import JournalRecord
from hexdesk.testing.read_model_kit import RUN, fill, new
from hexdesk_sqlite.read_model import SqliteReadModel
from hexdesk_sqlite.settings import SqliteSettings

SETTINGS = SqliteSettings()


def context(state_path: Path, *, is_read_only: bool = False) -> ReadModelContext:
    """Return a read model's context."""
    return ReadModelContext(
        name="read_model",
        state_path=state_path,
        is_read_only=is_read_only,
        logger=logging.getLogger("hexdesk.history"),
    )


def opened(state_path: Path) -> SqliteReadModel:
    """Return an open read model for writing."""
    model = SqliteReadModel(context(state_path), SETTINGS)
    model.open()
    return model


def reading(state_path: Path) -> SqliteReadModel:
    """Return a read model for questions only."""
    return SqliteReadModel(context(state_path, is_read_only=True), SETTINGS)


def journal(orders: int, first: int = 1) -> list[JournalRecord]:
    """Return a run, then orders that are filled."""
    records: list[JournalRecord] = [RUN]
    for number in range(first, first + orders):
        records += [new(number), fill(number, new(number))]
    return records


def sample(ts_ns: int) -> EquityRow:
    """Return a sample of equity."""
    return EquityRow(
        ts_ns=ts_ns, account_id="", currency="USDT", scale=8, equity=10 * ts_ns, cash=ts_ns
    )


def written(state_path: Path, records: Sequence[JournalRecord]) -> Path:
    """Write records and a sample, close, and return the file."""
    model = opened(state_path)
    model.write(1, records, [sample(1)])
    model.close()
    return model.path


TABLES = {
    "orders": "number",
    "order_events": "order_number, number",
    "fills": "number",
    "positions": "strategy_id, account_id, instrument_id, leg",
    "events": "number",
    "equity": "account_id, currency, ts_ns",
    "instruments": "instrument_id",
    "accounts": "account_id",
    "meta": "name",
}


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of a file."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY {key}").fetchall()  # noqa: S608 - our own names
            for table, key in TABLES.items()
        }
