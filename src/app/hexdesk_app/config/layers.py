"""The layers of a configuration: files, variables and flags, merged so that the later one wins.

Tables merge, lists and values are replaced. A table in one layer and a value in another under the
same key contradict each other; that is an error, never a silent choice.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias, TypeGuard

import msgspec

from hexdesk.errors import ConfigError
from hexdesk_app.config.paths import Origins, format_path
from hexdesk_app.config.toml_lines import KeyPath, key_lines, parse_key

Table: TypeAlias = dict[str, object]

FILE_BYTES_MAX = 262_144
"""A longer file is data that was named by mistake."""
ENVIRONMENT_PREFIX = "HEXDESK__"
_TOML_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


def is_table(value: object) -> TypeGuard[Table]:
    """Whether a value read from TOML is a table; its keys are texts."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether a value read from TOML is a list."""
    return isinstance(value, list)


class Text(str):
    """A value from a variable or a flag: its type is known only when its setting is."""

    __slots__ = ()


class Layer(msgspec.Struct, frozen=True):
    """What one file says, and the line of each key."""

    tree: Table
    origins: dict[KeyPath, str]


class Assignment(msgspec.Struct, frozen=True):
    """One value from a variable or a flag; `loose` names are matched as variables have to be."""

    path: KeyPath
    text: str
    origin: str
    loose: bool = False


def read_file(path: Path) -> Layer:
    """Read a TOML file.

    Raises:
        ConfigError: It is missing, unreadable, no text, absurdly large, or no valid TOML
            (a key or table written twice is not).
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        text = content.decode()
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist",
            code="CONFIG_FILE",
            origin=str(path),
            remedy="name an existing file; `hexdesk demo` needs none",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{path} cannot be read: {reason}",
            code="CONFIG_FILE",
            origin=str(path),
            remedy="name a readable TOML file",
        ) from None
    if len(content) > FILE_BYTES_MAX:
        raise ConfigError(
            f"{path} is larger than {FILE_BYTES_MAX} bytes",
            code="CONFIG_FILE",
            origin=str(path),
            remedy="name the configuration, not a data file",
        )
    return read_text(text, str(path))


def read_text(text: str, name: str) -> Layer:
    """Read a TOML text; `name` stands for it in messages.

    Raises:
        ConfigError: It is no valid TOML.
    """
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise _toml_error("it is nested too deeply", name) from None
    except ValueError as error:
        raise _toml_error(str(error), name) from None
    lines = key_lines(text)
    return Layer(tree, {path: f"{name}:{line}" for path, line in lines.items()})


def _toml_error(reason: str, name: str) -> ConfigError:
    place = _TOML_PLACE.search(reason)
    line = place["line"] if place else None
    where = f"{name}:{line}" if line else name
    twice = "overwrite" in reason or "twice" in reason or "mutate" in reason
    return ConfigError(
        f"{where} is not valid TOML: {_TOML_PLACE.sub('', reason)}",
        code="CONFIG_TOML",
        origin=where,
        remedy="the key or table stands twice: keep one of them" if twice else "correct that line",
    )


def environment_assignments(environ: Mapping[str, str]) -> list[Assignment]:
    """Return what `HEXDESK__SECTION__KEY` variables set, by name."""
    found: list[Assignment] = []
    for name, text in sorted(environ.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            parts = name.removeprefix(ENVIRONMENT_PREFIX).split("__")
            path = tuple(part.lower() for part in parts)
            found.append(Assignment(path, text, f"variable {name}", loose=True))
    return found


def flag_assignments(overrides: Iterable[str], flag: str = "--set") -> list[Assignment]:
    """Return what `a.b.c=value` flags set, in order.

    Raises:
        ConfigError: One has no `=` or no key before it.
    """
    found: list[Assignment] = []
    for override in overrides:
        name, equals, text = override.partition("=")
        try:
            path = parse_key(name)
        except ValueError as error:
            path, reason = (), str(error)
        else:
            reason = "" if equals else f"expected KEY=VALUE, was {override[:60]!r}"
        if reason:
            raise ConfigError(
                reason,
                code="CONFIG_VALUE",
                origin=f"flag {flag}",
                remedy=f"write {flag} desk.seed=7",
            )
        found.append(Assignment(path, text, f"flag {flag}"))
    return found


def parse_text(text: str) -> object:
    """Return what a text means as a TOML value, the text itself where it is none."""
    try:
        tree = tomllib.loads(f"value = {text}", parse_float=Decimal)
    except (ValueError, RecursionError):
        return str(text)
    return tree["value"] if tree.keys() == {"value"} else str(text)


def merge(base: Table, layer: Layer, origins: Origins) -> list[ConfigError]:
    """Lay a layer over a tree, in place; return where the two contradict."""
    return list(_merge(base, layer.tree, (), layer.origins, origins))


def assign(base: Table, assignment: Assignment, origins: Origins) -> list[ConfigError]:
    """Lay one value over a tree, in place; return where the two contradict."""
    try:
        path = _match(base, assignment) if assignment.loose else assignment.path
    except ConfigError as error:
        return [error]
    parsed = parse_text(assignment.text)
    inner = parsed if is_table(parsed) else Text(assignment.text)
    tree: Table = {path[-1]: inner}
    for part in reversed(path[:-1]):
        tree = {part: tree}
    return merge(base, Layer(tree, dict.fromkeys(_paths(tree), assignment.origin)), origins)


def _paths(tree: Table, prefix: KeyPath = ()) -> Iterable[KeyPath]:
    for key, value in tree.items():
        path = (*prefix, key)
        if is_table(value):
            yield from _paths(value, path)
        else:
            yield path


def _match(base: Table, assignment: Assignment) -> KeyPath:
    """Find the keys that a variable's name means: `MM_BTC` is `mm-btc` where there is one."""
    path: list[str] = []
    here: object = base
    for part in assignment.path:
        keys = list(here) if is_table(here) else []
        fitting = [key for key in keys if _variable_name(key) == part]
        if len(fitting) > 1:
            raise ConfigError(
                f"could mean any of {', '.join(fitting)}",
                code="CONFIG_CONFLICT",
                path=format_path((*path, part)),
                origin=assignment.origin,
                remedy="use a file or --set, which know the difference",
            )
        key = fitting[0] if fitting else part
        path.append(key)
        here = here.get(key) if is_table(here) else None
    return tuple(path)


def _variable_name(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", key.lower())


def _merge(
    base: Table, newer: Table, prefix: KeyPath, written: Mapping[KeyPath, str], origins: Origins
) -> Iterator[ConfigError]:
    for key, value in newer.items():
        path = (*prefix, key)
        present = base.setdefault(key, {}) if is_table(value) else base.get(key)
        if is_table(value) and is_table(present):
            if path in written:
                origins.known.setdefault(path, written[path])
            yield from _merge(present, value, path, written, origins)
        elif is_table(value) or is_table(present):
            yield _contradiction(path, value, written, origins)
        else:
            _replace(base, path, value, written, origins)


def _replace(
    base: Table, path: KeyPath, value: object, written: Mapping[KeyPath, str], origins: Origins
) -> None:
    key = path[-1]
    if is_list(base.get(key)):
        origins.forget(path)
    base[key] = value
    if path in written:
        origins.known[path] = written[path]
    if is_list(value):
        origins.take({known: at for known, at in written.items() if known[: len(path)] == path})


def _contradiction(
    path: KeyPath, value: object, written: Mapping[KeyPath, str], origins: Origins
) -> ConfigError:
    earlier, later = origins.of(path), Origins(dict(written)).of(path)
    table, single = (later, earlier) if is_table(value) else (earlier, later)
    return ConfigError(
        f"is a table in {table} and a single value in {single}",
        code="CONFIG_CONFLICT",
        path=format_path(path),
        origin=later,
        remedy="make both the same kind, or delete one",
    )
