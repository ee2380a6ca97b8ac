"""`hexdesk risk` on a running desk: the use of rules, re-arming, other limits, groups in turn."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.connect import (
    ask_twice,
    confirm_live,
    desk_options,
    destructive_options,
    mutation_options,
    watch_option,
)
from hexdesk_app.cli.remote.show import bare, facts_table
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.reading.risk_journal import LEVEL, journal_report, report_tables

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

How = Mapping[str, Any]
LIMITS = "limits"
NORMAL = "NORMAL"
SHARED = "shared"
_version_option = click.option(
    "version", "--expected-version", type=click.IntRange(min=0), default=0, show_default=False,
    help="Refuse if capital was divided anew by now.",
)  # fmt: skip


@click.group(no_args_is_help=True)
def risk() -> None:
    """Look at rules and limits, change them, and re-arm what has tripped."""


@risk.command()
@click.option(
    "path", "--state", type=click.Path(path_type=Path), default=None, metavar="PATH",
    help="State folder or journal, in place of a running desk.",
)  # fmt: skip
@desk_options
@watch_option
def report(output: Output, client: "PlainClient", *, path: Path | None) -> None:
    """Show every rule and limit with its use now; of a journal, its levels and refusals."""
    if path is not None:
        data = journal_report(path)
        output.result("risk.report", data, report_tables(data))
        return
    found = client.ask("RiskService.GetRiskReport")
    output.result("risk.report", found, _use_tables(found))


@risk.command()
@click.argument("rule", default="")
@click.option("--scope", default="", help="Where, as account:NAME; needed if it is at several.")
@click.option(
    "accepts_loss", "--accept-loss", is_flag=True,
    help="Losses count from here: they do not end by themselves.",
)  # fmt: skip
@destructive_options
@desk_options
def rearm(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    rule: str,
    scope: str,
    accepts_loss: bool,
    yes: bool,
) -> None:
    """End the level of a RULE; without one, end a halt. Needs --reason."""
    if not rule:
        if scope or accepts_loss:
            raise click.UsageError("--scope and --accept-loss need a RULE: hexdesk risk report")
        found = ask_twice(client, "RiskService.Rearm", how, yes=yes)
        output.result("risk.rearm", found, [facts_table("re-armed", found)])
        return
    fields = {"rule": rule, "scope": scope, "accepts_loss": accepts_loss, **how}
    found = ask_twice(client, "RiskService.RearmRule", fields, yes=yes)
    level = _short(found["level"])
    title = "level that ended" if level != NORMAL else "it was at no level"
    output.result("risk.rearm", found, [facts_table(title, {**found, "level": level})])


@risk.command("set")
@click.argument("what", metavar="RULE.KEY|LIMIT")
@click.argument("value")
@click.option("strategy", "-s", "--strategy", default="", metavar="NAME", help="Only its rule.")
@click.option("--instrument", default="", metavar="ID", help="Only its limit.")
@destructive_options
@desk_options
def set_(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    what: str,
    value: str,
    strategy: str,
    instrument: str,
    yes: bool,
) -> None:
    """Change a setting of a rule, or a limit of the gate; it is tried first. Needs --reason."""
    if strategy and instrument:
        raise click.UsageError("name a strategy or an instrument, not both")
    rule, dot, key = what.partition(".")
    scope = f"strategy:{strategy}" if strategy else f"instrument:{instrument}" if instrument else ""
    fields = {
        "rule": rule if dot else LIMITS, "key": key if dot else what, "value": value,
        "scope": scope,
    }  # fmt: skip
    tried = client.ask("RiskService.ChangeRule", {**fields, **how, "dry_run": True})
    if tried["looser"]:
        confirm_live(client, how, yes=yes)
    found = tried if how["dry_run"] else client.ask("RiskService.ChangeRule", {**fields, **how})
    output.result("risk.set", found, [facts_table("changed", found)])


@risk.command()
@click.argument("name", metavar="GROUP")
@mutation_options
@desk_options
def group(output: Output, client: "PlainClient", *, how: How, name: str) -> None:
    """Let the strategies of a group enter, and no others. Needs --reason."""
    found = client.ask("RiskService.SwitchGroup", {"group": name, **how})
    rows = [
        *((bare(each), "may enter") for each in found["resumed"]),
        *((bare(each), "may not enter any more") for each in found["stopped"]),
    ]
    table = make_table(f"group {name}", ("strategy", "now"), rows)
    output.result("risk.group", found, [table])


@risk.command()
@desk_options
@watch_option
def capital(output: Output, client: "PlainClient") -> None:
    """Show how accounts are divided among strategies, and what each one needs."""
    found = client.ask("RiskService.GetCapital")
    headers = (
        "account", "strategy", "#capital", "#needs", "#may bind", "#reserved", "#bound",
        "#realised", "#unrealised", "currency",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for each in found["divisions"]:
        account, currency = bare(each["account"]), each["currency"]
        rows += [
            (
                account,
                bare(part["strategy"]) + (" (unloaded)" if part["unloaded"] else ""),
                part["capital"] or SHARED,
                *(part[key] for key in ("needed", "available", "reserved", "bound")),
                *(part[key] for key in ("realised_pnl", "unrealised_pnl")),
                currency,
            )
            for part in each["parts"]
        ]
        left = (each["left"], "", each["left_available"], "", "", "", "", currency)
        rows.append((account, "left", *left))
    title = f"capital, version {found['version']}"
    output.result("risk.capital", found, [make_table(title, headers, rows)])


@risk.command()
@click.argument("strategy", metavar="STRATEGY")
@click.argument("part", metavar="AMOUNT")
@_version_option
@mutation_options
@desk_options
def allocate(
    output: Output, client: "PlainClient", *, how: How, strategy: str, part: str, version: int
) -> None:
    """Give a STRATEGY capital of its own: '5000 USDT', '25 %' or 'shared'. Needs --reason."""
    fields = {"strategy": f"strategies/{strategy}", "capital": part, "expected_version": version}
    found = client.ask("RiskService.SetCapital", {**fields, **how})
    output.result("risk.allocate", found, [_capital_table(found)])


@risk.command("move")
@click.argument("amount", metavar="AMOUNT")
@click.option("source", "--from", default="", metavar="STRATEGY", help="Else of what is left.")
@click.option("target", "--to", default="", metavar="STRATEGY", help="Else to what is left.")
@_version_option
@mutation_options
@desk_options
def move_(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    amount: str,
    source: str,
    target: str,
    version: int,
) -> None:
    """Move capital, as '500 USDT', from one strategy to another. Needs --reason."""
    fields = {"amount": amount, "expected_version": version, **how}
    for name, strategy in (("source", source), ("target", target)):
        if strategy:
            fields[name] = f"strategies/{strategy}"
    found = client.ask("RiskService.MoveCapital", fields)
    output.result("risk.move", found, [_capital_table(found)])


def _capital_table(found: Mapping[str, Any]) -> Table:
    rows = [(bare(each["strategy"]), each["before"], each["capital"]) for each in found["changes"]]
    return make_table("capital", ("strategy", "before", "now"), rows)


def _use_tables(found: Mapping[str, Any]) -> list[Table]:
    """Return the rules, and groups where there are any."""
    headers = ("rule", "scope", "level", "#use", "#limit", "#used", "unit", "then", "code")
    rows = [
        (
            each["rule"],
            _place(each),
            _short(each["level"]),
            each["use"] or "-",
            each["limit"],
            f"{each['used_pct']} %" if each.get("used_pct") is not None else "-",
            each["unit"],
            _short(each["next_level"]),
            each["code"],
        )
        for each in found["rules"]
    ]
    tables = [make_table("rules and limits", headers, rows)]
    total = found.get("total")
    if total:
        rates = [
            (each["currency"], each["rate"] or each["problem"], each["origin"])
            for each in total["rates"]
        ]
        currency = total["currency"]
        title = f"all accounts: equity {total['equity'] or 'unknown'} {currency}"
        tables.append(make_table(title, ("currency", f"#in {currency}", "by"), rates))
    groups = [
        (each["group"], ", ".join(bare(name) for name in each["strategies"]))
        for each in found["groups"]
    ]
    if groups:
        tables.append(make_table("groups", ("group", "strategies"), groups))
    return tables


def _place(use: Mapping[str, Any]) -> str:
    """Return a scope, and the instrument within it where the scope does not say it."""
    instrument = bare(use["instrument"]) if use["instrument"] else ""
    scope = str(use["scope"])
    return scope if not instrument or instrument in scope else f"{scope} {instrument}"


def _short(level: str) -> str:
    short = level.removeprefix(LEVEL)
    return "" if short == "UNSPECIFIED" else short
