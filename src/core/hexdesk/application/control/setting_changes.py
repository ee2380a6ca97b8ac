"""Settings laid over others, and what differs between two; pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeGuard

import msgspec

from hexdesk.ports.control_strategies import SettingChange

_encode = msgspec.json.Encoder(decimal_format="number").encode


def merged(settings: Mapping[str, object], newer: Mapping[str, object]) -> dict[str, object]:
    """Return settings with newer ones laid over: tables merge, the rest is replaced.

    None takes a setting away, so that its default holds again.
    """
    found = dict(settings)
    for key, value in newer.items():
        before = found.get(key)
        if value is None:
            found.pop(key, None)
        elif _is_table(value):
            found[key] = merged(before if _is_table(before) else {}, value)
        else:
            found[key] = value
    return found


def changes_between(
    before: Mapping[str, object], after: Mapping[str, object], fixed: Collection[str] = ()
) -> tuple[SettingChange, ...]:
    """Return what differs, by path; `fixed` are settings that cannot change at run time."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return tuple(
        SettingChange(
            path=path,
            before=old.get(path, ""),
            after=new.get(path, ""),
            reloadable=path.partition(".")[0] not in fixed,
        )
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _leaves(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if _is_table(value):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _encode(value).decode()


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
