"""The strategy kit against the market maker."""

from hexdesk.testing.strategy_kit import StrategyKit
from hexdesk_market_making import hexdesk_strategies


class TestMarketMaking(StrategyKit):
    registration = hexdesk_strategies()[0]
    resumes_exactly = False  # it quotes anew after a restart
