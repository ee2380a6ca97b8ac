"""The way to the venue and back: latency, jitter, limits, faults."""

import msgspec
import pytest

from hexdesk.application.clock import VirtualClock
from hexdesk.domain.market import Quote
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import OutcomeUnknown, VenueReport
from hexdesk.domain.values import BUY, LIMIT, NS_PER_MS, Operation
from hexdesk_sim.engine import Venue
from hexdesk_sim.line import Line
from hexdesk_sim.settings import SimSettings
from tests.adapters.sim.exchange import ACCOUNT, START_NS, contract

SLOW = {
    "submit_latency_ms": 3,
    "amend_latency_ms": 2,
    "cancel_latency_ms": 1,
    "report_latency_ms": 4,
}
DIRECT = dict.fromkeys(SLOW, 0)


class Wire:
    """A line to a venue of its own."""

    def __init__(self, **settings: object) -> None:
        self.clock = VirtualClock(START_NS)
        instrument = contract()
        self.instrument_id = instrument.id
        converted = msgspec.convert(settings, SimSettings)
        self.venue = Venue({instrument.id: instrument}, self.clock, converted)
        self.arrived: list[tuple[str, int]] = []
        self.reports: list[VenueReport] = []
        self.line = Line(self.venue, ACCOUNT, self.clock, self._arrive, settings=converted, seed=1)
        self.venue.open_account(ACCOUNT, self.line.report)

    def _arrive(self, report: VenueReport) -> None:
        assert report.ts_init == self.clock.now_ns()
        kind = str(type(report).__struct_config__.tag)
        self.reports.append(report)
        self.arrived.append((kind, (self.clock.now_ns() - START_NS) // NS_PER_MS))

    def wait(self, duration_ms: float) -> None:
        """Let time pass."""
        self.clock.advance_to(self.clock.now_ns() + round(duration_ms * NS_PER_MS))

    def quote(self, bid: int, ask: int) -> None:
        """Show a touch of unknown sizes."""
        now = self.clock.now_ns()
        self.venue.on_quote(Quote(self.instrument_id, bid, 0, ask, 0, now, now))

    def submit(self, order_id: str = "O1", price: int = 100) -> None:
        """Send a buy order for one contract."""
        now = self.clock.now_ns()
        self.line.submit(
            NewOrder(order_id, "s", ACCOUNT, self.instrument_id, BUY, LIMIT, 1, now, price)
        )

    def amend(self, order_id: str = "O1", request_id: int = 1, quantity: int = 2) -> None:
        """Ask for another quantity."""
        self.line.amend(AmendOrder(order_id, request_id, quantity, 0, 0, self.clock.now_ns()))

    def cancel(self, order_id: str = "O1", request_id: int = 1) -> None:
        """Ask to cancel."""
        self.line.cancel(CancelOrder(order_id, request_id, self.clock.now_ns()))

    @property
    def kinds(self) -> list[str]:
        """Kinds of reports that arrived."""
        return [kind for kind, _ in self.arrived]


def test_each_request_travels_its_own_time_and_reports_theirs() -> None:
    wire = Wire(**SLOW)
    wire.submit()
    wire.wait(20)
    wire.amend()
    wire.wait(20)
    wire.cancel()
    wire.wait(20)
    assert wire.arrived == [("accepted", 7), ("updated", 26), ("canceled", 45)]


def test_event_time_is_the_venues_and_init_time_the_arrival() -> None:
    wire = Wire(**SLOW)
    wire.submit()
    wire.wait(20)
    (report,) = wire.reports
    assert not isinstance(report, OutcomeUnknown)
    assert (report.ts_event - START_NS) // NS_PER_MS == 3
    assert (report.ts_init - START_NS) // NS_PER_MS == 7


def test_the_market_moves_while_an_order_travels() -> None:
    wire = Wire(**SLOW)
    wire.quote(99, 101)
    wire.submit(price=100)
    wire.wait(1)
    wire.quote(98, 99)
    wire.wait(20)
    assert wire.kinds == ["accepted", "fill"]


def test_a_fast_cancel_does_not_overtake_its_order() -> None:
    wire = Wire(**SLOW)
    wire.submit()
    wire.cancel()
    wire.wait(20)
    assert wire.arrived == [("accepted", 7), ("canceled", 7)]


def test_without_latency_reports_come_within_the_request() -> None:
    wire = Wire(**DIRECT, faults=[{"action": "drop", "report": "busted", "nth": 0}])
    wire.quote(99, 100)
    wire.submit()
    assert wire.kinds == ["accepted", "fill"]


def test_jitter_is_bounded_seeded_and_keeps_the_order() -> None:
    stories: list[list[tuple[str, int]]] = []
    for _ in range(2):
        wire = Wire(**SLOW, jitter_ms=5)
        for number in range(50):
            wire.submit(f"O{number}")
            wire.wait(1)
        wire.wait(50)
        stories.append(wire.arrived)
        assert [report.client_order_id for report in wire.reports] == [
            f"O{number}" for number in range(50)
        ]
        delays = [at - sent for sent, (_, at) in enumerate(wire.arrived)]
        assert min(delays) >= 7
        assert max(delays) <= 17
        assert len(set(delays)) > 3
    assert stories[0] == stories[1]


def test_requests_in_flight_are_limited() -> None:
    wire = Wire(**SLOW, requests_in_flight_max=2)
    wire.submit("O1")
    wire.submit("O2")
    wire.submit("O3")
    wire.amend("O1")
    wire.cancel("O1")
    wire.wait(20)
    assert wire.kinds == ["rejected", "amend_rejected", "cancel_rejected", "accepted", "accepted"]


def test_a_drained_line_has_nothing_under_way() -> None:
    wire = Wire(**SLOW)
    wire.submit()
    wire.line.drain()
    assert wire.arrived == [("accepted", 0)]
    wire.wait(50)
    assert wire.kinds == ["accepted"]


@pytest.mark.parametrize("latency", [SLOW, DIRECT])
def test_a_dropped_report_never_comes(latency: dict[str, int]) -> None:
    wire = Wire(**latency, faults=[{"action": "drop", "report": "accepted", "nth": 2}])
    for number in range(3):
        wire.submit(f"O{number}")
    wire.wait(20)
    assert [report.client_order_id for report in wire.reports] == ["O0", "O2"]


def test_a_duplicated_report_comes_twice() -> None:
    wire = Wire(**SLOW, faults=[{"action": "duplicate", "report": "fill", "nth": 0}])
    wire.quote(99, 100)
    wire.submit()
    wire.wait(20)
    assert wire.kinds == ["accepted", "fill", "fill"]
    assert wire.reports[1] == wire.reports[2]


def test_a_delayed_report_is_overtaken() -> None:
    wire = Wire(**SLOW, faults=[{"action": "delay", "report": "accepted", "delay_ms": 10}])
    wire.quote(99, 100)
    wire.submit()
    wire.wait(50)
    assert wire.arrived == [("fill", 7), ("accepted", 17)]


@pytest.mark.parametrize(
    ("request_kind", "operation", "request_id"),
    [
        ("submit", Operation.SUBMIT, 0),
        ("amend", Operation.REPLACE, 5),
        ("cancel", Operation.CANCEL, 6),
    ],
)
@pytest.mark.parametrize("action", ["lose_answer", "lose_request"])
def test_an_unknown_outcome_hides_whether_it_was_done(
    action: str, request_kind: str, operation: Operation, request_id: int
) -> None:
    wire = Wire(**SLOW, faults=[{"action": action, "request": request_kind}])
    wire.submit()
    wire.amend(request_id=5)
    wire.cancel(request_id=6)
    wire.wait(50)
    (unknown,) = [each for each in wire.reports if isinstance(each, OutcomeUnknown)]
    assert (unknown.operation, unknown.request_id) == (operation, request_id)
    order = wire.venue.order(ACCOUNT, "O1")
    happened = {
        "submit": order is not None,
        "amend": order is not None and order.quantity == 2,
        "cancel": order is not None and order.life.name == "CANCELED",
    }
    assert happened[request_kind] is (action == "lose_answer")


def test_an_unknown_submit_is_followed_by_its_fill() -> None:
    wire = Wire(**SLOW, faults=[{"action": "lose_answer", "request": "submit"}])
    wire.quote(99, 100)
    wire.submit()
    wire.wait(50)
    assert wire.kinds == ["unknown", "fill"]


@pytest.mark.parametrize("leaves_live", [True, False, None])
def test_a_trade_is_busted_later(leaves_live: bool | None) -> None:
    fault = {"action": "bust", "nth": 2, "delay_ms": 30, "leaves_live": leaves_live}
    wire = Wire(**SLOW, faults=[fault])
    wire.submit("O1")
    wire.submit("O2")
    wire.wait(10)
    wire.quote(99, 100)
    wire.quote(120, 121)
    wire.wait(50)
    assert wire.arrived[2:] == [("fill", 14), ("fill", 14), ("busted", 44)]
    assert len(wire.venue.fills(ACCOUNT)) == 1
