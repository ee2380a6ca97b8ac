"""The two shortcuts of the hot path do what `apply` does, or nothing at all."""

from copy import deepcopy

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.domain.order_state import (
    Order,
    Outcome,
    accept_plainly,
    apply,
    cancel_plainly,
    fill_plainly,
    new_order,
)
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted, OrderCanceled, OrderEvent, VenueReport
from hexdesk.domain.values import ACCEPTED, LIMIT, Life, Operation
from hexdesk.testing.strategies import interleavings, venue_histories
from tests.core.domain.order_events import (
    ACCEPTED as ACCEPTANCE,
)
from tests.core.domain.order_events import (
    QUANTITY,
    SUBMITTED,
    amend_rejected,
    busted,
    canceled,
    fill,
    order_in,
    unknown,
    updated,
)


def check_shortcut(order: Order, event: OrderEvent) -> bool:
    """Try the shortcut for an event on a copy; return whether it was taken."""
    short, full = deepcopy(order), deepcopy(order)
    if isinstance(event, OrderAccepted):
        taken = accept_plainly(short, event)
    elif isinstance(event, Fill):
        taken = fill_plainly(short, event)
    elif isinstance(event, OrderCanceled):
        taken = cancel_plainly(short, event)
    else:
        return False
    if taken:
        assert apply(full, event) is Outcome.APPLIED
    assert short == full
    return taken


@given(venue_histories(), st.data())
def test_shortcuts_agree_with_apply_at_every_step(
    history: tuple[NewOrder, tuple[VenueReport, ...]], data: st.DataObject
) -> None:
    intent, reports = history
    order = new_order(intent)
    apply(order, SUBMITTED)
    for report in data.draw(interleavings(reports)):
        check_shortcut(order, report)
        apply(order, report)


@pytest.mark.parametrize("life", list(Life))
@pytest.mark.parametrize("event", [ACCEPTANCE, fill(QUANTITY), fill(QUANTITY, price=0), fill(0)])
def test_shortcuts_agree_in_every_life(life: Life, event: OrderEvent) -> None:
    check_shortcut(order_in(life), event)


@pytest.mark.parametrize(
    "before",
    [
        unknown(Operation.SUBMIT),
        unknown(Operation.CANCEL, 1),
        updated(QUANTITY + 5),
        updated(QUANTITY - 5),
        busted("t1", live=True),
        busted("t1", live=None),
        amend_rejected(1),
        canceled(),
    ],
)
@pytest.mark.parametrize("event", [ACCEPTANCE, fill(QUANTITY), fill(QUANTITY + 5)])
def test_shortcuts_agree_after_anything(before: OrderEvent, event: OrderEvent) -> None:
    order = order_in(Life.SUBMITTED)
    apply(order, before)
    check_shortcut(order, event)


def test_the_common_case_takes_them() -> None:
    order = order_in(Life.SUBMITTED, order_type=LIMIT)
    assert check_shortcut(order, ACCEPTANCE)
    assert accept_plainly(order, ACCEPTANCE)
    assert order.life is ACCEPTED
    assert check_shortcut(order, fill(QUANTITY))
