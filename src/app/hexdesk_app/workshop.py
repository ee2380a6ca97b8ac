"""Makes strategies of installed plugins while a desk runs, on a thread of their own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, TypeAlias, get_args, get_origin

import msgspec

from hexdesk.errors import ConfigError, HexdeskError, PluginError
from hexdesk.plugin.registrations import StrategyRegistration
from hexdesk.plugin.registry import Registry
from hexdesk.plugin.secret import Secret
from hexdesk.ports.control import ControlError, FieldFault, Reason
from hexdesk.ports.runtime import StrategyFacts
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk.ports.workshop import MadeStrategy, StrategyDraft
from hexdesk_app.config import Config, Origins, StrategySection
from hexdesk_app.config.convert import is_secret_name, plain
from hexdesk_app.config.layers import is_list, is_table
from hexdesk_app.plugins import TIMEOUT_S, convert_settings, find, load_afresh, load_into, make
from hexdesk_app.problems import each_error
from hexdesk_app.resolve import Part, Parts, registration_of, unset_secrets
from hexdesk_app.running.aside import Aside, StuckError

StrategyPart: TypeAlias = Part[StrategySection, StrategyRegistration]
Subscribe: TypeAlias = Callable[[Sequence[str]], Awaitable[None]]
RELOADABLE = "reloadable"
"""`Annotated[int, Meta(extra={"reloadable": False})]`: the setting waits until it is stopped."""
_DIGEST_BYTES = 16
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


class PluginWorkshop:
    """Implements `Workshop`.

    Attributes:
        subscribe: Has a live desk's feeds send instruments; None where recordings are played.
    """

    def __init__(self, config: Config, parts: Parts, *, timeout_s: float = TIMEOUT_S) -> None:
        self.subscribe: Subscribe | None = None
        self._config = config
        self._strategies = parts.strategies
        self._labels = {each.name: each.distribution for each in parts.registry.modules}
        self._timeout_s = timeout_s
        self._aside = Aside(timeout_s)
        self._facts: dict[str, StrategyFacts] = {}

    # --- what is there -------------------------------------------------------------------------

    def facts_of(self, strategy_id: str) -> StrategyFacts:
        """Return what a strategy is made of, secrets masked."""
        known = self._facts.get(strategy_id)
        if known is None:
            part = self._strategies.get(strategy_id)
            if part is None:
                return StrategyFacts()
            known = StrategyFacts(part.section.plugin, _version(part), _shown(part))
            self._facts[strategy_id] = known
        return known

    def draft_of(self, strategy_id: str) -> StrategyDraft | None:
        """Return what a strategy was made of."""
        part = self._strategies.get(strategy_id)
        return None if part is None else draft_of(part.section)

    def made_of(self, strategy_id: str) -> tuple[str, dict[str, object]]:
        """Return the version of a strategy's plugin and its effective settings."""
        part = self._strategies[strategy_id]
        return _version(part), _values(part, _reference)

    def settings_text(self, settings: Mapping[str, object]) -> str:
        """Return settings as JSON."""
        return settings_text(settings)

    def base_of(self, strategy_id: str) -> str:
        """Return the digest of the configured section."""
        return base_of(self._config, strategy_id)

    def adopt(self, config: Config) -> None:
        """Take another configuration for what the files say."""
        self._config = config

    # --- making --------------------------------------------------------------------------------

    async def make(
        self, draft: StrategyDraft, context: StrategyContext, *, afresh: bool = False
    ) -> MadeStrategy:
        """Make a strategy on a thread; see `hexdesk.ports.workshop`."""
        try:
            part, strategy = await self._aside.do(
                lambda: self._make(draft, context, afresh=afresh), f"make {draft.strategy_id}"
            )
        except StuckError as error:
            raise ControlError(
                Reason.PLUGIN_FAILED,
                f"plugin {draft.plugin!r}: {error}",
                remedy="a factory must not connect or wait; report it to the plugin's author",
                facts={"plugin": draft.plugin},
            ) from error
        except HexdeskError as error:
            raise refusal(error) from error
        await self._subscribe(draft)
        return MadeStrategy(
            strategy=strategy,
            draft=draft,
            version=_version(part),
            settings=settings_text(draft.settings),
            effective=_values(part, _reference),
            shown=_shown(part),
            fixed=fixed_settings(part.registration.settings),
            own=part,
        )

    def keep(self, made: MadeStrategy) -> None:
        """Note that a strategy took its place."""
        strategy_id = made.draft.strategy_id
        part: StrategyPart = made.own  # type: ignore[assignment]  # it was put there by `make`
        self._strategies[strategy_id] = part
        self._labels[part.plugin.name] = part.plugin.distribution
        self._facts.pop(strategy_id, None)

    def drop(self, strategy_id: str) -> None:
        """Note that a strategy was taken away."""
        self._strategies.pop(strategy_id, None)
        self._facts.pop(strategy_id, None)

    def _make(
        self, draft: StrategyDraft, context: StrategyContext, *, afresh: bool
    ) -> tuple[StrategyPart, Strategy]:
        label = find(draft.plugin).distribution
        is_newer = self._labels.get(draft.plugin, label) != label
        part = part_of(draft, self._config, afresh=afresh or is_newer, timeout_s=self._timeout_s)
        strategy = make(
            part.registration.factory, context, part.settings, part.plugin, part.place,
            timeout_s=self._timeout_s,
        )  # fmt: skip
        return part, _checked(strategy, draft.plugin)

    async def _subscribe(self, draft: StrategyDraft) -> None:
        if self.subscribe is None:
            return
        try:
            await self.subscribe(draft.instrument_ids)
        except (HexdeskError, OSError) as error:
            raise ControlError(
                Reason.STATE_WRONG,
                f"its market data cannot be had: {error}",
                remedy="look at the feeds: hexdesk status",
            ) from error


def part_of(
    draft: StrategyDraft, config: Config, *, afresh: bool = False, timeout_s: float = TIMEOUT_S
) -> StrategyPart:
    """Return a draft with its plugin loaded and its settings converted.

    Raises:
        HexdeskError: The plugin cannot be loaded, or the settings are wrong.
    """
    path = ("strategies", draft.strategy_id)
    section = StrategySection(
        name=draft.strategy_id,
        path=path,
        plugin=draft.plugin,
        settings=draft.settings,
        settings_path=(*path, "settings"),
        broker=draft.broker,
        instruments=draft.instrument_ids,
        capital=_capital(config, draft.strategy_id),
        enabled=True,
        on_fault="cancel" if draft.cancels_on_fault else "keep",
    )
    registry = Registry()
    load = load_afresh if afresh else load_into
    plugin = load(registry, draft.plugin, ".".join(path), timeout_s=timeout_s)
    registration = registration_of(registry, section, plugin, (StrategyRegistration,))
    version = plugin.distribution.rpartition(" ")[2]
    origins = Origins()
    settings = convert_settings(
        registration, _exact(draft.settings), section.settings_path, origins,
        version=version, decimals=True,
    )  # fmt: skip
    unset = unset_secrets(settings, section.settings_path, origins)
    if unset:
        raise unset[0]
    return Part(section, registration, settings, plugin, origins)


def draft_of(section: StrategySection) -> StrategyDraft:
    """Return what a section asks for."""
    settings = plain(section.settings)
    return StrategyDraft(
        strategy_id=section.name,
        plugin=section.plugin,
        broker=section.broker,
        instrument_ids=section.instruments,
        settings=settings if is_table(settings) else {},
        cancels_on_fault=section.on_fault == "cancel",
    )


def base_of(config: Config, strategy_id: str) -> str:
    """Return the digest of what the configuration says of a strategy; empty for nothing."""
    section = config.enabled_strategies.get(strategy_id)
    if section is None:
        return ""
    return blake2b(_encode(draft_of(section)), digest_size=_DIGEST_BYTES).hexdigest()


def settings_text(settings: Mapping[str, object]) -> str:
    """Return settings as JSON, the same for equal ones."""
    return _encode(settings).decode()


def fixed_settings(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the settings that a plugin marked as not reloadable."""
    return frozenset(
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if get_origin(field.type) is Annotated
        for mark in get_args(field.type)[1:]
        if isinstance(mark, msgspec.Meta) and (mark.extra or {}).get(RELOADABLE) is False
    )


def refusal(error: HexdeskError) -> ControlError:
    """Return what is wrong with a plugin or its settings as the control plane tells it."""
    if isinstance(error, ControlError):
        return error
    errors = each_error(error)
    first = errors[0]
    is_config = isinstance(first, ConfigError)
    faults = [
        FieldFault(each.path or "settings", f"{each.code}: {each.message}")
        for each in errors
        if isinstance(each, ConfigError)
    ]
    facts = {"code": first.code}
    if isinstance(first, PluginError):
        facts |= {"plugin": first.plugin, "distribution": first.distribution}
    return ControlError(
        Reason.CONFIG_INVALID if is_config else Reason.PLUGIN_FAILED,
        "; ".join(f"{each.path}: {each.message}" if isinstance(each, ConfigError) else each.message
                  for each in errors),
        remedy=first.remedy,
        facts=facts,
        faults=faults,
    )  # fmt: skip


def _exact(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """Return a value of JSON as TOML has it: a number is what is written, not what is near it."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if is_table(value):
        return {key: _exact(each) for key, each in value.items()}
    return [_exact(each) for each in value] if is_list(value) else value


def _checked(made: object, plugin: str) -> Strategy:
    """Return what a factory made, if it is a strategy."""
    if isinstance(made, Strategy):
        return made
    raise PluginError(
        f"the factory of {plugin!r} returned {type(made).__name__}, no Strategy",
        code="PLUGIN_FACTORY",
        plugin=plugin,
        remedy="derive from hexdesk.plugin.Strategy",
    )


def _capital(config: Config, strategy_id: str) -> Any:  # noqa: ANN401 - Money or None
    section = config.strategies.get(strategy_id)
    return None if section is None else section.capital


def _version(part: StrategyPart) -> str:
    return part.plugin.distribution.rpartition(" ")[2]


def _values(part: StrategyPart, hook: Callable[[object], object]) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(part.settings, str_keys=True, enc_hook=hook)
    return found


def _shown(part: StrategyPart) -> dict[str, object]:
    """Return effective settings for people; a name that looks like a secret's is treated as one."""
    shown = _values(part, _masked)
    for key, value in shown.items():
        if is_secret_name(key) and isinstance(value, str) and value not in {"", "set", "not set"}:
            shown[key] = "set"
    return shown


def _masked(value: object) -> str:
    """Return a setting that is no plain value; of a secret only whether it is set."""
    if isinstance(value, Secret):
        return "set" if value.is_set else "not set"
    return str(value)


def _reference(value: object) -> str:
    """Return a setting that is no plain value; of a secret its reference."""
    return value.reference if isinstance(value, Secret) else str(value)
