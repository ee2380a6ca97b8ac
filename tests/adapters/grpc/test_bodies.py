"""Bytes that are put together say what messages made field by field say."""

from typing import Any

import msgspec
import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.values import NS_PER_SECOND, Operation, PositionEffect, Side
from hexdesk.ports import control_views as views
from hexdesk_api.v1 import common_pb2, events_pb2, orders_pb2, portfolio_pb2
from hexdesk_grpc import bodies
from hexdesk_grpc.wire import varint

INT64_MAX = 2**63 - 1
TEXTS = st.sampled_from(["", "1", "0.001", "BTCUSDT-PERP.BINANCE", "東証", "x" * 200])
TIMES = st.sampled_from([0, 1, NS_PER_SECOND - 1, NS_PER_SECOND, 1_763_730_000_123_456_789])
NUMBERS = st.sampled_from([0, 1, 127, 128, 16_383, 16_384, 2**31 - 1])
AMOUNTS = st.builds(views.Amount, TEXTS, TEXTS)
DOUBTS = st.builds(views.DoubtInfo, st.sampled_from(Operation), TIMES, NUMBERS)
NAMES = {
    "client_order_id": ("name", "orders/"),
    "strategy_id": ("strategy", "strategies/"),
    "account": ("account", "accounts/"),
    "instrument_id": ("instrument", "instruments/"),
    "parent_id": ("parent_order", "orders/"),
}
"""Fields that hold names of resources, and what stands before the id."""


def infos(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return all that one kind of view may hold."""
    values: dict[str, st.SearchStrategy[Any]] = {}
    for field in msgspec.structs.fields(kind):
        if field.type is str:
            values[field.name] = TEXTS
        elif field.type is int:
            values[field.name] = TIMES if field.name.endswith("_ns") else NUMBERS
        elif field.name in {"reserved", "notional", "realised", "unrealised", "fees", "funding"}:
            values[field.name] = AMOUNTS
        elif field.name == "commission":
            values[field.name] = st.none() | AMOUNTS
        elif field.name == "doubt":
            values[field.name] = st.none() | DOUBTS
        else:
            values[field.name] = st.from_type(field.type)
    return st.builds(kind, **values)


def expected(info: Any, kind: type[Message], **more: str) -> Any:
    """Return the message of a view, field by field; `more` says what its names are."""
    message: Any = kind()
    for attribute in info.__struct_fields__:
        value = getattr(info, attribute)
        name, prefix = NAMES.get(attribute, (attribute, ""))
        if value is None or attribute == "is_flat" or (attribute == "client_order_id" and more):
            continue
        if attribute.endswith("_ns"):
            if value:
                field = getattr(message, f"{attribute[:-3]}_time")
                field.seconds, field.nanos = divmod(value, NS_PER_SECOND)
                field.SetInParent()
        elif isinstance(value, views.Amount):
            money = common_pb2.Money(amount=value.amount, currency=value.currency)
            getattr(message, name).CopyFrom(money)
        elif isinstance(value, views.DoubtInfo):
            message.doubt.operation = int(value.operation)
            message.doubt.since_time.FromNanoseconds(value.since_ns)
            message.doubt.attempts = value.attempts
        elif isinstance(value, Side):
            sides = {Side.BUY: common_pb2.SIDE_BUY, Side.SELL: common_pb2.SIDE_SELL}
            setattr(message, name, sides[value])
        elif isinstance(value, PositionEffect):
            setattr(message, name, value + 1)
        else:
            setattr(message, name, prefix + value if prefix and value else value)
    for name, value in more.items():
        setattr(message, name, value)
    return message


@given(infos(views.OrderInfo))
def test_an_order_has_every_field(info: views.OrderInfo) -> None:
    message = orders_pb2.Order.FromString(bodies.order(info))
    assert message == expected(info, orders_pb2.Order)


@given(infos(views.FillInfo))
def test_a_fill_has_every_field(info: views.FillInfo) -> None:
    name = f"orders/{info.client_order_id}"
    fill = events_pb2.Fill.FromString(bodies.fill(info))
    wanted = expected(info, events_pb2.Fill, name=f"{name}/fills/{info.trade_id}", order=name)
    assert fill == wanted


@given(infos(views.ReportInfo))
def test_a_report_has_every_field(info: views.ReportInfo) -> None:
    report = events_pb2.OrderReport.FromString(bodies.report(info))
    name = f"orders/{info.client_order_id}"
    assert report == expected(info, events_pb2.OrderReport, order=name)


@given(infos(views.PositionInfo))
def test_a_position_has_every_field(info: views.PositionInfo) -> None:
    name = f"strategies/{info.strategy_id}/positions/{info.instrument_id}"
    position = portfolio_pb2.Position.FromString(bodies.position(info))
    assert position == expected(info, portfolio_pb2.Position, name=name)


@pytest.mark.parametrize(
    "number", [0, 1, 127, 128, 16_383, 16_384, 2**21, 2**28, 2**31, 2**56, INT64_MAX, -1]
)
def test_numbers_are_written_as_protobuf_writes_them(number: int) -> None:
    message = events_pb2.StreamEventsResponse(sequence=number)
    assert (b"\x20" + varint(number) if number else b"") == message.SerializeToString()
