"""Laws L1-L5, L8 and L9 over whatever honest venues report, in whatever order it arrives."""

from collections.abc import Sequence
from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given

from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.order_state import Order, Outcome, apply, new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import Position
from hexdesk.domain.reports import Fill, FillBusted, OrderUpdated, VenueReport
from hexdesk.domain.values import CLOSED_LIVES, Operation
from hexdesk.testing.strategies import instruments, interleavings, venue_histories
from tests.core.domain.order_events import SUBMITTED, unknown

INSTRUMENT = Instrument(
    id="TEST-PERP.ACME",
    kind=InstrumentKind.PERPETUAL,
    base="BTC",
    quote="USDT",
    settle="USDT",
    price_scale=1,
    quantity_scale=3,
    ticks=(TickBand(0, 1),),
    lot=1,
)
MARK = 12_345


class Desk:
    """An order and the position that its fills make, as the desk books them."""

    def __init__(self, intent: NewOrder, instrument: Instrument = INSTRUMENT) -> None:
        self.order = new_order(intent)
        self.position = Position(instrument)
        apply(self.order, SUBMITTED)

    def receive(self, event: VenueReport) -> Outcome:
        outcome = apply(self.order, event)
        if isinstance(event, Fill):
            if outcome not in (Outcome.DUPLICATE, Outcome.PARKED, Outcome.INVALID):
                self.position.book(event.side, event.quantity, event.price)
        elif isinstance(event, FillBusted) and outcome not in (Outcome.DUPLICATE, Outcome.PARKED):
            fill = (self.order.fills or {})[event.trade_id]
            self.position.unbook(fill.side, fill.quantity, fill.price)
        return outcome

    def result(self) -> tuple[object, ...]:
        order, position = self.order, self.position
        return (
            order.life,
            order.cum_qty,
            order.avg_px,
            order.leaves_qty,
            order.canceled_qty,
            order.quantity,
            position.quantity,
            position.cash_flow,
            position.realised + position.unrealised(MARK),
        )


def after(
    intent: NewOrder, reports: Sequence[VenueReport], instrument: Instrument = INSTRUMENT
) -> Desk:
    desk = Desk(intent, instrument)
    for report in reports:
        desk.receive(report)
    return desk


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[NewOrder, list[VenueReport]]:
    intent, history = draw(venue_histories())
    return intent, draw(interleavings(history))


def check_quantities(order: Order) -> None:
    over = max(order.cum_qty - order.quantity, 0)
    assert order.quantity + over == order.cum_qty + order.leaves_qty + order.canceled_qty
    assert min(order.cum_qty, order.leaves_qty, order.canceled_qty) >= 0
    assert order.leaves_qty == 0 or not order.is_closed
    assert order.is_closed is (order.life in CLOSED_LIVES)


@given(arrivals())
def test_l1_quantities_add_up_at_every_moment(arrival: tuple[NewOrder, list[VenueReport]]) -> None:
    intent, reports = arrival
    desk = Desk(intent)
    for report in reports:
        desk.receive(report)
        check_quantities(desk.order)


@given(arrivals())
def test_l2_cum_is_fills_less_busts(arrival: tuple[NewOrder, list[VenueReport]]) -> None:
    intent, reports = arrival
    order = after(intent, reports).order
    busts = {report.trade_id for report in reports if isinstance(report, FillBusted)}
    standing = {
        report.trade_id: report
        for report in reports
        if isinstance(report, Fill) and report.trade_id not in busts
    }
    assert order.cum_qty == sum(fill.quantity for fill in standing.values())
    assert order.cum_value == sum(fill.quantity * fill.price for fill in standing.values())
    if order.cum_qty:
        assert order.avg_px == float(Fraction(order.cum_value, order.cum_qty))


@given(venue_histories(), st.data())
def test_l3_a_trade_twice_is_a_trade_once(
    history: tuple[NewOrder, tuple[VenueReport, ...]], data: st.DataObject
) -> None:
    intent, reports = history
    twice = [copy for report in reports for copy in [report] * data.draw(st.integers(1, 2))]
    assert after(intent, twice).result() == after(intent, reports).result()


@given(venue_histories(), instruments(), st.data())
def test_l4_confluence(
    history: tuple[NewOrder, tuple[VenueReport, ...]], instrument: Instrument, data: st.DataObject
) -> None:
    intent, reports = history
    expected = after(intent, reports, instrument).result()
    for _ in range(3):
        arrival = data.draw(interleavings(reports))
        assert after(intent, arrival, instrument).result() == expected


@given(arrivals())
def test_l5_only_three_things_reopen_a_closed_order(
    arrival: tuple[NewOrder, list[VenueReport]],
) -> None:
    intent, reports = arrival
    desk = Desk(intent)
    for report in reports:
        was_closed, amend_id = desk.order.is_closed, desk.order.amend_id
        outcome = desk.receive(report)
        if was_closed and not desk.order.is_closed:
            bust = (desk.order.busts or {}).get(getattr(report, "trade_id", ""))
            newer = isinstance(report, OrderUpdated) and report.request_id > amend_id
            assert (
                (bust is not None and bust.leaves_live is True)
                or newer
                or outcome is Outcome.REVIVED
            )


@given(arrivals(), st.integers(0, 2**6), st.integers(0, 2**6))
def test_l8_fills_never_clear_pending(
    arrival: tuple[NewOrder, list[VenueReport]], cancels: int, amends: int
) -> None:
    intent, reports = arrival
    desk = Desk(intent)
    order = desk.order
    order.pending_cancels, order.pending_amends = cancels, amends
    for report in reports:
        before = order.pending_cancels, order.pending_amends
        desk.receive(report)
        now = order.pending_cancels, order.pending_amends
        if order.is_closed:
            assert now == (0, 0)
        elif isinstance(report, Fill | FillBusted):
            assert now == before
        else:
            assert now[0] & ~before[0] == now[1] & ~before[1] == 0


@given(arrivals(), st.sampled_from(Operation), st.integers(0, 8))
def test_l9_only_evidence_ends_doubt(
    arrival: tuple[NewOrder, list[VenueReport]], operation: Operation, request_id: int
) -> None:
    intent, reports = arrival
    desk = Desk(intent)
    order = desk.order
    apply(order, unknown(operation, request_id))
    for report in reports:
        doubt = order.doubt
        desk.receive(report)
        if doubt is None or order.doubt is doubt or order.is_closed:
            continue
        assert (
            doubt.operation in (Operation.SUBMIT, Operation.STATUS)
            or getattr(report, "request_id", -1) == doubt.request_id
            or (order.doubt is not None and order.doubt.operation is Operation.STATUS)
        )


@given(arrivals())
def test_an_honest_venue_never_looks_dishonest(
    arrival: tuple[NewOrder, list[VenueReport]],
) -> None:
    intent, reports = arrival
    desk = Desk(intent)
    for report in reports:
        assert desk.receive(report) is not Outcome.INVALID
