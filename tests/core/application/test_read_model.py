"""The read model's fold beside the desk: over random histories both come to the same.

Orders, positions, results, fees and funding follow from the journal alone, to the last digit.
"""

from collections.abc import Sequence

from hypothesis import settings
from hypothesis.stateful import invariant

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.history import OrderRow, PositionRow
from hexdesk.domain.order import Order
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.ports.read_model import OrderQuery
from hexdesk.testing.read_model import FakeReadModel
from tests.core.application.rig import Rig
from tests.core.application.test_desk_machine import HEDGED, DeskMachine


class FedMachine(DeskMachine):
    """A desk whose journal is read on after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.model = FakeReadModel()

    @invariant()
    def the_read_model_says_the_same(self) -> None:
        written = self.model.head.sequence
        self.model.write(written + 1, self.rig.records[written:])
        assert_equal(self.rig, self.model)


class FedHedgedMachine(FedMachine):
    capabilities = HEDGED


def assert_equal(rig: Rig, model: FakeReadModel) -> None:
    """Assert that rows say what the desk knows."""
    execution = rig.desk.execution
    known = {**execution.closed, **execution.open}
    rows = {row.client_order_id: row for row in model.orders(OrderQuery(limit=10_000)).rows}
    assert rows.keys() == known.keys()
    for client_order_id, order in known.items():
        assert_order(rows[client_order_id], order)
    for host in rig.desk.hosts.values():
        for ledger in host.ledgers.values():
            assert_position(ledger, model.positions(
                strategy_id=host.strategy_id, instrument_id=ledger.instrument.id
            ))  # fmt: skip


def assert_order(row: OrderRow, order: Order) -> None:
    found = (row.life, row.quantity, row.price, row.cum_qty, row.leaves_qty, row.cum_value)
    assert found == (
        order.life, order.quantity, order.price, order.cum_qty, order.leaves_qty, order.cum_value,
    )  # fmt: skip
    assert (row.status, row.is_open) == (order.reported_status, not order.is_closed)
    assert row.venue_order_id == order.venue_order_id


def assert_position(ledger: Ledger, rows: Sequence[PositionRow]) -> None:
    position = ledger.position
    legs: dict[str, Position] = (
        {"long": position.long, "short": position.short}
        if isinstance(position, HedgedPosition)
        else {"net": position}
    )
    found = {str(row.leg): row for row in rows}
    for name, leg in legs.items():
        if name in found:
            row = found[name]
            assert (row.quantity, row.cost) == (leg.quantity, leg.cost)
            assert (row.realised, row.cash_flow) == (leg.realised, leg.cash_flow)
        else:
            assert not leg.quantity
            assert not leg.realised
    assert sum(row.fees for row in rows) == ledger.fees
    assert sum(row.funding for row in rows) == ledger.funding
    assert sum(row.fill_count for row in rows) == ledger.fill_count
    other: dict[str, int] = {}
    for row in rows:
        for currency, fee in row.other_fees.items():
            other[currency] = other.get(currency, 0) + fee
    assert other == ledger.other_fees


TestFedMachine = FedMachine.TestCase
TestFedMachine.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestFedHedgedMachine = FedHedgedMachine.TestCase
TestFedHedgedMachine.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)
