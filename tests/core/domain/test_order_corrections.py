"""What is known only later: the size that an amendment gave, and where broken quantity went."""

from hexdesk.domain.order_state import Outcome, apply
from hexdesk.domain.values import Life
from tests.core.domain.order_events import (
    amend_rejected,
    busted,
    fill,
    order_in,
    updated,
)


def test_a_fill_beyond_the_size_waits_for_the_answer_to_an_amendment() -> None:
    order = order_in(Life.ACCEPTED)
    order.pending_amends = 1 << 1
    assert apply(order, fill(order.quantity + 10)) is Outcome.APPLIED
    assert apply(order, updated(order.quantity + 20, 1)) is Outcome.APPLIED
    assert order.leaves_qty == 10


def test_refused_it_was_an_overfill() -> None:
    order = order_in(Life.ACCEPTED)
    order.pending_amends = 1 << 1
    apply(order, fill(order.quantity + 10))
    assert apply(order, amend_rejected(1)) is Outcome.OVERFILLED


def test_an_amendment_below_what_is_filled_is_one_too() -> None:
    order = order_in(Life.ACCEPTED)
    order.pending_amends = 1 << 1
    apply(order, fill(50))
    assert apply(order, updated(40, 1)) is Outcome.OVERFILLED


def test_broken_quantity_that_turns_out_to_be_on_the_book_brings_the_order_back() -> None:
    order = order_in(Life.ACCEPTED)
    apply(order, fill(order.quantity, "t1"))
    apply(order, busted("t1", live=None))
    assert (order.life, order.doubt is None) == (Life.CANCELED, False)
    assert apply(order, busted("t1", live=True)) is Outcome.CORRECTED
    assert (order.life, order.doubt, order.leaves_qty) == (Life.ACCEPTED, None, order.quantity)
    assert apply(order, busted("t1", live=True)) is Outcome.DUPLICATE
    assert apply(order, busted("t1", live=None)) is Outcome.DUPLICATE


def test_broken_quantity_that_is_gone_settles_the_doubt() -> None:
    order = order_in(Life.ACCEPTED)
    apply(order, fill(order.quantity, "t1"))
    apply(order, busted("t1", live=None))
    apply(order, busted("t1", live=False))
    assert (order.life, order.doubt) == (Life.CANCELED, None)
