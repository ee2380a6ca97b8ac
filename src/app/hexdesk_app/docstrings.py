"""What settings mean: their types in words, their texts out of the class's docstring."""

import inspect
import re
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from msgspec import Meta

_ENTRY = re.compile(r"^(?P<indent> +)(?P<name>\w+)(?: \([^)]*\))?: *(?P<text>.*)$")
_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def attribute_texts(kind: type) -> dict[str, str]:
    """Return the texts of Google-style `Attributes:` sections by name, each in one line.

    A class tells its own; those of its bases tell what it inherits.
    """
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        texts |= _own_texts(base)
    return texts


def _own_texts(kind: type) -> dict[str, str]:
    if "__doc__" not in vars(kind):
        return {}
    _, found, section = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    texts: dict[str, str] = {}
    if not found:
        return texts
    name, indent = "", 0
    for line in section.splitlines():
        entry = _ENTRY.match(line)
        if line and not line.startswith(" "):
            break
        if entry and (not name or len(entry["indent"]) <= indent):
            name, indent = entry["name"], len(entry["indent"])
            texts[name] = entry["text"].strip()
        elif name and line.strip():
            texts[name] = f"{texts[name]} {line.strip()}".lstrip()
    return texts


def type_words(kind: object) -> str:
    """Return a type as people say it: `whole number, 1 to 100`."""
    origin = get_origin(kind)
    arguments = get_args(kind)
    if origin is Annotated:
        limits = [_limits(each) for each in arguments[1:] if isinstance(each, Meta)]
        return ", ".join(part for part in (type_words(arguments[0]), *limits) if part)
    if origin is Literal:
        return " or ".join(str(each) for each in arguments)
    if origin in {Union, UnionType}:
        return " or ".join(type_words(each) for each in arguments if each is not NoneType)
    if origin in {tuple, list, frozenset, set}:
        inner = type_words(arguments[0]) if arguments else "values"
        return f"list of {inner}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(str(member.value) for member in kind)
    return _WORDS[kind] if isinstance(kind, type) and kind in _WORDS else _name(kind)


def _name(kind: object) -> str:
    if get_origin(kind) is dict or kind is dict:
        return "table"
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _limits(meta: Meta) -> str:
    """Return the range of numbers, and of lengths, that a type takes."""
    if meta.ge is not None and meta.le is not None:
        return f"{meta.ge:,} to {meta.le:,}"
    bounds = (
        ("at least", meta.ge),
        ("above", meta.gt),
        ("at most", meta.le),
        ("below", meta.lt),
    )
    return ", ".join(f"{word} {bound:,}" for word, bound in bounds if bound is not None)
