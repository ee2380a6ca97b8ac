"""Strategy: two-sided quotes skewed by inventory."""

from hexdesk.plugin import CONTRACT_VERSION, StrategyRegistration, hookimpl
from hexdesk_market_making.settings import MarketMakingSettings
from hexdesk_market_making.strategy import MarketMakingStrategy


@hookimpl
def hexdesk_strategies() -> list[StrategyRegistration]:
    """Offer `plugin = "market_making"`."""
    return [
        StrategyRegistration(
            name="market_making",
            summary="Quotes both sides around a price skewed by inventory",
            settings=MarketMakingSettings,
            factory=MarketMakingStrategy,
            contract=CONTRACT_VERSION,
            example_settings={"order_size": "1", "max_position": "10", "spread_bps": 5.0},
        )
    ]
