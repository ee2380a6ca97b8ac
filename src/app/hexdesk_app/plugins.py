"""Finds, loads and makes plugins, trusting none of them.

By hand, because pluggy's own loader silently drops the second distribution that offers a name.
Whatever goes wrong becomes a `PluginError` that names plugin, distribution, version, TOML path and
remedy.
"""

import difflib
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.metadata import Distribution, EntryPoint, distributions
from types import ModuleType
from typing import Any, TypeVar

import msgspec

from hexdesk.errors import ConfigError, HexdeskError, ManyConfigError, PluginError
from hexdesk.plugin.hookspecs import ADAPTER_GROUP, STRATEGY_GROUP
from hexdesk.plugin.registrations import Registration
from hexdesk.plugin.registry import PluginModule, Registry
from hexdesk_app.config.convert import Place, to_struct
from hexdesk_app.config.paths import Origins, format_path
from hexdesk_app.config.toml_lines import KeyPath, parse_key
from hexdesk_app.guard import OverdueError, call_within
from hexdesk_app.incident import keep_traceback

C = TypeVar("C")
T = TypeVar("T")

GROUPS = (ADAPTER_GROUP, STRATEGY_GROUP)
TIMEOUT_S = 30.0
"""How long an import, the hooks or a factory may take: a desk that was killed on a machine with ten
processes to a core has to come back, and an import takes such a one ten times as long."""


class Offer(msgspec.Struct, frozen=True):
    """A name that an installed distribution offers.

    Attributes:
        name: What `plugin = "..."` asks for.
        group: Of entry points.
        distribution: `name version`.
        entry_point: Loads the module.
        metadata: Of the distribution.
    """

    name: str
    group: str
    distribution: str
    entry_point: EntryPoint
    metadata: Distribution


def installed() -> list[Offer]:
    """Return every plugin on offer by name, without importing any.

    Raises:
        PluginError: A distribution's entry points cannot be read.
    """
    offers: list[Offer] = []
    seen: set[str] = set()
    for distribution in distributions():
        found = _entry_points(distribution)
        if not found:
            continue
        label = _label(distribution)
        name = re.sub(r"[-_.]+", "-", label.partition(" ")[0]).lower()
        if name in seen:
            continue  # the first on the path hides a second copy, as it does for `import`
        seen.add(name)
        offers += [Offer(each.name, each.group, label, each, distribution) for each in found]
    return sorted(offers, key=lambda offer: (offer.name, offer.distribution, offer.group))


def find(name: str, path: str = "") -> Offer:
    """Return the only offer of a name; `path` is the TOML path that asks for it.

    Raises:
        PluginError: Nobody offers it, or more than one does, in either group.
    """
    offers = installed()
    fitting = [offer for offer in offers if offer.name == name]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        names = sorted({offer.name for offer in offers})
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?  " if near else ""
        raise PluginError(
            f"no installed distribution offers a plugin {name!r}",
            code="PLUGIN_UNKNOWN",
            plugin=name,
            path=path,
            remedy=f"{hint}installed: {', '.join(names) or 'none'}",
        )
    raise PluginError(
        f"{name!r} is offered by {[offer.distribution for offer in fitting]}",
        code="PLUGIN_CONFLICT",
        plugin=name,
        path=path,
        remedy="uninstall all but one: pip uninstall DISTRIBUTION",
    )


def load(names: Iterable[str], *, timeout_s: float = TIMEOUT_S) -> Registry:
    """Return the registrations of plugins asked for by name; no other is imported.

    Raises:
        PluginError: As `find` and `load_into`.
    """
    registry = Registry()
    for name in names:
        load_into(registry, name, timeout_s=timeout_s)
    return registry


def load_into(
    registry: Registry, name: str, path: str = "", *, timeout_s: float = TIMEOUT_S
) -> PluginModule:
    """Load one plugin, call its hooks once and add it to a registry.

    Raises:
        PluginError: It cannot be found, imported or trusted, lacks a library, or hangs.
    """
    offer = find(name, path)

    def work() -> PluginModule:
        plugin = PluginModule(name, offer.group, offer.distribution, _import(offer))
        alone = Registry()
        alone.add(plugin)
        if not alone.all():
            raise PluginError(
                f"plugin {name!r} offers nothing",
                code="PLUGIN_HOOK",
                remedy="implement a hook of hexdesk.plugin.HookSpecs, marked with @hookimpl",
            )
        _check_names(alone)
        return plugin

    try:
        plugin = _guarded(work, f"loading plugin {name!r}", offer.distribution, timeout_s)
        registry.add(plugin)
        _check_names(registry)
    except HexdeskError as error:
        raise _placed(error, name, offer.distribution, path) from error.__cause__
    return plugin


def load_afresh(
    registry: Registry, name: str, path: str = "", *, timeout_s: float = TIMEOUT_S
) -> PluginModule:
    """Load one plugin as it is installed now, though an older version of it may be in use.

    The modules of its own package are imported again. Objects of the older version go on with
    their own; should the import fail, the older modules are in place again.

    Raises:
        PluginError: As `load_into`.
    """
    importlib.invalidate_caches()
    root = find(name, path).entry_point.module.partition(".")[0]
    before = _take_modules(root)
    try:
        return load_into(registry, name, path, timeout_s=timeout_s)
    except BaseException:
        _take_modules(root)
        sys.modules.update(before)
        raise


def _take_modules(root: str) -> dict[str, ModuleType]:
    """Let a package and all below it count as never imported; return its modules."""
    names = [name for name in sys.modules if name == root or name.startswith(f"{root}.")]
    return {name: sys.modules.pop(name) for name in names}


def convert_settings(
    registration: Registration,
    table: Mapping[str, object],
    path: KeyPath,
    origins: Origins,
    *,
    version: str = "",
    also: tuple[str, ...] = (),
    decimals: bool = False,
) -> msgspec.Struct:
    """Return a plugin's settings out of a table.

    `version` is shown in messages; `also` are keys of the same table that hexdesk itself takes;
    `decimals` takes bare numbers for texts that hold decimal numbers.

    Raises:
        ManyConfigError: Everything that is wrong with the table.
    """
    owner = f"{registration.name} {version}".strip()
    errors: list[ConfigError] = []
    place = Place(path=path, origins=origins, owner=owner, also=also)
    try:
        settings = to_struct(table, registration.settings, place, errors, decimals=decimals)
    except (NameError, TypeError) as error:
        raise PluginError(
            f"the settings type of {owner} cannot be read: {error}",
            code="PLUGIN_SETTINGS",
            plugin=registration.name,
            path=format_path(path),
            remedy="import the types of its annotations at run time",
        ) from error
    if settings is None:
        raise ManyConfigError(errors)
    return settings


def make(
    factory: Callable[[C, Any], T],
    context: C,
    settings: msgspec.Struct,
    plugin: PluginModule,
    place: Place | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
) -> T:
    """Return what a plugin's factory makes; `place` is the section that asks for it.

    Raises:
        PluginError: It raised, lacks a library, returned nothing, or took longer than the limit.
        HexdeskError: What the factory itself raised on purpose, such as a `ConfigError`.
    """

    def work() -> T:
        made = factory(context, settings)
        if made is None:
            raise PluginError(
                f"the factory of {plugin.name!r} returned None",
                code="PLUGIN_FACTORY",
                remedy="fix the plugin",
            )
        return made

    try:
        return _guarded(work, f"the factory of {plugin.name!r}", plugin.distribution, timeout_s)
    except HexdeskError as error:
        path = format_path(place.path) if place is not None else ""
        known = _placed(error, plugin.name, plugin.distribution, path)
        raise _traced(known, place) from error.__cause__


def _check_names(registry: Registry) -> None:
    """Refuse a registration name that is given twice within a kind; each collection looks."""
    registry.brokers()
    registry.feeds()
    registry.recordings()
    registry.journals()
    registry.read_models()
    registry.telemetry()
    registry.alert_channels()
    registry.servers()
    registry.strategies()


def _entry_points(distribution: Distribution) -> list[EntryPoint]:
    try:
        return [each for each in distribution.entry_points if each.group in GROUPS]
    except (TypeError, ValueError) as error:
        raise PluginError(
            f"the entry points of {_label(distribution)} cannot be read: {error}",
            code="PLUGIN_BROKEN",
            distribution=_label(distribution),
            remedy="reinstall it: pip install --force-reinstall DISTRIBUTION",
        ) from error


def _label(distribution: Distribution) -> str:
    """Return `name version`; metadata may lack either."""
    metadata = distribution.metadata
    return f"{metadata['Name'] or 'unknown'} {metadata['Version'] or '?'}"


def _import(offer: Offer) -> ModuleType:
    loaded: object = offer.entry_point.load()
    if not isinstance(loaded, ModuleType):
        raise PluginError(
            f"entry point {offer.name} = {offer.entry_point.value!r} names no module",
            code="PLUGIN_IMPORT",
            remedy='write it as `name = "package.module"`',
        )
    return loaded


def _guarded(work: Callable[[], T], what: str, label: str, timeout_s: float) -> T:
    """Do what calls into a plugin; turn all that may come out of it into a `HexdeskError`.

    `label` names its distribution, which is looked for only where it matters: to read what is
    installed takes longer than most factories do.
    """
    try:
        return call_within(timeout_s, work)
    except HexdeskError:
        raise
    except OverdueError as error:
        at = "\n    ".join(error.stack)
        raise PluginError(
            f"{what} took longer than {timeout_s:g} s and was stopped at\n    {at}\n ",
            code="PLUGIN_TIMEOUT",
            remedy="a factory must not connect or wait; report it to the plugin's author",
        ) from error
    except ModuleNotFoundError as error:
        found = (each for each in distributions() if _label(each) == label)
        raise _missing_module(what, error, next(found, None)) from error
    except (Exception, SystemExit) as error:
        digest, place = keep_traceback(error)
        raise PluginError(
            f"{what} raised {type(error).__name__}: {error} (incident {digest})",
            code="PLUGIN_IMPORT" if what.startswith("loading") else "PLUGIN_FACTORY",
            remedy=f"correct its settings, or report it to its author; the traceback is in {place}",
        ) from error


def _missing_module(
    what: str, error: ModuleNotFoundError, distribution: Distribution | None
) -> PluginError:
    missing = error.name or str(error)
    package = missing.partition(".")[0]
    name = distribution.metadata["Name"] if distribution else "DISTRIBUTION"
    own = (
        {each.module.partition(".")[0] for each in distribution.entry_points}
        if distribution
        else {""}
    )
    if package in own:
        return PluginError(
            f"{what} failed: its own module {missing!r} is missing",
            code="PLUGIN_IMPORT",
            remedy=f"reinstall it: pip install --force-reinstall {name}",
        )
    extra = _extra_of(package, (distribution.requires if distribution else None) or [])
    return PluginError(
        f"{what} needs the package {package!r}, which is not installed",
        code="PLUGIN_DEPENDENCY",
        remedy=f"pip install '{name}[{extra}]'" if extra else f"pip install {name} {package}",
    )


def _extra_of(module: str, requirements: Iterable[str]) -> str:
    """Return the extra that brings a module; names of modules and distributions are near."""
    for requirement in requirements:
        extra = re.search(r"""extra\s*==\s*["']([^"']+)["']""", requirement)
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        if extra and re.sub(r"[-_.]+", "_", name).lower() == module.lower():
            return extra[1]
    return ""


def _placed(error: HexdeskError, name: str, distribution: str, path: str) -> HexdeskError:
    """Return an error with whatever facts it lacks."""
    if isinstance(error, PluginError):
        error.plugin = error.plugin or name
        error.distribution = error.distribution or distribution
        error.path = error.path or path
    elif isinstance(error, ConfigError):
        error.path = error.path or path
    return error


def _traced(error: HexdeskError, place: Place | None) -> HexdeskError:
    """Return an error with the origin of the value that a plugin's own check refused."""
    if isinstance(error, ConfigError) and not error.origin and place is not None:
        with suppress(ValueError):
            error.origin = place.origins.of(parse_key(error.path))
        error.origin = error.origin or place.origins.of(place.path)
    return error
