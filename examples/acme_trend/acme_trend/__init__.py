"""Acme trend: buys new highs, sells new lows."""

from acme_trend.settings import TrendSettings
from acme_trend.strategy import TrendStrategy
from hexdesk.plugin import CONTRACT_VERSION, StrategyRegistration, hookimpl


@hookimpl
def hexdesk_strategies() -> list[StrategyRegistration]:
    """Offer `plugin = "acme_trend"`."""
    return [
        StrategyRegistration(
            name="acme_trend",
            summary="Buys new highs, sells new lows",
            settings=TrendSettings,
            factory=TrendStrategy,
            contract=CONTRACT_VERSION,
            example_settings={"quantity": "0.1", "window": 10},
        )
    ]
