"""A real server on a free port, real clients, a wire that can be cut, and time that stands."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Self

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.links import LinkState, LinkStatus
from hexdesk.domain.market import MarketEvent, Quote
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import BrokerContext, FeedContext, ServerContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.market_data import FakeMarkets
from hexdesk_sim.venue.broker import VenueBroker
from hexdesk_sim.venue.feed import VenueFeed
from hexdesk_sim.venue.server import VenueServer
from hexdesk_sim.venue.settings import (
    VenueBrokerSettings,
    VenueFeedSettings,
    VenueServerSettings,
)

ACCOUNT = "account"
WAIT_S = 10.0
LOGGER = logging.getLogger("hexdesk.test.venue")
QUICK: dict[str, object] = {
    "reconnect_first_ms": 5,
    "reconnect_max_ms": 20,
    "heartbeat_ms": 100,
    "heartbeat_timeout_ms": 1_000,
    "close_timeout_ms": 500,
}


async def eventually(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds, within a limit that only a broken program reaches."""
    deadline_s = asyncio.get_running_loop().time() + WAIT_S
    while not holds():
        assert asyncio.get_running_loop().time() < deadline_s, what
        await asyncio.sleep(0.002)


def server_settings(**changes: object) -> VenueServerSettings:
    table: dict[str, object] = {"listen": "127.0.0.1:0", "market": "pushed", "slippage_bps": 0}
    return msgspec.convert(table | changes, VenueServerSettings, dec_hook=as_is)


def as_is(kind: type, value: object) -> object:
    assert isinstance(value, kind)
    return value


def make_server(clock: FakeClock, **changes: object) -> VenueServer:
    context = ServerContext(
        name="venue",
        clock=clock,
        instruments={INSTRUMENT.id: INSTRUMENT},
        seed=7,
        logger=LOGGER,
    )
    return VenueServer(context, server_settings(**changes))


class Desk:
    """A broker with what it reports."""

    def __init__(
        self,
        url: str,
        clock: FakeClock,
        *,
        account: str = ACCOUNT,
        known: Instrument = INSTRUMENT,
        **changes: object,
    ) -> None:
        self.reports: list[VenueReport] = []
        self.links: list[LinkStatus] = []
        self.clock = clock
        self.account = account
        self._order_count = 0
        table = {**QUICK, "url": url} | changes
        self.broker = VenueBroker(
            BrokerContext(
                name="venue",
                account_id=account,
                clock=clock,
                reports=self.reports.append,
                markets=FakeMarkets([known]),
                instruments={known.id: known},
                deposits=(),
                seed=7,
                logger=LOGGER,
                on_link=self.links.append,
            ),
            msgspec.convert(table, VenueBrokerSettings, dec_hook=as_is),
            chance=Random(7),
        )

    def submit(self, price: int = BID - 500, quantity: int = LOT, order_id: str = "") -> NewOrder:
        self._order_count += 1
        order = NewOrder(
            order_id or f"K{self._order_count}",
            "test",
            self.account,
            INSTRUMENT.id,
            BUY,
            LIMIT,
            quantity,
            self.clock.now_ns(),
            price,
        )
        self.broker.submit(order)
        return order

    def cancel(self, order: NewOrder, request_id: int = 1) -> None:
        self.broker.cancel(CancelOrder(order.client_order_id, request_id, self.clock.now_ns()))

    def amend(self, order: NewOrder, price: int, request_id: int = 1) -> None:
        now = self.clock.now_ns()
        self.broker.amend(
            AmendOrder(order.client_order_id, request_id, order.quantity, price, 0, now)
        )

    def of(self, kind: type | tuple[type, ...], order: NewOrder | None = None) -> list[VenueReport]:
        return [
            report
            for report in self.reports
            if isinstance(report, kind)
            and (order is None or report.client_order_id == order.client_order_id)
        ]

    async def is_in(self, state: LinkState) -> None:
        await eventually(lambda: self.broker.link.state is state, f"the link is {state.name}")

    async def has(self, kind: type, order: NewOrder | None = None, count: int = 1) -> None:
        await eventually(
            lambda: len(self.of(kind, order)) >= count, f"{count} {kind.__name__} of {self.reports}"
        )


class Site:
    """A venue with its server; it can go away and come back at the same address."""

    def __init__(self, **changes: object) -> None:
        self.clock = FakeClock()
        self.changes = changes
        self.server = make_server(self.clock, **changes)

    @property
    def url(self) -> str:
        return f"http://{self.server.address}"

    def quote(self, bid: int = BID) -> None:
        now = self.clock.now_ns()
        self.publish(Quote(INSTRUMENT.id, bid, SIZE, bid + ASK - BID, SIZE, now, now))

    def publish(self, *events: MarketEvent) -> None:
        self.server.house.publish(events)

    async def restart(self) -> None:
        """Begin a new life of the venue at the same address: nothing is remembered."""
        await self.server.stop()
        self.clock.advance_by(10**6)
        self.start_anew()
        await self.server.start()
        self.quote()

    def start_anew(self) -> None:
        self.server = make_server(self.clock, **{**self.changes, "listen": self.server.address})

    @asynccontextmanager
    async def desk(
        self,
        url: str = "",
        *,
        account: str = ACCOUNT,
        known: Instrument = INSTRUMENT,
        **changes: object,
    ) -> AsyncGenerator[Desk]:
        desk = Desk(url or self.url, self.clock, account=account, known=known, **changes)
        await desk.broker.connect()
        try:
            yield desk
        finally:
            await desk.broker.close()

    def feed(self, url: str = "", **changes: object) -> VenueFeed:
        known = VenueFeedSettings.__struct_fields__
        quick = {key: value for key, value in QUICK.items() if key in known}
        table = {**quick, "url": url or self.url} | changes
        context = FeedContext(name="venue", clock=self.clock, instruments={}, logger=LOGGER)
        settings = msgspec.convert(table, VenueFeedSettings, dec_hook=as_is)
        return VenueFeed(context, settings, chance=Random(7))


@asynccontextmanager
async def running(**changes: object) -> AsyncGenerator[Site]:
    """Run a venue with a market."""
    site = Site(**changes)
    await site.server.start()
    site.quote()
    try:
        yield site
    finally:
        await site.server.stop()


class Wire:
    """A TCP proxy in front of an address, whose connections can be delayed, held or reset."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.delay_s = 0.0
        self.held_bytes = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def hold(self) -> None:
        """Let nothing through, either way; connections stay open."""
        self._flows.clear()

    def release(self) -> None:
        self._flows.set()

    def reset(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await asyncio.sleep(self.delay_s)
                self.held_bytes += len(data)
                await self._flows.wait()
                self.held_bytes -= len(data)
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            sink.transport.abort()
        else:
            sink.close()
