"""Strategy: crossing of a fast and a slow EMA."""

from hexdesk.plugin import CONTRACT_VERSION, StrategyRegistration, hookimpl
from hexdesk_ema_cross.settings import EmaCrossSettings
from hexdesk_ema_cross.strategy import make_strategy


@hookimpl
def hexdesk_strategies() -> list[StrategyRegistration]:
    """Offer `plugin = "ema_cross"`."""
    return [
        StrategyRegistration(
            name="ema_cross",
            summary="Follows the crossing of a fast and a slow moving average",
            settings=EmaCrossSettings,
            factory=make_strategy,
            contract=CONTRACT_VERSION,
            example_settings={"quantity": "1", "fast_period": 3, "slow_period": 8},
        )
    ]
