"""What a plugin's hooks return: frozen registrations. Building them does no work.

A registration's `name` is what `plugin = "..."` asks for; its `factory` is called with a context
and the section's settings, already converted to the registration's settings type and checked.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from hexdesk.domain.risk import Layer
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
from hexdesk.plugin.measures import PluginAlertRule, PluginMetric
from hexdesk.plugin.server import Server
from hexdesk.ports.alerts import AlertChannel
from hexdesk.ports.broker import Broker, Capabilities
from hexdesk.ports.journal import Journal, JournalReader
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk.ports.read_model import ReadModel
from hexdesk.ports.risk import OrderRule
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk.ports.telemetry import Telemetry

CONTRACT_VERSION = 1
"""Raised when registrations, contexts or ports change in a way that breaks plugins."""


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For plugins that have no settings."""


class BrokerRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A broker adapter.

    Attributes:
        name: Of the plugin, as the entry point.
        summary: One line for `hexdesk plugin list`.
        settings: Frozen Struct with `forbid_unknown_fields=True`.
        factory: Makes the broker; must not connect yet.
        capabilities: What it declares before it is made.
        contract: `CONTRACT_VERSION` it was written for.
    """

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[BrokerContext, Any], Broker]
    capabilities: Capabilities
    contract: int


class FeedRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A live market-data adapter."""

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[FeedContext, Any], MarketData]
    contract: int


class RecordingRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A reader of recorded market data, played as a feed.

    `suffixes` are the file endings it reads (`.parquet`), `schemes` the dataset prefixes
    (`sample:`).
    """

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[RecordingContext, Any], Recording]
    contract: int
    suffixes: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()


class JournalRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A journal adapter.

    `open_reader` is given a folder, the desk's state folder or the journal's own, and reads what
    is there without writing, also while a desk writes it; it raises `DataError` where no journal
    is. None for journals that do not outlive their process.
    """

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[JournalContext, Any], Journal]
    contract: int
    open_reader: Callable[[Path], JournalReader] | None = None


class ReadModelRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A read model: history for queries.

    A durable one is written by a process of its own beside the desk's, which asks a read-only one;
    false for read models that other processes do not see.
    """

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[ReadModelContext, Any], ReadModel]
    contract: int
    is_durable: bool = True


class TelemetryRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """An exporter of metrics, traces and logs."""

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[TelemetryContext, Any], Telemetry]
    contract: int


class AlertChannelRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A way in which alerts reach a person."""

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[AlertChannelContext, Any], AlertChannel]
    contract: int


class RiskRuleRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A rule about single orders; `[risk.custom.NAME]` switches it on.

    Attributes:
        name: Of the rule.
        summary: One line for `hexdesk plugin list`.
        layer: What it is about.
        settings: Frozen Struct with `forbid_unknown_fields=True`.
        factory: Returns the rule of settings; raises ValueError where these make no sense.
        contract: `CONTRACT_VERSION` it was written for.
    """

    name: str
    summary: str
    layer: Layer
    settings: type[msgspec.Struct]
    factory: Callable[[Any], OrderRule]
    contract: int


class ServerRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """Something that listens: a control plane, a console, the simulated venue.

    `controls` says that it drives the desk: its context then holds the desk's control plane.
    """

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[ServerContext, Any], Server]
    contract: int
    controls: bool = False


class StrategyRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy.

    `example_settings` are settings under which it trades in the conformance kit's market; keys as
    in `plugins.toml`. `metrics` are numbers that it shows of itself, `alert_rules` alarms on them.
    """

    name: str
    summary: str
    settings: type[msgspec.Struct]
    factory: Callable[[StrategyContext, Any], Strategy]
    contract: int
    example_settings: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    metrics: tuple[PluginMetric, ...] = ()
    alert_rules: tuple[PluginAlertRule, ...] = ()


Registration = (
    BrokerRegistration
    | FeedRegistration
    | RecordingRegistration
    | JournalRegistration
    | ReadModelRegistration
    | TelemetryRegistration
    | AlertChannelRegistration
    | RiskRuleRegistration
    | ServerRegistration
    | StrategyRegistration
)
