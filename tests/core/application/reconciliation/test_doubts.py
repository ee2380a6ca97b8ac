"""Looking up what is in doubt: when, how often, and what the answers mean."""

import pytest
from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.reconciliation.actions import Action, FeedReport
from hexdesk.application.reconciliation.doubts import Doubts
from hexdesk.application.reconciliation.fills import by_venue_id
from hexdesk.application.reconciliation.fingerprints import match
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.order import Order
from hexdesk.domain.order_state import apply
from hexdesk.domain.reports import (
    CancelRejected,
    Fill,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OutcomeUnknown,
)
from hexdesk.domain.values import (
    ACCEPTED,
    CANCELED,
    FILLED,
    NS_PER_SECOND,
    REJECTED,
    SUBMITTED,
    Life,
    Operation,
)
from hexdesk.ports.broker import Capabilities, VenueOrder
from tests.core.application.reconciliation.world import accepted, fill_of, seen, sent

SECOND = NS_PER_SECOND
SETTINGS = ReconciliationSettings(fill_overlap_s=1)
PROVING = Capabilities(
    lookup_key="client_order_id", absence_is_proof=True, visibility_delay_ms=500,
    dedupes_client_id=True,
)  # fmt: skip
VAGUE = Capabilities(lookup_key="client_order_id", visibility_delay_ms=500)
NAMELESS = Capabilities(visibility_delay_ms=500)
SINCE = 100 * SECOND


class Case:
    """One order in doubt, and what asks about it."""

    def __init__(
        self,
        capabilities: Capabilities = PROVING,
        operation: Operation = Operation.SUBMIT,
        *,
        is_accepted: bool = False,
    ) -> None:
        self.doubts = Doubts(capabilities, SETTINGS)
        self.order = sent("O1", ts=90 * SECOND)
        if is_accepted:
            accepted(self.order)
        self.orders = {"O1": self.order}
        number = 0 if operation in (Operation.SUBMIT, Operation.STATUS) else 1
        if operation is Operation.CANCEL:
            self.order.pending_cancels = 1 << number
        self.order.request_count = number
        apply(self.order, OutcomeUnknown("O1", operation, number, "", SINCE))
        self.doubts.watch(self.orders, SINCE)

    def asks(self, seconds: float) -> bool:
        """Whether it is looked up so many seconds after the doubt began."""
        return self.doubts.due(SINCE + round(seconds * SECOND), 8) == ["O1"]

    def answer(self, found: VenueOrder | None, seconds: float) -> list[Action]:
        now_ns = SINCE + round(seconds * SECOND)
        return self.doubts.looked_up(self.order, found, now_ns, now_ns)

    def fills(self, *fills: Fill, seconds: float = 60, since_ns: int = 0) -> list[Action]:
        now_ns = SINCE + round(seconds * SECOND)
        return self.doubts.executed(
            self.orders, by_venue_id(self.orders.values()), fills,
            asked_ns=now_ns, since_ns=since_ns, now_ns=now_ns,
        )  # fmt: skip

    def watch(self, seconds: float) -> list[Action]:
        return self.doubts.watch(self.orders, SINCE + round(seconds * SECOND))

    def miss(self, times: int = 3, start: float = 0) -> None:
        for number in range(times):
            assert self.asks(start + 100 * (number + 1))
            assert self.answer(None, start + 100 * (number + 1)) == []


def found(order: Order, life: Life = ACCEPTED, cum_qty: int = 0) -> VenueOrder:
    return replace(seen(order), life=life, cum_qty=cum_qty, venue_order_id="V-O1")


def reports(actions: list[Action]) -> list[type]:
    return [type(action.report) for action in actions if isinstance(action, FeedReport)]


def feed(order: Order, actions: list[Action]) -> None:
    for action in actions:
        if isinstance(action, FeedReport):
            apply(order, action.report)


def codes(actions: list[Action]) -> list[str]:
    return [action.code for action in actions if isinstance(action, Alert)]


def test_it_is_asked_after_the_visibility_delay_then_ever_more_rarely() -> None:
    case = Case()
    asked: list[float] = []
    for tick in range(200 * 4):
        if case.asks(tick / 4):
            asked.append(tick / 4)
            assert not case.asks(tick / 4), "one look-up at a time"
            case.doubts.failed("O1", SINCE + tick * SECOND // 4)
    assert asked == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5, 123.5, 183.5]


def test_a_connection_that_is_back_is_asked_at_once_and_soon_again() -> None:
    """Not as rarely as it was while nobody could answer."""
    case = Case()
    for seconds in (1, 5, 20, 60, 150):
        assert case.asks(seconds)
        case.doubts.failed("O1", SINCE + seconds * SECOND)
    assert not case.asks(160)
    case.doubts.reconnected(SINCE + 161 * SECOND)
    for seconds in (161, 162, 164):
        assert not case.asks(seconds - 0.5)
        assert case.asks(seconds)
        assert case.answer(None, seconds) == []
    assert case.doubts.fills_wanted_since_ns(case.orders) is not None, "nearly proven"


def test_a_connection_that_is_back_does_not_shorten_the_visibility_delay() -> None:
    case = Case()
    case.doubts.reconnected(SINCE)
    assert not case.asks(0.4)
    assert case.asks(0.5)


def test_a_failed_look_up_says_nothing() -> None:
    case = Case()
    for seconds in (100, 200, 300, 400):
        assert case.asks(seconds)
        case.doubts.failed("O1", SINCE + seconds * SECOND)
    assert case.doubts.fills_wanted_since_ns(case.orders) is None
    assert case.order.doubt is not None


def test_what_is_found_settles_it() -> None:
    case = Case()
    actions = case.answer(found(case.order), 1)
    assert reports(actions) == [OrderAccepted]
    feed(case.order, actions)
    assert case.watch(2) == []
    assert len(case.doubts) == 0


@pytest.mark.parametrize(("is_accepted", "life"), [(False, REJECTED), (True, CANCELED)])
def test_three_times_not_found_and_no_execution_is_absence(
    *, is_accepted: bool, life: Life
) -> None:
    case = Case(operation=Operation.STATUS if is_accepted else Operation.SUBMIT,
                is_accepted=is_accepted)  # fmt: skip
    case.miss(2)
    assert case.fills() == []
    assert case.asks(1_000)
    assert case.answer(None, 1_000) == []
    assert case.doubts.fills_wanted_since_ns(case.orders) == 89 * SECOND
    assert case.fills(seconds=999) == [], "asked before the third answer"
    assert case.fills(seconds=1_001, since_ns=90 * SECOND) == [], "asked for too late ones"
    actions = case.fills(seconds=1_001, since_ns=89 * SECOND)
    assert reports(actions) == [OrderAbandoned]
    feed(case.order, actions)
    assert (case.order.life, case.order.code) == (life, "NOT_FOUND_CONFIRMED")
    assert case.order.doubt is None


def test_found_once_the_counting_begins_anew() -> None:
    case = Case(operation=Operation.CANCEL, is_accepted=True)
    case.miss(2)
    case.answer(replace(found(case.order), life=SUBMITTED), 500)
    case.miss(2, start=600)
    assert case.doubts.fills_wanted_since_ns(case.orders) is None


def test_a_venue_that_forgot_the_order_but_not_its_trade() -> None:
    case = Case()
    case.miss()
    actions = case.fills(fill_of(case.order, 100), seconds=400)
    assert reports(actions) == [Fill]
    feed(case.order, actions)
    assert case.order.life is FILLED


def test_a_look_up_before_the_venue_must_show_it_counts_for_nothing() -> None:
    case = Case()
    for _ in range(5):
        case.answer(None, 0.4)
    assert case.doubts.fills_wanted_since_ns(case.orders) is None
    for _ in range(3):
        case.answer(None, 0.5)
    assert case.doubts.fills_wanted_since_ns(case.orders) is not None


def test_executions_are_asked_for_before_an_ending_is_believed() -> None:
    case = Case(operation=Operation.CANCEL, is_accepted=True)
    assert case.answer(found(case.order, CANCELED, cum_qty=40), 1) == []
    assert case.doubts.fills_wanted_since_ns(case.orders) is not None
    actions = case.fills(fill_of(case.order, 40))
    assert reports(actions) == [Fill, OrderCanceled]
    feed(case.order, actions)
    assert (case.order.life, case.order.cum_qty, case.order.doubt) == (CANCELED, 40, None)


def test_an_open_order_proves_that_the_cancel_was_not_executed() -> None:
    case = Case(operation=Operation.CANCEL, is_accepted=True)
    assert case.answer(found(case.order), 0.4) == []
    actions = case.answer(found(case.order), 0.6)
    assert reports(actions) == [CancelRejected]


def test_without_proof_it_stays_in_doubt_and_the_instrument_reduces() -> None:
    case = Case(VAGUE)
    assert case.watch(9) == []
    case.miss(6)
    assert case.doubts.fills_wanted_since_ns(case.orders) is None
    assert codes(case.watch(10)) == ["DOUBT_OPEN"]
    assert codes(case.watch(20)) == [], "told once"
    assert list(case.doubts.reducing(case.orders, SINCE + 10 * SECOND)) == ["BTC.ACME"]
    apply(case.order, OrderAccepted("O1", "V1", 1, 1))
    assert codes(case.watch(30)) == ["DOUBT_SETTLED"]
    assert case.doubts.reducing(case.orders, SINCE + 30 * SECOND) == {}


def test_with_proof_only_a_person_is_told() -> None:
    case = Case()
    (told,) = case.watch(10)
    assert isinstance(told, Alert)
    assert (told.code, told.text) == ("DOUBT_OPEN", "outcome of submit unknown: no look-up yet")
    assert case.doubts.reducing(case.orders, SINCE + 20 * SECOND) == {}
    case.doubts.mark_unexplained()
    assert list(case.doubts.reducing(case.orders, SINCE + 20 * SECOND)) == ["BTC.ACME"]


def test_another_doubt_of_the_same_order_is_asked_anew_but_is_as_old() -> None:
    case = Case(is_accepted=True, operation=Operation.STATUS)
    case.miss(2)
    apply(case.order, OutcomeUnknown("O1", Operation.CANCEL, 3, "", SINCE + 300 * SECOND))
    assert codes(case.watch(300)) == ["DOUBT_OPEN"]
    assert not case.asks(300.4)
    assert case.asks(300.5)


def test_no_more_look_ups_at_a_time_than_there_is_room_for() -> None:
    doubts = Doubts(PROVING, SETTINGS)
    orders = {f"O{number}": sent(f"O{number}") for number in range(5)}
    for order_id, order in orders.items():
        apply(order, OutcomeUnknown(order_id, Operation.SUBMIT, 0, "", 1))
    doubts.watch(orders, 1)
    assert doubts.due(10 * SECOND, 3) == ["O0", "O1", "O2"]
    assert doubts.due(10 * SECOND, 3) == ["O3", "O4"]


# --------------------------------------------------------------------------------------------------
# Venues without client ids


def nameless(order: Order, venue_order_id: str = "V9", **changes: object) -> VenueOrder:
    intent = replace(order.intent, client_order_id="")
    shown = replace(seen(order), intent=intent, venue_order_id=venue_order_id, life=ACCEPTED)
    return replace(shown, ts_event=91 * SECOND, **changes)


def search(case: Case, *listed: VenueOrder, fills: tuple[Fill, ...] = ()) -> list[Action]:
    now_ns = SINCE + SECOND
    return case.doubts.search(case.orders, listed, fills, asked_ns=now_ns, now_ns=now_ns)


def test_one_order_of_its_fingerprint_is_it() -> None:
    case = Case(NAMELESS)
    other = nameless(case.order, "V8", price=7)
    actions = search(case, other, nameless(case.order))
    assert reports(actions) == [OrderAccepted]
    feed(case.order, actions)
    assert (case.order.venue_order_id, case.order.doubt) == ("V9", None)


@pytest.mark.parametrize("venue_ids", [(), ("V8", "V9")])
def test_none_or_two_leave_it_in_doubt(venue_ids: tuple[str, ...]) -> None:
    case = Case(NAMELESS)
    assert search(case, *(nameless(case.order, each) for each in venue_ids)) == []
    assert codes(case.watch(10)) == ["DOUBT_OPEN"]
    assert list(case.doubts.reducing(case.orders, SINCE + 10 * SECOND)) == ["BTC.ACME"]


def test_an_older_order_of_its_fingerprint_is_not_it() -> None:
    case = Case(NAMELESS)
    assert search(case, replace(nameless(case.order), ts_event=80 * SECOND)) == []


def test_an_order_that_is_another_one_of_ours_is_not_it() -> None:
    case = Case(NAMELESS)
    twin = accepted(sent("O2"))
    twin.venue_order_id = "V9"
    case.orders["O2"] = twin
    assert search(case, nameless(case.order)) == []


def test_two_of_ours_cannot_be_one_of_theirs() -> None:
    case = Case(NAMELESS)
    twin = sent("O2", ts=90 * SECOND)
    apply(twin, OutcomeUnknown("O2", Operation.SUBMIT, 0, "", SINCE))
    case.orders["O2"] = twin
    case.watch(1)
    assert search(case, nameless(case.order)) == []


def test_executions_alone_can_be_it() -> None:
    case = Case(NAMELESS)
    parts = tuple(
        replace(
            fill_of(case.order, quantity, trade_id), client_order_id="", venue_order_id="V9",
            ts_event=91 * SECOND,
        )
        for quantity, trade_id in ((60, "T1"), (40, "T2"))
    )  # fmt: skip
    actions = search(case, fills=parts)
    assert reports(actions) == [Fill, Fill, OrderAccepted]
    feed(case.order, actions)
    assert (case.order.life, case.order.venue_order_id) == (FILLED, "V9")


def test_executions_at_a_worse_price_are_not_it() -> None:
    order = sent("O1", price=1_000)
    worse = replace(fill_of(order, 100, price=1_001), venue_order_id="V9")
    assert match(order, [order], (), [worse]).count == 0
    assert match(order, [order], (), [replace(worse, price=999)]).count == 1
    assert match(order, [order], (), [replace(worse, price=999, quantity=101)]).count == 0


def test_a_doubt_about_a_known_order_is_settled_by_the_venues_id() -> None:
    case = Case(NAMELESS, Operation.CANCEL, is_accepted=True)
    assert reports(search(case, nameless(case.order, "V-O1"))) == [CancelRejected]


def test_what_is_sent_again_is_absent_only_if_it_is_not_found_after_that() -> None:
    """A look-up before the latest send, or too soon after it, says nothing."""
    case = Case()
    case.miss()
    again_ns = SINCE + 299 * SECOND + SECOND // 2 + 1
    apply(case.order, OutcomeUnknown("O1", Operation.SUBMIT, 0, "sent again", again_ns))
    assert case.fills(seconds=400) == []
    case.watch(401)
    case.miss(start=400)
    assert reports(case.fills(seconds=800)) == [OrderAbandoned]
