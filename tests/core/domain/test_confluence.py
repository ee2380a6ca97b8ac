"""Laws L3 and L4 without a choice: small histories in every order, each report doubled once."""

from itertools import permutations

import pytest

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    VenueReport,
)
from hexdesk.domain.values import BUY, LIMIT, STOP_MARKET, Liquidity, OrderType
from tests.core.domain.test_order_laws import INSTRUMENT, after, check_quantities

ID = "O1"


def order(kind: OrderType = LIMIT) -> NewOrder:
    trigger = 0 if kind is LIMIT else 90
    return NewOrder(ID, "a", "acct", INSTRUMENT.id, BUY, kind, 10, 1, 100, trigger_price=trigger)


def fill(number: int, quantity: int, price: int) -> Fill:
    return Fill(
        ID, "V1", f"T{number}", INSTRUMENT.id, BUY, quantity, price, Liquidity.MAKER, 1, "USDT",
        10 + number, 10 + number,
    )  # fmt: skip


ACCEPTED = OrderAccepted(ID, "V1", 2, 2)
HISTORIES: dict[str, tuple[OrderType, tuple[VenueReport, ...]]] = {
    "filled in three": (LIMIT, (ACCEPTED, fill(1, 3, 100), fill(2, 3, 99), fill(3, 4, 101))),
    "filled in part, then canceled": (
        LIMIT,
        (ACCEPTED, fill(1, 3, 100), fill(2, 2, 98), OrderCanceled(ID, "", 30, 30)),
    ),
    "expired": (LIMIT, (ACCEPTED, fill(1, 3, 100), OrderExpired(ID, 30, 30))),
    "refused": (LIMIT, (OrderRejected(ID, "VENUE_FUNDS", "", 30, 30),)),
    "triggered": (
        STOP_MARKET,
        (ACCEPTED, OrderTriggered(ID, 5, 5), fill(1, 4, 100), fill(2, 6, 101)),
    ),
    "a trade broken, its quantity back": (
        LIMIT,
        (ACCEPTED, fill(1, 6, 100), FillBusted(ID, "T1", True, 20, 20), fill(2, 10, 101)),  # noqa: FBT003
    ),
    "a trade broken for good": (
        LIMIT,
        (ACCEPTED, fill(1, 6, 100), fill(2, 4, 101), FillBusted(ID, "T2", False, 20, 20)),  # noqa: FBT003
    ),
    "amended twice": (
        LIMIT,
        (
            ACCEPTED,
            OrderUpdated(ID, 1, 6, 101, 0, 5, 5),
            OrderUpdated(ID, 2, 8, 102, 0, 6, 6),
            fill(1, 8, 100),
        ),
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_no_order_of_arrival_matters(name: str) -> None:
    kind, history = HISTORIES[name]
    intent = order(kind)
    expected = after(intent, history).result()
    for doubled in (None, *history):
        reports = history if doubled is None else (*history, doubled)
        for arrival in permutations(reports):
            desk = after(intent, arrival)
            assert desk.result() == expected, arrival
            check_quantities(desk.order)
