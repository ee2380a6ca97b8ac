"""The kits against the fakes: what the kit gives to others passes its own cases."""

from pathlib import Path

from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.ports.journal import Journal
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk.ports.read_model import ReadModel
from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import INSTRUMENT, BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk.testing.clock import START_NS
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.journal_kit import JournalKit
from hexdesk.testing.market_data import FakeFeed, FakeRecording
from hexdesk.testing.market_data_kit import MarketDataKit, RecordingKit
from hexdesk.testing.market_path import irregular_path, market_path
from hexdesk.testing.read_model import FakeReadModel
from hexdesk.testing.read_model_kit import ReadModelKit


class TestFakeBroker(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(FakeBroker)


class TestFakeJournal(JournalKit):
    is_durable = False

    def open_journal(self, folder: Path) -> Journal:
        return FakeJournal()


class TestMemoryJournal(JournalKit):
    is_durable = False

    def open_journal(self, folder: Path) -> Journal:
        return MemoryJournal()


class TestFakeReadModel(ReadModelKit):
    is_durable = False

    def open_read_model(self, folder: Path) -> ReadModel:
        return FakeReadModel()


class TestFakeRecording(RecordingKit):
    def make_recording(self) -> Recording:
        return FakeRecording([INSTRUMENT], list(irregular_path(INSTRUMENT, START_NS)))


class TestFakeFeed(MarketDataKit):
    def make_feed(self) -> MarketData:
        return FakeFeed([INSTRUMENT])

    async def emit(self, feed: MarketData, instrument_id: str) -> None:
        assert isinstance(feed, FakeFeed)
        for event in market_path(INSTRUMENT, START_NS, count=9):
            feed.push(event)


class TestFakeFeedWithSnapshot(TestFakeFeed):
    """Most venues show the market as it is when somebody subscribes."""

    def make_feed(self) -> MarketData:
        return FakeFeed([INSTRUMENT], list(market_path(INSTRUMENT, START_NS, count=1)))
