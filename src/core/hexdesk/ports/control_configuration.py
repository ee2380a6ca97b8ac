"""What can be asked and told about plugins and the configuration that a desk runs under."""

from typing import ClassVar, Protocol

import msgspec

from hexdesk.domain.risk import RiskSetting
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Mutation, Page, PageQuery, Query, Scope
from hexdesk.ports.workshop import StrategyDraft


class PluginSettingInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a plugin; `default` as in TOML."""

    key: str
    type: str
    default: str
    required: bool
    description: str


class PluginInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An installed plugin; one that is not in use was not imported, so less is known of it."""

    name: str
    kinds: tuple[str, ...]
    distribution: str
    summary: str
    contract_version: int
    used_by: tuple[str, ...]
    problem: str
    settings: tuple[PluginSettingInfo, ...] = ()


class ValueInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One effective value, as in TOML; of a secret whether it is set."""

    path: str
    value: str
    origin: str


class ConfigurationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The effective configuration."""

    files: tuple[str, ...]
    values: tuple[ValueInfo, ...]
    version: int


class ChangeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One value that differs between what runs and what the files say.

    Attributes:
        path: As in TOML.
        before: What runs.
        after: What the files say.
        needs_restart: Whether it takes effect only then.
        restart_reason: Why it does; empty for what does not.
    """

    path: str
    before: str
    after: str
    needs_restart: bool
    restart_reason: str = ""


class FaultInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with the files."""

    code: str
    path: str
    origin: str
    text: str
    remedy: str


class ValidationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the files again would come to."""

    faults: tuple[FaultInfo, ...]
    changes: tuple[ChangeInfo, ...]


class ConfigurationRevision(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that was applied; the first is the start's."""

    revision: int
    create_ns: TimeNs
    author: str
    reason: str
    changes: tuple[ChangeInfo, ...]


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the files again came to; `revision` is 0 where nothing was done."""

    changes: tuple[ChangeInfo, ...]
    revision: int


class ListPlugins(PageQuery[Page[PluginInfo]], frozen=True, kw_only=True):
    """Return all installed plugins, by name."""


class GetPlugin(Query[PluginInfo], frozen=True, kw_only=True):
    """Return a plugin with its settings."""

    name: str


class GetConfiguration(Query[ConfigurationInfo], frozen=True, kw_only=True):
    """Return every effective value."""


class ValidateConfiguration(Query[ValidationInfo], frozen=True, kw_only=True):
    """Read the files again and say what is wrong and what would change."""


class ListConfigurationRevisions(
    Query[tuple[ConfigurationRevision, ...]], frozen=True, kw_only=True
):
    """Return what was applied since the start, newest first."""


class ReloadConfiguration(Mutation[Reloaded], frozen=True, kw_only=True):
    """Apply what may be reloaded; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.ADMIN
    needs_account: ClassVar[bool] = True
    author: str = ""


class RollbackConfiguration(Mutation[Reloaded], frozen=True, kw_only=True):
    """Apply an earlier configuration of this process again."""

    scope: ClassVar[Scope] = Scope.ADMIN
    needs_account: ClassVar[bool] = True
    revision: int
    author: str = ""


class ReloadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a reload is to do, checked.

    Attributes:
        changes: All that differs.
        added: Strategies that are to be made and started.
        changed: Strategies that are to be made anew.
        removed: Ids of strategies that are to be unloaded.
        risk: Settings of rules, and limits, that are to be changed.
        own: What the keeper needs to adopt it.
    """

    changes: tuple[ChangeInfo, ...]
    added: tuple[StrategyDraft, ...] = ()
    changed: tuple[StrategyDraft, ...] = ()
    removed: tuple[str, ...] = ()
    risk: tuple[RiskSetting, ...] = ()
    own: object = None


class ConfigurationKeeper(Protocol):
    """Knows plugins and configuration of a process."""

    async def plugins(self) -> tuple[PluginInfo, ...]:
        """Return all installed plugins, by name, without settings."""
        ...

    async def plugin(self, name: str) -> PluginInfo | None:
        """Return one of them, with the settings that are known; None if it is not installed."""
        ...

    def values(self) -> ConfigurationInfo:
        """Return effective values."""
        ...

    async def validate(self) -> ValidationInfo:
        """Read the files again; change nothing."""
        ...

    async def prepare(self, revision: int = 0) -> ReloadPlan:
        """Read the files again for a reload; or take an earlier revision, where one is named.

        Raises:
            ControlError: They are wrong, or that revision is not kept.
        """
        ...

    def adopt(self, plan: ReloadPlan, author: str, reason: str, now_ns: TimeNs) -> int:
        """Run under a configuration from now on; return its revision."""
        ...

    def revisions(self) -> tuple[ConfigurationRevision, ...]:
        """Return what was applied, newest first."""
        ...
