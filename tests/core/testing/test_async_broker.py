"""The broker kit drives an asynchronous broker: a venue at the other end of a loopback socket.

The venue is the fake one; requests and reports cross the wire as length-prefixed msgpack.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import InstrumentStatus, MarketEvent, Quote, Trade
from hexdesk.domain.money import Money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill, OrderRejected, VenueReport
from hexdesk.domain.values import TimeNs
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Capabilities, VenueOrder, VenuePosition
from hexdesk.testing.broker import FAKE_CAPABILITIES, FakeBroker
from hexdesk.testing.broker_bench import BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk.testing.market_data import FakeMarkets

Up = NewOrder | AmendOrder | CancelOrder | Quote | Trade | InstrumentStatus
ANSWER_S = 5.0


async def send(writer: asyncio.StreamWriter, message: msgspec.Struct) -> None:
    body = msgspec.msgpack.encode(message)
    writer.write(len(body).to_bytes(4, "big") + body)
    await writer.drain()


async def receive(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(4), "big")
    return await reader.readexactly(size)


class Done(msgspec.Struct, array_like=True, tag="done"):
    """The venue has handled one message and sent all that came of it."""


class Venue:
    """Serves one connection."""

    def __init__(self, context: BrokerContext) -> None:
        self.reports: list[VenueReport] = []
        self.markets = FakeMarkets(context.instruments.values())
        self.fake = FakeBroker(
            msgspec.structs.replace(context, markets=self.markets, reports=self.reports.append)
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.handle(msgspec.msgpack.decode(await receive(reader), type=Up))
                for report in self.reports:
                    await send(writer, report)
                self.reports.clear()
                await send(writer, Done())
        except asyncio.IncompleteReadError:
            writer.close()

    def handle(self, message: Up) -> None:
        match message:
            case NewOrder():
                self.fake.submit(message)
            case AmendOrder():
                self.fake.amend(message)
            case CancelOrder():
                self.fake.cancel(message)
            case _:
                self.markets.publish(message)


class SocketBroker:
    """Sends requests from a task and hands reports on as they come."""

    def __init__(self, context: BrokerContext) -> None:
        self._context = context
        self.venue = Venue(context)
        self.answered = asyncio.Event()
        self.answered.set()
        self._unanswered = 0
        self._outbox: asyncio.Queue[Up] = asyncio.Queue(maxsize=1_000)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def capabilities(self) -> Capabilities:
        return FAKE_CAPABILITIES

    def submit(self, order: NewOrder) -> None:
        if self._writer is None:
            now = self._context.clock.now_ns()
            code, text = "VENUE_OTHER", "not connected"
            self._context.reports(OrderRejected(order.client_order_id, code, text, now, now))
        else:
            self.put(order)

    def amend(self, request: AmendOrder) -> None:
        self.put(request)

    def cancel(self, request: CancelOrder) -> None:
        self.put(request)

    def put(self, message: Up) -> None:
        self._unanswered += 1
        self.answered.clear()
        self._outbox.put_nowait(message)

    async def connect(self) -> None:
        self._server = await asyncio.start_server(self.venue.serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._tasks = [
            asyncio.create_task(self._write(self._writer)),
            asyncio.create_task(self._read(reader)),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._writer is not None and self._server is not None:
            self._writer.close()
            await self._writer.wait_closed()
            self._server.close()
            self._writer = None
            await asyncio.sleep(0)

    async def _write(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await send(writer, await self._outbox.get())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            message = msgspec.msgpack.decode(await receive(reader), type=VenueReport | Done)
            if isinstance(message, Done):
                self._unanswered -= 1
                if not self._unanswered:
                    self.answered.set()
            else:
                self._context.reports(message)

    async def instruments(self) -> Sequence[Instrument]:
        return await self.venue.fake.instruments()

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        return await self.venue.fake.query_order(client_order_id)

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        return await self.venue.fake.query_open_orders()

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        return await self.venue.fake.query_fills(since_ns)

    async def query_positions(self) -> Sequence[VenuePosition]:
        return await self.venue.fake.query_positions()

    async def query_balances(self) -> Sequence[Money]:
        return await self.venue.fake.query_balances()


class SocketBench(BrokerBench):
    """Tells the venue its market over the socket and waits for its answers."""

    has_time = False

    @property
    def socket_broker(self) -> SocketBroker:
        assert isinstance(self.broker, SocketBroker)
        return self.broker

    def publish(self, event: MarketEvent) -> None:
        assert isinstance(event, Quote | Trade | InstrumentStatus)
        self.socket_broker.put(event)

    def settle(self) -> None:
        super().settle()
        self.run(asyncio.wait_for(self.socket_broker.answered.wait(), ANSWER_S))


class TestSocketBroker(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return SocketBench(SocketBroker)
