"""The market that brokers under test see."""

from hexdesk.domain.market import Bar, InstrumentStatus, MarketEvent
from hexdesk.domain.values import TradingStatus
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.clock import START_NS
from hexdesk.testing.market_data import FakeMarkets


def test_bars_and_statuses_can_be_watched_until_the_watch_ends() -> None:
    markets = FakeMarkets([INSTRUMENT])
    seen: list[MarketEvent] = []
    bar = Bar(INSTRUMENT.id, 60, 5, 10, 5, 10, 1, START_NS, START_NS + 60, START_NS + 60)
    status = InstrumentStatus(INSTRUMENT.id, TradingStatus.HALTED, START_NS, START_NS)
    markets.watch(INSTRUMENT.id, on_bar=seen.append, on_status=seen.append)
    markets.publish(bar)
    markets.publish(status)
    assert seen == [bar, status]
    markets.watch(INSTRUMENT.id)
    markets.publish(bar)
    assert seen == [bar, status]
