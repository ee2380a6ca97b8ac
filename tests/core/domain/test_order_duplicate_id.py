"""A venue that refuses a second send proves that the first one arrived."""

from hexdesk.domain.order_state import DUPLICATE_ID, Order, Outcome, apply, new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OrderAccepted, OrderRejected, OrderSubmitted
from hexdesk.domain.values import ACCEPTED, BUY, LIMIT, REJECTED


def accepted_order() -> Order:
    order = new_order(NewOrder("a1", "s", "acc", "X.Y", BUY, LIMIT, 10, 0, 100))
    apply(order, OrderSubmitted("a1", 0))
    apply(order, OrderAccepted("a1", "v1", 1, 1))
    return order


def test_a_refused_duplicate_leaves_the_order_alive() -> None:
    order = accepted_order()
    outcome = apply(order, OrderRejected("a1", DUPLICATE_ID, "", 2, 2))
    assert outcome is Outcome.IGNORED
    assert order.life is ACCEPTED
    assert order.leaves_qty == 10


def test_any_other_reject_ends_it() -> None:
    order = accepted_order()
    apply(order, OrderRejected("a1", "VENUE_OTHER", "", 2, 2))
    assert order.life is REJECTED
