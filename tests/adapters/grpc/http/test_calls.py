"""JSON over HTTP, by a real client: paths, refusals, limits, and who may call."""

import asyncio
import json
import re
from typing import Any

import aiohttp
import grpc
import msgspec
import pytest
from grpc import StatusCode

from hexdesk.errors import ConfigError
from hexdesk.ports.control_requests import GetOrder
from hexdesk.testing.archive import FakeArchive
from hexdesk_api.v1 import orders_pb2, orders_pb2_grpc
from hexdesk_grpc.errors import CODES
from hexdesk_grpc.http.answering import HTTP_STATUSES
from hexdesk_grpc.http.settings import HttpSettings
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.http.rig import HttpRig, http_served, reason_of, remedies_of
from tests.adapters.grpc.http.test_binding import BINDINGS
from tests.adapters.grpc.rig import INSTRUMENT
from tests.core.application.control.rig import ADMIN

BUY = {
    "instrument": INSTRUMENT,
    "side": "SIDE_BUY",
    "order_type": "ORDER_TYPE_LIMIT",
    "quantity": "1",
    "price": "9990.5",
}
DESK_EVENTS = "/v1/events:stream?kinds=EVENT_KIND_DESK"


async def test_an_orders_whole_life() -> None:
    """E16, E30: orders, positions, strategies and history by plain HTTP."""
    async with http_served() as rig:
        status, made = await rig.post("/v1/orders", {"order": BUY})
        assert (status, made["price"], made["status"]) == (200, "9990.5", "ORDER_STATUS_SUBMITTED")
        order_id = made["name"].removeprefix("orders/")
        rig.accept(order_id)
        status, amended = await rig.post(f"/v1/{made['name']}:amend", {"quantity": "2"})
        assert (status, amended["status"]) == (200, "ORDER_STATUS_PENDING_REPLACE")
        rig.confirm(rig.amends[0])
        rig.fill(order_id, 500, trade_id="T/1")
        assert (await rig.post(f"/v1/{made['name']}:cancel"))[0] == 200
        rig.canceled(order_id)
        now = (await rig.get(f"/v1/{made['name']}"))[1]
        assert (now["life"], now["cum_qty"]) == ("ORDER_STATUS_CANCELED", "0.5")
        listed = await rig.get("/v1/orders?page_size=1&open_only=false&strategy=")
        assert [each["name"] for each in listed[1]["orders"]] == [made["name"]]
        fills = await rig.get("/v1/fills", params={"order": made["name"]})
        assert [each["last_qty"] for each in fills[1]["fills"]] == ["0.5"]
        position = (await rig.get("/v1/positions"))[1]["positions"][0]
        assert (await rig.get(f"/v1/{position['name']}"))[1] == position
        assert len((await rig.get(f"/v1/{made['name']}:timeline"))[1]["reports"]) == 7


async def test_an_order_is_found_over_both_doors_after_the_desk_forgot_it() -> None:
    async with http_served() as rig:
        order = await rig.control.ask(ADMIN, GetOrder(client_order_id=rig.life()))
        archive = rig.runtime.archive = FakeArchive()
        archive.kept_orders = [msgspec.structs.replace(order, client_order_id="hdpast")]
        status, found = await rig.get("/v1/orders/hdpast")
        assert (status, found["name"], found["cum_qty"]) == (200, "orders/hdpast", "1")
        assert await rig.get("/v1/orders/hdpast:timeline") == (200, {"reports": []})
        server = rig.make_server(GrpcSettings(listen="127.0.0.1:0"))
        await server.start()
        async with grpc.aio.insecure_channel(server.address) as channel:
            orders = orders_pb2_grpc.OrderServiceStub(channel)
            shown = await orders.GetOrder(orders_pb2.GetOrderRequest(name="orders/hdpast"))
        await server.stop()
        assert (shown.name, shown.cum_qty) == ("orders/hdpast", "1")


async def test_strategies_are_looked_at_and_paused() -> None:
    """E16, E30: the desk and its strategies."""
    async with http_served() as rig:
        assert (await rig.get("/v1/desk"))[1]["name"] == "desk"
        names = [each["name"] for each in (await rig.get("/v1/strategies"))[1]["strategies"]]
        assert names[:2] == ["strategies/a", "strategies/b"]
        paused = await rig.post("/v1/strategies/a:pause", {"reason": "lunch"})
        assert (paused[0], paused[1]["entries_allowed"]) == (200, False)
        assert (await rig.post("/v1/desk:halt"))[1]["state"] == "STATE_HALTED"


async def test_the_idempotency_key_may_be_a_header() -> None:
    async with http_served() as rig:
        key = {"Idempotency-Key": "k-1"}
        first = await rig.post("/v1/orders", {"order": BUY}, headers=key)
        again = await rig.post("/v1/orders", {"order": BUY, "request_id": "k-1"}, headers=key)
        assert first == again
        other = await rig.post("/v1/orders", {"order": BUY | {"quantity": "2"}}, headers=key)
        assert (other[0], reason_of(other[1])) == (409, "REQUEST_ID_REUSED")
        both = await rig.post("/v1/orders", {"order": BUY, "request_id": "x"}, headers=key)
        assert (both[0], reason_of(both[1])) == (400, "FIELD_INVALID")
        assert len(rig.sent) == 1


async def test_a_refusal_is_a_status_with_its_details() -> None:
    async with http_served() as rig:
        status, error = await rig.get("/v1/orders/none")
        assert (status, error["code"], reason_of(error)) == (404, 5, "RESOURCE_UNKNOWN")
        assert remedies_of(error) == ["hexdesk orders shows those that are there"]
        rearm = await rig.post("/v1/risk:rearm")
        assert (rearm[0], reason_of(rearm[1])) == (400, "FIELD_INVALID")
        fields = [each for each in rearm[1]["details"] if "field_violations" in each]
        assert fields[0]["field_violations"][0]["field"] == "reason"


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("GET", "/v1/nothing", None, 404),
        ("GET", "/v1/orders/a/b", None, 404),
        ("DELETE", "/v1/desk", None, 405),
        ("GET", "/v1/orders?pages=1", None, 400),
        ("GET", "/v1/orders?page_size=1&page_size=2", None, 400),
        ("GET", "/v1/orders?open_only=maybe", None, 400),
        ("GET", "/v1/desk", b"{}", 400),
        ("POST", "/v1/desk:halt?reason=x", b"{}", 400),
        ("POST", "/v1/desk:halt", b"[]", 400),
        ("POST", "/v1/desk:halt", b"{", 400),
        ("POST", "/v1/desk:halt", b'{"reasons": ""}', 400),
        ("POST", "/v1/desk:halt", b'{"reason": 1}', 400),
        ("POST", "/v1/desk:halt", b"[" * 10_000, 400),
        ("GET", "/v1/approvals/none", None, 404),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    verb: str, path: str, body: bytes | None, status: int
) -> None:
    async with http_served() as rig:
        headers = {"Content-Type": "application/json"}
        answered, error = await rig.call(verb, path, data=body, headers=headers)
        assert (answered, bool(error["message"])) == (status, True)
        assert not rig.desk.execution.halted


async def test_a_body_that_is_too_large_is_refused() -> None:
    async with http_served(HttpSettings(listen="127.0.0.1:0", body_bytes_max=100)) as rig:
        status, error = await rig.post("/v1/desk:halt", {"reason": "x" * 200})
        assert (status, reason_of(error)) == (413, "LIMIT_REACHED")


async def test_what_no_page_may_do() -> None:
    """A page in a browser on this machine cannot act in its user's name."""
    async with http_served() as rig:
        for headers in (
            {"Origin": "https://evil.example"},
            {"Host": "evil.example"},
            {"Content-Type": "text/plain"},
        ):
            async with rig.session.post("/v1/desk:halt", data=b"{}", headers=headers) as answer:
                assert answer.status == 400
        own = {"Origin": f"http://{rig.http.address}"}
        assert not rig.desk.execution.halted
        assert (await rig.post("/v1/desk:halt", headers=own))[0] == 200


async def test_a_token_is_asked_for_and_its_scopes_hold() -> None:
    async with http_served() as rig:
        scopes = ["SCOPE_READ", "SCOPE_TRADE", "SCOPE_RISK", "SCOPE_ADMIN"]
        made = (await rig.post("/v1/tokens", {"token_id": "ann", "scopes": scopes}))[1]
        ann = {"Authorization": f"Bearer {made['secret']}"}
        reader = {"token_id": "bob", "scopes": ["SCOPE_READ"], "ttl": "3600s"}
        bob_secret = (await rig.post("/v1/tokens", reader, headers=ann))[1]["secret"]
        bob = {"Authorization": f"Bearer {bob_secret}"}
        async with rig.session.get("/v1/desk") as answer:
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await rig.get("/v1/desk", headers=bob))[0] == 200
        halt = await rig.post("/v1/desk:halt", headers=bob)
        assert (halt[0], reason_of(halt[1])) == (403, "SCOPE_MISSING")
        assert (await rig.get("/v1/desk", headers={"Authorization": "Basic x"}))[0] == 401
        caller = (await rig.get("/v1/caller", headers=bob))[1]
        assert (caller["subject"], caller["peer"][:15]) == ("bob", "ipv4:127.0.0.1:")
        assert (await rig.get("/healthz"))[0] == 200


async def test_without_trust_in_this_machine_a_token_is_needed_from_the_start() -> None:
    settings = HttpSettings(listen="127.0.0.1:0", anonymous=False)
    async with http_served(settings) as rig:
        assert (await rig.get("/v1/desk"))[0] == 401
        assert (await rig.get("/readyz"))[0] == 200


async def test_readiness_follows_the_desk() -> None:
    async with http_served() as rig:
        assert await rig.get("/healthz") == (200, {"status": "ok"})
        assert await rig.get("/readyz") == (200, {"ready": True, "state": "running"})
        rig.runtime.is_stopping = True
        assert await rig.get("/readyz") == (503, {"ready": False, "state": "stopping"})


async def snapshot(stream: aiohttp.ClientResponse) -> str:
    """Read a stream up to the end of its snapshot; return the token that goes on from there."""
    while True:
        line = await stream.content.readline()
        found: dict[str, Any] = json.loads(line.removeprefix(b"data: ")) if b"{" in line else {}
        if found.get("snapshot", {}).get("complete"):
            return str(found["resume_token"])


async def events(stream: aiohttp.ClientResponse) -> list[dict[str, Any]]:
    """Return the next events."""
    while True:
        line = await stream.content.readline()
        if b"{" in line:
            found: list[dict[str, Any]] = json.loads(line.removeprefix(b"data: "))["events"]
            return found


async def test_events_come_as_lines() -> None:
    """E17: what happens is pushed, over plain HTTP, too."""
    async with http_served() as rig, rig.session.get(DESK_EVENTS) as stream:
        assert stream.content_type == "application/x-ndjson"
        await snapshot(stream)
        await rig.post("/v1/desk:halt", {"reason": "drill"})
        assert (await events(stream))[0]["desk"]["halt_reason"] == "drill"


async def test_events_resume_as_a_browser_does_it() -> None:
    """Server-sent events: the id of the last one goes on where it ended."""
    async with http_served() as rig:
        accept = {"Accept": "text/event-stream"}
        async with rig.session.get(DESK_EVENTS, headers=accept) as stream:
            assert stream.content_type == "text/event-stream"
            token = await snapshot(stream)
        await rig.post("/v1/desk:halt", {"reason": "drill"})
        resumed = accept | {"Last-Event-ID": token}
        async with rig.session.get(DESK_EVENTS, headers=resumed) as stream:
            assert (await stream.content.readline()).startswith(b"id: ")
            assert (await events(stream))[0]["desk"]["halt_reason"] == "drill"


async def test_a_stream_is_refused_with_a_status() -> None:
    async with http_served(HttpSettings(listen="127.0.0.1:0", streams_max=1)) as rig:
        wrong = await rig.get("/v1/events:stream?strategy=strategies/none")
        assert (wrong[0], reason_of(wrong[1])) == (404, "RESOURCE_UNKNOWN")
        async with rig.session.get("/v1/events:stream") as stream:
            await stream.content.readline()
            second = await rig.get("/v1/events:stream")
            assert (second[0], reason_of(second[1])) == (429, "LIMIT_REACHED")


async def test_a_stream_hears_that_the_desk_stops() -> None:
    async with http_served() as rig, rig.session.get("/v1/markets:stream?interval=0.01s") as stream:
        await asyncio.gather(stream.content.readline(), rig.http.stop())
        last = (await stream.content.read()).splitlines()[-1]
        assert reason_of(json.loads(last)["error"]) == "DESK_STOPPING"


async def test_too_many_calls_at_once_are_refused() -> None:
    settings = HttpSettings(listen="127.0.0.1:0", calls_max=1)
    async with http_served(settings) as rig, rig.session.get("/v1/events:stream") as stream:
        await stream.content.readline()
        refused = await rig.get("/v1/desk")
        assert (refused[0], reason_of(refused[1])) == (429, "LIMIT_REACHED")
        assert (await rig.get("/readyz"))[0] == 200


async def test_a_body_that_does_not_come_ends_at_the_deadline() -> None:
    async with http_served(HttpSettings(listen="127.0.0.1:0", deadline_s=0.05)) as rig:
        host, _, port = rig.http.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v1/desk:halt HTTP/1.1\r\nHost: {rig.http.address}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n")
        assert b" 504 " in answer
        writer.close()


def test_only_this_machine_is_listened_to_without_tls() -> None:
    for listen in ("0.0.0.0:0", "[::]:0", "127.0.0.1", "127.0.0.1:99999"):
        with pytest.raises(ConfigError):
            HttpRig("a").make_http(HttpSettings(listen=listen))


def test_every_code_of_a_refusal_has_a_status() -> None:
    assert set(CODES.values()) | {StatusCode.INTERNAL, StatusCode.DEADLINE_EXCEEDED} <= set(
        HTTP_STATUSES
    )


async def test_a_bug_is_told_by_its_number_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with http_served() as rig:

        async def fail(*_: object) -> None:
            raise ZeroDivisionError("a secret")

        monkeypatch.setattr(rig.control, "ask", fail)
        status, error = await rig.get("/v1/desk")
        assert (status, reason_of(error)) == (500, "BUG")
        assert "secret" not in json.dumps(error)


async def test_an_address_that_is_taken_says_so() -> None:
    async with http_served() as rig:
        second = rig.make_http(HttpSettings(listen=rig.http.address))
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        await second.stop()


async def test_a_client_that_goes_frees_its_stream() -> None:
    async with http_served(HttpSettings(listen="127.0.0.1:0", streams_max=1)) as rig:
        for _ in range(3):
            async with aiohttp.ClientSession(f"http://{rig.http.address}") as session:
                stream = await session.get("/v1/events:stream")
                assert stream.status == 200
                await stream.content.readline()
                stream.close()
            async with asyncio.timeout(10):
                while rig.http.stream_count:  # noqa: ASYNC110 - nobody tells when it notices
                    await asyncio.sleep(0.002)


async def test_every_method_is_reached_and_none_meets_a_bug() -> None:
    async with http_served() as rig:
        for binding in BINDINGS:
            if binding.method.server_streaming:
                continue
            path = re.sub(r"\{\w+=([^}]+)\}", lambda found: found[1].replace("*", "none"),
                          binding.template)  # fmt: skip
            says = "dry_run" in binding.method.input_type.fields_by_name
            body = {"json": {"dry_run": True} if says else {}} if binding.body else {}
            status, error = await rig.call(binding.verb, path, **body)
            assert status in {200, 400, 404, 501}, (binding.name, error)
        assert not rig.sent


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Host: [::1", b""),
        (b"Host: localhost:99999999", b""),
        (b"Host: localhost\r\nAuthorization: Bearer \xff\xfe", b""),
        (b"Host: localhost\r\nIdempotency-Key: \xff", b"{}"),
        (b"Host: localhost\r\nContent-Encoding: gzip", b"abc"),
        (b"Host: localhost\r\nX: " + b"a" * 20_000, b""),
        (b"Host: localhost", b"\xff{}"),
        (b"Host: localhost\r\nTransfer-Encoding: chunked", b"zz\r\n"),
    ],
)
async def test_what_no_client_would_send_is_answered_and_not_logged(
    head: bytes, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with http_served() as rig:
        host, _, port = rig.http.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        lines = [b"POST /v1/desk:halt HTTP/1.1", head, b"Content-Type: application/json"]
        if b"chunked" not in head:
            lines.append(b"Content-Length: %d" % len(body))
        writer.write(b"\r\n".join([*lines, b"", body]))
        status = await asyncio.wait_for(reader.readline(), 10)
        assert status.split()[1] in {b"200", b"400", b"401"}
        assert not caplog.records
        writer.close()
