"""Venues without client order ids: of equal orders one at a time is unanswered (orders.md 3.4)."""

import pytest
from msgspec.structs import replace

from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    DENIED,
    LIMIT,
    REJECTED,
    SELL,
    SUBMITTED,
    Operation,
    Side,
)
from hexdesk.ports.strategy import BracketIds
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.rig import ALL_CAPABILITIES, Rig

NAMELESS = replace(ALL_CAPABILITIES, client_ids=False)


def send(rig: Rig, side: Side = BUY, price: int = BID, *, lots: int = 1, name: str = "a") -> str:
    return rig.act(
        lambda context: context.submit(INSTRUMENT.id, side, lots * LOT, LIMIT, price), name
    )


def life(rig: Rig, order_id: str) -> object:
    return rig.order(order_id).life


def test_an_equal_order_is_denied_until_the_first_is_answered() -> None:
    rig = Rig(capabilities=NAMELESS).start()
    first, second = send(rig), send(rig)
    assert (life(rig, first), life(rig, second)) == (SUBMITTED, DENIED)
    assert rig.order(second).code == "ORDER_UNANSWERED"
    rig.accept(first)
    assert life(rig, send(rig)) is SUBMITTED


@pytest.mark.parametrize(
    ("side", "price", "lots"), [(SELL, ASK, 1), (BUY, BID - 10, 1), (BUY, BID, 2)]
)
def test_orders_that_can_be_told_apart_do_not_wait(side: Side, price: int, lots: int) -> None:
    rig = Rig(capabilities=NAMELESS).start()
    send(rig)
    assert life(rig, send(rig, side, price, lots=lots)) is SUBMITTED


def test_an_order_in_doubt_is_waited_for_whoever_sent_it() -> None:
    rig = Rig("a", "b", capabilities=NAMELESS).start()
    first = send(rig)
    rig.report(OutcomeUnknown(first, Operation.SUBMIT, 0, "lost", rig.now()))
    assert life(rig, send(rig, name="b")) is DENIED
    rig.rejected(first)
    assert life(rig, first) is REJECTED
    assert life(rig, send(rig, name="b")) is SUBMITTED


def test_a_venue_that_keeps_ids_takes_equal_orders() -> None:
    rig = Rig().start()
    assert [life(rig, send(rig)) for _ in range(2)] == [SUBMITTED, SUBMITTED]


def test_exits_of_the_desk_do_not_wait() -> None:
    """A position without its stop would be worse than a doubt that a person has to settle."""
    rig = Rig("a", "b", capabilities=NAMELESS).start()
    brackets: list[BracketIds] = []
    for name in ("a", "b"):
        ids = rig.act(
            lambda context: context.submit_bracket(
                INSTRUMENT.id, BUY, LOT, entry_price=ASK, stop_price=BID - 500
            ),
            name,
        )
        rig.accept(ids.entry)
        brackets.append(ids)
    for ids in brackets:
        rig.fill(ids.entry)
    assert [life(rig, ids.stop) for ids in brackets] == [SUBMITTED, SUBMITTED]
    rig.accept(brackets[0].stop)
    assert life(rig, brackets[0].stop) is ACCEPTED
