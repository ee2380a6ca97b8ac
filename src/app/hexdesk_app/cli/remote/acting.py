"""Verbs that change something on a running desk: orders, safety, tokens."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.connect import (
    ask_twice,
    confirm_live,
    desk_options,
    destructive_options,
    mutation_options,
    strategy_option,
)
from hexdesk_app.cli.remote.show import (
    Plain,
    bare,
    facts_table,
    order_table,
    queued_text,
    strategy_table,
    token_table,
    word,
)
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.problems import EXIT_OK, EXIT_REFUSED
from hexdesk_app.reading.risk_text import remedy_of

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

How = Mapping[str, Any]
tag_option = click.option("--tag", default="", help="A word of your own, kept with the order.")


def _named(name: str) -> dict[str, str]:
    return {"strategy": f"strategies/{name}"} if name else {}


def _ids_table(title: str, names: list[str]) -> Any:  # noqa: ANN401 - a table
    return make_table(title, ("name",), [(bare(name),) for name in names])


# --- orders -----------------------------------------------------------------------------------


@click.group(no_args_is_help=True)
def order() -> None:
    """Submit and check orders by hand."""


def _say_queued(output: Output, how: How, queued: list[Any]) -> None:
    """Say what waits for a broker; it is done without anybody asking again."""
    if queued:
        head = "would be queued" if how.get("dry_run") else "queued"
        texts = "; ".join(map(queued_text, queued))
        output.warn(f"{head}: {len(queued)}, done when the broker is back: {texts}")


def _order_verb(name: str, text: str, buys_or_sells: str = "", *, is_check: bool = False) -> None:
    @click.argument("instrument")
    @click.argument("quantity")
    @click.option("--price", default="", help="Limit price; without one it is a market order.")
    @click.option("--trigger", default="", help="Trigger price of a stop.")
    @click.option("reduce_only", "--reduce-only", is_flag=True, help="Only shrink what is held.")
    @click.option("post_only", "--post-only", is_flag=True, help="Never take liquidity.")
    @click.option("--account", default="", help="Section name of the broker.")
    @tag_option
    @strategy_option
    @mutation_options
    @desk_options
    def verb(
        output: Output,
        client: "PlainClient",
        *,
        how: How,
        instrument: str,
        quantity: str,
        price: str,
        trigger: str,
        account: str,
        tag: str,
        side: str = buys_or_sells or name,
        strategy: str,
        **flags: bool,
    ) -> int:
        kind = (
            ("STOP_LIMIT" if price else "STOP_MARKET")
            if trigger
            else "LIMIT"
            if price
            else "MARKET"
        )
        wanted = {
            "instrument": f"instruments/{instrument}",
            "side": f"SIDE_{side.upper()}",
            "order_type": f"ORDER_TYPE_{kind}",
            "quantity": quantity,
            "price": price,
            "trigger_price": trigger,
            "tag": tag,
            **({"account": f"accounts/{account}"} if account else {}),
            **_named(strategy),
            **flags,
        }
        if is_check:
            verdict = client.ask("OrderService.CheckOrder", {"order": wanted})
            output.result("order.check", verdict, verdict_tables(verdict))
            return EXIT_OK if verdict["allowed"] else EXIT_REFUSED
        made = client.ask("OrderService.CreateOrder", {"order": wanted, **how})
        return _tell(output, "order", made, [made])

    made: Callable[..., int | None] = verb
    if is_check:
        made = click.option(
            "side", "--side", type=click.Choice(["buy", "sell"]), required=True, help="Which one."
        )(verb)
    order.add_command(click.command(name, help=text)(made))


def verdict_tables(verdict: Mapping[str, Any]) -> list[Table]:
    """Return what would be said of an order, and all that denies it, with what to do about it."""
    facts = {key: value for key, value in verdict.items() if key != "verdicts"}
    rows = [
        (
            each["rule"], each["measured"], each["limit"], each["code"],
            remedy_of(each["code"], each["rule"]),
        )
        for each in verdict["verdicts"]
    ]  # fmt: skip
    tables = [facts_table("verdict", facts)]
    if rows:
        headers = ("rule", "measured", "limit", "code", "what to do")
        tables.append(make_table("what denies it", headers, rows))
    return tables


_order_verb("buy", "Buy, at the market or at a limit price.")
_order_verb("sell", "Sell, at the market or at a limit price.")
_order_verb("long", "Go long, or longer: as buy.", "buy")
_order_verb("short", "Go short, or shorter: as sell.", "sell")
_order_verb("check", "Say what risk would say of an order; nothing is sent.", is_check=True)


@order.command()
@click.argument("instrument")
@strategy_option
@tag_option
@mutation_options
@desk_options
def flat(
    output: Output, client: "PlainClient", *, how: How, instrument: str, strategy: str, tag: str
) -> int:
    """Close what is held of an instrument at the market; your own orders' unless -s says whose."""
    found = client.all("PortfolioService.ListPositions", "positions", {
        "instrument": f"instruments/{instrument}", **_named(strategy),
    })  # fmt: skip
    held = [each for each in found if strategy or bare(each["strategy"]).startswith("manual@")]
    made = [
        client.ask("OrderService.CreateOrder", {
            "order": {
                "instrument": each["instrument"],
                "side": "SIDE_BUY" if each["quantity"].startswith("-") else "SIDE_SELL",
                "order_type": "ORDER_TYPE_MARKET",
                "quantity": each["quantity"].lstrip("-"),
                "reduce_only": True,
                "strategy": each["strategy"],
                "tag": tag,
            },
            **_numbered(how, number),
        })
        for number, each in enumerate(held)
    ]  # fmt: skip
    return _tell(output, "order.flat", made, made)


def _numbered(how: How, number: int) -> How:
    """Give each of several requests a key of its own."""
    key = how["request_id"]
    return {**how, "request_id": f"{key}.{number}"} if key else how


def _tell(output: Output, schema: str, data: object, made: Sequence[Plain]) -> int:
    """Show orders that were submitted; a denied one is a refusal."""
    output.result(schema, data, [order_table(made)])
    for each in made:
        if each["text"] and not output.as_json:
            output.warn(each["text"])
    is_denied = any(each["life"] == "ORDER_STATUS_DENIED" for each in made)
    return EXIT_REFUSED if is_denied else EXIT_OK


@click.command()
@click.argument("order_id", metavar="ORDER")
@mutation_options
@desk_options
def cancel(output: Output, client: "PlainClient", *, how: How, order_id: str) -> None:
    """Ask to cancel one order."""
    found = client.ask("OrderService.CancelOrder", {"name": f"orders/{bare(order_id)}", **how})
    output.result("cancel", found, [order_table([found])])


@click.command("cancel-all")
@click.option("--instrument", default="", metavar="ID", help="Only of this instrument.")
@strategy_option
@mutation_options
@desk_options
def cancel_all(
    output: Output, client: "PlainClient", *, how: How, strategy: str, instrument: str
) -> None:
    """Ask to cancel every open order."""
    only = {"instrument": f"instruments/{instrument}"} if instrument else {}
    fields = {**_named(strategy), **only, **how}
    found = client.ask("OrderService.CancelAllOrders", fields)
    _say_queued(output, how, found["queued"])
    if found["called_off"]:
        head = "would call off" if how.get("dry_run") else "called off"
        texts = "; ".join(map(queued_text, found["called_off"]))
        output.warn(f"{head}: {texts}; flatten again to close all the same")
    output.result("cancel-all", found, [_ids_table("orders to cancel", found["orders"])])


# --- safety -----------------------------------------------------------------------------------


@click.command("stop-entries")
@strategy_option
@mutation_options
@desk_options
def stop_entries(output: Output, client: "PlainClient", *, how: How, strategy: str) -> None:
    """Open nothing more; what is open is managed on."""
    found = client.ask("DeskService.StopEntries", {**_named(strategy), **how})
    output.result("stop-entries", found, [_ids_table("stopped to enter", found["strategies"])])


@click.command()
@click.option("keep_orders", "--keep-orders", is_flag=True, help="Leave what is open open.")
@strategy_option
@destructive_options
@desk_options
def stop(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    strategy: str,
    keep_orders: bool,
    yes: bool,
) -> None:
    """Send nothing any more: end every strategy; positions stay, open orders are canceled."""
    confirm_live(client, how, yes=yes)
    listed = client.all("StrategyService.ListStrategies", "strategies")
    running = [
        each["name"] for each in listed if each["plugin"] and each["state"] == "STATE_RUNNING"
    ]
    names = [f"strategies/{strategy}"] if strategy else running
    stopped = [
        client.ask("StrategyService.StopStrategy", {
            "name": name, "keep_orders": keep_orders, **_numbered(how, number),
        })
        for number, name in enumerate(names)
    ]  # fmt: skip
    output.result("stop", stopped, [strategy_table(stopped)])


@click.command("resume-entries")
@strategy_option
@mutation_options
@desk_options
def resume_entries(output: Output, client: "PlainClient", *, how: How, strategy: str) -> None:
    """Allow entries again."""
    found = client.ask("DeskService.ResumeEntries", {**_named(strategy), **how})
    output.result("resume-entries", found, [_ids_table("may enter", found["strategies"])])


@click.command()
@strategy_option
@destructive_options
@desk_options
def flatten(output: Output, client: "PlainClient", *, how: How, strategy: str, yes: bool) -> None:
    """Cancel open orders and close positions at the market."""
    found = ask_twice(client, "DeskService.Flatten", {**_named(strategy), **how}, yes=yes)
    shown = {key: value for key, value in found.items() if key != "queued"}
    _say_queued(output, how, found["queued"])
    output.result("flatten", found, [facts_table("flatten", shown)])


@click.command()
@mutation_options
@desk_options
def halt(output: Output, client: "PlainClient", *, how: How) -> None:
    """Send no order at all until re-armed; cancels and flatten still pass."""
    found = client.ask("DeskService.Halt", how)
    rows = {"state": word(found["state"]), "reason": found["halt_reason"]}
    output.result("halt", found, [facts_table("desk", rows)])


@click.command()
@destructive_options
@desk_options
def shutdown(output: Output, client: "PlainClient", *, how: How, yes: bool) -> None:
    """Stop the desk's process in good order."""
    found = ask_twice(client, "DeskService.Shutdown", how, yes=yes)
    output.result("shutdown", found, [facts_table("left behind", found)])


# --- tokens -------------------------------------------------------------------------------------


@click.group(no_args_is_help=True)
def token() -> None:
    """Make, list and revoke tokens."""


@token.command("create")
@click.argument("name")
@click.option(
    "scopes",
    "--scope",
    multiple=True,
    required=True,
    type=click.Choice(["read", "trade", "risk", "admin"]),
    help="Repeatable.",
)
@click.option(
    "days", "--days", type=click.IntRange(1, 366), default=90, show_default=True,
    help="How long it is valid.",
)  # fmt: skip
@mutation_options
@desk_options
def create_token(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    name: str,
    scopes: tuple[str, ...],
    days: int,
) -> None:
    """Make a token; its secret is shown now and never again."""
    fields = {
        "token_id": name,
        "scopes": [f"SCOPE_{each.upper()}" for each in scopes],
        "ttl": f"{days * 86_400}s",
        **how,
    }
    made = client.ask("AccessService.CreateToken", fields)
    rows = {"token": name, "secret": made["secret"]}
    output.result("token.create", made, [facts_table("keep it now: it is not shown again", rows)])


@token.command("list")
@desk_options
def list_tokens(output: Output, client: "PlainClient") -> None:
    """List all tokens."""
    found = client.all("AccessService.ListTokens", "tokens")
    output.result("token.list", found, [token_table(found)])


@token.command("revoke")
@click.argument("name")
@mutation_options
@desk_options
def revoke_token(output: Output, client: "PlainClient", *, how: How, name: str) -> None:
    """End a token at once."""
    found = client.ask("AccessService.RevokeToken", {"name": f"tokens/{name}", **how})
    output.result("token.revoke", found, [token_table([found])])
