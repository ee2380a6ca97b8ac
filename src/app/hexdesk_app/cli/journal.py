"""`hexdesk journal`."""

import csv
import difflib
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TextIO

import click
import msgspec

from hexdesk.ports.journal import JournalFault, JournalReader, JournalRecord, JournalReport
from hexdesk_app.cli.common import explaining_file_errors, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.display.numbers import count, moment
from hexdesk_app.display.tables import make_table
from hexdesk_app.problems import EXIT_ERROR, EXIT_OK, UsageError
from hexdesk_app.reading.journals import KINDS, kind_of, open_journal, row_of

POLL_S = 0.2
POLL_SHARE = 5
"""A poll that took long is followed by a pause so many times as long."""
FORMATS = ("jsonl", "csv")
STDOUT = "-"

_encode = msgspec.json.Encoder().encode


class Choice(msgspec.Struct, frozen=True):
    """Which records are wanted.

    Attributes:
        first: Number of the first; None for the first that is kept.
        last: Number of the last; None for the end.
        kinds: Only these; empty for all.
        order: Only those of this client order id; empty for all.
    """

    first: int | None
    last: int | None
    kinds: frozenset[str]
    order: str

    def takes(self, record: JournalRecord) -> bool:
        """Whether a record in the range is wanted."""
        if self.kinds and kind_of(record) not in self.kinds:
            return False
        return not self.order or getattr(record, "client_order_id", "") == self.order


@click.group(no_args_is_help=True)
def journal() -> None:
    """Check, read and copy a journal, also while its desk runs.

    PATH is the journal's folder, the desk's state folder, or a configuration; plugins.toml by
    default.
    """


_path = click.argument("path", required=False, metavar="[PATH]", type=click.Path(path_type=Path))


def _choice_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add --from, --to, --kind and --order; the verb gets a `Choice`."""

    @click.option("first", "--from", type=click.IntRange(min=1), metavar="N",
                  help="Number of the first record.")  # fmt: skip
    @click.option("last", "--to", type=click.IntRange(min=1), metavar="N",
                  help="Number of the last record.")  # fmt: skip
    @click.option("kinds", "--kind", multiple=True, metavar="KIND,...",
                  help="Only these kinds, as fill; repeatable.")  # fmt: skip
    @click.option("order", "--order", default="", metavar="ID",
                  help="Only records of this client order id.")  # fmt: skip
    @wraps(body)
    def call(
        *,
        first: int | None,
        last: int | None,
        kinds: tuple[str, ...],
        order: str,
        **options: object,
    ) -> int | None:
        return body(choice=Choice(first, last, _known(kinds), order), **options)

    return call


@journal.command()
@_path
@click.option("expected", "--expect", default="", metavar="NUMBER:CHAIN",
              help="Also fail unless the chain behind this record is that one.")  # fmt: skip
@output_options
def verify(output: Output, path: Path | None, expected: str) -> int:
    """Read every byte, check every checksum and the hash chain; exit code 1 for any damage."""
    number, _, chain = expected.partition(":")
    if expected and not (number.isdecimal() and chain):
        raise UsageError(
            f"--expect takes NUMBER:CHAIN, not {expected!r}",
            remedy="take both from `hexdesk journal verify`: the last record's number, the chain",
        )
    with explaining_file_errors(path):
        reader = open_journal(path)
        report = reader.verify()
        if expected and not report.faults:
            report = _compared(report, int(number), chain.lower(), reader.chain(int(number)))
    return _show_report(output, "journal.verify", report)


@journal.command()
@_path
@_choice_options
@click.option("follow", "--follow", "-f", is_flag=True, help="Go on with what is written later.")
@output_options
def cat(
    output: Output,
    path: Path | None,
    choice: Choice,
    *,
    follow: bool,
) -> None:
    """Print one line per record; with --json one JSON document per line."""
    with explaining_file_errors(path):
        reader = open_journal(path)
        walk = _follow(reader, choice) if follow else _chosen(reader, choice)
        for number, record in walk:
            row = row_of(number, record)
            click.echo(_encode(row).decode() if output.as_json else _line(row))


@journal.command()
@_path
@_choice_options
@click.option("form", "--format", type=click.Choice(FORMATS), default="jsonl", show_default=True,
              help="JSON lines, or a table with a column for every field.")  # fmt: skip
@click.option("target", "-o", "--output", default=STDOUT, metavar="FILE",
              help="Where to; stdout by default.")  # fmt: skip
@output_options
def export(
    output: Output,
    path: Path | None,
    choice: Choice,
    form: str,
    target: str,
) -> None:
    """Write records to a file, for other programs."""
    write = _write_csv if form == "csv" else _write_jsonl
    with explaining_file_errors(path):
        rows = (row_of(*each) for each in _chosen(open_journal(path), choice))
        if target == STDOUT:
            write(rows, sys.stdout)
            return
        with _replacing(Path(target)) as file:
            written = write(rows, file)
    output.note(f"{count(written)} records written to {target}")
    output.document("journal.export", {"file": target, "format": form, "records": written})


@contextmanager
def _replacing(target: Path) -> Generator[TextIO]:
    """Open what takes a file's place once it is whole; a device or pipe is written to."""
    if target.is_dir():
        raise UsageError(f"{target} is a folder", remedy="name a file")
    if target.exists() and not target.is_file():
        place = draft = target
    else:
        place = target.resolve()  # a link goes on leading there
        draft = Path(f"{place}.part")
    try:
        with (
            explaining_file_errors(draft, "written"),
            draft.open("w", encoding="utf-8", newline="") as file,
        ):
            yield file
            file.flush()
            draft.replace(place)
    finally:
        if draft != place:
            draft.unlink(missing_ok=True)


@journal.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@output_options
def backup(output: Output, path: Path, destination: Path) -> int:
    """Copy a journal into the empty folder DEST, up to its last whole commit; verify the copy."""
    with explaining_file_errors(path, "copied"):
        report = open_journal(path).backup(destination)
    return _show_report(output, "journal.backup", report)


def _compared(report: JournalReport, number: int, expected: str, found: str) -> JournalReport:
    """Return a report with a fault if the chain behind a record is not the expected one."""
    if found == expected:
        return report
    fault = JournalFault(
        file=report.segments[-1].name if report.segments else "",
        offset=0,
        sequence=0,
        text=f"the chain behind record {number} is {found or 'not there'}, expected {expected}",
        remedy="compare with a backup: records up to this one were changed, or are missing",
    )
    return msgspec.structs.replace(report, faults=(fault,))


def _known(kinds: tuple[str, ...]) -> frozenset[str]:
    asked = {kind.strip() for each in kinds for kind in each.split(",")}
    for kind in sorted(asked - set(KINDS)):
        near = difflib.get_close_matches(kind, KINDS, n=1)
        raise UsageError(
            f"there are no records of kind {kind!r}",
            remedy=f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(KINDS))}",
        )
    return frozenset(asked)


def _chosen(reader: JournalReader, choice: Choice) -> Iterator[tuple[int, JournalRecord]]:
    """Walk the wanted records of a journal as it is now."""
    first = choice.first or reader.first_sequence
    for number, record in reader.records(first - 1):
        if choice.last is not None and number > choice.last:
            return
        if choice.takes(record):
            yield number, record


def _follow(reader: JournalReader, choice: Choice) -> Iterator[tuple[int, JournalRecord]]:
    """Walk the wanted records, also those that are written from now on, until interrupted."""
    after = (choice.first or reader.first_sequence) - 1
    while choice.last is None or after < choice.last:
        begun = time.monotonic()
        for number, record in reader.records(after):
            after = number
            if choice.last is not None and number > choice.last:
                return
            if choice.takes(record):
                yield number, record
        sys.stdout.flush()
        time.sleep(max(POLL_S, POLL_SHARE * (time.monotonic() - begun)))


def _line(row: dict[str, object]) -> str:
    """Return a record on one line: number, time, kind, then its fields."""
    fields = dict(row)
    number, kind, ts_ns = fields.pop("number"), fields.pop("kind"), fields.pop("ts_init", 0)
    when = moment(ts_ns) if isinstance(ts_ns, int) else "-"
    shown = " ".join(f"{name}={_shown(value)}" for name, value in fields.items())
    return f"{number:>8}  {when:<23}  {kind:<15}  {shown}"


def _shown(value: object) -> str:
    """Return a field so that a line stays a line."""
    if isinstance(value, str) and value.isprintable() and value and " " not in value:
        return value
    return _encode(value).decode()


def _write_jsonl(rows: Iterator[dict[str, object]], file: TextIO) -> int:
    written = 0
    for row in rows:
        file.write(_encode(row).decode() + "\n")
        written += 1
    return written


def _write_csv(rows: Iterator[dict[str, object]], file: TextIO) -> int:
    """Write a table with a column for every field of any kind, so that all files have the same."""
    columns = dict.fromkeys(["number", "kind", "ts_init"])
    for kind in KINDS.values():
        columns |= dict.fromkeys(kind.__struct_fields__)
    writer = csv.DictWriter(file, list(columns), restval="")
    writer.writeheader()
    written = 0
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        written += 1
    return written


def _cell(value: object) -> object:
    return _encode(value).decode() if isinstance(value, list | dict | bool) else value


def _show_report(output: Output, schema: str, report: JournalReport) -> int:
    kept = max(report.last_sequence - report.first_sequence + 1, 0)
    rows = [
        ("segments", count(len(report.segments))),
        ("formats", ", ".join(sorted({str(each.format) for each in report.segments})) or "-"),
        ("runs", count(len({each.run_id for each in report.segments}))),
        ("records", count(kept)),
        ("first", f"{report.first_sequence} at {moment(report.first_ns)}" if kept else "-"),
        ("last", f"{report.last_sequence} at {moment(report.last_ns)}" if kept else "-"),
        ("chain", report.chain),
        ("snapshots", ", ".join(map(str, report.snapshots)) or "none"),
        ("unfinished bytes", count(report.unfinished_bytes)),
        ("damage", count(len(report.faults)) if report.faults else "none"),
    ]
    if report.first_sequence > 1:
        rows.insert(4, ("not kept", f"1 to {report.first_sequence - 1}"))
    data = {"ok": not report.faults, "records": kept, **msgspec.to_builtins(report)}
    output.result(schema, data, [make_table("", ("", ""), rows)])
    for fault in report.faults:
        place = f"{fault.file}, byte {fault.offset}" if fault.sequence else fault.file
        click.echo(f"DAMAGE: {place}: {fault.text}\n  -> {fault.remedy}", err=True)
    return EXIT_ERROR if report.faults else EXIT_OK
