"""Plugins and configuration of a running desk, as the control plane shows and reloads them."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.errors import ConfigError, HexdeskError
from hexdesk.plugin.registrations import Registration
from hexdesk.plugin.registry import PluginModule
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_configuration import (
    ChangeInfo,
    ConfigurationInfo,
    ConfigurationRevision,
    FaultInfo,
    PluginInfo,
    PluginSettingInfo,
    ReloadPlan,
    ValidationInfo,
    ValueInfo,
)
from hexdesk.ports.workshop import StrategyDraft
from hexdesk_app.alerting.alarm import Alarm
from hexdesk_app.alerting.routes import prepare_alarm
from hexdesk_app.config import Config
from hexdesk_app.config.convert import is_secret_type, show_value
from hexdesk_app.config.show import setting_rows
from hexdesk_app.control.reloads import ALARMED, restart_reason, risk_settings
from hexdesk_app.docstrings import attribute_texts, type_words
from hexdesk_app.plugins import Offer, installed
from hexdesk_app.problems import each_error
from hexdesk_app.resolve import KIND_NAMES, Parts, resolve
from hexdesk_app.result import SettingRow
from hexdesk_app.running.aside import Aside, StuckError
from hexdesk_app.workshop import PluginWorkshop, draft_of, refusal

T = TypeVar("T")
READ_TIMEOUT_S = 20.0
REVISIONS_MAX = 100


class Adoption(msgspec.Struct, frozen=True):
    """What a reload is to let hold.

    Attributes:
        config: The configuration.
        parts: What it asks for.
        change_alarm: Lets people be told as it says.
    """

    config: Config
    parts: Parts
    change_alarm: Callable[[], None]


class Keeper:
    """Implements `ConfigurationKeeper`."""

    def __init__(
        self, config: Config, parts: Parts, workshop: PluginWorkshop, start_ns: TimeNs
    ) -> None:
        self._config = config
        self._parts = parts
        self._workshop = workshop
        self._aside = Aside(READ_TIMEOUT_S)
        self._alarm: Alarm | None = None
        self._configs = {1: config}
        self._revisions = [
            ConfigurationRevision(
                revision=1, create_ns=start_ns, author="", reason="the start", changes=()
            )
        ]

    def watch_alarm(self, alarm: Alarm | None) -> None:
        """Say what tells people; None where nothing does."""
        self._alarm = alarm

    # --- plugins -------------------------------------------------------------------------------

    async def plugins(self) -> tuple[PluginInfo, ...]:
        """Return all installed plugins; none is imported for it."""
        offers = await self._read(installed)
        by_name: dict[str, list[Offer]] = {}
        for offer in offers:
            by_name.setdefault(offer.name, []).append(offer)
        loaded = self._loaded()
        return tuple(self._plugin(by_name[name], loaded) for name in sorted(by_name))

    async def plugin(self, name: str) -> PluginInfo | None:
        """Return one of them, with its settings if it is in use."""
        offers = [each for each in await self._read(installed) if each.name == name]
        if not offers:
            return None
        loaded = self._loaded()
        info = self._plugin(offers, loaded)
        found = [setting for _, each in loaded.get(name, ()) for setting in _settings(each)]
        return msgspec.structs.replace(info, settings=tuple(found))

    def _loaded(self) -> dict[str, list[tuple[PluginModule, Registration]]]:
        """Return what plugins in use offer, by name; of a newer version that of the newest."""
        found: dict[str, list[tuple[PluginModule, Registration]]] = {}
        for plugin, _, registration in self._parts.registry.all():
            found.setdefault(plugin.name, []).append((plugin, registration))
        for part in self._parts.strategies.values():
            found[part.plugin.name] = [(part.plugin, part.registration)]
        return found

    def _plugin(
        self,
        offers: Sequence[Offer],
        loaded: Mapping[str, Sequence[tuple[PluginModule, Registration]]],
    ) -> PluginInfo:
        offer = offers[0]
        known = loaded.get(offer.name, ())
        problem = ""
        if len(offers) > 1:
            problem = f"offered by {', '.join(each.distribution for each in offers)}"
        is_strategy = offer.group.endswith(".strategies")
        kinds = tuple(dict.fromkeys(KIND_NAMES[type(each)] for _, each in known))
        summary = known[0][1].summary if known else offer.metadata.metadata["Summary"] or ""
        return PluginInfo(
            name=offer.name,
            kinds=kinds or (("strategy",) if is_strategy else ()),
            distribution=offer.distribution,
            summary=summary,
            contract_version=known[0][1].contract if known else 0,
            used_by=tuple(self._used_by(offer.name)),
            problem=problem,
        )

    def _used_by(self, name: str) -> Iterator[str]:
        for section in self._config.plugin_sections:
            if section.plugin == name and section.path[0] != "strategies":
                yield ".".join(section.path)
        for strategy_id, part in sorted(self._parts.strategies.items()):
            if part.section.plugin == name:
                yield f"strategies.{strategy_id}"

    # --- configuration -------------------------------------------------------------------------

    def values(self) -> ConfigurationInfo:
        """Return effective values; of strategies that were changed since what holds now."""
        found = {
            row.path: ValueInfo(path=row.path, value=row.value, origin=row.origin)
            for row in self._rows(self._config)
        }
        for strategy_id in self._config.strategies.keys() | self._parts.strategies.keys():
            self._overlay(strategy_id, found)
        return ConfigurationInfo(
            files=self._config.files,
            values=tuple(found[name] for name in sorted(found)),
            version=self._revisions[-1].revision,
        )

    def _overlay(self, strategy_id: str, found: dict[str, ValueInfo]) -> None:
        """Show what a strategy is made of now, where that is not what the files say."""
        section = self._config.enabled_strategies.get(strategy_id)
        now = self._workshop.draft_of(strategy_id)
        if (draft_of(section) if section is not None else None) == now:
            return
        head = f"strategies.{strategy_id}"
        for path in [each for each in found if each.startswith(f"{head}.")]:
            del found[path]
        values: dict[str, object] = {"enabled": now is not None}
        if now is not None:
            values |= {"plugin": now.plugin, "broker": now.broker}
            values["instruments"] = list(now.instrument_ids)
            shown = self._workshop.facts_of(strategy_id).settings
            values |= {f"settings.{key}": value for key, value in shown.items()}
        for key, value in values.items():
            path = f"{head}.{key}"
            found[path] = ValueInfo(path=path, value=show_value(value), origin="while it runs")

    async def validate(self) -> ValidationInfo:
        """Read the files again; change nothing."""
        try:
            config, parts = await self._read(self._reread)
        except HexdeskError as error:
            return ValidationInfo(faults=_faults(error), changes=())
        return ValidationInfo(faults=(), changes=tuple(self._changes(config, parts)))

    async def prepare(self, revision: int = 0) -> ReloadPlan:
        """Read the files again for a reload, or take an earlier revision."""
        config, parts = await self._config_of(revision)
        old, new = _drafts(self._config), _drafts(config)
        changes = tuple(self._changes(config, parts))
        others = [draft for name, draft in new.items() if draft != old.get(name)]
        return ReloadPlan(
            changes=changes,
            added=tuple(each for each in others if not self._is_there(each.strategy_id)),
            changed=tuple(each for each in others if self._is_there(each.strategy_id)),
            removed=tuple(name for name in old if name not in new and self._is_there(name)),
            risk=risk_settings(self._config.risk, config.risk),
            own=Adoption(config, parts, self._alarm_change(changes, config, parts)),
        )

    def adopt(self, plan: ReloadPlan, author: str, reason: str, now_ns: TimeNs) -> int:
        """Run under a configuration from now on."""
        adoption: Adoption = plan.own  # type: ignore[assignment]  # it was put there by `prepare`
        config = adoption.config
        adoption.change_alarm()
        self._parts.channels.clear()
        self._parts.channels.update(adoption.parts.channels)
        if config.logging.level != self._config.logging.level:
            logging.getLogger().setLevel(config.logging.level.upper())
        self._config = config
        self._workshop.adopt(config)
        number = self._revisions[-1].revision + 1
        self._revisions.append(
            ConfigurationRevision(
                revision=number, create_ns=now_ns, author=author, reason=reason,
                changes=plan.changes,
            )
        )  # fmt: skip
        self._configs[number] = config
        self._configs.pop(number - REVISIONS_MAX, None)
        del self._revisions[:-REVISIONS_MAX]
        return number

    def revisions(self) -> tuple[ConfigurationRevision, ...]:
        """Return what was applied, newest first."""
        return tuple(reversed(self._revisions))

    # --- inside --------------------------------------------------------------------------------

    def _alarm_change(
        self, changes: Sequence[ChangeInfo], config: Config, parts: Parts
    ) -> Callable[[], None]:
        """Return what lets people be told by another configuration, or refuse."""
        is_about = any(each.path.partition(".")[0] in ALARMED for each in changes)
        if self._alarm is None or not is_about:
            return _nothing
        try:
            return prepare_alarm(self._alarm, self._config, config, parts)
        except HexdeskError as error:
            raise refusal(error) from error

    async def _config_of(self, revision: int) -> tuple[Config, Parts]:
        kept = self._configs.get(revision)
        if revision and kept is None:
            raise ControlError(
                Reason.RESOURCE_UNKNOWN,
                f"there is no configuration {revision}",
                remedy="hexdesk config history shows those that are kept",
            )
        if kept is not None:
            return kept, await self._read(lambda: resolve(kept))
        try:
            return await self._read(self._reread)
        except HexdeskError as error:
            raise refusal(error) from error

    def _reread(self) -> tuple[Config, Parts]:
        """Return what the files say now, with every plugin and setting checked."""
        reread = self._config.reread
        if reread is None:
            raise ConfigError(
                "the configuration of this run does not stand in files",
                code="CONFIG_FILE",
                remedy="start it with `hexdesk run plugins.toml`",
            )
        config: Config = reread()
        return config, resolve(config)

    def _changes(self, config: Config, parts: Parts) -> Iterator[ChangeInfo]:
        old = {row.path: row.value for row in self._rows(self._config)}
        new = {row.path: row.value for row in setting_rows(config, parts.settings_types)}
        has_alarm = self._alarm is not None
        for path in sorted(old.keys() | new.keys()):
            if old.get(path) != new.get(path):
                reason = restart_reason(path, self._config, config, has_alarm=has_alarm)
                yield ChangeInfo(
                    path=path,
                    before=old.get(path, ""),
                    after=new.get(path, ""),
                    needs_restart=bool(reason),
                    restart_reason=reason,
                )

    def _rows(self, config: Config) -> list[SettingRow]:
        return setting_rows(config, self._parts.settings_types)

    def _is_there(self, strategy_id: str) -> bool:
        return self._workshop.draft_of(strategy_id) is not None

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            return await self._aside.do(work, "read the configuration")
        except StuckError as error:
            raise ControlError(
                Reason.CONFIG_INVALID, f"the configuration cannot be read: {error}"
            ) from error


def _drafts(config: Config) -> dict[str, StrategyDraft]:
    return {name: draft_of(section) for name, section in config.enabled_strategies.items()}


def _faults(error: HexdeskError) -> tuple[FaultInfo, ...]:
    return tuple(
        FaultInfo(
            code=each.code,
            path=getattr(each, "path", ""),
            origin=getattr(each, "origin", ""),
            text=each.message,
            remedy=each.remedy,
        )
        for each in each_error(error)
    )


def _settings(registration: Registration) -> Iterator[PluginSettingInfo]:
    texts = attribute_texts(registration.settings)
    for field in msgspec.structs.fields(registration.settings):
        default: object = field.default
        if field.default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        shown = "" if default is msgspec.NODEFAULT else show_value(_plain(default))
        yield PluginSettingInfo(
            key=field.encode_name,
            type="secret reference" if is_secret_type(field.type) else type_words(field.type),
            default="none" if default is None else shown,
            required=field.required,
            description=texts.get(field.name, ""),
        )


def _plain(value: object) -> object:
    plain: object = msgspec.to_builtins(value, enc_hook=str)
    return plain


def _nothing() -> None:
    """Nobody is told otherwise."""
