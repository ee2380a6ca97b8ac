"""Configuration: from files, variables and flags to checked values that know their origin."""

from hexdesk_app.config.load import DEFAULT_FILE, Sources, load_config
from hexdesk_app.config.notices import notices
from hexdesk_app.config.paths import Origins, format_path
from hexdesk_app.config.presets import RISK_PRESETS
from hexdesk_app.config.risk import RiskSection
from hexdesk_app.config.schema import (
    AlertRule,
    AlertSettings,
    BrokerSection,
    ChannelSection,
    Config,
    DeskSettings,
    FeedSection,
    LoggingSettings,
    Mode,
    PluginSection,
    StrategySection,
)

__all__ = [
    "DEFAULT_FILE",
    "RISK_PRESETS",
    "AlertRule",
    "AlertSettings",
    "BrokerSection",
    "ChannelSection",
    "Config",
    "DeskSettings",
    "FeedSection",
    "LoggingSettings",
    "Mode",
    "Origins",
    "PluginSection",
    "RiskSection",
    "Sources",
    "StrategySection",
    "format_path",
    "load_config",
    "notices",
]
