"""`hexdesk logs`: what a desk logged, and what it logs now."""

import os
import sys
import time
from contextlib import closing
from datetime import UTC, tzinfo
from pathlib import Path

import click
import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.errors import ConfigError
from hexdesk_app.cli.common import explaining_file_errors, output_options
from hexdesk_app.cli.output import Output, is_terminal
from hexdesk_app.cli.times import to_ns
from hexdesk_app.config import Sources, load_config
from hexdesk_app.config.schema import LoggingSettings
from hexdesk_app.display.numbers import moment
from hexdesk_app.log_file import NAME
from hexdesk_app.problems import NotFoundError
from hexdesk_app.reading.log_lines import LEVELS, Choice, LogLine, LogReader
from hexdesk_app.reading.place import desk_place

LINES = 100
POLL_S = 0.2
COLORS = {"warning": "yellow", "error": "red", "critical": "bright_red"}


@click.command()
@click.argument("path", required=False, metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("follow", "-f", "--follow", is_flag=True, help="Go on with what is logged later.")
@click.option("level", "--level", type=click.Choice(LEVELS), default="debug",
              help="This and what is worse; all by default.")  # fmt: skip
@click.option("since_ns", "--since", callback=to_ns, default="", metavar="TIME",
              help="From then on: 15m or 8h for ago, a date, or 2026-11-21T08:30:00.")  # fmt: skip
@click.option("until_ns", "--until", callback=to_ns, default="", metavar="TIME",
              help="Before then.")  # fmt: skip
@click.option("count", "-n", "--lines", type=click.IntRange(min=0), metavar="N",
              help="The last so many; 100, or all with --since.")  # fmt: skip
@click.option("logger", "--logger", default="", metavar="NAME",
              help="Only of this one and those below it, as hexdesk.run.")  # fmt: skip
@click.option("order", "--order", default="", metavar="ID",
              help="Only about this client order id.")  # fmt: skip
@output_options
def logs(
    output: Output,
    path: Path | None,
    *,
    follow: bool,
    level: str,
    since_ns: TimeNs,
    until_ns: TimeNs,
    count: int | None,
    logger: str,
    order: str,
) -> None:
    """Show what a desk logged, the latest last; with -f also what it logs from now on.

    PATH is the desk's state folder, the folder of its log, or its configuration; plugins.toml by
    default. It reads files, so it works while the desk runs and after it has died. With --json one
    JSON document a line. What the desk logs at all is said by `hexdesk log level`.
    """
    with explaining_file_errors(path):
        folder, zone = _folder(path)
        reader = LogReader(folder)
        if not (follow or reader.is_there):
            raise NotFoundError(
                f"there is no {NAME} in {folder}",
                remedy="`hexdesk run` writes one, unless logging.folder is empty; -f waits for it",
            )
        choice = Choice(
            level=level, since_ns=since_ns, until_ns=until_ns, logger=logger, order=order
        )
        show = _Lines(zone, as_json=output.as_json)
        with closing(reader):
            for line in reader.latest(choice, LINES if count is None and not since_ns else count):
                show(line)
            while follow:
                sys.stdout.flush()
                time.sleep(POLL_S)
                for line in filter(choice.takes, reader.more()):
                    show(line)


def _folder(path: Path | None) -> tuple[Path, tzinfo]:
    """Return where a log is, and the time zone that people are shown.

    Raises:
        NotFoundError: There is no such file or folder.
        ConfigError: The configuration is wrong, or says that nothing is written.
    """
    path = desk_place(path)
    if path.is_dir():
        below = path / LoggingSettings().folder
        return (below if below.is_dir() else path), UTC
    config = load_config(Sources(files=(path,), environ=dict(os.environ)))
    if config.log_folder is None:
        raise ConfigError(
            "is empty: this desk writes no log file",
            code="CONFIG_VALUE",
            path="logging.folder",
            origin=config.origins.of(("logging", "folder")),
            remedy='logging.folder = "log"',
        )
    return config.log_folder, config.desk.look.tzinfo


class _Lines:
    """Writes lines to stdout, for people or for programs."""

    def __init__(self, zone: tzinfo, *, as_json: bool) -> None:
        self._zone = zone
        self._as_json = as_json
        self._is_colored = is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")

    def __call__(self, line: LogLine) -> None:
        """Write a line."""
        if self._as_json:
            click.echo(msgspec.json.encode(line).decode())
            return
        level = f"{line.level:<8}"
        if self._is_colored and line.level in COLORS:
            level = click.style(level, fg=COLORS[line.level])
        about = f"  order {line.order_id}" if line.order_id else ""
        said = printable(f"{line.logger}: {line.message}{about}")
        click.echo(f"{moment(line.ts_ns, self._zone)}  {level} {said}")
        for below in line.traceback.splitlines():
            click.echo(f"    {printable(below)}")


def printable(text: str) -> str:
    """Return text on one line, with nothing that a terminal would obey: others may have said it."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
