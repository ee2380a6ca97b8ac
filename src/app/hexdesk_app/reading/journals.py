"""Reads journals that this process does not write, and shows their records by name.

Which plugin reads one is said by `[journal]` of a configuration; for a folder it is `journal`.
"""

import os
from enum import Enum
from pathlib import Path
from typing import cast, get_args

import msgspec

from hexdesk.errors import ConfigError
from hexdesk.plugin.registrations import JournalRegistration
from hexdesk.ports.journal import JournalReader, JournalRecord
from hexdesk_app.config import Sources, load_config
from hexdesk_app.plugins import load
from hexdesk_app.reading.place import desk_place

PLUGIN = "journal"
KINDS: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(JournalRecord)
}
"""Every type of record by its tag, which is what `--kind` names."""


def open_journal(path: Path | None = None) -> JournalReader:
    """Open a journal for reading: a folder's, or that of a configuration's desk.

    Args:
        path: The journal's folder, the desk's state folder, a configuration file or its folder;
            None for `plugins.toml` here.

    Raises:
        NotFoundError: There is no such file or folder.
        ConfigError: The configuration is wrong, or names a journal that keeps nothing.
        PluginError: The plugin that would read it cannot be loaded.
        DataError: There is no journal in the folder.
    """
    path = desk_place(path)
    name, folder = (PLUGIN, path) if path.is_dir() else _configured(path)
    return reader_of(name, folder)


def reader_of(name: str, folder: Path) -> JournalReader:
    """Return what reads the journal that a plugin keeps in a folder; raises as `open_journal`."""
    registry = load([name])
    for _plugin, _hook, offered in registry.all():
        if isinstance(offered, JournalRegistration) and offered.name == name:
            if offered.open_reader is None:
                break
            return offered.open_reader(folder)
    raise ConfigError(
        f"the journal {name!r} keeps nothing that could be read",
        path="journal.plugin",
        remedy="name the folder of a journal that was written by another plugin",
    )


def _configured(path: Path) -> tuple[str, Path]:
    """Return the journal plugin of a configuration and its desk's state folder."""
    config = load_config(Sources(files=(path,), environ=dict(os.environ)))
    name = config.journal.plugin if config.journal else PLUGIN
    return name, config.base_path / config.desk.state_path


def kind_of(record: JournalRecord) -> str:
    """Return a record's tag, as `fill`."""
    return str(record.__struct_config__.tag)


def row_of(number: int, record: JournalRecord) -> dict[str, object]:
    """Return a record for JSON: its number, its kind, then its fields by name."""
    return {"number": number, "kind": kind_of(record), **_fields(record)}


def _fields(value: msgspec.Struct) -> dict[str, object]:
    return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}


def _plain(value: object) -> object:
    """Return a value by name where it has names; bytes as hexadecimal."""
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return value
