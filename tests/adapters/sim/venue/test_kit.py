"""The conformance kits against a real server with its real clients, time standing still."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self, TypeVar

import msgspec
import pytest

from hexdesk.domain.market import MarketEvent
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Broker
from hexdesk.ports.market_data import MarketData
from hexdesk.testing.broker_bench import INSTRUMENT, BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.market_data_kit import MarketDataKit
from hexdesk_sim.venue.broker import VenueBroker
from hexdesk_sim.venue.server import VenueServer
from hexdesk_sim.venue.settings import VenueBrokerSettings
from tests.adapters.sim.venue.site import QUICK, Site, as_is, eventually, make_server

T = TypeVar("T")


class VenueBench(BrokerBench):
    """Venue and broker share a loop and a clock; between them is a socket."""

    has_funds = True

    def __init__(self) -> None:
        self._server: VenueServer | None = None
        super().__init__(self._make)

    def _make(self, context: BrokerContext) -> Broker:
        table = {**QUICK, "url": "http://127.0.0.1:1"}
        settings = msgspec.convert(table, VenueBrokerSettings, dec_hook=as_is)
        clock = context.clock
        assert isinstance(clock, FakeClock)
        self._server = server = make_server(
            clock, slippage_bps=0.5, check_funds=True, deposits=("1000000 USDT",)
        )
        self._runner.run(server.start())
        settings = msgspec.structs.replace(settings, url=f"http://{server.address}")
        self._venue_broker = VenueBroker(context, settings)
        return self._venue_broker

    @property
    def server(self) -> VenueServer:
        assert self._server is not None
        return self._server

    def open(self) -> Self:
        self.run(self.broker.connect())
        self.quote()
        return self

    def close(self) -> None:
        self.run(self.broker.close())
        self.run(self.server.stop())
        self._runner.close()

    def publish(self, event: MarketEvent) -> None:
        self.server.house.publish([event])

    def settle(self) -> None:
        self.clock.advance_by(self.settle_ms * 1_000_000)
        self.run(self._quiet())

    async def _quiet(self) -> None:
        broker, log = self._venue_broker, self.server.house.account(self.account_id)
        await eventually(lambda: broker.is_idle, "every request is answered")
        if broker.is_open:
            await eventually(lambda: broker.sequence == log.sequence, "every report is in")


class TestVenueBroker(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return VenueBench()


class Thread:
    """An event loop in a thread of its own, for a venue beside the kit's loops."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def call(self, work: Callable[[], T]) -> T:
        async def soon() -> T:
            return work()

        return self.run(soon())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class TestVenueFeed(MarketDataKit):
    @pytest.fixture(autouse=True)
    def venue(self) -> Iterator[None]:
        self.thread = Thread()
        self.site = Site()
        self.thread.run(self.site.server.start())
        try:
            yield
        finally:
            self.thread.run(self.site.server.stop())
            self.thread.close()

    def make_feed(self) -> MarketData:
        return self.site.feed()

    async def emit(self, feed: MarketData, instrument_id: str) -> None:
        assert instrument_id == INSTRUMENT.id
        for _ in range(3):
            self.thread.call(self.site.quote)
        await asyncio.sleep(0.05)  # what would come unasked is given the time


def test_time_moves_at_the_venue_as_at_the_desk() -> None:
    with VenueBench().running() as bench:
        before: TimeNs = bench.server.house.clock.now_ns()
        bench.advance(NS_PER_SECOND)
        assert bench.server.house.clock.now_ns() > before
