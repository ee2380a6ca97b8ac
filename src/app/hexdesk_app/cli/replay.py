"""`hexdesk replay`."""

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk_app.cli.common import explaining_file_errors, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.problems import EXIT_ERROR, EXIT_OK
from hexdesk_app.reading.journals import open_journal
from hexdesk_app.reading.replay_text import to_data, to_tables
from hexdesk_app.reading.replaying import Until
from hexdesk_app.reading.replaying import replay as replay_journal

NUMBER_MAX = 10**15
"""Whole numbers below it are record numbers, others nanoseconds: those of 1970-01-12 and later."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _to_until(context: click.Context, option: click.Parameter, text: str) -> Until:
    """Return a limit: a record's number, nanoseconds, or a time (UTC unless it says otherwise)."""
    if not text:
        return Until()
    if text.isdecimal():
        number = int(text)
        return Until(number=number) if number < NUMBER_MAX else Until(time_ns=number)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is neither a time, as 2026-11-21T08:30:00, nor a record's number"
        raise click.BadParameter(message, ctx=context, param=option) from None
    since = (found if found.tzinfo else found.replace(tzinfo=UTC)) - EPOCH
    seconds = since.days * 86_400 + since.seconds
    return Until(time_ns=seconds * NS_PER_SECOND + since.microseconds * 1_000)


@click.command()
@click.argument("path", required=False, metavar="[JOURNAL]", type=click.Path(path_type=Path))
@click.option("until", "--until", callback=_to_until, default="", metavar="TIME|NUMBER",
              help="Stop behind this record, or behind the last one of this time.")  # fmt: skip
@click.option("from_snapshot", "--from-snapshot", is_flag=True,
              help="Begin with the latest snapshot, not with the first record.")  # fmt: skip
@output_options
def replay(output: Output, path: Path | None, until: Until, *, from_snapshot: bool) -> int:
    """Make the desk again from its journal alone, also while it runs; compare it on the way.

    JOURNAL is the journal's folder, the desk's state folder, or a configuration; plugins.toml by
    default. A snapshot that the journal does not lead to is exit code 1, and so is a run that ended
    with another state.
    """
    with explaining_file_errors(path):
        reader = open_journal(path)
        replayed = replay_journal(reader, until=until, from_snapshot=from_snapshot)
        first = reader.first_sequence
    if replayed.began_behind and not from_snapshot:
        output.warn(
            f"records before {first} are not kept:"
            f" it begins with the snapshot of record {replayed.began_behind}"
        )
    data = to_data(replayed)
    output.result("replay", msgspec.to_builtins(data), to_tables(data))
    for check in replayed.checks:
        if check.is_equal is False:
            what = check.kind.replace("_", " ")
            click.echo(f"DIFFERS: {what} of record {check.number}: {check.difference}", err=True)
    return EXIT_OK if replayed.is_sound else EXIT_ERROR
