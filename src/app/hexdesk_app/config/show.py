"""Effective values with their origin, defaults included, secrets masked."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from hexdesk.domain.instruments import InstrumentSettings
from hexdesk.domain.risk import RiskLimits
from hexdesk.plugin.secret import Secret
from hexdesk_app.config.convert import is_secret_name, is_secret_type, plain, show_value
from hexdesk_app.config.layers import Table, is_table
from hexdesk_app.config.paths import DEFAULT_ORIGIN, format_path
from hexdesk_app.config.presets import RISK_PRESETS
from hexdesk_app.config.schema import (
    BrokerHead,
    Config,
    DeskSettings,
    FeedHead,
    LoggingSettings,
    StrategyTable,
)
from hexdesk_app.config.toml_lines import KeyPath
from hexdesk_app.result import SettingRow

MASK = "***"


class SettingsType(msgspec.Struct, frozen=True):
    """The type of a table, for its defaults and secrets; `origin` names whose defaults."""

    path: KeyPath
    kind: type[msgspec.Struct]
    origin: str = DEFAULT_ORIGIN


def setting_rows(
    config: Config, plugins: Iterable[SettingsType] = (), *, masked: Iterable[str] = ()
) -> list[SettingRow]:
    """Return every effective value by path; those of plugins' defaults if their types are given.

    `masked` are paths of values that must not be shown, whatever they are.
    """
    types = [*_own_types(config), *plugins]
    secrets = {path for each in types for path in _secret_paths(each.kind, each.path)}
    found = {path: (value, config.origins.of(path)) for path, value in _leaves(config.tree)}
    preset = config.risk.preset
    for key, value in RISK_PRESETS[preset].items():
        found.setdefault(("risk", key), (value, f"preset {preset}"))
    for each in types:
        for path, value in _defaults(each, config.tree):
            found.setdefault(path, (value, each.origin))
    hidden = set(masked)
    return [
        SettingRow(name, MASK if name in hidden else _shown(path, value, secrets), origin)
        for path, (value, origin) in sorted(found.items())
        for name in (format_path(path),)
    ]


def _own_types(config: Config) -> Iterator[SettingsType]:
    yield SettingsType(("desk",), DeskSettings)
    yield SettingsType(("logging",), LoggingSettings)
    yield SettingsType(("risk",), RiskLimits)
    tables: list[tuple[str, Iterable[str], type[msgspec.Struct]]] = [
        ("instruments", config.instruments, InstrumentSettings),
        ("brokers", config.brokers, BrokerHead),
        ("feeds", config.feeds, FeedHead),
        ("strategies", config.strategies, StrategyTable),
    ]
    for section, names, kind in tables:
        for name in names:
            yield SettingsType((section, name), kind)


def _leaves(tree: Mapping[str, object], prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    for key, value in tree.items():
        path = (*prefix, key)
        if is_table(value):
            yield from _leaves(value, path)
        else:
            yield path, plain(value)


def _defaults(settings: SettingsType, tree: Table) -> Iterator[tuple[KeyPath, object]]:
    table: object = tree
    for part in settings.path:
        table = table.get(part) if is_table(table) else None
    written = table.keys() if is_table(table) else set[str]()
    for field in msgspec.structs.fields(settings.kind):
        if field.encode_name in written or field.required:
            continue
        default: object = (
            field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        )
        value: object = msgspec.to_builtins(default, enc_hook=str)
        if value != {}:
            yield (*settings.path, field.encode_name), value


def _secret_paths(kind: type[msgspec.Struct], prefix: KeyPath) -> Iterator[KeyPath]:
    for field in msgspec.structs.fields(kind):
        path = (*prefix, field.encode_name)
        if is_secret_type(field.type):
            yield path
        elif isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _secret_paths(field.type, path)


def _shown(path: KeyPath, value: object, secrets: set[KeyPath]) -> str:
    is_secret = is_secret_name(path[-1]) or any(path[: len(secret)] == secret for secret in secrets)
    if value is None:
        return "none"
    if not is_secret or not value:
        return show_value(value)
    try:
        secret = Secret(str(value))
    except ValueError:
        return MASK
    return f"{secret.reference} ({'set' if secret.is_set else 'not set'})"
