"""`hexdesk status`, `orders`, `trades`, `positions`, `balance`, `why`, `events`, `audit`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
import msgspec

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.connect import (
    ask_twice,
    desk_options,
    destructive_options,
    limit_option,
    strategy_option,
    unless_subcommand,
    watch_option,
)
from hexdesk_app.cli.remote.monitoring import performance_tables
from hexdesk_app.cli.remote.show import (
    balance_table,
    bare,
    fill_table,
    order_table,
    position_table,
    status_tables,
    when,
)
from hexdesk_app.display.tables import make_table

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

KINDS = (
    "order", "order_report", "fill", "position", "account", "strategy", "desk", "alert", "command",
)  # fmt: skip


def _strategy(name: str) -> dict[str, str]:
    return {"strategy": f"strategies/{name}"} if name else {}


@click.command()
@click.option("perf", "--perf", is_flag=True, help="How fast it is instead: latency, throughput.")
@desk_options
@watch_option
def status(output: Output, client: "PlainClient", *, perf: bool) -> None:
    """Show the state of a running desk, or how fast it is."""
    if perf:
        found = client.ask("MonitoringService.GetPerformance")
        for note in found["notes"]:
            output.warn(note)
        output.result("status.perf", found, performance_tables(found))
        return
    desk = client.ask("DeskService.GetDesk")
    strategies = client.all("StrategyService.ListStrategies", "strategies")
    positions = client.all("PortfolioService.ListPositions", "positions")
    data = {"desk": desk, "strategies": strategies, "positions": positions}
    output.result("status", data, status_tables(desk, strategies, positions))


@click.group(invoke_without_command=True)
@unless_subcommand
@click.option("every", "--all", "-a", is_flag=True, help="Closed ones, too.")
@limit_option
@strategy_option
@desk_options
@watch_option
def orders(
    output: Output, client: "PlainClient", strategy: str, limit: int, *, every: bool
) -> None:
    """List open orders, newest first."""
    fields = {"page_size": limit, "open_only": not every, **_strategy(strategy)}
    found = client.ask("OrderService.ListOrders", fields)["orders"]
    output.result("orders", found, [order_table(found)])


@orders.command("resolve")
@click.argument("order_id", metavar="ORDER")
@click.option(
    "resolution",
    "--as",
    type=click.Choice(["absent", "open", "filled", "canceled", "rejected"]),
    required=True,
    help="What became of it, as you found out.",
)
@click.option("--price", default="", help="Average price of what was filled.")
@destructive_options
@desk_options
def resolve_order(
    output: Output,
    client: "PlainClient",
    *,
    how: Mapping[str, Any],
    order_id: str,
    resolution: str,
    price: str,
    yes: bool,
) -> None:
    """Settle an order in doubt by your word; needs --reason."""
    fields = {
        "name": f"orders/{bare(order_id)}",
        "resolution": f"RESOLUTION_{resolution.upper()}",
        "price": price,
        **how,
    }
    found = ask_twice(client, "OrderService.ResolveOrder", fields, yes=yes)
    output.result("orders.resolve", found, [order_table([found])])


@click.command()
@limit_option
@strategy_option
@desk_options
@watch_option
def trades(output: Output, client: "PlainClient", strategy: str, limit: int) -> None:
    """List fills, newest first."""
    fields = {"page_size": limit, **_strategy(strategy)}
    found = client.ask("HistoryService.ListFills", fields)["fills"]
    output.result("trades", found, [fill_table(found)])


@click.command()
@strategy_option
@desk_options
@watch_option
def positions(output: Output, client: "PlainClient", strategy: str) -> None:
    """List positions by strategy and instrument."""
    found = client.all("PortfolioService.ListPositions", "positions", _strategy(strategy))
    output.result("positions", found, [position_table(found)])


@click.command()
@desk_options
@watch_option
def balance(output: Output, client: "PlainClient") -> None:
    """Show the cash of every account."""
    found = client.all("PortfolioService.ListAccounts", "accounts")
    output.result("balance", found, [balance_table(found)])


@click.command()
@click.option(
    "kinds",
    "-k",
    "--kind",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only these; repeatable.",
)
@strategy_option
@desk_options
def events(output: Output, client: "PlainClient", kinds: tuple[str, ...], strategy: str) -> None:
    """Follow what happens on the desk, one JSON line an event, until Ctrl-C."""
    client.ask("DeskService.GetDesk")  # else one that was never there would be waited for
    wanted = [f"EVENT_KIND_{kind.upper()}" for kind in kinds]
    fields = {"kinds": wanted, "skip_snapshot": True, **_strategy(strategy)}
    for response in client.watch(fields):
        if "resync" in response:
            output.warn(f"events were missed: {response['resync']}")
        for event in response["events"]:
            click.echo(msgspec.json.encode(event).decode())


@click.command()
@limit_option
@desk_options
def audit(output: Output, client: "PlainClient", limit: int) -> None:
    """List what was done to the desk, newest first."""
    found = client.ask("AccessService.ListAuditEntries", {"page_size": limit})["entries"]
    rows = [
        (each["number"], when(each["time"]), each["subject"], each["peer"], each["method"],
         each["outcome"])
        for each in found
    ]  # fmt: skip
    headers = ("#number", "time", "who", "from", "what", "outcome")
    output.result("audit", found, [make_table("audit", headers, rows)])
