"""Tables of the read model. Whoever changes them raises `SCHEMA_VERSION`: a test holds the two."""

from typing import Any, Final

from hexdesk.domain.history import (
    EquityRow,
    EventRow,
    FillRow,
    OrderEventRow,
    OrderRow,
    PositionRow,
)
from hexdesk_sqlite.codec import Codec

SCHEMA_VERSION = 2
"""Kept as `user_version`."""
APPLICATION_ID: Final = 0x48584452
"""Kept as `application_id`; tells our files from other SQLite files."""

ORDERS = Codec(OrderRow)
ORDER_EVENTS = Codec(OrderEventRow)
FILLS = Codec(FillRow)
POSITIONS = Codec(PositionRow)
EVENTS = Codec(EventRow)
EQUITY = Codec(EquityRow)

POSITION_KEY = ("strategy_id", "account_id", "instrument_id", "leg")
EQUITY_KEY = ("account_id", "currency", "ts_ns")


def _table(name: str, codec: Codec[Any], key: tuple[str, ...] = ()) -> str:
    """Return a table's definition; without a key it is kept by `number`."""
    columns = [
        f"{column} INTEGER PRIMARY KEY" if column == "number" and not key else f"{column} {kind}"
        for column, kind in zip(codec.columns, codec.types, strict=True)
    ]
    if not key:
        return f"CREATE TABLE {name} ({', '.join(columns)})"
    columns.append(f"PRIMARY KEY ({', '.join(key)})")
    return f"CREATE TABLE {name} ({', '.join(columns)}) WITHOUT ROWID"


DEFINITIONS: tuple[str, ...] = (
    _table("orders", ORDERS),
    "CREATE INDEX orders_by_id ON orders (client_order_id)",
    "CREATE INDEX orders_by_time ON orders (ts_init, number)",
    "CREATE INDEX orders_open ON orders (ts_init, number) WHERE is_open = 1",
    _table("order_events", ORDER_EVENTS, ("order_number", "number")).replace(
        "(", "(order_number INTEGER, ", 1
    ),
    _table("fills", FILLS),
    "CREATE INDEX fills_by_time ON fills (ts_init, number)",
    _table("positions", POSITIONS, POSITION_KEY),
    _table("events", EVENTS),
    "CREATE INDEX events_by_time ON events (ts_ns, number)",
    _table("equity", EQUITY, EQUITY_KEY),
    "CREATE TABLE instruments (instrument_id TEXT PRIMARY KEY, definition TEXT) WITHOUT ROWID",
    "CREATE TABLE accounts (account_id TEXT PRIMARY KEY, position_mode TEXT) WITHOUT ROWID",
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
)


def insert(name: str, columns: tuple[str, ...], key: tuple[str, ...], count: int) -> str:
    """Return the statement that adds so many rows; with a key they replace the rows of that key."""
    marks = f"({', '.join('?' * len(columns))})"
    values = ", ".join([marks] * count)
    text = f"INSERT INTO {name} ({', '.join(columns)}) VALUES {values}"  # noqa: S608 - own names
    if not key:
        return text
    changed = ", ".join(f"{each} = excluded.{each}" for each in columns if each not in key)
    return f"{text} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
