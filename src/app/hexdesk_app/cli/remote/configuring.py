"""`hexdesk config diff|reload|history`: the configuration of a running desk."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.connect import ask_twice, desk_options, destructive_options
from hexdesk_app.cli.remote.show import when
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.problems import EXIT_ERROR, EXIT_OK

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

Plain = Mapping[str, Any]
_version_option = click.option(
    "version", "--expected-version", type=click.IntRange(min=0), default=0,
    help="Refuse if the configuration has another version by now.",
)  # fmt: skip


@click.command()
@desk_options
def diff(output: Output, client: "PlainClient") -> int:
    """Show what differs between a running desk and its files, and what is wrong with these."""
    found = client.ask("ConfigurationService.ValidateConfiguration")
    tables = [_change_table("changes", found["changes"])]
    faults = [
        (each["code"], each["path"], each["text"], each["origin"], each["remedy"])
        for each in found["faults"]
    ]
    if faults:
        headers = ("code", "key", "what", "where", "remedy")
        tables = [make_table("wrong", headers, faults)]
    output.result("config.diff", found, tables)
    return EXIT_ERROR if faults else EXIT_OK


@click.command()
@_version_option
@destructive_options
@desk_options
def reload(output: Output, client: "PlainClient", *, how: Plain, version: int, yes: bool) -> None:
    """Let a running desk read its files again and apply what may be reloaded, all or nothing."""
    fields = {"expected_version": version, **how}
    done = ask_twice(client, "ConfigurationService.ReloadConfiguration", fields, yes=yes)
    output.result("config.reload", done, [_done_table(done)])


@click.command()
@click.argument("revision", type=click.IntRange(min=1))
@_version_option
@destructive_options
@desk_options
def rollback(
    output: Output, client: "PlainClient", *, how: Plain, revision: int, version: int, yes: bool
) -> None:
    """Let a running desk run under an earlier configuration again; the files stay as they are."""
    fields = {"revision": revision, "expected_version": version, **how}
    done = ask_twice(client, "ConfigurationService.RollbackConfiguration", fields, yes=yes)
    output.result("config.rollback", done, [_done_table(done)])


@click.command()
@desk_options
def history(output: Output, client: "PlainClient") -> None:
    """List the configurations that a desk ran under since its start, newest first."""
    found = client.ask("ConfigurationService.ListConfigurationRevisions")["revisions"]
    rows = [
        (str(each["revision"]), when(each.get("create_time", "")), each["author"], each["reason"],
         ", ".join(change["path"] for change in each["changes"]))
        for each in found
    ]  # fmt: skip
    headers = ("#revision", "time", "by", "why", "changed")
    output.result("config.history", found, [make_table("configuration", headers, rows)])


def _done_table(done: Plain) -> Table:
    if done["revision"]:
        title = f"revision {done['revision']}"
    else:
        title = "would change" if done["changes"] else "nothing to change"
    return _change_table(title, done["changes"])


def _change_table(title: str, changes: Iterable[Plain]) -> Table:
    rows = [
        (each["path"], each["before"], each["after"], each["restart_reason"] or "no")
        for each in changes
    ]
    return make_table(title, ("key", "before", "after", "needs a restart"), rows)
