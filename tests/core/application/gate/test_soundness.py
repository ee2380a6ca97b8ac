"""What is no order at all is denied in words, whatever its fields hold, and spoils no journal."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pytest

from hexdesk.domain.values import (
    BUY,
    LIMIT,
    MARKET,
    OrderType,
)
from hexdesk.testing.broker_bench import BID, LOT
from tests.core.application.books import check_books
from tests.core.application.gate.sending import ID, denied, limits, order
from tests.core.application.rig import Rig


@pytest.mark.parametrize(
    "bad",
    [
        {"quantity": 100.0},
        {"quantity": True},
        {"quantity": Decimal(100)},
        {"quantity": "100"},
        {"quantity": 2**63},
        {"quantity": 10**5_000},
        {"quantity": -(2**70)},
        {"price": 100_000.0},
        {"price": None},
        {"price": 2**70},
        {"side": 1},
        {"side": "buy"},
        {"kind": 2},
        {"time_in_force": 1},
        {"trigger_price": None},
        {"trigger_price": 0.0},
        {"expire_ns": None},
        {"post_only": None},
        {"reduce_only": 0},
        {"display_quantity": 0.0},
        {"tag": 5},
        {"tag": "\ud800"},
        {"tag": "x" * 101},
    ],
)
@pytest.mark.parametrize("kind", [LIMIT, MARKET])
def test_what_is_no_order_is_denied_and_does_not_spoil_the_journal(
    bad: dict[str, Any], kind: OrderType
) -> None:
    rig = Rig(limits=limits()).start()
    terms: dict[str, Any] = {"price": BID if kind is LIMIT else 0, "kind": kind} | bad
    rig.act(order(**terms))
    assert denied(rig) == ["ORDER_VALUE"]
    rig.act(order())
    assert len(rig.sent) == 1
    assert not rig.host().fault
    for record in rig.records:
        kind_of = type(record)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=kind_of) == record
    check_books(rig)


class Name(StrEnum):
    """What a plugin's author may call instruments by."""

    TEST = ID


@pytest.mark.parametrize("terms", [{}, {"tag": "why"}])
def test_an_instrument_id_that_only_looks_like_text_is_denied(terms: dict[str, Any]) -> None:
    """The journal holds plain text only; what equals it is found, and would not be written."""
    rig = Rig(limits=limits()).start()
    rig.act(lambda context: context.submit(Name.TEST, BUY, LOT, **terms))
    (denial,) = rig.denials()
    assert denial.text == "ORDER_VALUE: instrument_id: expected str, was Name"
    assert not rig.requests


@pytest.mark.parametrize("terms", [{"list_id": "x"}, {"contingency": 1}, {"parent_id": "x"}])
def test_a_strategy_cannot_say_what_links_orders(terms: dict[str, Any]) -> None:
    rig = Rig(limits=limits()).start()
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        rig.puppets["a"].context.submit(ID, BUY, LOT, **terms)
