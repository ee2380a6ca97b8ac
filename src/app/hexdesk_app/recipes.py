"""Configurations that verbs write for their user: the demo's, and a backtest's out of flags.

They edit the merged tree and leave the checking to `load_config`, as for any file.
"""

import logging
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.errors import PluginError
from hexdesk.plugin.contexts import RecordingContext
from hexdesk.plugin.registrations import RecordingRegistration
from hexdesk.ports.market_data import Recording
from hexdesk_app.config import Config, Sources, load_config
from hexdesk_app.config.convert import Place
from hexdesk_app.config.layers import Assignment, Table, assign, flag_assignments, is_table
from hexdesk_app.config.paths import Origins
from hexdesk_app.config.sections import Builder
from hexdesk_app.plugins import convert_settings, installed, load, load_into, make
from hexdesk_app.problems import NotFoundError, raise_all

BACKTEST_RUN_ID = "backtest"
"""Constant, so that equal backtests give equal order ids wherever they run."""
DEFAULT_BROKER = "sim"
DATA_FEED = "data"
SETTINGS_FLAG = "--settings"


class BacktestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `hexdesk backtest` was told.

    Attributes:
        sources: Of the configuration.
        data: Path or dataset as `sample:btcusdt` that replaces the feeds; empty keeps them.
        strategies: Sections or plugins to run; none runs those of the configuration.
        settings: `key=value` settings of these strategies.
    """

    sources: Sources
    data: str = ""
    strategies: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


def demo_config(environ: Mapping[str, str]) -> Config:
    """Return the demo's configuration; files of the user are not read."""
    text = files("hexdesk_app").joinpath("demo.toml").read_text("utf-8")
    return load_config(
        Sources(built_in=(("demo.toml", text),), environ=environ, required=False, search=False)
    )


def backtest_config(options: BacktestOptions) -> Config:
    """Return a configuration with data, strategies and settings of the flags in it.

    Raises:
        NotFoundError: There is no such data.
        PluginError: Nothing installed reads it, or a strategy is unknown.
        ManyConfigError: As `load_config`.
    """

    def edit(tree: Table, origins: Origins, base_path: Path) -> None:
        desk = tree.setdefault("desk", {})
        if is_table(desk):
            desk["mode"] = "backtest"
            desk.setdefault("run_id", BACKTEST_RUN_ID)
        for section in ("journal", "read_model", "telemetry", "alerts", "channels", "servers"):
            tree.pop(section, None)
        if not tree.get("brokers"):
            tree["brokers"] = {DEFAULT_BROKER: {"plugin": DEFAULT_BROKER}}
        if options.data:
            own = _table(_table(tree, "feeds"), DATA_FEED)
            tree["feeds"] = {DATA_FEED: {**own, **_feed(options.data, base_path)}}
        if options.strategies:
            _choose(tree, options, origins, base_path)

    return load_config(options.sources, edit)


def _feed(data: str, base_path: Path) -> Table:
    path = Path(data)
    if path.exists():
        dataset = os.path.relpath(path, base_path)
    elif ":" in data:
        dataset = data
    else:
        raise NotFoundError(
            f"there is no file, folder or dataset {data!r}",
            remedy="name a path that exists, or sample:btcusdt",
        )
    return {"plugin": reader_of(data).name, "dataset": dataset}


def open_recording(data: str) -> Recording:
    """Return the recording that a path or a dataset as `sample:btcusdt` names.

    Raises:
        NotFoundError: There is no such data.
        PluginError: Nothing installed reads it.
        ConfigError: Its file needs an instrument that only a configuration can define.
    """
    feed = _feed(data, Path())
    registry = load([])
    plugin = load_into(registry, str(feed["plugin"]))
    reader = registry.recordings()[plugin.name]
    settings = convert_settings(
        reader, {"dataset": feed["dataset"]}, ("feeds", DATA_FEED), Origins()
    )
    context = RecordingContext(
        name=DATA_FEED,
        base_path=Path(),
        instruments={},
        logger=logging.getLogger(f"hexdesk.feed.{DATA_FEED}"),
    )
    return make(reader.factory, context, settings, plugin)


def reader_of(data: str) -> RecordingRegistration:
    """Return the installed reader of a dataset, by its scheme, its suffix or its folder's files.

    Raises:
        PluginError: None reads it.
    """
    path = Path(data)
    names = [data]
    if path.is_dir():
        names = [str(each) for each in sorted(path.rglob("*")) if each.is_file()]
    schemes: list[str] = []
    for reader in _readers():
        schemes += [*reader.schemes, *reader.suffixes]
        by_scheme = reader.schemes and data.startswith(reader.schemes)
        by_suffix = reader.suffixes and any(name.endswith(reader.suffixes) for name in names)
        if by_scheme or by_suffix:
            return reader
    raise PluginError(
        f"nothing installed reads {data!r}; what is installed reads {', '.join(schemes) or 'none'}",
        code="PLUGIN_UNKNOWN",
        remedy="pip install 'hexdesk-app[catalog]' for Parquet files",
    )


def _readers() -> list[RecordingRegistration]:
    """Return all installed readers; a broken plugin reads nothing, `plugin list` tells why."""
    found: list[RecordingRegistration] = []
    for offer in installed():
        try:
            recordings = load([offer.name]).recordings()
        except PluginError:
            continue
        found += recordings.values()
    return found


def _choose(tree: Table, options: BacktestOptions, origins: Origins, base_path: Path) -> None:
    """Enable the sections that were named, and add one for each plugin that was."""
    sections = tree.setdefault("strategies", {})
    if not is_table(sections):
        return  # `load_config` reports it
    for name, section in sections.items():
        if is_table(section):
            section["enabled"] = name in options.strategies
    for name in options.strategies:
        if name not in sections:
            load([name])
            sections[name] = {"plugin": name, "instruments": _instruments(tree, origins, base_path)}
        for each in flag_assignments(options.settings, SETTINGS_FLAG):
            path = ("strategies", name, "settings", *each.path)
            origins.forget(path)
            raise_all(assign(tree, Assignment(path, each.text, each.origin), origins))


def _instruments(tree: Table, origins: Origins, base_path: Path) -> list[object]:
    """Return what the configuration's recordings hold, else what it defines."""
    known = _defined(tree, origins)
    found: list[object] = []
    for name, feed in _table(tree, "feeds").items():
        if not is_table(feed):
            continue
        registry = load([])
        plugin = load_into(registry, str(feed.get("plugin")), f"feeds.{name}")
        reader = registry.recordings().get(plugin.name)
        if reader is None:
            continue
        table = {key: value for key, value in feed.items() if key not in {"plugin", "speed"}}
        settings = convert_settings(reader, table, ("feeds", name), origins)
        context = RecordingContext(
            name=name,
            base_path=base_path,
            instruments=known,
            logger=logging.getLogger(f"hexdesk.feed.{name}"),
        )
        place = Place(path=("feeds", name), origins=origins)
        recording = make(reader.factory, context, settings, plugin, place)
        found += [instrument.id for instrument in recording.instruments]
    return found or list(known)


def _defined(tree: Table, origins: Origins) -> dict[str, Instrument]:
    """Return the instruments that the tree defines; `load_config` reports the wrong ones."""
    builder = Builder({"instruments": _table(tree, "instruments")}, origins)
    config = builder.build(Path(), ())
    return config.instruments if config else {}


def _table(tree: Table, name: str) -> Table:
    value = tree.get(name)
    return value if is_table(value) else {}
