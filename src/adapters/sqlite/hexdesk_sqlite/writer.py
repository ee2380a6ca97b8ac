"""Writes batches of journal records, one transaction each."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from hexdesk.domain.history import EquityRow
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.projection import CLOSED_IDS_MAX, Changes, Projection
from hexdesk.domain.tracked import TrackedOrder, fold
from hexdesk.domain.values import PositionMode
from hexdesk.errors import require
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import Head, record_digest
from hexdesk_sqlite.codec import encode_integer
from hexdesk_sqlite.inserting import Insert
from hexdesk_sqlite.schema import (
    EQUITY,
    EQUITY_KEY,
    EVENTS,
    FILLS,
    ORDER_EVENTS,
    ORDERS,
    POSITION_KEY,
    POSITIONS,
)

_INSERT_ORDER = Insert("orders", ORDERS.columns, ("number",))
_INSERT_ORDER_EVENT = Insert("order_events", ("order_number", *ORDER_EVENTS.columns))
_INSERT_FILL = Insert("fills", FILLS.columns)
_INSERT_POSITION = Insert("positions", POSITIONS.columns, POSITION_KEY)
_INSERT_EVENT = Insert("events", EVENTS.columns)
_INSERT_EQUITY = Insert("equity", EQUITY.columns, EQUITY_KEY)
_INSERT_INSTRUMENT = Insert("instruments", ("instrument_id", "definition"), ("instrument_id",))
_INSERT_ACCOUNT = Insert("accounts", ("account_id", "position_mode"), ("account_id",))
_INSERT_META = Insert("meta", ("name", "value"), ("name",))
_LEAVE = "UPDATE orders SET is_open = 0 WHERE is_open = 1 AND number < ?"
_BUST = "UPDATE fills SET busted_number = ? WHERE number = ?"

_decode_record: Any = msgspec.json.Decoder(JournalRecord).decode
_encode_json = msgspec.json.Encoder().encode


class Writer:
    """One connection that writes, and the fold that goes on from what it holds.

    Attributes:
        head: Where the file ends.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take up what a file holds.

        Raises:
            sqlite3.Error: It cannot be read.
        """
        self._connection = connection
        self._projection = Projection(self._load)
        self.head = self._restore()

    def write(
        self, first: int, records: Sequence[JournalRecord], equity: Sequence[EquityRow]
    ) -> int:
        """Add records and samples in one transaction; return how many records were new.

        After an error the writer is of no use: its fold is ahead of the file.

        Raises:
            InvariantError: Records before the first are missing.
            sqlite3.Error: The file cannot be written; it is as it was.
        """
        sequence = self.head.sequence
        require(first <= sequence + 1, f"record {sequence + 1} is missing, {first} came")
        new = records[sequence + 1 - first :] if first <= sequence else records
        if not new and not equity:
            return 0
        add = self._projection.add
        for number, record in enumerate(new, start=sequence + 1):
            add(number, record)
        changes = self._projection.take()
        head = Head(sequence + len(new), record_digest(new[-1])) if new else self.head
        try:
            self._transact(changes, equity, head, huge=False)
        except OverflowError:
            self._transact(changes, equity, head, huge=True)
        self.head = head
        return len(new)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # --- out -------------------------------------------------------------------------------------

    def _transact(
        self, changes: Changes, equity: Sequence[EquityRow], head: Head, *, huge: bool
    ) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._insert(changes, equity, huge=huge)
            meta = [
                ("sequence", head.sequence),
                ("digest", head.digest),
                ("now_ns", encode_integer(self._projection.now_ns)),
                ("floor", self._projection.floor),
                ("closed_max", self._projection.closed_max),
            ]
            _INSERT_META.add(self._connection, meta)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # some errors have rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def _insert(self, changes: Changes, equity: Sequence[EquityRow], *, huge: bool) -> None:
        connection = self._connection
        if changes.floor:
            connection.execute("DELETE FROM positions")
        for insert, codec, rows in (
            (_INSERT_ORDER, ORDERS, changes.orders),
            (_INSERT_FILL, FILLS, changes.fills),
            (_INSERT_POSITION, POSITIONS, changes.positions),
            (_INSERT_EVENT, EVENTS, changes.events),
            (_INSERT_EQUITY, EQUITY, equity),
        ):
            if rows:
                encode: Any = codec.encode_huge if huge else codec.encode
                insert.add(connection, map(encode, rows))
        order_events: Any = changes.order_events
        if huge:
            order_events = [
                (*values[:4], encode_integer(values[4]), values[5]) for values in order_events
            ]
        _INSERT_ORDER_EVENT.add(connection, order_events)
        if changes.floor:
            connection.execute(_LEAVE, (changes.floor,))
        if changes.busts:
            connection.executemany(_BUST, [(bust, fill) for fill, bust in changes.busts])
        if changes.instruments:
            _INSERT_INSTRUMENT.add(
                connection,
                [(each.id, _encode_json(each).decode()) for each in changes.instruments],
            )
        if changes.accounts:
            modes = [(each, mode.name) for each, mode in changes.accounts.items()]
            _INSERT_ACCOUNT.add(connection, modes)

    # --- back ------------------------------------------------------------------------------------

    def _restore(self) -> Head:
        execute = self._connection.execute
        meta: dict[str, int | str] = dict(execute("SELECT name, value FROM meta"))
        instruments = [
            msgspec.json.decode(text, type=Instrument)
            for (text,) in execute("SELECT definition FROM instruments")
        ]
        modes = execute("SELECT account_id, position_mode FROM accounts")
        positions = execute(f"SELECT {', '.join(POSITIONS.columns)} FROM positions")  # noqa: S608 - own names
        open_orders = [
            self._tracked(*row)
            for row in execute(
                "SELECT number, price_scale, quantity_scale, closed_number FROM orders"
                " WHERE is_open = 1 ORDER BY number"
            ).fetchall()
        ]
        floor, closed_max = int(meta.get("floor", 0)), int(meta.get("closed_max", 0))
        closed = execute(
            "SELECT client_order_id FROM orders WHERE is_open = 0 AND number > ?"
            " ORDER BY closed_number DESC LIMIT ?",
            (floor, closed_max or CLOSED_IDS_MAX),
        ).fetchall()
        self._projection.restore(
            now_ns=int(meta.get("now_ns", 0)),
            floor=floor,
            closed_max=closed_max,
            instruments=instruments,
            accounts={account_id: PositionMode[name] for account_id, name in modes},
            positions=[POSITIONS.decode(row) for row in positions],
            open_orders=open_orders,
            closed_ids=[client_order_id for (client_order_id,) in reversed(closed)],
        )
        return Head(int(meta.get("sequence", 0)), str(meta.get("digest", "")))

    def _load(self, client_order_id: str) -> TrackedOrder | None:
        """Return the latest order of an id, folded again from its records."""
        row = self._connection.execute(
            "SELECT number, price_scale, quantity_scale, closed_number FROM orders"
            " WHERE client_order_id = ? ORDER BY number DESC LIMIT 1",
            (client_order_id,),
        ).fetchone()
        return None if row is None else self._tracked(*row)

    def _tracked(
        self,
        number: int,
        price_scale: int | None,
        quantity_scale: int | None,
        closed_number: int,
    ) -> TrackedOrder:
        records = self._connection.execute(
            "SELECT number, body FROM order_events WHERE order_number = ? ORDER BY number",
            (number,),
        )
        _, intent = next(records)
        tracked = TrackedOrder.with_scales(
            number, _decode_record(intent), price_scale, quantity_scale
        )
        for event_number, body in records:
            fold(tracked, event_number, _decode_record(body))
        tracked.closed_number = closed_number
        return tracked
