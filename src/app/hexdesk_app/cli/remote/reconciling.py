"""`hexdesk reconcile`: what brokers' books say otherwise, and what a person decides about it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.acting import How
from hexdesk_app.cli.remote.connect import (
    ask_twice,
    desk_options,
    destructive_options,
    unless_subcommand,
)
from hexdesk_app.cli.remote.show import Plain, bare, facts_table, word
from hexdesk_app.display.tables import Table, make_table

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

POLICIES = ("adopt", "cancel", "flatten", "ignore", "reduce", "halt")


@click.group(invoke_without_command=True)
@unless_subcommand
@click.option("every", "--all", "-a", is_flag=True, help="Resolved incidents, too.")
@desk_options
def reconcile(output: Output, client: "PlainClient", *, every: bool) -> None:
    """Show how the books compare with the brokers', and what waits for a person."""
    accounts = client.ask("ReconciliationService.GetReconciliation")["accounts"]
    fields = {"open_only": not every}
    incidents = client.all("ReconciliationService.ListIncidents", "incidents", fields)
    data = {"accounts": accounts, "incidents": incidents}
    output.result("reconcile", data, [_account_table(accounts), _incident_table(incidents)])


@reconcile.command("resolve")
@click.argument("broker")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--policy", type=click.Choice(POLICIES), required=True, help="What is done about it.")
@destructive_options
@desk_options
def resolve(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    broker: str,
    number: int,
    policy: str,
    yes: bool,
) -> None:
    """Decide about an incident; needs --reason."""
    name = f"accounts/{broker}/incidents/{number}"
    fields = {"name": name, "policy": f"POLICY_{policy.upper()}", **how}
    found = ask_twice(client, "ReconciliationService.ResolveIncident", fields, yes=yes)
    rows = {
        "incident": f"{broker} {number}",
        "state": word(found["incident"]["state"]),
        "would be done" if how["dry_run"] else "done": "; ".join(found["actions"]),
    }
    output.result("reconcile.resolve", found, [facts_table("resolved", rows)])


def _account_table(accounts: Iterable[Plain]) -> Table:
    headers = (
        "broker",
        "link",
        "ready",
        "#compared ago",
        "#in doubt",
        "#open incidents",
        "only shrinking",
    )
    rows = [
        (
            bare(each["account"]), each["link_state"], "yes" if each["ready"] else "no",
            each.get("age", ""),
            str(each["doubtful_order_count"]), str(each["open_incident_count"]),
            ", ".join(f"{bare(one['instrument'])} {one['code']}" for one in each["reducing"]),
        )
        for each in accounts
    ]  # fmt: skip
    return make_table("reconciliation", headers, rows)


def _incident_table(incidents: Iterable[Plain]) -> Table:
    headers = ("broker", "#id", "difference", "about", "#ours", "#theirs", "evidence", "what to do")
    rows = [
        (
            each["name"].split("/")[1], bare(each["name"]), each["kind"], each["key"],
            each["ours"], each["theirs"], each["evidence"], _remedy(each),
        )
        for each in incidents
    ]  # fmt: skip
    return make_table("incidents", headers, rows)


def _remedy(incident: Plain) -> str:
    """Return what a person may do about an incident, or what became of it."""
    if incident["state"] == "STATE_OPEN":
        choices = "|".join(word(each) for each in incident["possible_policies"])
        place = f"{incident['name'].split('/')[1]} {bare(incident['name'])}"
        return f"hexdesk reconcile resolve {place} --policy {choices} --reason ..."
    chosen = word(incident["policy"])
    done = "gone by itself" if chosen == "unspecified" else chosen
    return f"{done}, by {incident['resolved_by']}: {incident['reason']}"
