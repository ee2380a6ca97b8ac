"""`hexdesk risk`, what needs no running desk: rules, presets, why a refusal."""

from pathlib import Path
from typing import cast

import click
from msgspec.structs import replace

from hexdesk.domain.reports import OrderDenied
from hexdesk_app.cli.common import config_options, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.risking import risk
from hexdesk_app.config import Sources, load_config
from hexdesk_app.config.convert import suggest
from hexdesk_app.display.tables import make_table
from hexdesk_app.problems import NotFoundError
from hexdesk_app.reading.journals import open_journal
from hexdesk_app.reading.risk_text import (
    CODES,
    OWN_CODES,
    explain,
    preset_rows,
    rule_rows,
    settings_text,
)
from hexdesk_app.risk import custom_rules

_path = click.option(
    "path", "--state", type=click.Path(path_type=Path), default=None, metavar="PATH",
    help="State folder or journal; plugins.toml here by default.",
)  # fmt: skip


@risk.command()
@config_options
@output_options
def rules(
    output: Output,
    *,
    wanted: Sources,
) -> None:
    """List every rule with its effective settings, reason code and state."""
    config = load_config(replace(wanted, required=False))
    rows = rule_rows(config, custom_rules(config).values())
    data = {"preset": config.risk.preset, "stage": config.risk.settings.stage, "rules": rows}
    cells = [
        (
            row["rule"], row["scope"], row["layer"], row["code"], row["state"],
            settings_text(row["settings"]), row["unit"] if row["settings"] else "",
        )
        for row in rows
    ]  # fmt: skip
    headers = ("rule", "scope", "layer", "code", "state", "settings", "unit")
    table = make_table("rules", headers, [tuple(map(str, each)) for each in cells])
    output.result("risk.rules", data, [table])


@risk.command()
@output_options
def presets(output: Output) -> None:
    """List presets with their limits and rules."""
    rows = preset_rows()
    cells: list[tuple[str, ...]] = []
    for row in rows:
        limits, on, day = row["differs"] or "the defaults", row["rules"], row["day"]
        names = ", ".join(cast("dict[str, object]", on)) if isinstance(on, dict) else ""
        zone = " ".join(cast("list[str]", day)) if isinstance(day, list) else ""
        cells.append((str(row["preset"]), settings_text(limits), names, zone))
    headers = ("preset", "limits", "rules", "day begins")
    output.result("risk.presets", {"rules": rows}, [make_table("presets", headers, cells)])


@risk.command(name="explain")
@click.argument("what", metavar="ORDER|CODE")
@_path
@output_options
def explain_(output: Output, what: str, path: Path | None) -> None:
    """Say why an order was refused, or what a reason code means."""
    if "_" in what:  # no id of an order has one
        facts = explain(_known(what.upper()))
    else:
        denial = _denial_of(what, path)
        facts = {"client_order_id": what, "text": denial.text, **explain(denial.code, denial.text)}
    rows = [(key, settings_text(value)) for key, value in facts.items() if value]
    output.result("risk.explain", {"rules": [facts]}, [make_table("verdict", ("", ""), rows)])


def _known(code: str) -> str:
    if code in CODES or code.startswith(OWN_CODES):
        return code
    raise NotFoundError(f"no order is refused with {code!r}", remedy=suggest(code, CODES))


def _denial_of(client_order_id: str, path: Path | None) -> OrderDenied:
    for _, record in open_journal(path).records():
        if isinstance(record, OrderDenied) and record.client_order_id == client_order_id:
            return record
    raise NotFoundError(
        f"no refusal of order {client_order_id!r} is in the journal",
        remedy="hexdesk risk report --state PATH counts refusals by code",
    )
