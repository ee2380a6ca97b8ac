"""Layouts of a table on a terminal; the first whose words it holds is shown."""

from collections.abc import Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from hexdesk_app.display.tables import Column, Table, color_of

WIDTH_MAX = 10_000
"""Wider than any table: how wide a layout would be is asked without a terminal's bounds."""


class FirstFit:
    """The first of several layouts that breaks no word; the first of all where each would."""

    def __init__(self, layouts: Sequence[RichTable]) -> None:
        self._layouts = layouts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what is shown."""
        unbounded = options.update(max_width=WIDTH_MAX)
        for layout in self._layouts:
            if Measurement.get(console, unbounded, layout).minimum <= options.max_width:
                yield layout
                return
        yield self._layouts[0]


def boxed(table: Table, up_color: str) -> RichTable:
    """Return a table in boxes."""
    return _filled(_framed(table), table, up_color)


def dense(table: Table, up_color: str) -> RichTable:
    """Return it with one space between columns and no frame."""
    shown = _framed(table)
    shown.box = box.SIMPLE_HEAD
    shown.show_edge = False
    shown.padding = 0
    return _filled(shown, table, up_color)


def turned(table: Table, up_color: str) -> RichTable:
    """Return it with a column for each row, headed by the row's first text."""
    shown = _framed(table)
    shown.show_header = True
    shown.add_column(table.columns[0].header)
    for number, row in enumerate(table.rows):
        is_total = table.total and number == len(table.rows) - 1
        style = "bold" if is_total else ""
        shown.add_column(row[0], justify="right", style=style, overflow="fold")
    for index, column in enumerate(table.columns[1:], start=1):
        cells = (_cell(row[index], column, up_color) for row in table.rows)
        shown.add_row(column.header, *cells)
    return shown


def _framed(table: Table) -> RichTable:
    return RichTable(
        title=table.title or None,
        title_justify="left",
        title_style="bold",
        show_header=any(column.header for column in table.columns),
        header_style="bold",
        box=box.ROUNDED,
        border_style="dim",
    )


def _filled(shown: RichTable, table: Table, up_color: str) -> RichTable:
    for column in table.columns:
        shown.add_column(
            column.header,
            justify="left" if column.kind == "text" else "right",
            overflow="fold",
        )
    for number, row in enumerate(table.rows):
        is_total = table.total and number == len(table.rows) - 1
        if is_total:
            shown.add_section()
        cells = zip(row, table.columns, strict=True)
        shown.add_row(
            *(_cell(text, column, up_color) for text, column in cells),
            style="bold" if is_total else None,
        )
    return shown


def _cell(text: str, column: Column, up_color: str) -> Text:
    return Text(text, style=color_of(text, up_color) if column.kind == "signed" else "")
