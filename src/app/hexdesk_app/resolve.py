"""From a configuration to loaded plugins with converted settings; nothing is made yet."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from hexdesk.errors import ConfigError, HexdeskError, PluginError
from hexdesk.plugin.registrations import (
    AlertChannelRegistration,
    BrokerRegistration,
    FeedRegistration,
    JournalRegistration,
    ReadModelRegistration,
    RecordingRegistration,
    Registration,
    RiskRuleRegistration,
    ServerRegistration,
    StrategyRegistration,
    TelemetryRegistration,
)
from hexdesk.plugin.registry import PluginModule, Registry
from hexdesk.plugin.secret import Secret
from hexdesk_app.config import (
    BrokerSection,
    ChannelSection,
    Config,
    FeedSection,
    PluginSection,
    StrategySection,
    format_path,
)
from hexdesk_app.config.convert import Place
from hexdesk_app.config.paths import Origins
from hexdesk_app.config.schema import BrokerHead, ChannelHead, FeedHead, PluginHead
from hexdesk_app.config.show import SettingsType
from hexdesk_app.config.toml_lines import KeyPath
from hexdesk_app.plugins import TIMEOUT_S, convert_settings, load_into
from hexdesk_app.problems import each_error, raise_all

S = TypeVar("S", bound=PluginSection)
R = TypeVar("R", bound=Registration)
K = TypeVar("K", bound=Registration)

KIND_NAMES: dict[type, str] = {
    BrokerRegistration: "broker",
    FeedRegistration: "feed",
    RecordingRegistration: "recording",
    JournalRegistration: "journal",
    ReadModelRegistration: "read model",
    TelemetryRegistration: "telemetry",
    AlertChannelRegistration: "alert channel",
    RiskRuleRegistration: "risk rule",
    ServerRegistration: "server",
    StrategyRegistration: "strategy",
}
FEED_KINDS: tuple[type[FeedRegistration | RecordingRegistration], ...] = (
    FeedRegistration,
    RecordingRegistration,
)
HEADS: dict[type[PluginSection], type[msgspec.Struct]] = {
    PluginSection: PluginHead,
    BrokerSection: BrokerHead,
    FeedSection: FeedHead,
    ChannelSection: ChannelHead,
}
"""What hexdesk itself takes from a table that holds the plugin's settings too."""


class Part(msgspec.Struct, Generic[S, R], frozen=True):
    """A section with its plugin.

    Attributes:
        section: From the configuration.
        registration: What its plugin offers.
        settings: The plugin's own, converted.
        plugin: Where the registration came from.
        origins: Of the values of the configuration.
    """

    section: S
    registration: R
    settings: msgspec.Struct
    plugin: PluginModule
    origins: Origins

    @property
    def place(self) -> Place:
        """Where the section stands, for messages."""
        return Place(path=self.section.path, origins=self.origins)

    @property
    def settings_type(self) -> SettingsType:
        """Where its settings stand and what they are, for `setting_rows`."""
        version = self.plugin.distribution.rpartition(" ")[2]
        origin = f"default of {self.registration.name} {version}"
        return SettingsType(self.section.settings_path, self.registration.settings, origin)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a configuration asks for, by section name; only enabled strategies."""

    registry: Registry
    journal: Part[PluginSection, JournalRegistration] | None
    read_model: Part[PluginSection, ReadModelRegistration] | None
    telemetry: Part[PluginSection, TelemetryRegistration] | None
    brokers: dict[str, Part[BrokerSection, BrokerRegistration]]
    feeds: dict[str, Part[FeedSection, FeedRegistration | RecordingRegistration]]
    strategies: dict[str, Part[StrategySection, StrategyRegistration]]
    channels: dict[str, Part[ChannelSection, AlertChannelRegistration]]
    servers: dict[str, Part[PluginSection, ServerRegistration]]
    unset_secrets: tuple[ConfigError, ...]

    @property
    def settings_types(self) -> list[SettingsType]:
        """Return the settings type of every plugin, for `setting_rows`."""
        alone = (self.journal, self.read_model, self.telemetry)
        types = [each.settings_type for each in alone if each]
        types += [part.settings_type for part in self.brokers.values()]
        types += [part.settings_type for part in self.feeds.values()]
        types += [part.settings_type for part in self.strategies.values()]
        types += [part.settings_type for part in self.channels.values()]
        return types + [part.settings_type for part in self.servers.values()]


def resolve(config: Config, *, needs_secrets: bool = True, timeout_s: float = TIMEOUT_S) -> Parts:
    """Load every plugin that a configuration names and convert all settings.

    Raises:
        HexdeskError: Everything that is wrong, in one; also secrets that are not set, if needed.
    """
    return _Resolver(config, timeout_s).run(needs_secrets=needs_secrets)


class _Resolver:
    def __init__(self, config: Config, timeout_s: float) -> None:
        self._config = config
        self._timeout_s = timeout_s
        self._registry = Registry()
        self._loaded: dict[str, PluginModule] = {}
        self._errors: list[HexdeskError] = []
        self._unset: list[ConfigError] = []

    def run(self, *, needs_secrets: bool) -> Parts:
        config = self._config
        journal = self._part(config.journal, (JournalRegistration,)) if config.journal else None
        history = config.read_model
        read_model = self._part(history, (ReadModelRegistration,)) if history else None
        watch = config.telemetry
        telemetry = self._part(watch, (TelemetryRegistration,)) if watch else None
        brokers = self._parts(config.brokers, (BrokerRegistration,))
        feeds = self._parts(config.feeds, FEED_KINDS)
        self._errors += _mixed_feeds(feeds)
        strategies = self._parts(config.enabled_strategies, (StrategyRegistration,))
        channels = self._parts(config.channels, (AlertChannelRegistration,))
        servers = self._parts(config.servers, (ServerRegistration,))
        raise_all([*self._errors, *(self._unset if needs_secrets else ())])
        return Parts(
            registry=self._registry,
            journal=journal,
            read_model=read_model,
            telemetry=telemetry,
            brokers=brokers,
            feeds=feeds,
            strategies=strategies,
            channels=channels,
            servers=servers,
            unset_secrets=tuple(self._unset),
        )

    def _parts(self, sections: dict[str, S], kinds: tuple[type[R], ...]) -> dict[str, Part[S, R]]:
        parts = {name: self._part(section, kinds) for name, section in sections.items()}
        return {name: part for name, part in parts.items() if part is not None}

    def _part(self, section: S, kinds: tuple[type[R], ...]) -> Part[S, R] | None:
        path = format_path(section.path)
        try:
            plugin = self._load(section.plugin, path)
            registration = registration_of(self._registry, section, plugin, kinds)
            settings = convert_settings(
                registration,
                section.settings,
                section.settings_path,
                self._config.origins,
                version=plugin.distribution.rpartition(" ")[2],
                also=_head_keys(section),
            )
        except HexdeskError as error:
            self._errors += each_error(error)
            return None
        self._unset += unset_secrets(settings, section.settings_path, self._config.origins)
        return Part(section, registration, settings, plugin, self._config.origins)

    def _load(self, name: str, path: str) -> PluginModule:
        """Return a plugin; fifty sections of one plugin look for it once."""
        plugin = self._loaded.get(name)
        if plugin is None:
            plugin = load_into(self._registry, name, path, timeout_s=self._timeout_s)
            self._loaded[name] = plugin
        return plugin


def registration_of(
    registry: Registry, section: PluginSection, plugin: PluginModule, kinds: tuple[type[K], ...]
) -> K:
    """Return what a plugin offers for a section.

    Raises:
        PluginError: It offers nothing of these kinds.
    """
    others: list[str] = []
    for provider, _hook, offered in registry.all():
        if offered.name != section.plugin or provider.name != plugin.name:
            continue
        if isinstance(offered, kinds):
            return offered
        others.append(KIND_NAMES[type(offered)])
    wanted = " or ".join(KIND_NAMES[kind] for kind in kinds)
    raise PluginError(
        f"{section.plugin!r} is no {wanted}" + (f" but a {' and '.join(others)}" if others else ""),
        code="PLUGIN_KIND",
        plugin=section.plugin,
        distribution=plugin.distribution,
        path=format_path(section.path),
        remedy=f"hexdesk plugin list shows every {wanted}",
    )


def _mixed_feeds(
    feeds: Mapping[str, Part[FeedSection, FeedRegistration | RecordingRegistration]],
) -> list[HexdeskError]:
    """Return an error where some feeds are live and others recorded."""
    recorded = [
        name for name, part in feeds.items() if isinstance(part.registration, RecordingRegistration)
    ]
    live = [name for name in feeds if name not in recorded]
    if not (recorded and live):
        return []
    return [
        ConfigError(
            f"mixes recordings ({', '.join(recorded)}) and live feeds ({', '.join(live)}):"
            " time can only come from one of them",
            code="CONFIG_CONFLICT",
            path="feeds",
            remedy="keep one kind",
        )
    ]


def _head_keys(section: PluginSection) -> tuple[str, ...]:
    """Return the keys that may stand beside a plugin's settings; they are fit to be suggested."""
    head = HEADS.get(type(section))
    return tuple(field.encode_name for field in msgspec.structs.fields(head)) if head else ()


def unset_secrets(settings: object, path: KeyPath, origins: Origins) -> list[ConfigError]:
    """Return an error for each secret below some settings that has no value now."""
    if isinstance(settings, Secret):
        try:
            settings.reveal()
        except ConfigError as error:
            error.path, error.origin = format_path(path), origins.of(path)
            return [error]
        return []
    if isinstance(settings, msgspec.Struct):
        items = [(name, getattr(settings, name)) for name in settings.__struct_fields__]
        return [
            each for key, value in items for each in unset_secrets(value, (*path, key), origins)
        ]
    return []
