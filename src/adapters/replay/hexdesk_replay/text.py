"""Text files as numbered rows: CSV with a header, and JSON lines; plain or compressed by gzip.

Rows are counted as an editor shows lines, from 1, the header included. Empty lines are skipped.
Each line stands alone: a stray quotation mark or a half-written line spoils one row, no more.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TextIO, TypeAlias

import msgspec

from hexdesk.errors import DataError
from hexdesk_replay.rows import KINDS, Row, kind_of

LINE_LENGTH_MAX = 65_536
"""Longer lines are no rows; at most so much of a file is in memory at a time."""

KindAndRow: TypeAlias = tuple[str, Row]
NumberedRow: TypeAlias = tuple[int, KindAndRow | ValueError]

_JSON = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)
_HEADERS = "; ".join(f"{kind}: {', '.join(sorted(names))}" for kind, names in KINDS.items())


def read_rows(path: Path) -> Iterator[NumberedRow]:
    """Yield the number of each row with its kind and values, or with what is wrong with it.

    Raises:
        DataError: The file is missing, unreadable, damaged, cut off, or its header names no kind.
    """
    name = str(path)
    try:
        with _open(path) as file:
            read = _json_rows if ".jsonl" in path.suffixes else _csv_rows
            yield from read(name, _lines(file))
    except FileNotFoundError as error:
        raise DataError("no such file", file=name, remedy="check `dataset`") from error
    except EOFError as error:
        raise DataError("the file is cut off", file=name, remedy="fetch it again") from error
    except (OSError, zlib.error) as error:
        raise DataError(f"cannot be read: {error}", file=name, remedy="fetch it again") from error


def _open(path: Path) -> TextIO:
    """Open a text; bytes that are no UTF-8 become lone surrogates, which no row may hold."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape")
    return path.open(encoding="utf-8-sig", errors="surrogateescape")


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """Yield lines that are not empty; an overlong one is cut, so that no parser takes it."""
    number = 0
    while line := file.readline(LINE_LENGTH_MAX):
        number += 1
        rest = line
        while len(rest) == LINE_LENGTH_MAX and rest[-1] != "\n":
            rest = file.readline(LINE_LENGTH_MAX)
        if not line.isspace():
            yield number, line.rstrip("\r\n")


def _check(line: str) -> None:
    if len(line) >= LINE_LENGTH_MAX - 1:
        raise ValueError(f"expected at most {LINE_LENGTH_MAX:,} characters in a row")
    if not line.isascii() and any("\udc80" <= letter <= "\udcff" for letter in line):
        raise ValueError("the row is not UTF-8")


def _fields(line: str) -> list[str]:
    """Split a line of CSV."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _csv_rows(name: str, lines: Iterator[tuple[int, str]]) -> Iterator[NumberedRow]:
    first, header = next(lines, (0, ""))
    names = [field.strip() for field in header.replace('"', "").split(",")]
    kind = kind_of(names)
    if not kind:
        raise DataError(
            f"the header names no known kind of rows: {header[:200]!r}",
            file=name,
            row=first,
            remedy=f"expected one of these with further columns or none: {_HEADERS}",
        )
    for number, line in lines:
        try:
            _check(line)
            fields = _fields(line)
            if len(fields) != len(names):
                raise ValueError(f"expected {len(names)} columns, was {len(fields)}")  # noqa: TRY301
            yield number, (kind, dict(zip(names, fields, strict=True)))
        except ValueError as error:
            yield number, error


def _json_rows(_name: str, lines: Iterator[tuple[int, str]]) -> Iterator[NumberedRow]:
    for number, line in lines:
        try:
            _check(line)
            row = _JSON.decode(line)
            kind = kind_of(row)
            if not kind:
                raise ValueError(f"the names fit no known kind: {', '.join(row)[:200]}")  # noqa: TRY301
            yield number, (kind, row)
        except (ValueError, msgspec.DecodeError) as error:
            yield number, ValueError(str(error))
