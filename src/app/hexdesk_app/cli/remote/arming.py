"""`hexdesk live`: let a live desk open positions for a time, or no more."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from hexdesk_app.cli.common import output_options, source_options
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.acting import How
from hexdesk_app.cli.remote.connect import (
    ask_twice,
    desk_options,
    mutation_options,
    unless_subcommand,
    yes_option,
)
from hexdesk_app.cli.remote.show import Plain, bare, facts_table, when, word
from hexdesk_app.cli.running import report_option, run_sources, table_option
from hexdesk_app.display.tables import Table

if TYPE_CHECKING:
    from hexdesk_app.config import Sources
    from hexdesk_client import PlainClient

_UNITS = {"m": 60, "h": 3_600}
_DURATION = re.compile(r"(\d{1,4})([mh])")

Body = Callable[..., int | None]
"""A verb; what it returns is its exit code."""


@click.group(invoke_without_command=True)
@unless_subcommand
@source_options("A configuration file; repeatable.")
@report_option
@table_option
@output_options
def live(
    output: Output,
    *,
    wanted: "Sources",
    **how: Any,  # noqa: ANN401 - of `run_sources`
) -> int:
    """Run the desk of plugins.toml for real money; until it is armed it opens nothing."""
    live_sources = replace(wanted, overrides=(*wanted.overrides, "desk.mode=live"))
    return run_sources(output, "live", live_sources, speed=None, **how)


def duration_option(most: str) -> Callable[[Body], Body]:
    """Return the option that says how long something is to hold; the desk refuses more."""
    return click.option(
        "seconds", "--for", required=True, callback=_seconds_of, metavar="TIME",
        help=f"How long, as 8h or 30m; at most {most}.",
    )  # fmt: skip


def _seconds_of(_context: click.Context, _option: click.Parameter, text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"expected hours or minutes as 8h or 30m, was {text!r}")
    return int(found[1]) * _UNITS[found[2]]


@live.command()
@click.argument("account")
@click.option(
    "stage",
    "--stage",
    required=True,
    type=click.Choice(["10", "25", "50", "100"]),
    help="Percent of the size limits that holds.",
)
@duration_option("24h")
@click.option(
    "skips", "--skip-clean-days", is_flag=True,
    help="The stage need not have been earned; a second person must agree.",
)  # fmt: skip
@yes_option
@mutation_options
@desk_options
def arm(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    account: str,
    stage: str,
    seconds: int,
    skips: bool,
    yes: bool,
) -> None:
    """Let it open positions: type the account's id; needs --reason."""
    fields = {
        "account_id": account,
        "stage_pct": int(stage),
        "duration": f"{seconds}s",
        "skip_clean_days": skips,
        **how,
    }
    found = ask_twice(client, "DeskService.ArmLive", fields, yes=yes)
    output.result("live.arm", found, [_grant_table(found)])


@live.command()
@mutation_options
@desk_options
def disarm(output: Output, client: "PlainClient", *, how: How) -> None:
    """Let it open nothing more; what is open is managed on."""
    found = client.ask("DeskService.DisarmLive", how)
    output.result("live.disarm", found, [_grant_table(found)])


def _grant_table(desk: Plain) -> Table:
    grant = desk.get("live_grant")
    rows = {"mode": word(desk["mode"]), "armed": "yes" if grant else "no"}
    if grant:
        rows |= {
            "account": bare(grant["account"]),
            "stage": f"{grant['stage_pct']} %",
            "until": when(grant["expire_time"]),
            "by": grant["granted_by"],
            "reason": grant["reason"],
        }
    return facts_table("live", rows)
