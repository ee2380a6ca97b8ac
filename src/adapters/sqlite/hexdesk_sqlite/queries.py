"""Questions as SQL: filters, and pages that go on behind the last row's key.

Texts are put together of names of our own; whatever comes from outside is a bound value.
"""

# ruff: noqa: S608

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from hexdesk.domain.history import (
    EquityRow,
    EventRow,
    FillRow,
    OrderHistory,
    OrderRow,
    PositionRow,
)
from hexdesk.ports.read_model import (
    EquityQuery,
    EventQuery,
    FillQuery,
    OrderQuery,
    Page,
    PageQuery,
    decode_page_token,
    encode_page_token,
)
from hexdesk_sqlite.codec import Codec, encode_integer
from hexdesk_sqlite.schema import EQUITY, EVENTS, FILLS, ORDER_EVENTS, ORDERS, POSITIONS

S = TypeVar("S", bound=msgspec.Struct)

_STATES = {
    "any": "1",
    "open": "is_open = 1",
    "closed": "is_open = 0",
    "in_doubt": "is_open = 1 AND doubt IS NOT NULL",
}


class Conditions:
    """A WHERE clause in the making."""

    def __init__(self) -> None:
        self.texts: list[str] = ["1"]
        self.values: list[Any] = []

    def add(self, text: str, *values: object) -> None:
        """Add a condition with its values."""
        self.texts.append(text)
        self.values += values

    def equal(self, **columns: str) -> None:
        """Demand equality where a value is not empty."""
        for name, value in columns.items():
            if value:
                self.add(f"{name} = ?", value)

    def within(self, column: str, query: PageQuery) -> None:
        """Demand a time of the query's range."""
        if query.since_ns:
            self.add(f"{column} >= ?", encode_integer(query.since_ns))
        if query.until_ns:
            self.add(f"{column} < ?", encode_integer(query.until_ns))

    def __str__(self) -> str:
        return " AND ".join(self.texts)


def order_history(connection: sqlite3.Connection, client_order_id: str) -> OrderHistory | None:
    """Return the latest order of an id with its history; the connection is in a transaction."""
    row = connection.execute(
        f"SELECT {_names(ORDERS)} FROM orders WHERE client_order_id = ?"
        " ORDER BY number DESC LIMIT 1",
        (client_order_id,),
    ).fetchone()
    if row is None:
        return None
    order = ORDERS.decode(row)
    events = connection.execute(
        f"SELECT {_names(ORDER_EVENTS)} FROM order_events WHERE order_number = ? ORDER BY number",
        (order.number,),
    ).fetchall()
    fills = connection.execute(
        f"SELECT {_names(FILLS, 'fills.')} FROM order_events JOIN fills USING (number)"
        " WHERE order_events.order_number = ? ORDER BY number",
        (order.number,),
    ).fetchall()
    return OrderHistory(
        order=order,
        events=tuple(map(ORDER_EVENTS.decode, events)),
        fills=tuple(map(FILLS.decode, fills)),
    )


def orders(connection: sqlite3.Connection, query: OrderQuery) -> Page[OrderRow]:
    """Return a page of orders."""
    where = Conditions()
    where.equal(
        strategy_id=query.strategy_id,
        account_id=query.account_id,
        instrument_id=query.instrument_id,
    )
    where.add(_STATES[query.state])
    where.within("ts_init", query)
    return _page(connection, "orders", ORDERS, where, query, ("ts_init", "number"))


def fills(connection: sqlite3.Connection, query: FillQuery) -> Page[FillRow]:
    """Return a page of fills."""
    where = Conditions()
    where.equal(
        strategy_id=query.strategy_id,
        account_id=query.account_id,
        instrument_id=query.instrument_id,
    )
    where.within("ts_init", query)
    return _page(connection, "fills", FILLS, where, query, ("ts_init", "number"))


def events(connection: sqlite3.Connection, query: EventQuery) -> Page[EventRow]:
    """Return a page of events."""
    where = Conditions()
    where.equal(category=query.category, kind=query.kind, strategy_id=query.strategy_id)
    where.within("ts_ns", query)
    return _page(connection, "events", EVENTS, where, query, ("ts_ns", "number"))


def equity(connection: sqlite3.Connection, query: EquityQuery) -> Page[EquityRow]:
    """Return a page of equity samples."""
    where = Conditions()
    where.add("account_id = ?", query.account_id)
    where.equal(currency=query.currency)
    where.within("ts_ns", query)
    if not query.step_ns:
        return _page(connection, "equity", EQUITY, where, query, ("ts_ns", "currency"))
    # Of a group, SQLite takes the other columns from the row that has the maximum.
    columns = ", ".join(
        "max(ts_ns) AS ts_ns" if name == "ts_ns" else name for name in EQUITY.columns
    )
    source = (
        f"(SELECT {columns} FROM equity WHERE {where} GROUP BY currency, ts_ns / {query.step_ns})"
    )
    thinned = Conditions()
    thinned.values = where.values
    return _page(connection, source, EQUITY, thinned, query, ("ts_ns", "currency"))


def positions(connection: sqlite3.Connection, **columns: str) -> list[PositionRow]:
    """Return positions by strategy, account, instrument and leg."""
    where = Conditions()
    where.equal(**columns)
    rows = connection.execute(
        f"SELECT {_names(POSITIONS)} FROM positions WHERE {where}"
        " ORDER BY strategy_id, account_id, instrument_id, leg",
        where.values,
    ).fetchall()
    return [POSITIONS.decode(row) for row in rows]


def _page(  # noqa: PLR0917 - what, where, in which order
    connection: sqlite3.Connection,
    source: str,
    codec: Codec[S],
    where: Conditions,
    query: PageQuery,
    key: tuple[str, str],
) -> Page[S]:
    order = "DESC" if query.newest_first else "ASC"
    if query.page_token:
        sign = "<" if query.newest_first else ">"
        where.add(f"({key[0]}, {key[1]}) {sign} (?, ?)", *decode_page_token(query, len(key)))
    text = (
        f"SELECT {_names(codec)} FROM {source} WHERE {where}"
        f" ORDER BY {key[0]} {order}, {key[1]} {order} LIMIT {query.limit + 1}"
    )
    rows: list[Sequence[Any]] = connection.execute(text, where.values).fetchall()
    if len(rows) <= query.limit:
        return Page(tuple(map(codec.decode, rows)))
    shown = rows[: query.limit]
    last = [shown[-1][codec.columns.index(name)] for name in key]
    return Page(tuple(map(codec.decode, shown)), encode_page_token(query, last))


def _names(codec: Codec[Any], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name in codec.columns)
