import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from hexdesk.domain.orders import NewOrder, client_order_id_problem, order_value_problem
from hexdesk.domain.values import (
    BUY,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
)
from hexdesk.testing.strategies import orders

LIMIT_ORDER = NewOrder("O1", "s", "acct", "X.Y", BUY, LIMIT, 10, 5, price=100)


def changed(**changes: object) -> NewOrder:
    return msgspec.structs.replace(LIMIT_ORDER, **changes)


@given(orders())
def test_generated_orders_have_no_problem(order: NewOrder) -> None:
    assert order_value_problem(order) == ""


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        (changed(quantity=0), "quantity=0 expected=above_0"),
        (changed(quantity=-1), "quantity=-1 expected=above_0"),
        (changed(price=0), "price=0 expected=above_0 type=LIMIT"),
        (changed(order_type=MARKET), "price=100 expected=none type=MARKET"),
        (changed(order_type=MARKET_TO_LIMIT), "price=100 expected=none type=MARKET_TO_LIMIT"),
        (changed(trigger_price=9), "trigger_price=9 expected=none type=LIMIT"),
        (changed(order_type=STOP_LIMIT), "trigger_price=0 expected=above_0 type=STOP_LIMIT"),
        (
            changed(order_type=STOP_MARKET, price=0, trigger_price=-1),
            "trigger_price=-1 expected=above_0 type=STOP_MARKET",
        ),
        (
            changed(order_type=TRAILING_STOP, price=0),
            "trailing_offset=0 expected=above_0",
        ),
        (changed(trailing_offset=3), "trailing_offset=3 expected=none type=LIMIT"),
        (
            changed(order_type=MARKET, price=0, post_only=True),
            "post_only=true expected=LIMIT type=MARKET",
        ),
        (
            changed(time_in_force=IOC, post_only=True),
            "post_only=true expected=resting time_in_force=IOC",
        ),
        (
            changed(time_in_force=FOK, post_only=True),
            "post_only=true expected=resting time_in_force=FOK",
        ),
        (changed(display_quantity=11), "display_quantity=11 expected=0_to_quantity"),
        (changed(display_quantity=-1), "display_quantity=-1 expected=0_to_quantity"),
        (changed(time_in_force=GTD), "expire_ns=0 expected=after_5"),
        (changed(time_in_force=GTD, expire_ns=5), "expire_ns=5 expected=after_5"),
        (
            changed(time_in_force=GTC, expire_ns=9),
            "expire_ns=9 expected=none time_in_force=GTC",
        ),
    ],
)
def test_senseless_values_are_named(order: NewOrder, problem: str) -> None:
    assert order_value_problem(order) == problem


@pytest.mark.parametrize("client_order_id", ["A", "a1B2", "x" * 32])
def test_client_order_ids(client_order_id: str) -> None:
    assert client_order_id_problem(client_order_id) == ""


@pytest.mark.parametrize("client_order_id", ["", "x" * 33, "a-b", "a b", "é", "订单"])
def test_bad_client_order_ids(client_order_id: str) -> None:
    assert "expected=1-32_letters_and_digits" in client_order_id_problem(client_order_id)


@given(orders(), st.data())
def test_intents_survive_the_journal_format(order: NewOrder, data: st.DataObject) -> None:
    encoded = msgspec.msgpack.encode(order)
    assert msgspec.msgpack.decode(encoded, type=NewOrder) == order
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(msgspec.DecodeError):
        msgspec.msgpack.decode(encoded[:cut], type=NewOrder)
