"""Where each key of a TOML text stands: `tomllib` reads values, this finds their lines.

The text has been read by `tomllib` already, so the scanner may trust its syntax.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str, ...]
"""Keys from the root; an item of a list counts as its index."""

_KEY_PART = re.compile(
    r"""[ \t]*
    (?: (?P<bare>[A-Za-z0-9_-]+) | (?P<basic>"(?:[^"\\\n]|\\.)*") | '(?P<raw>[^'\n]*)' )
    [ \t]*""",
    re.VERBOSE,
)
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_VALUE = re.compile(r"[^,\]}\n#]+")


def parse_key(text: str) -> KeyPath:
    """Return the parts of a dotted key as `risk.instruments."BTCUSDT-PERP.BINANCE".collar_pct`.

    Raises:
        ValueError: It is no TOML key.
    """
    parts, end = _key_at(text, 0)
    if end != len(text):
        raise ValueError(f"expected a key as in desk.seed, was {text[:60]!r}")
    return parts


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of every key, table header and list item of a valid TOML text."""
    return dict(_Scanner(text).run())


def _key_at(text: str, position: int) -> tuple[KeyPath, int]:
    parts: list[str] = []
    while True:
        match = _KEY_PART.match(text, position)
        if match is None:
            raise ValueError(f"expected a key as in desk.seed, was {text[:60]!r}")
        parts.append(_part(match))
        position = match.end()
        if not text.startswith(".", position):
            return tuple(parts), position
        position += 1


def _part(match: re.Match[str]) -> str:
    if match["bare"] is not None:
        return match["bare"]
    if match["basic"] is not None:
        return str(tomllib.loads(f"key = {match['basic']}")["key"])
    return match["raw"]


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._counts: dict[KeyPath, int] = {}

    def run(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        while self._skip_blank():
            line = self._line()
            if self._text.startswith("[", self._position):
                table = self._header()
                yield table, line
            else:
                yield from self._pair(table, line)

    def _skip_blank(self) -> bool:
        """Move to what comes next; False at the end of the text."""
        match = _BLANK.match(self._text, self._position)
        self._position = match.end() if match else self._position
        return self._position < len(self._text)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._position) + 1

    def _header(self) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]`; later keys of a repeated table belong to its newest item."""
        brackets = 2 if self._text.startswith("[[", self._position) else 1
        written, end = _key_at(self._text, self._position + brackets)
        self._position = end + brackets
        table: KeyPath = ()
        for part in written[:-1]:
            table = self._newest((*table, part))
        table = (*table, written[-1])
        if brackets == 1:
            return self._newest(table)
        self._counts[table] = self._counts.get(table, -1) + 1
        return self._newest(table)

    def _newest(self, table: KeyPath) -> KeyPath:
        return (*table, str(self._counts[table])) if table in self._counts else table

    def _pair(self, table: KeyPath, line: int) -> Iterator[tuple[KeyPath, int]]:
        key, end = _key_at(self._text, self._position)
        self._position = end + 1
        path = (*table, *key)
        for depth in range(len(table) + 1, len(path)):
            yield path[:depth], line
        yield path, line
        yield from self._value(path)

    def _value(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        self._skip_blank()
        opening = self._text[self._position]
        if opening in "[{":
            self._position += 1
            yield from self._items(path) if opening == "[" else self._pairs(path)
            self._position += 1
            return
        match = (_STRING if opening in "\"'" else _BARE_VALUE).match(self._text, self._position)
        self._position = match.end() if match else self._position + 1

    def _items(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        index = 0
        while self._more("]"):
            item = (*path, str(index))
            yield item, self._line()
            yield from self._value(item)
            index += 1

    def _pairs(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        while self._more("}"):
            yield from self._pair(path, self._line())

    def _more(self, closing: str) -> bool:
        """Step over a comma; False at the closing bracket."""
        self._skip_blank()
        if self._text.startswith(",", self._position):
            self._position += 1
            self._skip_blank()
        return self._position < len(self._text) and self._text[self._position] != closing
