"""Where two states of a desk differ first."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from hexdesk.application.durability.state import DeskState

_NAMES = ("client_order_id", "strategy_id", "instrument_id", "broker", "currency", "list_id", "id")
"""What an entry of a sequence is called by: its own field of that name, or that of its first."""
SHOWN_MAX = 200
"""Characters of a value that are shown."""


def first_difference(noted: DeskState, found: DeskState) -> str:
    """Return the first part that differs, as `halted: 'found', not 'noted'`.

    Empty if the states are equal, but for the order of entries in tables by name.
    """
    return _struct("", noted, found)


def _any(path: str, noted: object, found: object) -> str:
    if type(noted) is not type(found):
        return _said(path, noted, found)
    if isinstance(noted, msgspec.Struct):
        return _struct(path, noted, found)
    if isinstance(noted, dict):
        return _dict(path, cast("dict[object, object]", noted), cast("dict[object, object]", found))
    if isinstance(noted, tuple):
        return _sequence(path, cast("Sequence[object]", noted), cast("Sequence[object]", found))
    return "" if noted == found else _said(path, noted, found)


def _struct(path: str, noted: msgspec.Struct, found: object) -> str:
    return _first(
        _any(f"{path}.{name}" if path else name, getattr(noted, name), getattr(found, name))
        for name in noted.__struct_fields__
    )


def _dict(path: str, noted: dict[object, object], found: dict[object, object]) -> str:
    for key in sorted(noted.keys() | found.keys(), key=str):
        if key not in noted or key not in found:
            return _said(f"{path}[{key}]", noted.get(key, "nothing"), found.get(key, "nothing"))
    return _first(_any(f"{path}[{key}]", noted[key], found[key]) for key in noted)


def _sequence(path: str, noted: Sequence[object], found: Sequence[object]) -> str:
    for number, (left, right) in enumerate(zip(noted, found, strict=False)):
        difference = _any(f"{path}[{_name(left) or number}]", left, right)
        if difference:
            return difference
    return "" if len(noted) == len(found) else _said(f"{path}.length", len(noted), len(found))


def _name(value: Any) -> str:  # noqa: ANN401 - any entry of a state
    """Return what an entry is called by; empty where it has no name."""
    for name in _NAMES:
        found = getattr(value, name, "")
        if found:
            return str(found)
    fields = getattr(value, "__struct_fields__", ())
    first = getattr(value, fields[0]) if fields else None
    return _name(first) if isinstance(first, msgspec.Struct) else ""


def _first(differences: Iterable[str]) -> str:
    return next(filter(None, differences), "")


def _said(path: str, noted: object, found: object) -> str:
    return f"{path}: {_shown(found)}, not {_shown(noted)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."
