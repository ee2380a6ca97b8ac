"""`hexdesk pnl`: what strategies earned, exactly."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.connect import desk_options, strategy_option, watch_option
from hexdesk_app.cli.remote.show import Plain, bare
from hexdesk_app.display.numbers import grouped, signed
from hexdesk_app.display.tables import make_table

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

PARTS = ("realised", "unrealised", "fees", "funding")
Row = dict[str, str]


@click.command()
@strategy_option
@desk_options
@watch_option
def pnl(output: Output, client: "PlainClient", strategy: str) -> None:
    """Show results of strategies by currency: realised, unrealised, fees, funding, net."""
    found = client.all("StrategyService.ListStrategies", "strategies")
    rows = [row for each in found if strategy in {"", bare(each["name"])} for row in _rows(each)]
    totals = _totals(rows)
    headers = ("strategy", "currency", "+realised", "+unrealised", "#fees", "+funding", "+net")
    shown = [
        (row["strategy"], row["currency"], signed(row["realised"]), signed(row["unrealised"]),
         grouped(row["fees"]), signed(row["funding"]), signed(row["net"]))
        for row in (*rows, *totals)
    ]  # fmt: skip
    table = make_table("results", headers, shown, total=len(totals) == 1)
    output.result("pnl", {"strategies": rows, "totals": totals}, [table])


def _rows(strategy: Plain) -> Iterable[Row]:
    """Yield a strategy's results, one currency after the other."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(PARTS, Decimal()))
    for part in PARTS:
        for amount in strategy[part]:
            sums[amount["currency"]][part] += Decimal(amount["amount"])
    for currency, parts in sorted(sums.items()):
        yield _row(bare(strategy["name"]), currency, parts)


def _totals(rows: Iterable[Row]) -> list[Row]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(PARTS, Decimal()))
    for row in rows:
        for part in PARTS:
            sums[row["currency"]][part] += Decimal(row[part])
    return [_row("TOTAL", currency, parts) for currency, parts in sorted(sums.items())]


def _row(strategy: str, currency: str, parts: dict[str, Decimal]) -> Row:
    net = parts["realised"] + parts["unrealised"] - parts["fees"] + parts["funding"]
    figures = {part: f"{parts[part]:f}" for part in PARTS}
    return {"strategy": strategy, "currency": currency, **figures, "net": f"{net:f}"}
