"""The server on its own: who may connect, what it answers, and what it does not put up with."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hexdesk.domain.market import MarketEvent, Quote
from hexdesk.domain.orders import AmendOrder, NewOrder
from hexdesk.domain.reports import OrderAccepted
from hexdesk.domain.values import (
    BUY,
    LIMIT,
    OrderType,
    PositionEffect,
    Side,
    TimeInForce,
)
from hexdesk.errors import ConfigError, VenueCredentialsError, VenuePermanentError
from hexdesk.plugin import Secret
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import START_NS, FakeClock
from hexdesk_sim.venue.wire import (
    ACCOUNT_HEADER,
    CLOSE_BAD_MESSAGE,
    CLOSE_IDLE,
    CLOSE_SLOW_READER,
    CLOSE_UNAUTHORIZED,
    SERVER_MESSAGES,
    Hello,
    Subscribe,
    Subscribed,
    Welcome,
    encode,
    read,
)
from tests.adapters.sim.venue.site import ACCOUNT, Site, eventually, make_server, running

ORDER = NewOrder("K1", "test", ACCOUNT, INSTRUMENT.id, BUY, LIMIT, LOT, START_NS, BID - 500)
HUGE = 10**40


@asynccontextmanager
async def client(site: Site, **headers: str) -> AsyncGenerator[aiohttp.ClientSession]:
    given_headers = {ACCOUNT_HEADER: ACCOUNT, **headers}
    async with aiohttp.ClientSession(site.url, headers=given_headers) as session:
        yield session


@asynccontextmanager
async def stream(site: Site, hello: Hello | None = None) -> AsyncGenerator[ClientConnection]:
    url = site.url.replace("http", "ws") + "/v1/stream"
    async with connect(url, proxy=None, compression=None, close_timeout=1) as socket:
        if hello is not None:
            await socket.send(encode(hello), text=True)
        yield socket


async def close_code(socket: ClientConnection) -> int | None:
    """Read to the end of a stream and return why it ended."""
    async with asyncio.timeout(10):
        while True:
            try:
                await socket.recv()
            except ConnectionClosed:
                return socket.close_code


async def test_every_query_is_answered() -> None:
    async with running() as site, client(site) as http:
        await http.post("/v1/orders", data=encode(ORDER))
        for path in (
            "/healthz", "/v1/time", "/v1/instruments", "/v1/orders?open", "/v1/orders/K1",
            "/v1/fills?since_ns=0", "/v1/positions", "/v1/balances",
        ):  # fmt: skip
            async with http.get(path) as answer:
                assert answer.status == 200, path
                assert answer.content_type == "application/json"
                assert isinstance(await answer.json(), list | dict)


async def test_an_order_is_accepted_found_amended_and_canceled() -> None:
    async with running() as site, client(site) as http:
        async with http.post("/v1/orders", data=encode(ORDER)) as answer:
            assert (await answer.json())["report"][:2] == ["accepted", "K1"]
        async with http.post("/v1/orders", data=encode(ORDER)) as answer:
            assert answer.status == 409
        amendment = AmendOrder("K1", 1, LOT, BID - 300, 0, START_NS)
        async with http.put("/v1/orders/K1", data=encode(amendment)) as answer:
            assert (await answer.json())["report"][:3] == ["updated", "K1", 1]
        async with http.delete("/v1/orders/K1?request_id=2") as answer:
            assert (await answer.json())["report"][:2] == ["canceled", "K1"]
        async with http.get("/v1/orders/K2") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/orders", b""),
        ("POST", "/v1/orders", b"{}"),
        ("POST", "/v1/orders", b"[" * 5_000),
        ("POST", "/v1/orders", b"\xff\xfe"),
        ("POST", "/v1/orders", encode(msgspec.structs.replace(ORDER, client_order_id="a b"))),
        ("POST", "/v1/orders", encode(msgspec.structs.replace(ORDER, account_id="other"))),
        ("POST", "/v1/orders", encode(msgspec.structs.replace(ORDER, quantity=0))),
        ("POST", "/v1/orders", encode(msgspec.structs.replace(ORDER, quantity=HUGE))),
        ("POST", "/v1/orders", encode(msgspec.structs.replace(ORDER, price=-1))),
        ("PATCH", "/v1/orders/K1", encode(AmendOrder("K2", 1, 1, 1, 0, 1))),
        ("PATCH", "/v1/orders/K1", encode(AmendOrder("K1", 1, -1, 1, 0, 1))),
        ("DELETE", "/v1/orders/K1?request_id=x", b""),
        ("GET", "/v1/orders", b""),
        ("GET", "/v1/fills?since_ns=-1", b""),
        ("POST", "/v1/market", b'[["quote","NONE.X",1,1,2,1,0,0]]'),
        ("POST", "/v1/market", b'[["quote","TEST-PERP.ACME",-5,1,2,1,0,0]]'),
        ("POST", "/v1/market", b'[["trade","TEST-PERP.ACME",0,1,1,"t",0,0]]'),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    method: str, path: str, body: bytes
) -> None:
    async with running() as site, client(site) as http:
        async with http.request(method, path, data=body) as answer:
            assert answer.status == 400
            problem = await answer.json()
        assert problem["type"] == "problem"
        assert problem["code"]
        assert problem["text"]
        assert site.server.house.account(ACCOUNT).sequence == 0


async def test_an_order_without_account_is_refused() -> None:
    async with (
        running() as site,
        aiohttp.ClientSession(site.url) as http,
        http.post("/v1/orders", data=encode(ORDER)) as answer,
    ):
        assert answer.status == 400


async def test_accounts_are_limited() -> None:
    async with running(accounts_max=1) as site, client(site) as http:
        assert (await http.get("/v1/positions")).status == 200
        async with http.get("/v1/positions", headers={ACCOUNT_HEADER: "other"}) as answer:
            assert answer.status == 403


async def test_a_long_message_is_refused() -> None:
    async with running(message_bytes_max=1_024) as site, client(site) as http:
        async with http.post("/v1/orders", data=b"[" + b" " * 2_000 + b"]") as answer:
            assert answer.status == 413
        async with stream(site, Hello(account="a" * 2_000)) as socket:
            assert await close_code(socket) == 1009


async def test_connections_are_limited() -> None:
    async with (
        running(connections_max=2) as site,
        stream(site),
        stream(site),
        client(site) as http,
        http.get("/healthz") as answer,
    ):
        assert answer.status == 503
        assert (await answer.json())["code"] == "VENUE_RATE"


async def test_pages_of_a_browser_have_no_access() -> None:
    async with running() as site, client(site, Origin="http://evil.example") as http:
        assert (await http.get("/v1/positions")).status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect("/v1/stream")


async def test_strangers_need_the_token(tmp_path: Path) -> None:
    place = tmp_path / "token"
    place.write_text("open sesame\n")
    wrong = tmp_path / "wrong"
    wrong.write_text(guess := "open barley")
    token = Secret(f"file:{place}")
    async with running(token=token) as site:
        async with client(site) as http:
            assert (await http.get("/v1/positions")).status == 401
            assert (await http.get("/healthz")).status == 200
        async with stream(site, Hello(account=ACCOUNT, token=guess)) as socket:
            assert await close_code(socket) == CLOSE_UNAUTHORIZED
        async with site.desk(token=token) as desk:
            desk.submit()
            await desk.has(OrderAccepted)
        with pytest.raises(VenueCredentialsError):
            async with site.desk(token=Secret(f"file:{wrong}")):
                pass
        feed = site.feed(token=Secret(f"file:{wrong}"))
        with pytest.raises(VenueCredentialsError):
            await feed.connect(lambda _event: None)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "192.0.2.1:8765", "[::]:0", "example.org:80"])
def test_it_listens_beyond_this_machine_only_when_asked_to(listen: str) -> None:
    with pytest.raises(ConfigError, match="allow_remote"):
        make_server(FakeClock(), listen=listen)
    with pytest.raises(ConfigError, match="allow_remote"):
        make_server(FakeClock(), listen=listen, allow_remote=True)
    make_server(FakeClock(), listen=listen, allow_remote=True, token=Secret("env:TOKEN"))


async def test_an_address_that_is_taken_is_an_error() -> None:
    async with running() as site:
        other = make_server(FakeClock(), listen=site.server.address)
        with pytest.raises(OSError, match="in use"):
            await other.start()
        await other.stop()


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b'{"type":"hello","after":"x"}', b'{"type":"shout"}',
     b'{"type":"subscribe","request_id":1,"instrument_ids":[]}'],
)  # fmt: skip
async def test_a_stream_that_does_not_begin_with_hello_is_closed(data: bytes) -> None:
    async with running() as site, stream(site) as socket:
        await socket.send(data, text=True)
        assert await close_code(socket) == CLOSE_BAD_MESSAGE


async def test_a_silent_client_is_taken_for_dead() -> None:
    async with running(idle_ms=50) as site, stream(site, Hello()) as socket:
        assert await close_code(socket) == CLOSE_IDLE


async def test_a_client_that_pings_is_not() -> None:
    # Far apart: both ends share this loop, which a busy machine may hold up.
    async with running(idle_ms=2_000, heartbeat_ms=50) as site, site.desk() as desk:
        await asyncio.sleep(2.5)
        desk.submit()
        await desk.has(OrderAccepted)


async def test_a_slow_reader_is_disconnected_with_a_reason() -> None:
    async with running(backlog_max=100) as site, stream(site, Hello()) as socket:
        assert isinstance(read(SERVER_MESSAGES, await socket.recv()), Welcome)
        subscribe = Subscribe(request_id=1, instrument_ids=[INSTRUMENT.id, "NONE.X"])
        await socket.send(encode(subscribe), text=True)
        answer = read(SERVER_MESSAGES, await socket.recv())
        assert isinstance(answer, Subscribed)
        assert answer.unknown == ["NONE.X"]
        for _ in range(102):  # at once: nothing can be sent meanwhile
            site.quote()
        assert await close_code(socket) == CLOSE_SLOW_READER


async def test_a_client_that_stops_reading_is_let_go() -> None:
    url = "/v1/stream"
    async with (
        running(backlog_max=500) as site,
        connect(
            site.url.replace("http", "ws") + url,
            proxy=None,
            compression=None,
            max_queue=1,
            ping_interval=None,
            close_timeout=1,
        ) as socket,
        site.desk() as desk,
    ):
        await socket.send(encode(Hello()), text=True)
        subscribe = Subscribe(request_id=1, instrument_ids=[INSTRUMENT.id])
        await socket.send(encode(subscribe), text=True)
        while site.server.stream_count > 1:  # nobody reads: buffers fill, then the queue
            for _ in range(400):
                site.quote()
            await asyncio.sleep(0)
        order = ORDER.client_order_id
        desk.submit(order_id=order)
        await desk.has(OrderAccepted)


async def test_a_slow_account_loses_its_stream_but_no_report() -> None:
    async with running(backlog_max=10) as site:
        async with stream(site, Hello(account=ACCOUNT)) as socket:
            assert isinstance(read(SERVER_MESSAGES, await socket.recv()), Welcome)
            for number in range(12):
                order = msgspec.structs.replace(ORDER, client_order_id=f"K{number}")
                site.server.house.submit(order)
            assert await close_code(socket) == CLOSE_SLOW_READER
        hello = Hello(account=ACCOUNT, epoch=site.server.house.epoch, after=0)
        async with stream(site, hello) as socket:
            welcome = read(SERVER_MESSAGES, await socket.recv())
            assert isinstance(welcome, Welcome)
            assert (welcome.is_complete, welcome.sequence) == (True, 0)
            reports = msgspec.json.decode(await socket.recv())["reports"]
            assert len(reports) == 12


async def test_faults_are_set_only_where_allowed() -> None:
    faults = b'[{"action":"drop_answer","nth":2,"request":"submit"}]'
    async with running() as site, client(site) as http:
        assert (await http.post("/v1/admin/faults", data=faults)).status == 404
    async with running(admin=True) as site, client(site) as http:
        assert (await http.post("/v1/admin/faults", data=b'[{"action":"x"}]')).status == 400
        assert (await http.post("/v1/admin/faults", data=faults)).status == 200
        assert (await http.post("/v1/orders", data=encode(ORDER))).status == 200
        second = msgspec.structs.replace(ORDER, client_order_id="K2")
        with pytest.raises(aiohttp.ClientError):
            await http.post("/v1/orders", data=encode(second))
        assert (await http.get("/v1/orders/K2")).status == 200


async def test_a_client_may_move_the_market_only_where_the_venue_does_not() -> None:
    events = b'[["quote","TEST-PERP.ACME",99000,100,99010,100,0,0]]'
    async with running() as site, client(site) as http:
        assert (await http.post("/v1/market", data=events)).status == 200
        book = site.server.house.venue.book(INSTRUMENT.id)
        assert book is not None
        assert book.market.mark == 99_005
        rate = b'[["funding","TEST-PERP.ACME",-100000,0,0]]'
        assert (await http.post("/v1/market", data=rate)).status == 200, "it may be below 0"
    async with running(market="walk") as site, client(site) as http:
        assert (await http.post("/v1/market", data=events)).status == 409


async def test_the_walk_stands_still_while_it_is_held() -> None:
    async with running(market="walk", step_ms=1, admin=True) as site, client(site) as http:
        heard: list[MarketEvent] = []
        site.server.house.listen(INSTRUMENT.id, heard.append, latest=False)
        await eventually(lambda: heard, "the walk moves")
        assert (await http.post("/v1/admin/hold")).status == 200
        heard.clear()
        for _ in range(5):  # a step is due every millisecond
            assert (await http.get("/v1/positions")).status == 200
            await asyncio.sleep(0.002)
        assert not heard
        assert (await http.post("/v1/admin/release")).status == 200
        await eventually(lambda: heard, "the walk moves again")
    async with running(market="walk") as site, client(site) as http:
        assert (await http.post("/v1/admin/hold")).status == 404


async def test_the_walk_moves_the_market() -> None:
    async with running(market="walk", step_ms=1) as site:
        events: list[object] = []
        feed = site.feed()
        await feed.connect(events.append)
        await feed.subscribe([INSTRUMENT.id])
        await eventually(lambda: len(events) > 5, "quotes come")
        await feed.close()


async def test_a_host_may_play_a_recording() -> None:
    async with running() as site:
        events: list[MarketEvent] = []
        site.server.house.listen(INSTRUMENT.id, events.append, latest=False)
        recorded = [
            Quote(instrument_id, BID + number, SIZE, ASK + number, SIZE, number, number)
            for number in range(200)
            for instrument_id in (INSTRUMENT.id, "NONE.X")
        ]
        site.server.play(recorded, speed=0)
        await eventually(lambda: len(events) == 200, "all of the listed instrument are played")
        assert events[0].ts_init == site.clock.now_ns()
    async with running(market="walk") as site:
        with pytest.raises(ConfigError, match="pushed"):
            site.server.play([])


async def test_a_desk_that_nets_otherwise_is_refused() -> None:
    async with running(position_mode="hedging") as site:
        with pytest.raises(VenuePermanentError, match="hedging"):
            async with site.desk():
                pass


async def test_a_desk_whose_integers_mean_something_else_is_refused() -> None:
    async with running() as site:
        other = msgspec.structs.replace(INSTRUMENT, price_scale=2)
        with pytest.raises(VenuePermanentError, match="price_scale is 1 at the venue, 2 here"):
            async with site.desk(known=other):
                pass


NUMBERS = st.integers() | st.sampled_from([0, 1, LOT, BID, ASK, HUGE, -HUGE, 2**63])
ORDERS = st.builds(
    NewOrder,
    client_order_id=st.from_regex(r"[A-Za-z0-9]{1,32}", fullmatch=True),
    strategy_id=st.text(max_size=5),
    account_id=st.just(ACCOUNT),
    instrument_id=st.sampled_from([INSTRUMENT.id, "NONE.X", ""]),
    side=st.sampled_from(Side),
    order_type=st.sampled_from(OrderType),
    quantity=NUMBERS,
    ts_init=NUMBERS,
    price=NUMBERS,
    trigger_price=NUMBERS,
    trailing_offset=NUMBERS,
    time_in_force=st.sampled_from(TimeInForce),
    expire_ns=NUMBERS,
    post_only=st.booleans(),
    reduce_only=st.booleans(),
    position_effect=st.sampled_from(PositionEffect),
    display_quantity=NUMBERS,
)


@settings(max_examples=20, deadline=None)
@given(bodies=st.lists(ORDERS.map(encode) | st.binary(max_size=100), min_size=10, max_size=20))
def test_no_order_breaks_the_server(bodies: list[bytes]) -> None:
    async def send() -> None:
        async with running() as site, client(site) as http:
            for body in bodies:
                async with http.post("/v1/orders", data=body) as answer:
                    assert answer.status in {200, 400, 409}, (body, await answer.text())
            site.quote(BID + 50)
            site.quote(BID - 50)

    asyncio.run(send())
