"""`hexdesk approvals`: what waits for a second person."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
import msgspec

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.acting import How
from hexdesk_app.cli.remote.connect import (
    desk_options,
    limit_option,
    mutation_options,
    watch_option,
)
from hexdesk_app.cli.remote.show import Plain, bare, when, word
from hexdesk_app.display.tables import Table, make_table

if TYPE_CHECKING:
    from hexdesk_client import PlainClient


@click.group(no_args_is_help=True)
def approvals() -> None:
    """See what waits for a second person; agree to it or refuse."""


@approvals.command("list")
@limit_option
@desk_options
@watch_option
def list_approvals(output: Output, client: "PlainClient", limit: int) -> None:
    """List what was asked, newest first."""
    found = client.ask("AccessService.ListApprovals", {"page_size": limit})["approvals"]
    output.result("approvals.list", found, [_table(found)])


def _decision(name: str, method: str, text: str) -> None:
    @click.argument("number", type=click.IntRange(min=1))
    @mutation_options
    @desk_options
    def verb(output: Output, client: "PlainClient", *, how: How, number: int) -> None:
        fields = {"name": f"approvals/{number}", **how}
        found = client.ask(f"AccessService.{method}", fields)
        output.result(f"approvals.{name}", found, [_table([found])])

    approvals.add_command(click.command(name, help=text)(verb))


_decision("approve", "ApproveCall", "Agree to what another person asked; they then ask again.")
_decision("deny", "DenyCall", "Refuse it, or take back what you asked yourself.")


def _table(found: Iterable[Plain]) -> Table:
    rows = [
        (
            bare(each["name"]), word(each["state"]), each["method"], each["requested_by"],
            each["approved_by"], when(each.get("expire_time", "")), _said(each["request"]),
        )
        for each in found
    ]  # fmt: skip
    headers = ("#number", "state", "what", "asked by", "decided by", "until", "request")
    return make_table("approvals", headers, rows)


def _said(request: str) -> str:
    """Return what a request says beyond silence."""
    fields: dict[str, object] = msgspec.json.decode(request)
    return " ".join(f"{key}={value}" for key, value in fields.items() if value and key != "author")
