"""Terms are replaced when they may be asked for, and risk counts the worse of both until then."""

import pytest
from msgspec.structs import replace

from hexdesk.domain.orders import AmendOrder
from hexdesk.domain.reports import AmendRejected, OutcomeUnknown
from hexdesk.domain.values import BUY, LIMIT, Operation
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.books import check_books
from tests.core.application.rig import Rig

ID = INSTRUMENT.id


def rest(rig: Rig) -> str:
    """Let an order of two lots rest at the venue."""
    order_id = rig.act(lambda context: context.submit(ID, BUY, 2 * LOT, LIMIT, BID))
    rig.accept(order_id)
    return order_id


def amend(rig: Rig, order_id: str, quantity: int = 0, price: int = 0) -> bool:
    return rig.act(lambda context: context.amend(order_id, quantity=quantity, price=price))


def test_what_is_not_named_stays() -> None:
    rig = Rig().start()
    order_id = rest(rig)
    assert amend(rig, order_id, price=BID - 5)
    (request,) = rig.amends
    assert (request.quantity, request.price, request.request_id) == (2 * LOT, BID - 5, 1)
    assert rig.records.count(request) == 1
    assert rig.desk.counts.amends == 1


@pytest.mark.parametrize("why", ["filled", "being canceled", "in doubt"])
def test_nothing_is_asked_of_an_order_that_may_be_another_by_then(why: str) -> None:
    rig = Rig().start()
    order_id = rest(rig)
    if why == "filled":
        rig.fill(order_id)
    elif why == "being canceled":
        rig.act(lambda context: context.cancel(order_id))
    else:
        rig.report(OutcomeUnknown(order_id, Operation.STATUS, 0, "lost", rig.now()))
    told = len(rig.puppets["a"].of("on_order"))
    assert not amend(rig, order_id, price=BID - 5)
    assert (rig.amends, len(rig.puppets["a"].of("on_order"))) == ([], told)


def test_a_denied_amendment_is_told_and_counted_and_leaves_the_order_as_it_was() -> None:
    rig = Rig(limits=replace(WIDE_LIMITS, order_quantity_max="0.2")).start()
    order_id = rest(rig)
    assert not amend(rig, order_id, quantity=3 * LOT)
    told = rig.puppets["a"].of("on_order")[-1]
    assert isinstance(told, AmendRejected)
    assert (told.client_order_id, told.request_id, told.code) == (order_id, 0, "ORDER_SIZE")
    assert rig.desk.counts.amend_denials == {"ORDER_SIZE": 1}
    assert not any(isinstance(each, AmendOrder) for each in rig.records)
    assert rig.order(order_id).working_qty == 2 * LOT
    check_books(rig)


def test_the_larger_quantity_counts_until_the_venue_has_answered() -> None:
    rig = Rig().start()
    order_id = rest(rig)
    assert amend(rig, order_id, quantity=3 * LOT)
    assert rig.order(order_id).working_qty == 3 * LOT
    rig.refuse(rig.amends[0])
    assert rig.order(order_id).working_qty == 2 * LOT
    assert amend(rig, order_id, quantity=LOT)
    assert rig.order(order_id).working_qty == 2 * LOT, "the venue has not taken it yet"
    rig.confirm(rig.amends[1])
    assert rig.order(order_id).working_qty == LOT
    check_books(rig)
