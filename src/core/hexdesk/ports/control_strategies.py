"""What can be asked and told about the making of strategies: load, settings, state, unload."""

from typing import ClassVar

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Mutation, Query, Scope
from hexdesk.ports.control_views import StrategyInfo


class StateInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy keeps over a restart.

    Attributes:
        strategy_id: Whose.
        state: Plain values, for people; numbers beyond a double's precision are rounded on the way.
        version: The strategy's own number of the state's shape.
        encoded: The same, exact, as msgpack; where it is given it counts.
    """

    strategy_id: str
    state: dict[str, object]
    version: int
    encoded: bytes = b""


class SettingChange(msgspec.Struct, frozen=True, kw_only=True):
    """One value of the settings that differs; values as JSON, empty where there is none."""

    path: str
    before: str
    after: str
    reloadable: bool


class SettingsUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """What an update of settings came to; `revision` is 0 for a dry run."""

    strategy: StrategyInfo
    changes: tuple[SettingChange, ...]
    revision: int


class RevisionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that a strategy had or has; `author` is empty for the configuration."""

    revision: int
    settings: dict[str, object]
    create_ns: TimeNs
    author: str
    reason: str


class LoadStrategy(Mutation[StrategyInfo], frozen=True, kw_only=True):
    """Make a strategy of an installed plugin; `author` is set by the control plane.

    Attributes:
        strategy_id: Name of the section to be.
        plugin: Entry point.
        account: Section name of its broker; empty for the only one.
        instrument_ids: What it trades.
        settings: As in `plugins.toml`.
        keep_orders_on_fault: Whether its open orders stay when it is quarantined.
        capital: Its part of the account, as `5000 USDT` or `25 %` of what was paid in; empty shares
            what is left with the others that have none.
        state: What it begins with; None for what was saved last under that name by that plugin.
    """

    scope: ClassVar[Scope] = Scope.TRADE
    strategy_id: str
    plugin: str
    instrument_ids: tuple[str, ...]
    account: str = ""
    settings: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    keep_orders_on_fault: bool = False
    capital: str = ""
    state: StateInfo | None = None
    author: str = ""


class UnloadStrategy(Mutation[StateInfo], frozen=True, kw_only=True):
    """Stop a strategy and take it away; its orders, if kept, and its positions stay its own."""

    scope: ClassVar[Scope] = Scope.TRADE
    needs_account: ClassVar[bool] = True
    strategy_id: str
    keep_orders: bool = False
    author: str = ""


class ReloadStrategy(Mutation[StrategyInfo], frozen=True, kw_only=True):
    """Make a strategy anew, of the version of its plugin that is installed now."""

    scope: ClassVar[Scope] = Scope.TRADE
    strategy_id: str
    author: str = ""


class UpdateSettings(Mutation[SettingsUpdated], frozen=True, kw_only=True):
    """Give a strategy other settings; those that are not named stay, None takes one back."""

    scope: ClassVar[Scope] = Scope.TRADE
    strategy_id: str
    settings: dict[str, object]
    author: str = ""


class RollbackSettings(Mutation[SettingsUpdated], frozen=True, kw_only=True):
    """Give a strategy the settings of an earlier revision again."""

    scope: ClassVar[Scope] = Scope.TRADE
    strategy_id: str
    revision: int
    author: str = ""


class ListSettingsRevisions(Query[tuple[RevisionInfo, ...]], frozen=True, kw_only=True):
    """Return the revisions of a strategy's settings, newest first."""

    strategy_id: str


class SaveState(Mutation[StateInfo], frozen=True, kw_only=True):
    """Return what a strategy keeps over a restart."""

    scope: ClassVar[Scope] = Scope.TRADE
    strategy_id: str


class RestoreState(Mutation[StrategyInfo], frozen=True, kw_only=True):
    """Give a strategy that does not run a state back."""

    scope: ClassVar[Scope] = Scope.TRADE
    strategy_id: str
    state: StateInfo
    author: str = ""
