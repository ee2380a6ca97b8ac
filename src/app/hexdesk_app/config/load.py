"""Reads a configuration from all its sources.

Later ones win: risk preset, built-in text, `plugins.toml`, `plugins.<profile>.toml`,
`plugins.local.toml`, further files, `HEXDESK__SECTION__KEY` variables, `--set` flags.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from hexdesk.errors import ConfigError, ManyConfigError
from hexdesk_app.config.layers import (
    Layer,
    Table,
    assign,
    environment_assignments,
    flag_assignments,
    merge,
    read_file,
    read_text,
)
from hexdesk_app.config.paths import Origins
from hexdesk_app.config.schema import Config
from hexdesk_app.config.sections import Builder

DEFAULT_FILE = "plugins.toml"


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where a configuration comes from.

    Attributes:
        files: The first has companions `<stem>.<profile>.toml` and `<stem>.local.toml`; none means
            `plugins.toml` in `folder`.
        profile: As development, test, production; empty for none.
        overrides: `a.b.c=value`, in order.
        environ: Variables; only those that start with `HEXDESK__` are read.
        folder: Where a configuration without files is looked for, and relative paths then start.
        built_in: Named TOML texts below every file.
        required: Whether `plugins.toml` must exist when no file is named.
        search: Whether it is looked for at all.
    """

    files: tuple[Path, ...] = ()
    profile: str = ""
    overrides: tuple[str, ...] = ()
    environ: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    folder: Path = Path()
    built_in: tuple[tuple[str, str], ...] = ()
    required: bool = True
    search: bool = True


Edit: TypeAlias = Callable[[Table, Origins, Path], None]
"""Changes a merged tree in place; gets the folder that relative paths start at."""


def load_config(sources: Sources, edit: Edit | None = None) -> Config:
    """Return the effective configuration, `edit` called on the merged tree before it is checked.

    Raises:
        ManyConfigError: Everything that is wrong with it. Syntax and files come first: what cannot
            be read cannot be checked.
    """
    errors: list[ConfigError] = []
    layers = [read_text(text, name) for name, text in sources.built_in]
    paths = _paths(sources)
    for path in paths:
        try:
            layers.append(read_file(path))
        except ConfigError as error:
            errors.append(error)
    assignments = environment_assignments(sources.environ)
    try:
        assignments += flag_assignments(sources.overrides)
    except ConfigError as error:
        errors.append(error)
    _raise(errors)
    tree, origins = _merged(layers, errors)
    for assignment in assignments:
        errors += assign(tree, assignment, origins)
    base_path = paths[0].parent if paths else sources.folder
    _raise(errors)
    if edit is not None:
        edit(tree, origins, base_path)
    builder = Builder(tree, origins)
    config = builder.build(base_path, tuple(str(path) for path in paths))
    if config is None:
        raise ManyConfigError(builder.errors)
    return msgspec.structs.replace(config, reread=lambda: load_config(sources, edit))


def _merged(layers: list[Layer], errors: list[ConfigError]) -> tuple[Table, Origins]:
    tree: Table = {}
    origins = Origins()
    for layer in layers:
        errors += merge(tree, layer, origins)
    return tree, origins


def _paths(sources: Sources) -> list[Path]:
    if sources.files:
        first = sources.files[0]
    elif not sources.search:
        return []
    else:
        first = sources.folder / DEFAULT_FILE
        if not (sources.required or sources.profile or first.is_file()):
            return []
    companions = [first.with_suffix(f".{sources.profile}.toml")] if sources.profile else []
    local = first.with_suffix(".local.toml")
    if local.is_file():
        companions.append(local)
    return [first, *companions, *sources.files[1:]]


def _raise(errors: list[ConfigError]) -> None:
    if errors:
        raise ManyConfigError(errors)
