"""The strategy kit against the EMA cross."""

from hexdesk.testing.strategy_kit import StrategyKit
from hexdesk_ema_cross import hexdesk_strategies


class TestEmaCross(StrategyKit):
    registration = hexdesk_strategies()[0]
