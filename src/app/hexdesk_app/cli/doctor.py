"""`hexdesk doctor`: what stands in the way of a desk, before it runs and while it does."""

import asyncio
from collections.abc import Iterator, Sequence

import click
import msgspec

from hexdesk.errors import ConfigError, DataError, HexdeskError
from hexdesk.ports.control_checks import CheckInfo, CheckOutcome, failed
from hexdesk_app.cli.common import config_options, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.plugin import checks_of
from hexdesk_app.cli.remote.connect import connected, place_options
from hexdesk_app.cli.remote.place import Place
from hexdesk_app.config import Config, Mode, Sources, load_config
from hexdesk_app.display.tables import make_table
from hexdesk_app.doctor.machine import (
    check_clock,
    check_disk,
    check_packages,
    check_python,
    try_folder,
)
from hexdesk_app.doctor.running import live_checks
from hexdesk_app.problems import EXIT_ERROR, EXIT_OK, NotFoundError, RefusedError, each_error
from hexdesk_app.reading.journals import open_journal
from hexdesk_app.resolve import Parts, resolve
from hexdesk_app.trial import make_once

PASSED, WARNED = CheckOutcome.PASSED, CheckOutcome.WARNED
FAILED, SKIPPED = CheckOutcome.FAILED, CheckOutcome.SKIPPED


@click.command()
@click.option("live", "--live", is_flag=True, help="Also what only a desk for real money needs.")
@place_options
@config_options
@output_options
def doctor(
    output: Output,
    *,
    wanted: Sources,
    place: Place,
    live: bool,
) -> int:
    """Look for what is wrong with plugins.toml (or FILES), this machine, and the desk that runs."""
    checks = [check_python(), check_packages(), check_clock(), *_file_checks(wanted, live=live)]
    around = list(_desk_checks(place, live=live))
    known = {each.code for each in checks if each.outcome is not FAILED}
    both = [*checks, *(each for each in around if each.code not in known)]
    return show_checks(output, "doctor", both)


def show_checks(output: Output, schema: str, checks: Sequence[CheckInfo]) -> int:
    """Show checks; the exit code says whether one failed."""
    bad = failed(checks)
    rows = [
        (each.outcome.value.upper() if each.outcome is FAILED else each.outcome.value,
         each.title, each.text, each.remedy)
        for each in checks
    ]  # fmt: skip
    data = {"ok": not bad, "checks": msgspec.to_builtins(checks)}
    output.result(schema, data, [make_table("", ("", "what", "found", "what to do"), rows)])
    return EXIT_ERROR if bad else EXIT_OK


# --- files ----------------------------------------------------------------------------------------


def _file_checks(wanted: Sources, *, live: bool) -> Iterator[CheckInfo]:
    """Yield checks of the configuration and what it names; nothing is connected but channels."""
    try:
        config = load_config(wanted)
    except HexdeskError as error:
        yield _of("CONFIGURATION", "The configuration can be read", error)
        return
    yield CheckInfo(
        code="CONFIGURATION", title="The configuration can be read", outcome=PASSED,
        text=", ".join(config.files) or "defaults",
    )  # fmt: skip
    yield try_folder(config.state_path)
    yield check_disk(config.state_path)
    yield _journal(config)
    try:
        parts = resolve(config, needs_secrets=False)
    except HexdeskError as error:
        yield _of("PLUGINS", "Plugins load and take their settings", error)
        return
    names = sorted({section.plugin for section in config.plugin_sections})
    yield CheckInfo(
        code="PLUGINS", title="Plugins load and take their settings", outcome=PASSED,
        text=", ".join(names),
    )  # fmt: skip
    yield _trial(config, parts)
    if live:
        yield from _live(config, parts, names)


def _trial(config: Config, parts: Parts) -> CheckInfo:
    """Make a desk as a start would."""
    title = "A desk can be made"
    if parts.unset_secrets:
        unset = ", ".join(each.path for each in parts.unset_secrets)
        return CheckInfo(
            code="DESK_MADE", title=title, outcome=FAILED, text=f"secrets are not set: {unset}",
            remedy=parts.unset_secrets[0].remedy,
        )  # fmt: skip
    try:
        asyncio.run(make_once(config, parts))
    except HexdeskError as error:
        return _of("DESK_MADE", title, error)
    return CheckInfo(code="DESK_MADE", title=title, outcome=PASSED)


def _journal(config: Config) -> CheckInfo:
    """Read all of the journal that is there."""
    title = "The journal is whole"
    try:
        reader = open_journal(config.state_path)
    except (NotFoundError, DataError):
        text = f"there is none in {config.state_path} yet"
        return CheckInfo(code="JOURNAL", title=title, outcome=SKIPPED, text=text)
    except (HexdeskError, OSError) as error:
        return _of("JOURNAL", title, error)
    try:
        report = reader.verify()
    except (HexdeskError, OSError) as error:
        return _of("JOURNAL", title, error)
    faults = [f"{each.file}: {each.text}" for each in report.faults]
    return CheckInfo(
        code="JOURNAL", title=title, outcome=FAILED if faults else PASSED,
        text="; ".join(faults) or f"{report.last_sequence:,} records",
        remedy="hexdesk journal verify says more" if faults else "",
    )  # fmt: skip


def _live(config: Config, parts: Parts, names: Sequence[str]) -> Iterator[CheckInfo]:
    """Yield what a desk for real money needs; a test alert goes out."""
    is_live = config.desk.mode is Mode.LIVE
    yield CheckInfo(
        code="MODE", title="The desk trades real money", outcome=PASSED if is_live else WARNED,
        text=f"desk.mode is {config.desk.mode.value}",
        remedy="" if is_live else 'set desk.mode = "live"',
    )  # fmt: skip
    yield from live_checks(config, parts)
    problems = [
        f"{each.plugin}: {each.what}: {each.problem}"
        for name in names
        for each in checks_of(name)
        if each.problem
    ]
    yield CheckInfo(
        code="CONFORMANCE", title="Plugins keep to the contract",
        outcome=FAILED if problems else PASSED, text="; ".join(problems),
        remedy="hexdesk plugin check NAME says more" if problems else "",
    )  # fmt: skip
    if config.channels:
        yield _alerts(config, parts)


def _alerts(config: Config, parts: Parts) -> CheckInfo:
    """Send a test alert through every channel."""
    from hexdesk.ports.alerts import AlertLevel, Outcome
    from hexdesk_app.alerting.routes import make_routes
    from hexdesk_app.cli.alert import send_test

    title = "A test alert is delivered"
    if parts.unset_secrets:
        return CheckInfo(
            code="ALERT_CHANNELS", title=title, outcome=SKIPPED, text="secrets are not set"
        )
    found = asyncio.run(send_test(make_routes(parts), config, AlertLevel.INFO))
    bad = [
        f"{name}: {each.text or each.outcome.value}"
        for name, each in found.items()
        if each.outcome is not Outcome.DELIVERED
    ]
    return CheckInfo(
        code="ALERT_CHANNELS", title=title, outcome=FAILED if bad else PASSED,
        text="; ".join(bad) or ", ".join(found),
        remedy="hexdesk alert test tries again; see the channel's settings" if bad else "",
    )  # fmt: skip


# --- a desk that runs -----------------------------------------------------------------------------


def _desk_checks(place: Place, *, live: bool) -> Iterator[CheckInfo]:
    """Yield what a running desk says of itself."""
    title = "A desk runs and answers"
    try:
        with connected(place) as client:
            answer = client.ask("DeskService.RunChecks", {"live": live})
    except RefusedError as error:
        is_absent = error.code == "NOT_RUNNING"
        yield CheckInfo(
            code="DESK_RUNS", title=title, outcome=SKIPPED if is_absent else FAILED,
            text=error.message, remedy="" if is_absent else error.remedy,
        )  # fmt: skip
        return
    except ConfigError as error:  # no client, or a file of the profile cannot be read
        is_absent = error.code == "MISSING_EXTRA"
        yield CheckInfo(
            code="DESK_RUNS", title=title, outcome=SKIPPED if is_absent else FAILED,
            text=error.message, remedy=error.remedy,
        )  # fmt: skip
        return
    yield CheckInfo(code="DESK_RUNS", title=title, outcome=PASSED)
    for each in answer["checks"]:
        outcome = CheckOutcome(each["outcome"].removeprefix("OUTCOME_").lower())
        yield msgspec.convert({**each, "outcome": outcome}, CheckInfo)


def _of(code: str, title: str, error: Exception) -> CheckInfo:
    """Return the check that an error failed."""
    errors = each_error(error) if isinstance(error, HexdeskError) else []
    text = "; ".join(str(each).partition("\n")[0] for each in errors) or str(error)
    remedy = next((each.remedy for each in errors if each.remedy), "")
    return CheckInfo(code=code, title=title, outcome=FAILED, text=text, remedy=remedy)
