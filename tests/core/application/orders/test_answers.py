"""A request that nobody answers is in doubt after one to one and a half timeouts, for good."""

from hexdesk.application.orders.answers import AnswerWatch
from hexdesk.domain.order import Order
from hexdesk.domain.order_state import apply, new_order
from hexdesk.domain.reports import OrderAccepted, OrderSubmitted, OutcomeUnknown
from hexdesk.domain.values import Operation
from tests.core.domain.order_events import ORDER_ID, intent


def looks(order: Order, count: int) -> list[tuple[int, OutcomeUnknown]]:
    """Look so often, as long as the watch wants to; return what came in doubt, and at which."""
    orders = {ORDER_ID: order}
    watch = AnswerWatch(orders, lambda _delay_ns: None, timeout_ns=10)
    watch.arm()
    found: list[tuple[int, OutcomeUnknown]] = []
    for number in range(1, count + 1):
        if not watch.is_armed:
            break
        for unknown in watch.look(number):
            apply(order, unknown)
            found.append((number, unknown))
    return found


def sent(*, cancel_id: int = 0, amend_id: int = 0, accepted: bool = False) -> Order:
    order = new_order(intent())
    apply(order, OrderSubmitted(ORDER_ID, 1))
    if accepted:
        apply(order, OrderAccepted(ORDER_ID, "V1", 2, 2))
    order.pending_cancels = 1 << cancel_id if cancel_id else 0
    order.pending_amends = 1 << amend_id if amend_id else 0
    return order


def asked(order: Order) -> list[tuple[int, Operation, int]]:
    return [(number, each.operation, each.request_id) for number, each in looks(order, 20)]


def test_each_kind_of_request_comes_in_doubt_once() -> None:
    assert asked(sent()) == [(3, Operation.SUBMIT, 0)]
    assert asked(sent(cancel_id=1, accepted=True)) == [(3, Operation.CANCEL, 1)]
    assert asked(sent(amend_id=1, accepted=True)) == [(3, Operation.REPLACE, 1)]
    assert asked(sent(accepted=True)) == []


def test_the_latest_request_stands_for_those_before_it() -> None:
    """Doubts that took turns would begin every look-up anew."""
    assert asked(sent(cancel_id=1, amend_id=2, accepted=True)) == [(3, Operation.REPLACE, 2)]
    assert asked(sent(cancel_id=3, amend_id=2)) == [(3, Operation.CANCEL, 3)]


def test_a_request_made_after_a_doubt_comes_in_doubt_itself() -> None:
    order = sent()
    apply(order, OutcomeUnknown(ORDER_ID, Operation.SUBMIT, 0, "", 1))
    order.pending_cancels = 1 << 1
    assert asked(order) == [(3, Operation.CANCEL, 1)]


def test_a_request_that_an_overdue_one_hid_is_not_forgotten() -> None:
    order = sent()
    watch = AnswerWatch({ORDER_ID: order}, lambda _delay_ns: None, timeout_ns=10)
    for _ in range(2):
        watch.look(1)
    order.pending_cancels = 1 << 1
    for number in range(2, 10):
        for unknown in watch.look(number):
            apply(order, unknown)
    assert order.doubt is not None
    assert order.doubt.operation is Operation.CANCEL
