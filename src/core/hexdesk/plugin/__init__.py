"""The plugin contract: what a stranger's adapter or strategy imports.

Import from here, from `hexdesk.domain`, `hexdesk.ports`, `hexdesk.errors` and, in tests,
`hexdesk.testing`; everything else is closed.
"""

from hexdesk.plugin.contexts import (
    AlertChannelContext,
    BrokerContext,
    FeedContext,
    JournalContext,
    ReadModelContext,
    RecordingContext,
    ServerContext,
    TelemetryContext,
)
from hexdesk.plugin.hookspecs import ADAPTER_GROUP, STRATEGY_GROUP, HookSpecs, hookimpl
from hexdesk.plugin.measures import PluginAlertRule, PluginMetric
from hexdesk.plugin.registrations import (
    CONTRACT_VERSION,
    AlertChannelRegistration,
    BrokerRegistration,
    FeedRegistration,
    JournalRegistration,
    NoSettings,
    ReadModelRegistration,
    RecordingRegistration,
    Registration,
    RiskRuleRegistration,
    ServerRegistration,
    StrategyRegistration,
    TelemetryRegistration,
)
from hexdesk.plugin.secret import Secret
from hexdesk.plugin.server import Server
from hexdesk.ports.strategy import Strategy, StrategyContext

__all__ = [
    "ADAPTER_GROUP",
    "CONTRACT_VERSION",
    "STRATEGY_GROUP",
    "AlertChannelContext",
    "AlertChannelRegistration",
    "BrokerContext",
    "BrokerRegistration",
    "FeedContext",
    "FeedRegistration",
    "HookSpecs",
    "JournalContext",
    "JournalRegistration",
    "NoSettings",
    "PluginAlertRule",
    "PluginMetric",
    "ReadModelContext",
    "ReadModelRegistration",
    "RecordingContext",
    "RecordingRegistration",
    "Registration",
    "RiskRuleRegistration",
    "Secret",
    "Server",
    "ServerContext",
    "ServerRegistration",
    "Strategy",
    "StrategyContext",
    "StrategyRegistration",
    "TelemetryContext",
    "TelemetryRegistration",
    "hookimpl",
]
