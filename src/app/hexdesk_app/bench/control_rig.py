"""What `bench control` measures: a served desk, and a bare echo on the same loop."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.money import Money
from hexdesk_app.bench.live import JOURNAL, BookTicker, QuoteParser, Taker, Wire
from hexdesk_app.bench.market import INSTRUMENT_ID, START_NS, instrument_ids, make_app
from hexdesk_app.build import Application
from hexdesk_app.running.garbage import Sweeper
from hexdesk_app.running.latency import LatencyHistogram

if TYPE_CHECKING:
    import grpc

SERVER = """
[servers.control]
plugin = "grpc"
listen = "127.0.0.1:0"
"""
ECHO = "hexdesk_bench.Echo"
DEPOSIT_RAW = 10**17
WATCH_STEP_S = 0.25


@dataclass
class Rig:
    """A desk that is served.

    Attributes:
        app: The desk.
        wire: The broker of its strategy, which notes when an order leaves.
        quotes: Reads what a venue sends.
        address: Of the control plane.
        echo: The bare server.
    """

    app: Application
    wire: Wire
    quotes: QuoteParser
    address: str
    echo: "Echo"


class Echo:
    """A bare grpc.aio server: what no control plane in Python can be faster than.

    Attributes:
        address: Where it listens.
        parts: What its stream sends.
    """

    def __init__(self) -> None:
        self.address = ""
        self.parts: Sequence[bytes] = ()

    async def start(self) -> "grpc.aio.Server":
        """Listen on a free port of this machine."""
        import grpc
        from google.protobuf.wrappers_pb2 import StringValue

        handlers: dict[str, Any] = {
            "Echo": grpc.unary_unary_rpc_method_handler(
                self._echo,
                request_deserializer=StringValue.FromString,
                response_serializer=StringValue.SerializeToString,
            ),
            "Stream": grpc.unary_stream_rpc_method_handler(self._stream),
        }
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ECHO, handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        self.address = f"127.0.0.1:{port}"
        return server

    async def _echo(self, message: Any, _context: object) -> Any:  # noqa: ANN401 - a message
        return message

    async def _stream(self, _message: bytes, _context: object) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part


class TickLine(asyncio.Protocol):
    """Receives messages as `SENT_NS JSON` lines, hands each to the desk and times its order.

    Attributes:
        histogram: From sending in the other process to the order's leaving.
        count: Messages so far.
    """

    def __init__(self, rig: Rig) -> None:
        self.histogram = LatencyHistogram()
        self.count = 0
        self._rig = rig
        self._rest = b""
        self._wanted = 0
        self._all = asyncio.Event()
        self._decode = msgspec.json.Decoder(BookTicker).decode

    def data_received(self, data: bytes) -> None:
        """Handle every whole line."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        rig = self._rig
        on_quote, wire, parse = rig.app.desk.on_quote, rig.wire, rig.quotes
        for line in lines:
            sent, _, frame = line.partition(b" ")
            on_quote(parse.quote(self._decode(frame)))
            self.histogram.add(wire.left_ns - int(sent))
            self.count += 1
        if self.count >= self._wanted:
            self._all.set()

    async def wait(self, count: int) -> None:
        """Wait until so many messages were handled."""
        self._wanted = count
        if self.count < count:
            self._all.clear()
            await self._all.wait()


@asynccontextmanager
async def serve(folder: str) -> AsyncGenerator[Rig]:
    """Serve a desk whose state lies in a folder, as a real one's does."""
    names = instrument_ids(1)
    app = make_app(names, {}, extra=JOURNAL + SERVER, overrides=(f"desk.state_path={folder}",))
    desk = app.desk
    wire = Wire(app.assembly.brokers["sim"].capabilities, desk.on_report)
    account = Account("wire", app.instruments.values())
    account.deposit(Money(DEPOSIT_RAW, "USDT"))
    desk.add_broker("wire", wire, account)
    desk.add_strategy("taker", Taker, broker="wire", instrument_ids=names)
    desk.command(StartStrategy("", START_NS))
    server = app.servers["control"]
    await server.start()
    echo = Echo()
    bare = await echo.start()
    rig = Rig(app, wire, QuoteParser(app.instruments[INSTRUMENT_ID]), server.address, echo)
    tidying = asyncio.create_task(_tidy())
    try:
        yield rig
    finally:
        tidying.cancel()
        await bare.stop(None)
        await server.stop()
        app.journal.close()


async def _tidy() -> None:
    """Do what a session does beside its desk."""
    sweeper = Sweeper()
    while True:
        await asyncio.sleep(WATCH_STEP_S)
        sweeper.sweep()


async def play(rig: Rig, frames: Sequence[bytes]) -> float:
    """Handle messages, an order and its events each; return the seconds that it took."""
    decode = msgspec.json.Decoder(BookTicker).decode
    on_quote, parse = rig.app.desk.on_quote, rig.quotes
    begun = time.perf_counter()
    for frame in frames:
        on_quote(parse.quote(decode(frame)))
        await asyncio.sleep(0)  # so that each order has events of its own
    return time.perf_counter() - begun
