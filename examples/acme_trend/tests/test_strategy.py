"""The conformance kit against the trend follower, and what the kit cannot know."""

import acme_trend
from acme_trend.settings import TrendSettings
from acme_trend.signal import Breakout
from acme_trend.strategy import TrendStrategy

from hexdesk.domain.values import BUY, SELL
from hexdesk.testing.broker_bench import INSTRUMENT, LOT
from hexdesk.testing.strategy import StrategyBench
from hexdesk.testing.strategy_kit import StrategyKit


class TestAcmeTrend(StrategyKit):
    registration = acme_trend.hexdesk_strategies()[0]


def test_highs_and_lows() -> None:
    breakout = Breakout(3)
    assert [breakout.update(price) for price in (5, 6, 7, 8, 8, 5, 6)] == [0, 0, 0, 1, 0, -1, 0]


def test_it_turns_its_position() -> None:
    settings = TrendSettings(quantity="0.1", window=2)
    bench = StrategyBench(lambda context: TrendStrategy(context, settings))
    bench.start()
    for bid in (100_000, 100_010, 100_020, 100_000):
        bench.quote(bid, bid + 10)
    assert [(order.side, order.quantity) for order in bench.orders] == [
        (BUY, LOT),
        (SELL, 2 * LOT),
    ]
    assert bench.context.position_quantity(INSTRUMENT.id) == -LOT


def test_it_counts_what_it_sees() -> None:
    settings = TrendSettings(quantity="0.1", window=2)
    bench = StrategyBench(lambda context: TrendStrategy(context, settings))
    bench.start()
    for bid in (100_000, 100_010, 100_020, 100_000):
        bench.quote(bid, bid + 10)
    assert acme_trend.BREAKOUTS.values(bench.strategy) == {"": 2}
    assert acme_trend.WINDOW_FILLED.values(bench.strategy) == {INSTRUMENT.id: 1.0}
