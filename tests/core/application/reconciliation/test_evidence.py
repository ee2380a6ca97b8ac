"""A look-up and the reports that were not lost say together what all reports would have said."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application.reconciliation.evidence import (
    confirmed_absence,
    evidence,
    terms_at_venue,
    terms_of,
)
from hexdesk.domain.order import Order
from hexdesk.domain.order_state import Outcome, apply
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import (
    ACCEPTED,
    CANCELED,
    EXPIRED,
    FILLED,
    PARTIALLY_FILLED,
    REJECTED,
    STOP_MARKET,
    SUBMITTED,
    TRAILING_STOP,
    TRIGGERED,
    Life,
    Operation,
)
from hexdesk.ports.broker import VenueOrder
from hexdesk.testing.strategies import venue_histories
from tests.core.domain.order_events import ACCEPTED as TAKEN
from tests.core.domain.order_events import busted, order_in, unknown
from tests.core.domain.order_events import fill as execution
from tests.core.domain.test_order_laws import Desk

LATE = 10**12
"""Long after everything that a generated venue does."""


def venue_order(order: Order, ts_event: int = 100) -> VenueOrder:
    """Return what a venue says of an order that knows all its reports."""
    return VenueOrder(
        order.intent,
        "V1",
        order.life,
        order.quantity,
        order.price,
        order.trigger_price,
        order.cum_qty,
        ts_event,
    )


def standing(order: Order) -> list[Fill]:
    """Return what a venue lists of its executions."""
    busts = order.busts or {}
    return [fill for fill in (order.fills or {}).values() if fill.trade_id not in busts]


def look_up(desk: Desk, truth: Order, *, asked_ns: int = LATE) -> list[VenueReport]:
    found = venue_order(truth, asked_ns - 1)
    fills = standing(truth)
    return evidence(desk.order, found, fills, asked_ns=asked_ns, visibility_ms=0, now_ns=asked_ns)


def request_ids(history: tuple[VenueReport, ...], *kinds: type) -> list[int]:
    return [getattr(report, "request_id", 0) for report in history if isinstance(report, kinds)]


@st.composite
def losses(
    draw: st.DrawFn,
) -> tuple[NewOrder, tuple[VenueReport, ...], list[VenueReport], list[VenueReport]]:
    """Return a history, the part that arrived before the look-up, and the part that still will.

    Busts and what they break always arrive: a venue does not list a broken trade any more.
    """
    intent_, history = draw(venue_histories())
    broken = {report.trade_id for report in history if isinstance(report, FillBusted)}
    before: list[VenueReport] = []
    after: list[VenueReport] = []
    for report in history:
        is_kept = getattr(report, "trade_id", "") in broken
        fate = draw(
            st.sampled_from(["before", "after"] if is_kept else ["before", "after", "lost"])
        )
        if fate != "lost":
            (before if fate == "before" else after).append(report)
    return intent_, history, draw(st.permutations(before)), after


@given(losses(), st.data())
def test_what_survives_and_a_look_up_are_the_whole_history(
    loss: tuple[NewOrder, tuple[VenueReport, ...], list[VenueReport], list[VenueReport]],
    data: st.DataObject,
) -> None:
    intent_, history, before, after = loss
    truth = Desk(intent_)
    for report in history:
        truth.receive(report)
    desk = Desk(intent_)
    order = desk.order
    amends = request_ids(history, OrderUpdated, AmendRejected)
    cancels = request_ids(history, CancelRejected)
    order.request_count = max([0, *amends, *cancels])
    order.pending_amends = sum(1 << number for number in amends)
    order.pending_cancels = sum(1 << number for number in cancels)
    for report in before:
        desk.receive(report)
    apply(order, replace(_doubt(order), client_order_id=intent_.client_order_id))
    was_closed = order.is_closed  # nobody looks up what is closed
    found = [] if was_closed else look_up(desk, truth.order)
    for report in data.draw(st.permutations([*found, *after])):
        desk.receive(report)
    if was_closed:  # a late amendment may have reopened it: the next comparison looks
        for report in look_up(desk, truth.order):
            desk.receive(report)
    assert desk.result() == truth.result()
    assert terms_of(order) == terms_at_venue(order, venue_order(truth.order))
    assert not order.pending_amends
    assert not order.pending_cancels
    assert order.doubt is None or order.doubt.operation is Operation.STATUS


def _doubt(order: Order) -> OutcomeUnknown:
    """Return the doubt that a silent venue leaves: about the latest request, else the order."""
    pending = {Operation.CANCEL: order.pending_cancels, Operation.REPLACE: order.pending_amends}
    operation = max(pending, key=lambda each: pending[each].bit_length())
    number = pending[operation].bit_length() - 1
    return unknown(operation, number) if number > 0 else unknown(Operation.SUBMIT)


# --------------------------------------------------------------------------------------------------
# Case by case. The order of these tests: 100 at 50, a stop limit with its trigger at 49


def answer(order: Order, life: Life, **changes: int) -> VenueOrder:
    terms = {
        "quantity": order.quantity,
        "price": order.price,
        "trigger_price": order.trigger_price,
        "cum_qty": order.cum_qty,
        "ts_event": 20,
    } | changes
    return replace(VenueOrder(order.intent, "V1", life, 0, 0, 0, 0, 0), **terms)


def told(order: Order, found: VenueOrder, *fills: Fill, asked_ns: int = LATE) -> list[VenueReport]:
    return evidence(order, found, fills, asked_ns=asked_ns, visibility_ms=0, now_ns=LATE)


def kinds(reports: list[VenueReport]) -> list[type]:
    return [type(report) for report in reports]


def in_doubt(operation: Operation, request_id: int = 0, life: Life = ACCEPTED) -> Order:
    order = order_in(life)
    order.request_count = request_id
    if operation is Operation.CANCEL:
        order.pending_cancels |= 1 << request_id
    if operation is Operation.REPLACE:
        order.pending_amends |= 1 << request_id
    apply(order, unknown(operation, request_id))
    return order


def test_a_rejection_that_is_looked_up_keeps_the_venues_code() -> None:
    order = order_in(SUBMITTED)
    apply(order, unknown(Operation.SUBMIT))
    rejected = replace(venue_order(order), life=REJECTED, code="VENUE_FUNDS")
    (report,) = evidence(order, rejected, asked_ns=LATE, visibility_ms=0, now_ns=LATE)
    assert isinstance(report, OrderRejected)
    assert report.code == "VENUE_FUNDS"


def test_a_found_order_is_accepted() -> None:
    order = in_doubt(Operation.SUBMIT, life=SUBMITTED)
    reports = told(order, answer(order, ACCEPTED))
    assert kinds(reports) == [OrderAccepted]
    apply(order, reports[0])
    assert (order.life, order.doubt, order.venue_order_id) == (ACCEPTED, None, "V1")


@pytest.mark.parametrize(
    ("life", "kind"),
    [(CANCELED, OrderCanceled), (EXPIRED, OrderExpired), (REJECTED, OrderRejected)],
)
def test_a_found_ending_ends_it(life: Life, kind: type) -> None:
    order = in_doubt(Operation.SUBMIT, life=SUBMITTED)
    reports = told(order, answer(order, life))
    assert kinds(reports)[-1] is kind
    for report in reports:
        apply(order, report)
    assert (order.life, order.doubt) == (life, None)


def test_a_triggered_order_is_triggered() -> None:
    order = in_doubt(Operation.STATUS)
    reports = told(order, answer(order, TRIGGERED))
    assert OrderTriggered in kinds(reports)


def test_what_the_venue_has_not_decided_says_nothing() -> None:
    order = in_doubt(Operation.SUBMIT, life=SUBMITTED)
    assert told(order, answer(order, SUBMITTED)) == []


def test_executions_that_do_not_add_up_are_all_that_is_said() -> None:
    order = in_doubt(Operation.CANCEL, 1)
    missing = answer(order, CANCELED, cum_qty=60)
    assert told(order, missing) == []
    assert kinds(told(order, missing, execution(40))) == [Fill]
    assert kinds(told(order, missing, execution(60))) == [Fill, OrderCanceled]


def test_an_order_that_is_in_no_doubt_is_accepted_before_its_executions_are_known() -> None:
    order = order_in(SUBMITTED)
    assert kinds(told(order, answer(order, ACCEPTED, cum_qty=60))) == [OrderAccepted]


def test_an_execution_that_is_known_is_not_fed_again() -> None:
    order = order_in(PARTIALLY_FILLED)
    known = next(iter((order.fills or {}).values()))
    apply(order, unknown(Operation.STATUS))
    assert kinds(told(order, answer(order, PARTIALLY_FILLED), known)) == [OrderAccepted]


def test_an_execution_of_the_other_side_is_not_ours() -> None:
    order = in_doubt(Operation.STATUS)
    other = replace(execution(40), side=-order.intent.side)
    assert kinds(told(order, answer(order, ACCEPTED), other)) == [OrderAccepted]


def test_a_cancel_that_left_no_trace_is_refused() -> None:
    order = in_doubt(Operation.CANCEL, 2)
    reports = told(order, answer(order, ACCEPTED))
    assert kinds(reports) == [CancelRejected]
    apply(order, reports[0])
    assert (order.doubt, order.pending_cancels) == (None, 0)


def test_a_query_before_the_venue_must_show_it_refuses_nothing() -> None:
    order = in_doubt(Operation.CANCEL, 2)
    since_ns = order.doubt.since_ns if order.doubt else 0
    found = answer(order, ACCEPTED)
    assert evidence(order, found, asked_ns=since_ns, visibility_ms=1, now_ns=LATE) == []
    late = since_ns + 1_000_000
    assert len(evidence(order, found, asked_ns=late, visibility_ms=1, now_ns=LATE)) == 1


def test_a_request_made_since_the_doubt_is_left_alone() -> None:
    order = in_doubt(Operation.REPLACE, 1)
    order.pending_cancels = 1 << 2
    assert kinds(told(order, answer(order, ACCEPTED))) == [AmendRejected]


def test_terms_as_asked_confirm_the_amendment() -> None:
    order = in_doubt(Operation.REPLACE, 3)
    reports = told(order, answer(order, ACCEPTED, quantity=150, price=51))
    assert kinds(reports) == [OrderUpdated]
    apply(order, reports[0])
    assert (order.quantity, order.price, order.amend_id, order.doubt) == (150, 51, 3, None)
    assert not order.pending_amends


def test_terms_as_before_refuse_it_and_a_late_report_still_counts() -> None:
    order = in_doubt(Operation.REPLACE, 3)
    reports = told(order, answer(order, ACCEPTED))
    assert kinds(reports) == [AmendRejected]
    apply(order, reports[0])
    assert order.doubt is None
    late = OrderUpdated(order.intent.client_order_id, 3, 150, 51, 49, 30, 30)
    assert apply(order, late) is Outcome.APPLIED
    assert order.quantity == 150


def test_of_several_amendments_the_latest_stands_for_what_is_seen() -> None:
    """One may have undone another: a late report of the earlier must not win."""
    order = in_doubt(Operation.REPLACE, 2)
    order.pending_amends |= 1 << 1
    reports = told(order, answer(order, ACCEPTED))
    assert kinds(reports) == [AmendRejected, OrderUpdated]
    for report in reports:
        apply(order, report)
    apply(order, OrderUpdated(order.intent.client_order_id, 1, 150, 51, 49, 30, 30))
    assert order.quantity == 100


def test_terms_that_nobody_asked_for_get_a_number_of_their_own() -> None:
    order = order_in(ACCEPTED)
    order.request_count = order.amend_id = 4
    reports = told(order, answer(order, ACCEPTED, quantity=70))
    assert [getattr(report, "request_id", 0) for report in reports] == [5]
    apply(order, reports[0])
    assert (order.quantity, order.request_count) == (70, 5)


@pytest.mark.parametrize("order_type", [TRAILING_STOP, STOP_MARKET])
def test_terms_that_move_by_themselves_are_not_compared(order_type: int) -> None:
    order = order_in(ACCEPTED, order_type=order_type)  # type: ignore[arg-type]
    moved = answer(order, ACCEPTED, price=77, trigger_price=48)
    expected = (100, 50, 49 if order_type is TRAILING_STOP else 48)
    assert terms_at_venue(order, moved) == expected


def test_an_order_that_broken_trades_had_ended_is_revived_by_its_sight() -> None:
    order = order_in(FILLED)
    apply(order, busted("t0", live=None))
    assert order.life is CANCELED
    assert order.doubt is not None
    reports = told(order, answer(order, ACCEPTED))
    assert [report.leaves_live for report in reports if isinstance(report, FillBusted)] == [True]


def test_an_order_called_absent_is_revived() -> None:
    order = order_in(ACCEPTED)
    apply(order, OrderAbandoned(order.intent.client_order_id, "NOT_FOUND_CONFIRMED", 9))
    assert order.life is CANCELED
    reports = told(order, answer(order, ACCEPTED))
    assert apply(order, reports[0]) is Outcome.REVIVED
    assert order.life is ACCEPTED


@pytest.mark.parametrize("life", [SUBMITTED, ACCEPTED, CANCELED, EXPIRED])
def test_proof_of_absence_ends_an_order_and_its_doubt(life: Life) -> None:
    order = order_in(life)
    if life in (CANCELED, EXPIRED):
        order = order_in(life, cum_qty=40)
        apply(order, busted("t0", live=None))
    apply(order, unknown(Operation.STATUS))
    report = confirmed_absence(order, LATE)
    apply(order, report)
    expected = {SUBMITTED: REJECTED, ACCEPTED: CANCELED}.get(life, life)
    assert (order.life, order.doubt) == (expected, None)


def test_a_report_that_comes_late_changes_nothing_any_more() -> None:
    order = in_doubt(Operation.SUBMIT, life=SUBMITTED)
    for report in told(order, answer(order, FILLED, cum_qty=100), execution(100)):
        apply(order, report)
    assert apply(order, TAKEN) is Outcome.IGNORED
    assert apply(order, execution(100)) is Outcome.DUPLICATE
    assert (order.life, order.cum_qty) == (FILLED, 100)
