"""The verbs that run something; what does the work is imported only when a verb needs it."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec.structs import replace

from hexdesk_app.cli.common import config_options, output_options
from hexdesk_app.cli.output import Output, is_terminal, terminal
from hexdesk_app.config import Sources
from hexdesk_app.display.live_table import LiveTable
from hexdesk_app.problems import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, StoppedError
from hexdesk_app.running.heartbeat import Beat, Heartbeat

if TYPE_CHECKING:
    from hexdesk_app.config import Config
    from hexdesk_app.result import RunResult
    from hexdesk_app.running.session import Session

DEMO_SPEED = 30.0
SPEED = click.FloatRange(min=0.0, max=1e9)
table_option = click.option("no_table", "--no-table", is_flag=True, help="No live table.")
report_option = click.option(
    "report", "--report", default="", metavar="FILE", help="Write the HTML report there."
)


@click.command()
@click.option(
    "speed",
    "--speed",
    type=SPEED,
    default=DEMO_SPEED,
    show_default=True,
    help="Seconds of market played per second; 0 is as fast as possible.",
)
@click.option(
    "report",
    "--report",
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="Where the HTML report goes; empty for none.",
)
@table_option
@output_options
def demo(output: Output, speed: float, report: str, *, no_table: bool) -> int:
    """Run a paper desk on recorded BTCUSDT data: no configuration, no network."""
    from hexdesk_app.recipes import demo_config
    from hexdesk_app.running.runner import run
    from hexdesk_app.running.session import Options

    config = demo_config(os.environ)
    with _live(output, config, hidden=no_table) as watch:
        result = run(config, Options(speed=speed, watch=watch))
    return _finish(output, "demo", config, result, report)


def run_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add what every verb takes that runs the desk of a configuration."""
    speed_option = click.option(
        "speed",
        "--speed",
        type=SPEED,
        default=None,
        help="Of recordings: seconds played per second; 0 is as fast as possible.",
    )
    return speed_option(report_option(table_option(config_options(output_options(body)))))


@click.command()
@run_options
def run(
    output: Output,
    *,
    wanted: Sources,
    **how: Any,  # noqa: ANN401 - of `run_sources`
) -> int:
    """Run the desk that plugins.toml (or FILES) describes, until it is stopped."""
    return run_sources(output, "run", wanted, **how)


@click.command()
@run_options
def paper(
    output: Output,
    *,
    wanted: Sources,
    **how: Any,  # noqa: ANN401 - of `run_sources`
) -> int:
    """Run it on paper, whatever desk.mode says."""
    on_paper = replace(wanted, overrides=(*wanted.overrides, "desk.mode=paper"))
    return run_sources(output, "paper", on_paper, **how)


def run_sources(
    output: Output, verb: str, wanted: Sources, *, speed: float | None, report: str, no_table: bool
) -> int:
    """Run the desk of a configuration until it is stopped."""
    from hexdesk_app.config import load_config
    from hexdesk_app.log_file import log_file
    from hexdesk_app.running.runner import run as run_desk
    from hexdesk_app.running.session import Options

    config = load_config(wanted)
    _prepare(output, config)
    with (
        log_file(config.log_folder, config.logging.keep_days),
        _live(output, config, hidden=no_table) as show,
        Heartbeat(config.state_path) as heart,
    ):
        watch = _watching(heart, show)
        try:
            result = run_desk(config, Options(speed=speed, watch=watch, forever=True))
        except StoppedError as error:
            output.warn(error.message)
            output.document(verb, None)
            return EXIT_OK
    return _finish(output, verb, config, result, report)


@click.command()
@click.option(
    "data",
    "--data",
    default="",
    metavar="PATH",
    help="A file, a folder or a dataset as sample:btcusdt, in place of the feeds.",
)
@click.option(
    "strategies",
    "-s",
    "--strategy",
    multiple=True,
    metavar="NAME",
    help="A section or a plugin to run; repeatable.",
)
@click.option(
    "settings",
    "--settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of these strategies; repeatable.",
)
@report_option
@click.option("table", "--table", is_flag=True, help="Show a live table on the way.")
@config_options
@output_options
def backtest(
    output: Output,
    *,
    wanted: Sources,
    data: str,
    strategies: tuple[str, ...],
    settings: tuple[str, ...],
    report: str,
    table: bool,
) -> int:
    """Run recorded data through strategies at full speed."""
    from hexdesk_app.recipes import BacktestOptions, backtest_config
    from hexdesk_app.running.runner import run as run_desk
    from hexdesk_app.running.session import Options

    found = replace(wanted, required=not (data and strategies))
    config = backtest_config(
        BacktestOptions(sources=found, data=data, strategies=strategies, settings=settings)
    )
    _prepare(output, config)
    with _live(output, config, hidden=not table) as watch:
        result = run_desk(config, Options(speed=0.0, dataset=data, watch=watch))
    return _finish(output, "backtest", config, result, report)


def _prepare(output: Output, config: "Config") -> None:
    """Log as configured, and say before the start what the desk will not do."""
    from hexdesk_app.config import notices

    output.configure_logging(config)
    for notice in notices(config):
        output.warn(notice)


@contextmanager
def _live(
    output: Output, config: "Config", *, hidden: bool
) -> Generator["Callable[[Session], None] | None"]:
    """Show a live table on stderr, or a line now and then; nothing with --quiet."""
    if hidden or output.quiet or (output.as_json and not is_terminal(sys.stderr)):
        yield None
        return
    from hexdesk_app.running.snapshot import take_snapshot

    with LiveTable(terminal(to_stderr=True), config.desk.look) as live:

        def watch(session: "Session") -> None:
            if live.is_due:
                live.show(take_snapshot(session))

        yield watch


def _watching(
    heart: Heartbeat, show: "Callable[[Session], None] | None"
) -> "Callable[[Session], None]":
    """Return what leaves a sign of life, tells alerts and shows the table."""
    from hexdesk_app.running.alert_echo import AlertEcho

    echo = AlertEcho()

    def watch(session: "Session") -> None:
        echo.tell(session.desk.alerts)
        if heart.is_due:
            heart.write(_beat(session))
        if show is not None:
            show(session)

    return watch


def _beat(session: "Session") -> Beat:
    config, counts = session.app.config.desk, session.desk.counts
    return Beat(
        name=config.name,
        run_id=session.app.run_id,
        mode=config.mode.value,
        state="stopping" if session.is_stopping else "running",
        pid=os.getpid(),
        events=session.event_count,
        orders=counts.orders,
        fills=counts.fills,
    )


def _finish(output: Output, verb: str, config: "Config", result: "RunResult", report: str) -> int:
    """Write the report, then the result whatever became of the report."""
    from hexdesk_app.config.show import setting_rows
    from hexdesk_app.report import summary_tables, write_report
    from hexdesk_app.report.write import ReportError
    from hexdesk_app.result import to_data

    failure: ReportError | None = None
    if report:
        if not result.settings:
            rows = tuple(setting_rows(config))
            result = msgspec.structs.replace(result, settings=rows)
        try:
            written = write_report(result, Path(report), config.desk.look)
            result = msgspec.structs.replace(result, report=str(written))
        except ReportError as error:
            failure = error
            output.warnings.append(str(error))
    for warning in result.warnings:
        output.warn(warning)
    tables = summary_tables(result, config.desk.look)
    output.result(verb, to_data(result), tables, config.desk.up_color)
    if failure is not None:
        click.echo(str(failure), err=True)
        return EXIT_ERROR
    if result.interrupted:
        return EXIT_INTERRUPTED
    has_failed = any(each.fault for each in result.strategies)
    return EXIT_ERROR if has_failed and verb != "run" else EXIT_OK
