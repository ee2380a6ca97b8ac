"""`hexdesk roll-trading-day`: what was today's is yesterday's from now on."""

from datetime import date
from typing import TYPE_CHECKING

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.acting import How
from hexdesk_app.cli.remote.connect import desk_options, mutation_options
from hexdesk_app.cli.remote.show import bare
from hexdesk_app.display.tables import make_table

if TYPE_CHECKING:
    from hexdesk_client import PlainClient


def day_of(_context: click.Context, _option: click.Parameter, text: str) -> int:
    """Return a day, written as 20261123 or 2026-11-23, as FIX writes it."""
    try:
        return int(date.fromisoformat(text).strftime("%Y%m%d"))
    except ValueError:
        raise click.BadParameter(f"expected a day as 20261123, was {text!r}") from None


@click.command("roll-trading-day")
@click.argument("day", callback=day_of, metavar="DAY")
@click.option("instrument", "--instrument", default="", metavar="ID", help="Only of this one.")
@click.option(
    "venue", "--venue", default="", metavar="NAME", help="Only of instruments of this venue."
)
@mutation_options
@desk_options
def roll_trading_day(
    output: Output, client: "PlainClient", *, how: How, day: int, instrument: str, venue: str
) -> None:
    """Begin a trading day: what was held as today's is yesterday's from now on. Needs --reason.

    DAY is the exchange's, as 20261123; it may begin the evening before. Feeds that tell of days do
    this by themselves. Where it is that day already nothing is done.
    """
    fields = {
        "trading_day": day,
        "instrument": f"instruments/{instrument}" if instrument else "",
        "venue": venue,
        **how,
    }
    found = client.ask("DeskService.RollTradingDay", fields)
    rows = [(bare(name),) for name in found["instruments"]]
    title = f"would begin {day}" if how["dry_run"] else f"{day} begins"
    output.result("roll-trading-day", found, [make_table(title, ("instrument",), rows)])
