"""The OpenAPI document: valid, whole, and what the server does."""

import re
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
    assert body["quantity"]["type"] == "string"
    assert "decimal" in body["quantity"]["description"], "the contract's comments stand in it"
    assert "Scope: trade" in amend["description"]
    order = document["components"]["schemas"]["Order"]["properties"]
    made_at = order["create_time"]
    assert (made_at["format"], made_at["readOnly"]) == ("date-time", True)
    listing = document["paths"]["/v1/orders"]["get"]
    assert "page_size" in [each["name"] for each in listing["parameters"]]
    events = document["paths"]["/v1/events:stream"]["get"]["responses"]["200"]["content"]
    assert set(events) == {"application/x-ndjson", "text/event-stream"}


async def test_it_is_served() -> None:
    async with http_served() as rig:
        status, found = await rig.get("/openapi.json")
        assert (status, found["openapi"]) == (200, "3.1.0")
        assert found["paths"] == made()["paths"]


async def test_a_page_for_people_shows_every_method_and_loads_nothing() -> None:
    """E16: a documentation page of its own, from the desk itself."""
    async with http_served() as rig, rig.session.get("/docs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        page = await answer.text()
        assert all(binding.method.name in page for binding in BINDINGS)
        assert "/v1/orders/{orders_id}:cancel" in page
        assert "FIX 44" in page
        assert not re.search(r"src=|<link|@import|<script|https?://", page)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
