"""Calls hooks and checks what they return: the one place that trusts no plugin.

`manager.hook.x()` is untyped and a hook may return anything, so one function per hook makes the
call and checks each item: its type, its name, its contract version.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import TypeVar

import msgspec
import pluggy

from hexdesk.errors import PluginError
from hexdesk.plugin.hookspecs import PROJECT, HookSpecs
from hexdesk.plugin.measures import measure_fault
from hexdesk.plugin.registrations import (
    CONTRACT_VERSION,
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

R = TypeVar("R", bound=Registration)


class PluginModule(msgspec.Struct, frozen=True):
    """A loaded plugin module and where it came from; `distribution` is `name version`."""

    name: str
    group: str
    distribution: str
    module: ModuleType


class Registry:
    """Registrations of all loaded plugins, by kind and name."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(HookSpecs)
        self._modules: dict[str, PluginModule] = {}

    def add(self, plugin: PluginModule) -> None:
        """Register a loaded module.

        Raises:
            PluginError: The module is registered already, or implements an unknown hook.
        """
        key = f"{plugin.group}:{plugin.name}"
        if key in self._modules:
            return
        try:
            self._manager.register(plugin.module, name=key)
            self._manager.check_pending()
        except (ValueError, pluggy.PluginValidationError) as error:
            raise PluginError(
                f"plugin {plugin.name!r} has a wrong hook: {error}",
                code="PLUGIN_HOOK",
                plugin=plugin.name,
                distribution=plugin.distribution,
                remedy="implement only the hooks of hexdesk.plugin.HookSpecs, with their arguments",
            ) from error
        self._modules[key] = plugin

    @property
    def modules(self) -> list[PluginModule]:
        """Loaded plugins in the order of loading."""
        return list(self._modules.values())

    def provider(self, registration: Registration) -> PluginModule:
        """Return the plugin that offers a registration.

        Raises:
            KeyError: Nobody does.
        """
        for plugin, _kind, offered in self._offers():
            if offered is registration or offered == registration:
                return plugin
        raise KeyError(registration.name)

    def all(self) -> list[tuple[PluginModule, str, Registration]]:
        """Return every registration with its provider and kind, checked.

        Raises:
            PluginError: A hook raised, returned a wrong type, or a name is offered twice.
        """
        return list(self._offers())

    def brokers(self) -> dict[str, BrokerRegistration]:
        """Return broker adapters by name; raises as `all`."""
        return self._collect("hexdesk_brokers", BrokerRegistration)

    def feeds(self) -> dict[str, FeedRegistration]:
        """Return live feeds by name; raises as `all`."""
        return self._collect("hexdesk_feeds", FeedRegistration)

    def recordings(self) -> dict[str, RecordingRegistration]:
        """Return recording readers by name; raises as `all`."""
        return self._collect("hexdesk_recordings", RecordingRegistration)

    def journals(self) -> dict[str, JournalRegistration]:
        """Return journals by name; raises as `all`."""
        return self._collect("hexdesk_journals", JournalRegistration)

    def read_models(self) -> dict[str, ReadModelRegistration]:
        """Return read models by name; raises as `all`."""
        return self._collect("hexdesk_read_models", ReadModelRegistration)

    def telemetry(self) -> dict[str, TelemetryRegistration]:
        """Return telemetry exporters by name; raises as `all`."""
        return self._collect("hexdesk_telemetry", TelemetryRegistration)

    def alert_channels(self) -> dict[str, AlertChannelRegistration]:
        """Return alert channels by name; raises as `all`."""
        return self._collect("hexdesk_alert_channels", AlertChannelRegistration)

    def risk_rules(self) -> dict[str, RiskRuleRegistration]:
        """Return rules about orders by name; raises as `all`."""
        return self._collect("hexdesk_risk_rules", RiskRuleRegistration)

    def servers(self) -> dict[str, ServerRegistration]:
        """Return servers by name; raises as `all`."""
        return self._collect("hexdesk_servers", ServerRegistration)

    def strategies(self) -> dict[str, StrategyRegistration]:
        """Return strategies by name; raises as `all`."""
        return self._collect("hexdesk_strategies", StrategyRegistration)

    def _offers(self) -> Iterable[tuple[PluginModule, str, Registration]]:
        for hook, kind in HOOK_KINDS.items():
            for plugin, item in self._call(hook, kind):
                yield plugin, hook.removeprefix("hexdesk_"), item

    def _collect(self, hook: str, kind: type[R]) -> dict[str, R]:
        found: dict[str, R] = {}
        providers: dict[str, str] = {}
        for plugin, item in self._call(hook, kind):
            if item.name in found:
                both = sorted((providers[item.name], plugin.distribution))
                raise PluginError(
                    f"{item.name!r} is offered by {both}",
                    code="PLUGIN_CONFLICT",
                    plugin=item.name,
                    distribution=plugin.distribution,
                    remedy="uninstall all but one of them",
                )
            found[item.name] = item
            providers[item.name] = plugin.distribution
        return found

    def _call(self, hook: str, kind: type[R]) -> Iterable[tuple[PluginModule, R]]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        for implementation in caller.get_hookimpls():
            plugin = self._modules[implementation.plugin_name]
            for item in _checked(plugin, hook, kind, implementation.function):
                yield plugin, item


HOOK_KINDS: dict[str, type[Registration]] = {
    "hexdesk_brokers": BrokerRegistration,
    "hexdesk_feeds": FeedRegistration,
    "hexdesk_recordings": RecordingRegistration,
    "hexdesk_journals": JournalRegistration,
    "hexdesk_read_models": ReadModelRegistration,
    "hexdesk_telemetry": TelemetryRegistration,
    "hexdesk_alert_channels": AlertChannelRegistration,
    "hexdesk_risk_rules": RiskRuleRegistration,
    "hexdesk_servers": ServerRegistration,
    "hexdesk_strategies": StrategyRegistration,
}
"""Hook names and what their items must be."""


def _checked(
    plugin: PluginModule, hook: str, kind: type[R], implementation: Callable[[], object]
) -> list[R]:
    try:
        returned = implementation()
    except Exception as error:
        raise _problem(plugin, "PLUGIN_HOOK", f"hook {hook} raised {error!r}") from error
    if not isinstance(returned, Iterable) or isinstance(returned, str | bytes):
        raise _wrong_type(plugin, hook, kind, returned)
    checked: list[R] = []
    for item in returned:  # pyright: ignore[reportUnknownVariableType] - anything may come out
        if not isinstance(item, kind):
            raise _wrong_type(plugin, hook, kind, item)  # pyright: ignore[reportUnknownArgumentType]
        if item.contract != CONTRACT_VERSION:
            raise _problem(
                plugin,
                "PLUGIN_CONTRACT",
                f"{item.name!r} was written for plugin contract {item.contract},"
                f" this hexdesk has {CONTRACT_VERSION}",
                "install a version of the plugin that fits this hexdesk",
            )
        if not issubclass(item.settings, msgspec.Struct):  # pyright: ignore[reportUnnecessaryIsInstance] - a plugin may lie
            raise _wrong_type(
                plugin, f"{hook}: settings of {item.name!r}", msgspec.Struct, item.settings
            )
        if isinstance(item, StrategyRegistration):
            fault = measure_fault(item.name, item.metrics, item.alert_rules)
            if fault:
                raise _problem(plugin, "PLUGIN_METRIC", f"{item.name!r} declares {fault}")
        checked.append(item)
    return checked


def _wrong_type(plugin: PluginModule, hook: str, kind: type, found: object) -> PluginError:
    return _problem(
        plugin,
        "PLUGIN_HOOK",
        f"hook {hook} must return {kind.__name__} items, returned {type(found).__name__}",
        f"return a list of {kind.__name__}",
    )


def _problem(
    plugin: PluginModule, code: str, message: str, remedy: str = "fix the plugin"
) -> PluginError:
    return PluginError(
        message, code=code, plugin=plugin.name, distribution=plugin.distribution, remedy=remedy
    )
