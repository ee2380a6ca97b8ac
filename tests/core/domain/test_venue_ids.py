"""An order is known at the venue by the first report that names it, be it an execution."""

import pytest

from hexdesk.domain.order_state import apply, fill_plainly, new_order
from tests.core.domain.order_events import ACCEPTED, QUANTITY, SUBMITTED, fill, intent


@pytest.mark.parametrize("quantity", [1, QUANTITY])
def test_an_execution_before_the_acknowledgement_names_the_order(quantity: int) -> None:
    """Else the venue's list of executions, which may not bear our ids, is of a stranger."""
    order = new_order(intent())
    apply(order, SUBMITTED)
    execution = fill(quantity)
    if not fill_plainly(order, execution):
        apply(order, execution)
    assert (order.cum_qty, order.venue_order_id) == (quantity, execution.venue_order_id)
    apply(order, ACCEPTED)
    assert order.venue_order_id == ACCEPTED.venue_order_id
