"""The OpenAPI document: valid, whole, and what the server does."""

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from hexdesk_grpc.http.openapi import document
from tests.adapters.grpc.http.rig import http_served
from tests.adapters.grpc.http.test_binding import BINDINGS


def made() -> dict[str, Any]:
    return document(BINDINGS, "0.1.0")


def test_it_is_valid() -> None:
    """E16: the interface documents itself."""
    validate(made(), cls=OpenAPIV31SpecValidator)


def test_every_method_stands_in_it() -> None:
    found = [
        operation["operationId"]
        for verbs in made()["paths"].values()
        for operation in verbs.values()
    ]
    assert sorted(found) == sorted(binding.name.replace(".", "_") for binding in BINDINGS)


def test_a_call_is_told_whole() -> None:
    document = made()
    amend = document["paths"]["/v1/orders/{orders_id}:amend"]["post"]
    names = [each["name"] for each in amend["parameters"]]
    assert names == ["orders_id", "Idempotency-Key"]
    body = document["components"]["schemas"]["AmendOrderRequest"]["properties"]
    assert "name" not in body
    assert body["quantity"] == {"type": "string"}
    order = document["components"]["schemas"]["Order"]["properties"]
    assert order["create_time"] == {"type": "string", "format": "date-time", "readOnly": True}
    listing = document["paths"]["/v1/orders"]["get"]
    assert "page_size" in [each["name"] for each in listing["parameters"]]
    events = document["paths"]["/v1/events:stream"]["get"]["responses"]["200"]["content"]
    assert set(events) == {"application/x-ndjson", "text/event-stream"}


async def test_it_is_served() -> None:
    async with http_served() as rig:
        status, found = await rig.get("/openapi.json")
        assert (status, found["openapi"]) == (200, "3.1.0")
        assert found["paths"] == made()["paths"]
