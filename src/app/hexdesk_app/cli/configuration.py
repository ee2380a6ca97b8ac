"""`hexdesk config`."""

import asyncio
from itertools import combinations

import click
import msgspec

from hexdesk.errors import ConfigError, HexdeskError
from hexdesk.plugin.registrations import RecordingRegistration
from hexdesk_app.cli.common import config_options, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote import configuring
from hexdesk_app.config import Config, Sources, load_config, notices
from hexdesk_app.config.show import setting_rows
from hexdesk_app.display.numbers import count
from hexdesk_app.display.tables import make_table
from hexdesk_app.problems import each_error
from hexdesk_app.resolve import Parts, resolve
from hexdesk_app.trial import make_once


@click.group(no_args_is_help=True)
def config() -> None:
    """Check and show the configuration; reload that of a running desk."""


for _verb in (configuring.diff, configuring.reload, configuring.rollback, configuring.history):
    config.add_command(_verb)


@config.command()
@config_options
@output_options
def check(
    output: Output,
    *,
    wanted: Sources,
) -> None:
    """Load configuration and plugins, make what can be made; connect to nothing."""
    found = load_config(wanted)
    parts = resolve(found, needs_secrets=False)
    if not parts.unset_secrets:
        asyncio.run(make_once(found, parts))
    for warning in _warnings(found, parts):
        output.warn(warning)
    numbers = {
        "instruments": len(found.instruments),
        "brokers": len(parts.brokers),
        "feeds": len(parts.feeds),
        "strategies": len(parts.strategies),
        "servers": len(parts.servers),
    }
    what = ", ".join(f"{count(number)} {name}" for name, number in numbers.items())
    output.note(f"ok: {', '.join(found.files) or 'defaults'}: {what}")
    output.document("config.check", {"ok": True, "files": found.files, **numbers})


@config.command()
@click.option("origin", "--origin", is_flag=True, help="Also show where each value comes from.")
@config_options
@output_options
def show(
    output: Output,
    *,
    wanted: Sources,
    origin: bool,
) -> None:
    """Show every effective value, defaults of plugins included; secrets as set or not set."""
    found = load_config(wanted)
    parts: Parts | None = None
    masked: list[str] = []
    try:
        parts = resolve(found, needs_secrets=False)
    except HexdeskError as error:
        for each in each_error(error):
            output.warn(f"defaults of a plugin are not shown: {each}")
            if isinstance(each, ConfigError):
                masked.append(each.path)  # perhaps a secret in the wrong place
    rows = setting_rows(found, parts.settings_types if parts else (), masked=masked)
    headers = ("key", "value", "from") if origin else ("key", "value")
    shown = [(row.path, row.value, row.origin)[: len(headers)] for row in rows]
    data = {"files": found.files, "values": msgspec.to_builtins(rows)}
    output.result("config", data, [make_table("", headers, shown)])


def _feed_warnings(parts: Parts) -> list[str]:
    recorded = {
        name: part
        for name, part in parts.feeds.items()
        if isinstance(part.registration, RecordingRegistration)
    }
    found: list[str] = []
    if len({part.section.speed for part in recorded.values()}) > 1:
        found.append(
            "the recorded feeds have different speeds, but are played together: `hexdesk run` needs"
            " --speed, or one speed for all"
        )
    for (first, one), (second, other) in combinations(recorded.items(), 2):
        if (one.registration.name, one.settings) == (other.registration.name, other.settings):
            found.append(
                f"feeds.{second} plays what feeds.{first} does: every event would come twice"
            )
    return found


def _warnings(config: Config, parts: Parts) -> list[str]:
    warnings = [*notices(config), *map(str, parts.unset_secrets), *_feed_warnings(parts)]
    if not config.enabled_strategies:
        warnings.append("no strategy is enabled: the desk will only watch")
    if not config.feeds:
        warnings.append("there is no [feeds.NAME]: name data with `hexdesk backtest --data`")
    return warnings
