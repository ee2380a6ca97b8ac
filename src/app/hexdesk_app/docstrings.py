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
    """Return the texts of a Google-style `Attributes:` section by name, each in one line."""
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
    low = meta.ge if meta.ge is not None else meta.gt
    high = meta.le if meta.le is not None else meta.lt
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    if low is not None:
        return f"{'at least' if meta.ge is not None else 'above'} {low:,}"
    if high is not None:
        return f"{'at most' if meta.le is not None else 'below'} {high:,}"
    return ""
