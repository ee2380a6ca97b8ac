"""What a verb says: tables on a terminal, Markdown in a pipe, or one JSON document."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click
import msgspec

from hexdesk.errors import ConfigError, DataError, HexdeskError, PluginError
from hexdesk_app.config import Config
from hexdesk_app.display.tables import Table, to_markdown, to_rich
from hexdesk_app.logs import configure_logging
from hexdesk_app.problems import each_error

if TYPE_CHECKING:
    from rich.console import Console

LEVELS = ("debug", "info", "warning", "error")


class Output:
    """Writes results to stdout, and everything else to stderr.

    Attributes:
        as_json: Whether stdout takes one JSON document and nothing else.
        quiet: Whether only results and errors are written.
        warnings: What the document's `warnings` will hold.
    """

    def __init__(
        self, *, as_json: bool = False, quiet: bool = False, level: str = "warning"
    ) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.warnings: list[str] = []
        self._level = level
        configure_logging(level)

    def configure_logging(self, config: Config) -> None:
        """Log as the configuration says, at the level of the flags where these ask for more."""
        level = min(config.logging.level, self._level, key=LEVELS.index)
        zone, quiet = config.desk.look.tzinfo, logging.ERROR if self.quiet else logging.NOTSET
        configure_logging(level, config.logging.format, zone, stderr_level=quiet)

    def warn(self, text: str) -> None:
        """Say something that the user should know, on stderr and in the JSON document."""
        self.warnings.append(text)
        if not self.quiet:
            click.echo(f"warning: {text}", err=True)

    def note(self, text: str) -> None:
        """Say what was done; nothing with --json or --quiet."""
        if not (self.quiet or self.as_json):
            click.echo(text)

    def document(self, schema: str, data: object) -> None:
        """Write the JSON document of a verb; nothing without --json."""
        if self.as_json:
            envelope = {"schema": f"hexdesk.{schema}/1", "data": data, "warnings": self.warnings}
            click.echo(msgspec.json.encode(envelope).decode())

    def result(
        self, schema: str, data: object, tables: Sequence[Table], up_color: str = "green"
    ) -> None:
        """Write a result: the document with --json, else its tables."""
        if self.as_json:
            self.document(schema, data)
            return
        if is_terminal(sys.stdout):
            console = terminal()
            for table in tables:
                console.print(to_rich(table, up_color))
        else:
            click.echo("\n\n".join(to_markdown(table) for table in tables))


def terminal(*, to_stderr: bool = False) -> "Console":
    """Return a console; it respects NO_COLOR."""
    from rich.console import Console

    return Console(stderr=to_stderr)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads a stream."""
    return stream.isatty()


def show_errors(error: HexdeskError, *, as_json: bool, exit_code: int) -> None:
    """Write what went wrong to stderr; with --json also as a document to stdout."""
    errors = each_error(error)
    for each in errors:
        click.echo(_styled(str(each)), err=True)
    if len(errors) > 1:
        click.echo(f"{len(errors)} errors", err=True)
    if as_json:
        data = {"exit_code": exit_code, "errors": [error_facts(each) for each in errors]}
        Output(as_json=True).document("error", data)


def error_facts(error: HexdeskError) -> dict[str, object]:
    """Return an error as JSON shows it."""
    facts: dict[str, object] = {
        "code": error.code,
        "message": error.message,
        "remedy": error.remedy,
    }
    if isinstance(error, ConfigError):
        facts |= {"path": error.path, "origin": error.origin}
    elif isinstance(error, PluginError):
        facts |= {
            "path": error.path,
            "plugin": error.plugin,
            "distribution": error.distribution,
        }
    elif isinstance(error, DataError):
        facts |= {"file": error.file, "row": error.row}
    return facts


def _styled(text: str) -> str:
    """Return an error with its code in red, where a person reads it in colours."""
    if not is_terminal(sys.stderr) or os.environ.get("NO_COLOR"):
        return text
    code, colon, rest = text.partition(":")
    return f"\x1b[1;31m{code}\x1b[0m{colon}{rest}"
