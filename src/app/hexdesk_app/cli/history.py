"""`hexdesk history`."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import wraps
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from hexdesk.domain.history import Category
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import DataError
from hexdesk.ports.read_model import (
    PAGE_ROWS_MAX,
    EquityQuery,
    EventQuery,
    FillQuery,
    OrderQuery,
    Page,
)
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.times import to_ns
from hexdesk_app.display.numbers import count, moment
from hexdesk_app.display.tables import make_table
from hexdesk_app.history.opening import open_read_model
from hexdesk_app.problems import NotFoundError
from hexdesk_app.reading.history_text import (
    equity_cells,
    event_cells,
    fill_cells,
    order_cells,
    position_cells,
    to_data,
)
from hexdesk_app.reading.journals import open_journal

R = TypeVar("R", bound=msgspec.Struct)
Body = Callable[..., int | None]

LIMIT = 50
CATEGORIES = [each.value for each in Category]
PageOptions = dict[str, object]
ORDER_HEADERS = ("time", "order", "strategy", "instrument", "side", "type", "#quantity", "#price",
                 "#filled", "#avg px", "status", "code")  # fmt: skip
EVENT_HEADERS = ("time", "category", "kind", "strategy", "order", "text")
FILL_HEADERS = ("time", "order", "strategy", "instrument", "side", "#quantity", "#price", "#fee",
                "trade", "")  # fmt: skip
POSITION_HEADERS = ("strategy", "account", "instrument", "leg", "#quantity", "#avg px",
                    "+realised", "#fees", "+funding", "#fills")  # fmt: skip
EQUITY_HEADERS = ("time", "account", "#equity", "#cash", "currency")


@click.group(no_args_is_help=True)
def history() -> None:
    """Ask the read model of a desk, also while it runs.

    PATH is the desk's state folder or its configuration; plugins.toml by default. Times are UTC.
    """


_path = click.argument("path", required=False, metavar="[PATH]", type=click.Path(path_type=Path))


def _page_options(body: Body) -> Body:
    """Add --since, --until, --oldest-first, --limit and --page-token; the verb gets `page`."""

    @click.option("since_ns", "--since", callback=to_ns, default="", metavar="TIME",
                  help="Rows from this time on.")  # fmt: skip
    @click.option("until_ns", "--until", callback=to_ns, default="", metavar="TIME",
                  help="Rows before this time.")  # fmt: skip
    @click.option("oldest_first", "--oldest-first", is_flag=True, help="Else the newest is first.")
    @click.option("limit", "--limit", type=click.IntRange(1, PAGE_ROWS_MAX), default=LIMIT,
                  show_default=True, metavar="N", help="Most rows of a page.")  # fmt: skip
    @click.option("page_token", "--page-token", default="", metavar="TOKEN",
                  help="The next page, as the one before names it.")  # fmt: skip
    @wraps(body)
    def call(
        *, since_ns: TimeNs, until_ns: TimeNs, oldest_first: bool, limit: int, page_token: str,
        **options: object,
    ) -> int | None:  # fmt: skip
        page = {
            "since_ns": since_ns,
            "until_ns": until_ns,
            "newest_first": not oldest_first,
            "limit": limit,
            "page_token": page_token,
        }
        return body(page=page, **options)

    return call


def _who_options(body: Body) -> Body:
    """Add --strategy, --account and --pairs."""
    for option in (
        click.option("instrument_id", "-p", "--pairs", "--symbols", default="", metavar="ID",
                     help="Only this instrument, as BTCUSDT-PERP.BINANCE."),
        click.option("account_id", "--account", default="", metavar="ID",
                     help="Only this account."),
        click.option("strategy_id", "-s", "--strategy", default="", metavar="NAME",
                     help="Only this strategy."),
    ):  # fmt: skip
        body = option(body)
    return body


@history.command()
@_path
@_who_options
@click.option("state", "--state", type=click.Choice(["any", "open", "closed", "in_doubt"]),
              default="any", show_default=True, help="Only orders that are so now.")  # fmt: skip
@_page_options
@output_options
def orders(output: Output, path: Path | None, page: PageOptions, **filters: str) -> None:
    """List orders by the time they were decided."""
    query = msgspec.convert({**page, **filters}, OrderQuery)
    with closing(open_read_model(path)) as model:
        found = model.orders(query)
    _show(output, "orders", found, ORDER_HEADERS, order_cells)


@history.command()
@click.argument("client_order_id", metavar="ORDER")
@_path
@output_options
def order(output: Output, client_order_id: str, path: Path | None) -> None:
    """Show one order with all that happened to it."""
    with closing(open_read_model(path)) as model:
        found = model.order(client_order_id)
    if found is None:
        raise NotFoundError(
            f"there is no order {client_order_id!r}", remedy="hexdesk history orders lists them"
        )
    data = {
        "order": to_data(found.order),
        "events": [to_data(row) for row in found.events],
        "fills": [to_data(row) for row in found.fills],
    }
    happened = [
        (str(row.number), row.kind, row.outcome, moment(row.ts_ns), row.body)
        for row in found.events
    ]
    tables = [
        make_table("order", ORDER_HEADERS, [order_cells(found.order)]),
        make_table("records", ("#number", "kind", "outcome", "time", "record"), happened),
        make_table("fills", FILL_HEADERS, [fill_cells(row) for row in found.fills]),
    ]
    output.result("history.order", data, tables)


@history.command()
@_path
@_who_options
@_page_options
@output_options
def fills(output: Output, path: Path | None, page: PageOptions, **filters: str) -> None:
    """List fills by the time of receipt."""
    query = msgspec.convert({**page, **filters}, FillQuery)
    with closing(open_read_model(path)) as model:
        found = model.fills(query)
    _show(output, "fills", found, FILL_HEADERS, fill_cells)


@history.command()
@_path
@_who_options
@output_options
def positions(output: Output, path: Path | None, **filters: str) -> None:
    """List what fills add up to, by strategy, account and instrument."""
    with closing(open_read_model(path)) as model:
        found = model.positions(**filters)
    rows = [position_cells(row) for row in found]
    data = {"rows": [to_data(row) for row in found]}
    output.result("history.positions", data, [make_table("positions", POSITION_HEADERS, rows)])


@history.command()
@_path
@click.option("account_id", "--account", default="", metavar="ID",
              help="Of this account; all of them together by default.")  # fmt: skip
@click.option("currency", "--currency", default="", metavar="CODE", help="Only this currency.")
@click.option("step_s", "--step", type=click.FloatRange(min=0.0), default=0.0, metavar="SECONDS",
              help="Only the last sample of each stretch so long.")  # fmt: skip
@_page_options
@output_options
def equity(
    output: Output, path: Path | None, page: PageOptions, step_s: float, **filters: str
) -> None:
    """List samples of equity by time."""
    step_ns = int(step_s * NS_PER_SECOND)
    query = msgspec.convert({**page, **filters, "step_ns": step_ns}, EquityQuery)
    with closing(open_read_model(path)) as model:
        found = model.equity(query)
    _show(output, "equity", found, EQUITY_HEADERS, equity_cells)


@history.command()
@_path
@click.option("category", "--category", type=click.Choice(["", *CATEGORIES]), default="",
              metavar="NAME", help=f"Only {', '.join(CATEGORIES)}.")  # fmt: skip
@click.option("kind", "--kind", default="", metavar="NAME", help="Only these, as halt.")
@click.option("strategy_id", "-s", "--strategy", default="", metavar="NAME",
              help="Only of this strategy.")  # fmt: skip
@_page_options
@output_options
def events(output: Output, path: Path | None, page: PageOptions, **filters: str) -> None:
    """List halts, quarantines, commands, alerts and runs by time."""
    query = msgspec.convert({**page, **filters}, EventQuery)
    with closing(open_read_model(path)) as model:
        found = model.events(query)
    _show(output, "events", found, EVENT_HEADERS, event_cells)


@history.command()
@_path
@output_options
def rebuild(output: Output, path: Path | None) -> None:
    """Make everything again from the journal; equity samples stay. The desk must not run."""
    reader = open_journal(path)
    first = reader.first_sequence
    if first > 1:
        raise DataError(
            f"the journal begins with record {first}: earlier ones were given up",
            remedy="keep the read model that there is, or restore a backup of it;"
            " [journal] keep_days = 0 gives up nothing",
        )
    with closing(open_read_model(path, is_read_only=False)) as model:
        model.open()
        records = model.rebuild(record for _number, record in reader.records())
    output.note(f"history was made again from {count(records)} records")
    output.document("history.rebuild", {"records": records})


@history.command()
@_path
@click.argument("file", type=click.Path(path_type=Path))
@output_options
def backup(output: Output, path: Path, file: Path) -> None:
    """Copy the read model at PATH into a new FILE, also while its desk runs."""
    with closing(open_read_model(path)) as model:
        model.backup(file)
    output.note(f"history was copied to {file}")
    output.document("history.backup", {"file": str(file), "bytes": file.stat().st_size})


def _show(
    output: Output,
    name: str,
    page: Page[R],
    headers: Sequence[str],
    cells: Callable[[R], Sequence[str]],
) -> None:
    """Write a page, and how to come to the next one."""
    data = {
        "rows": [to_data(row) for row in page.rows],
        "next_page_token": page.next_page_token,
    }
    table = make_table(name, headers, [cells(row) for row in page.rows])
    output.result(f"history.{name}", data, [table])
    if page.next_page_token and not (output.as_json or output.quiet):
        click.echo(f"more: --page-token {page.next_page_token}", err=True)
