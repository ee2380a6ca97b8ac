"""The fold of a read model: however it is interrupted, and beside the desk itself."""

from collections.abc import Sequence

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings

from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.history import Category, Leg, OrderRow, PositionRow
from hexdesk.domain.market import FundingRate
from hexdesk.domain.projection import Changes, Projection
from hexdesk.domain.tracked import TrackedOrder, fold
from hexdesk.ports.journal import JournalRecord
from tests.core.domain.histories import histories


class Kept:
    """What a store would keep of a projection's changes, as plainly as can be."""

    def __init__(self) -> None:
        self.orders: dict[int, OrderRow] = {}
        self.records: dict[int, list[tuple[int, bytes]]] = {}
        self.positions: dict[tuple[str, str, str, Leg], PositionRow] = {}
        self.others: list[object] = []
        self.instruments: dict[str, object] = {}

    def apply(self, changes: Changes) -> None:
        self.orders |= {row.number: row for row in changes.orders}
        for order, number, _kind, _outcome, _ts_ns, body in changes.order_events:
            self.records.setdefault(order, []).append((number, body.encode()))
        if changes.floor:
            self.positions.clear()
            for row in self.orders.values():
                if row.is_open and row.number < changes.floor:
                    self.orders[row.number] = msgspec.structs.replace(row, is_open=False)
        for position in changes.positions:
            key = (position.strategy_id, position.account_id, position.instrument_id, position.leg)
            self.positions[key] = position
        self.others += [*changes.order_events, *changes.fills, *changes.busts, *changes.events]

    def load(self, client_order_id: str) -> TrackedOrder | None:
        rows = [row for row in self.orders.values() if row.client_order_id == client_order_id]
        if not rows:
            return None
        row = max(rows, key=lambda row: row.number)
        (_, intent), *others = [
            (number, msgspec.json.decode(body, type=JournalRecord))
            for number, body in self.records[row.number]
        ]
        tracked = TrackedOrder.with_scales(
            row.number,
            intent,
            row.price_scale,
            row.quantity_scale,
        )
        for number, record in others:
            fold(tracked, number, record)
        tracked.closed_number = row.closed_number
        return tracked

    @property
    def everything(self) -> list[object]:
        return [self.orders, self.positions, self.others]


def folded(records: Sequence[JournalRecord], *, kept: int, step: int) -> Kept:
    """Fold records, changes taken every few, with so many closed orders in memory."""
    store = Kept()
    projection = Projection(store.load, closed_kept=kept)
    for number, record in enumerate(records, start=1):
        projection.add(number, record)
        if number % step == 0:
            store.apply(projection.take())
    store.apply(projection.take())
    return store


@settings(max_examples=300, deadline=None)
@given(histories, st.integers(1, 7))
def test_orders_that_are_loaded_again_make_no_difference(
    records: list[JournalRecord], step: int
) -> None:
    whole = folded(records, kept=10_000, step=1)
    assert folded(records, kept=0, step=1).everything == whole.everything
    assert folded(records, kept=1, step=step).orders == whole.orders
    assert folded(records, kept=1, step=step).positions == whole.positions


def test_cash_that_moved_is_an_event_of_its_instrument() -> None:
    projection = Projection()
    projection.add(1, CashMoved("acct", "F1", CashKind.FUNDING, -150_000_000, "USDT", "X.Y", 4, 5))
    projection.add(2, FundingRate("X.Y", 1, 4, 5))
    (event,) = projection.take().events
    assert (event.category, event.kind, event.instrument_id) == (Category.CASH, "cash", "X.Y")
    assert (event.text, event.ts_ns, event.client_order_id) == ("funding -1.5 USDT", 5, "")
