"""Fake of `ports/read_model.py`: rows in memory, and a medium that can be told to fail."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from hexdesk.domain.history import (
    EquityRow,
    EventRow,
    FillRow,
    OrderEventRow,
    OrderHistory,
    OrderRow,
    PositionRow,
)
from hexdesk.domain.projection import Projection
from hexdesk.errors import require
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import (
    EquityQuery,
    EventQuery,
    FillQuery,
    Head,
    OrderQuery,
    Page,
    PageQuery,
    decode_page_token,
    encode_page_token,
    record_digest,
)

ALL = 2**62
R = TypeVar("R", bound=msgspec.Struct)
Key = tuple[int, int | str]


class FakeReadModel:
    """Keeps rows in dictionaries.

    Attributes:
        head: Where it ends.
        failing: While it is set, `write` and `rebuild` raise it and keep nothing.
        unreadable: While it is set, lists of orders, fills and equity raise it.
        batches: Number of the first new record and how many, of each write that added some.
        rebuilds: How often it was made again.
        closed: Whether `close` was called.
    """

    def __init__(self) -> None:
        self.head = Head()
        self.failing: Exception | None = None
        self.unreadable: Exception | None = None
        self.batches: list[tuple[int, int]] = []
        self.rebuilds = 0
        self.closed = False
        self._equity: dict[tuple[int, str, str], EquityRow] = {}
        self._clear()

    def open(self) -> Head:
        """Return the head."""
        return self.head

    def write(
        self, first: int, records: Sequence[JournalRecord], equity: Sequence[EquityRow] = ()
    ) -> int:
        """Add records and samples.

        Raises:
            InvariantError: Records are missing.
            Exception: The test said so.
        """
        if self.failing is not None:
            raise self.failing
        sequence = self.head.sequence
        require(first <= sequence + 1, f"record {sequence + 1} is missing, {first} came")
        new = list(records)[sequence + 1 - first :]
        for number, record in enumerate(new, start=sequence + 1):
            self._projection.add(number, record)
        if new:
            self.batches.append((sequence + 1, len(new)))
            self.head = Head(sequence + len(new), record_digest(new[-1]))
            self._apply()
        for row in equity:
            self._equity[row.ts_ns, row.account_id, row.currency] = row
        return len(new)

    def rebuild(self, records: Iterable[JournalRecord]) -> int:
        """Begin again with all records; raises as `write`."""
        every = list(records)
        if self.failing is not None:
            raise self.failing
        self._clear()
        self.head = Head()
        self.rebuilds += 1
        return self.write(1, every)

    def backup(self, file: Path) -> None:
        """Write a file that only says how much there is."""
        file.write_text(f"{self.head.sequence}\n", encoding="utf-8")

    def order(self, client_order_id: str) -> OrderHistory | None:
        """Return an order with its history, or None."""
        self._look()
        found = [row for row in self._orders.values() if row.client_order_id == client_order_id]
        if not found:
            return None
        order = max(found, key=_number)
        return OrderHistory(
            order=order,
            events=tuple(row for number, row in self._order_events if number == order.number),
            fills=tuple(row for row in self._fills.values() if row.order_number == order.number),
        )

    def orders(self, query: OrderQuery) -> Page[OrderRow]:
        """Return orders by the time they were decided."""
        self._look()
        names = ("strategy_id", "account_id", "instrument_id")
        states: dict[str, Callable[[OrderRow], bool]] = {
            "any": lambda _row: True,
            "open": lambda row: row.is_open,
            "closed": lambda row: not row.is_open,
            "in_doubt": lambda row: row.is_open and row.doubt is not None,
        }
        rows = [
            row
            for row in self._orders.values()
            if _matches(row, query, names) and states[query.state](row)
        ]
        return _page(rows, query, lambda row: (row.ts_init, row.number))

    def fills(self, query: FillQuery) -> Page[FillRow]:
        """Return fills by time of receipt."""
        self._look()
        names = ("strategy_id", "account_id", "instrument_id")
        rows = [row for row in self._fills.values() if _matches(row, query, names)]
        return _page(rows, query, lambda row: (row.ts_init, row.number))

    def positions(
        self, *, strategy_id: str = "", account_id: str = "", instrument_id: str = ""
    ) -> Sequence[PositionRow]:
        """Return positions that ever had a fill, flat ones too."""
        return [
            row
            for _key, row in sorted(self._positions.items())
            if strategy_id in ("", row.strategy_id)
            and account_id in ("", row.account_id)
            and instrument_id in ("", row.instrument_id)
        ]

    def equity(self, query: EquityQuery) -> Page[EquityRow]:
        """Return equity samples by time."""
        self._look()
        rows = [
            row
            for row in self._equity.values()
            if row.account_id == query.account_id and query.currency in ("", row.currency)
        ]
        rows = [row for row in rows if _is_within(row.ts_ns, query)]
        if query.step_ns:
            latest: dict[tuple[str, int], EquityRow] = {}
            for row in sorted(rows, key=lambda row: row.ts_ns):
                latest[row.currency, row.ts_ns // query.step_ns] = row
            rows = list(latest.values())
        return _page(rows, query, lambda row: (row.ts_ns, row.currency))

    def events(self, query: EventQuery) -> Page[EventRow]:
        """Return events by time."""
        names = ("category", "kind", "strategy_id")
        rows = [row for row in self._events.values() if _matches(row, query, names)]
        return _page(rows, query, lambda row: (row.ts_ns, row.number))

    def close(self) -> None:
        """Remember the call."""
        self.closed = True

    def _look(self) -> None:
        if self.unreadable is not None:
            raise self.unreadable

    def _clear(self) -> None:
        self._projection = Projection(closed_kept=ALL)
        self._orders: dict[int, OrderRow] = {}
        self._order_events: list[tuple[int, OrderEventRow]] = []
        self._fills: dict[int, FillRow] = {}
        self._positions: dict[tuple[str, str, str, str], PositionRow] = {}
        self._events: dict[int, EventRow] = {}

    def _apply(self) -> None:
        changes = self._projection.take()
        self._orders |= {row.number: row for row in changes.orders}
        if changes.floor:
            self._positions.clear()
            for row in self._orders.values():
                if row.is_open and row.number < changes.floor:
                    self._orders[row.number] = msgspec.structs.replace(row, is_open=False)
        for order, number, kind, outcome, ts_ns, body in changes.order_events:
            event = OrderEventRow(number=number, kind=kind, outcome=outcome, ts_ns=ts_ns, body=body)
            self._order_events.append((order, event))
        self._fills |= {row.number: row for row in changes.fills}
        for fill, bust in changes.busts:
            self._fills[fill] = msgspec.structs.replace(self._fills[fill], busted_number=bust)
        for book in changes.positions:
            self._positions[book.strategy_id, book.account_id, book.instrument_id, book.leg] = book
        self._events |= {row.number: row for row in changes.events}


def _number(row: OrderRow) -> int:
    return row.number


def _matches(row: msgspec.Struct, query: PageQuery, names: Sequence[str]) -> bool:
    time = getattr(row, "ts_init", None)
    if not _is_within(row.ts_ns if time is None else time, query):  # type: ignore[attr-defined]
        return False
    return all(getattr(query, name) in ("", getattr(row, name)) for name in names)


def _is_within(ts_ns: int, query: PageQuery) -> bool:
    return query.since_ns <= ts_ns and not 0 < query.until_ns <= ts_ns


def _page(rows: list[R], query: PageQuery, key: Callable[[R], Key]) -> Page[R]:
    ordered = sorted(rows, key=key, reverse=query.newest_first)
    if query.page_token:
        ts_ns, other = decode_page_token(query, 2)
        behind: Key = (int(ts_ns), other)
        ordered = [
            row
            for row in ordered
            if (key(row) < behind if query.newest_first else key(row) > behind)
        ]
    shown = tuple(ordered[: query.limit])
    if len(ordered) <= query.limit:
        return Page(shown)
    return Page(shown, encode_page_token(query, key(shown[-1])))
