"""Paths, queries and bodies become messages; pure."""

from contextlib import suppress
from typing import Any, cast

import msgspec
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.ports.control import ControlError, Reason
from hexdesk_api.v1 import market_data_pb2, orders_pb2
from hexdesk_grpc.http.binding import Binding, bindings_of, read_request
from hexdesk_grpc.server import FILES

METHODS = {
    f"{service.name}.{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
BINDINGS = [binding for method in METHODS.values() for binding in bindings_of(method)]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def binding(name: str) -> Binding:
    (found,) = bindings_of(METHODS[name])
    return found


def test_every_method_has_a_path_of_its_own() -> None:
    assert {each.name for each in BINDINGS} == set(METHODS)
    assert len({(each.verb, each.route) for each in BINDINGS}) == len(BINDINGS)


def test_a_method_without_annotation_is_called_by_its_full_name() -> None:
    file = descriptor_pb2.FileDescriptorProto(
        name="acme.proto",
        package="acme.v1",
        message_type=[descriptor_pb2.DescriptorProto(name="Ping")],
        service=[
            descriptor_pb2.ServiceDescriptorProto(
                name="Echo",
                method=[
                    descriptor_pb2.MethodDescriptorProto(
                        name="Say", input_type=".acme.v1.Ping", output_type=".acme.v1.Ping"
                    )
                ],
            )
        ],
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    method = pool.FindMethodByName("acme.v1.Echo.Say")
    (found,) = bindings_of(method)
    assert (found.verb, found.route, found.body) == ("POST", "/acme.v1.Echo/Say", "*")


def test_a_variable_of_the_path_is_one_name() -> None:
    cancel = binding("OrderService.CancelOrder")
    assert cancel.route == "/v1/{p0:orders/[^/:]+}:cancel"
    message = read_request(cancel, {"p0": "orders/a"}, [], b'{"dryRun": true}')
    assert message == orders_pb2.CancelOrderRequest(name="orders/a", dry_run=True)


def test_the_path_says_what_is_meant_whatever_the_body_says() -> None:
    cancel = binding("OrderService.CancelOrder")
    message = read_request(cancel, {"p0": "orders/a"}, [], b'{"name": "orders/b"}')
    assert message == orders_pb2.CancelOrderRequest(name="orders/a")


def test_a_query_has_types() -> None:
    listing = binding("OrderService.ListOrders")
    query = [
        ("page_size", "7"),
        ("openOnly", "true"),
        ("statuses", "ORDER_STATUS_ACCEPTED"),
        ("statuses", "ORDER_STATUS_FILLED"),
        ("start_time", "2026-11-21T00:00:00.000000001Z"),
    ]
    message = read_request(listing, {}, query, b"")
    assert isinstance(message, orders_pb2.ListOrdersRequest)
    assert (message.page_size, message.open_only, len(message.statuses)) == (7, True, 2)
    assert message.start_time.nanos == 1
    stream = binding("MarketDataService.StreamMarkets")
    nested = read_request(stream, {}, [("interval", "0.5s")], b"")
    assert isinstance(nested, market_data_pb2.StreamMarketsRequest)
    assert nested.interval.nanos == 500_000_000


@pytest.mark.parametrize(
    "query",
    [[("x", "1")], [("page_size.x", "1")], [("page_size", "many")], [("", "1")], [("...", "1")],
     [("start_time.seconds", "1")], [("open_only", "1"), ("open_only", "1")]],
)  # fmt: skip
def test_a_query_that_fits_no_field_is_refused(query: list[tuple[str, str]]) -> None:
    with pytest.raises(ControlError) as caught:
        read_request(binding("OrderService.ListOrders"), {}, query, b"")
    assert caught.value.reason is Reason.FIELD_INVALID


@given(st.sampled_from(BINDINGS), st.binary(max_size=40) | JSON_VALUES, st.data())
def test_whatever_is_sent_is_a_message_or_a_refusal(
    each: Binding, body: Any, data: st.DataObject
) -> None:
    keys = st.sampled_from([field.name for field in each.method.input_type.fields] or ["x"])
    query = data.draw(st.lists(st.tuples(keys | st.text(max_size=5), st.text(max_size=5))))
    if isinstance(body, dict):
        body = {**cast("dict[str, Any]", body), data.draw(keys): data.draw(JSON_VALUES)}
    sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
    path = {f"p{number}": "orders/a" for number in range(len(each.fields))}
    with suppress(ControlError):  # any other error is a bug
        query = [] if each.body else query
        message = read_request(each, path, query, sent if each.body else b"")
        assert message.DESCRIPTOR is each.method.input_type
