"""One table, shown three ways: boxes on a terminal, Markdown in a pipe, HTML in a report."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from hexdesk_app.display.numbers import MINUS

if TYPE_CHECKING:
    from rich.console import RenderableType

Kind = Literal["text", "number", "signed"]


class Column(msgspec.Struct, frozen=True):
    """A column; numbers are aligned right, signed ones coloured, the unit stands in the header."""

    header: str
    kind: Kind = "text"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table of ready texts.

    Attributes:
        title: Above it; may be empty.
        columns: Left to right.
        rows: Each as long as `columns`.
        total: Whether the last row is a total.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: bool = False


def make_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, total: bool = False
) -> Table:
    """Return a table; a header that starts with `#` is a number, with `+` a signed one."""
    kinds: dict[str, Kind] = {"#": "number", "+": "signed"}
    columns = tuple(
        Column(header.lstrip("#+"), kinds.get(header[:1], "text")) for header in headers
    )
    return Table(title=title, columns=columns, rows=tuple(map(tuple, rows)), total=total)


def color_of(text: str, up_color: str) -> str:
    """Return the colour of a signed text, nothing for zero; `up_color` is green or red."""
    if text.startswith("+"):
        return up_color
    if text.startswith((MINUS, "-")) and text not in {"-", MINUS}:
        return "red" if up_color == "green" else "green"
    return ""


def to_markdown(table: Table) -> str:
    """Return a Markdown table with aligned columns; wide characters count twice."""
    from rich.cells import cell_len

    cells = [[_escape(text) for text in row] for row in table.rows]
    heads = [_escape(column.header) for column in table.columns]
    widths = [max(3, *(cell_len(row[i]) for row in (heads, *cells))) for i in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        padded: list[str] = []
        for text, width, column in zip(row, widths, table.columns, strict=True):
            space = " " * (width - cell_len(text))
            padded.append(text + space if column.kind == "text" else space + text)
        return f"| {' | '.join(padded)} |"

    rules = [
        "-" * width if column.kind == "text" else "-" * (width - 1) + ":"
        for width, column in zip(widths, table.columns, strict=True)
    ]
    title = [f"**{table.title}**", ""] if table.title else []
    return "\n".join([*title, line(heads), f"| {' | '.join(rules)} |", *map(line, cells)])


def to_rich(table: Table, up_color: str = "green") -> "RenderableType":
    """Return a table in boxes, else turned, else dense: the first that breaks no word."""
    from hexdesk_app.display.layouts import FirstFit, boxed, dense, turned

    return FirstFit([boxed(table, up_color), turned(table, up_color), dense(table, up_color)])


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
