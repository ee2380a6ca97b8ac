"""Acme trend: buys new highs, sells new lows."""

from acme_trend.settings import TrendSettings
from acme_trend.strategy import TrendStrategy
from hexdesk.domain.metrics import MetricKind
from hexdesk.plugin import (
    CONTRACT_VERSION,
    PluginAlertRule,
    PluginMetric,
    StrategyRegistration,
    hookimpl,
)

BREAKOUTS = PluginMetric(
    name="breakouts",
    kind=MetricKind.COUNTER,
    unit="{signal}",
    text="New highs and lows seen",
    calculate=TrendStrategy.breakout_count,
)
WINDOW_FILLED = PluginMetric(
    name="window_filled",
    kind=MetricKind.GAUGE,
    unit="1",
    text="Part of the prices known that a high or low must top",
    calculate=TrendStrategy.window_filled,
    by_instrument=True,
)
NERVOUS = PluginAlertRule(
    name="nervous",
    metric="breakouts",
    above=5,
    rate=True,
    for_s=10,
    text="every other price is a new high or low",
    remedy="choose a longer window: hexdesk strategy params NAME --settings window=...",
)


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
            metrics=(BREAKOUTS, WINDOW_FILLED),
            alert_rules=(NERVOUS,),
        )
    ]
