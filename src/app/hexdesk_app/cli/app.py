"""The command tree and what every verb shares: exit codes, errors, Ctrl-C, a closed pipe."""

import difflib
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import ClassVar

import click
from click.shell_completion import CompletionItem

from hexdesk.errors import DataError, HexdeskError, InvariantError
from hexdesk_app.cli.output import show_errors
from hexdesk_app.incident import record_incident
from hexdesk_app.problems import (
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_USAGE,
    UsageError,
    exit_code,
)

PROGRAM = "hexdesk"
COMPLETE_VARIABLE = "_HEXDESK_COMPLETE"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What a medium without room says; of a file that was opened by name the error tells the name."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    places: ClassVar[dict[str, str]] = {
        "demo": "hexdesk_app.cli.running:demo",
        "run": "hexdesk_app.cli.running:run",
        "paper": "hexdesk_app.cli.running:paper",
        "backtest": "hexdesk_app.cli.running:backtest",
        "doctor": "hexdesk_app.cli.doctor:doctor",
        "health": "hexdesk_app.cli.health:health",
        "status": "hexdesk_app.cli.remote.looking:status",
        "orders": "hexdesk_app.cli.remote.looking:orders",
        "order": "hexdesk_app.cli.remote.acting:order",
        "cancel": "hexdesk_app.cli.remote.acting:cancel",
        "cancel-all": "hexdesk_app.cli.remote.acting:cancel_all",
        "trades": "hexdesk_app.cli.remote.looking:trades",
        "positions": "hexdesk_app.cli.remote.looking:positions",
        "balance": "hexdesk_app.cli.remote.looking:balance",
        "pnl": "hexdesk_app.cli.remote.results:pnl",
        "strategy": "hexdesk_app.cli.remote.strategies:strategy",
        "stop-entries": "hexdesk_app.cli.remote.acting:stop_entries",
        "resume-entries": "hexdesk_app.cli.remote.acting:resume_entries",
        "stop": "hexdesk_app.cli.remote.acting:stop",
        "flatten": "hexdesk_app.cli.remote.acting:flatten",
        "roll-trading-day": "hexdesk_app.cli.remote.trading_day:roll_trading_day",
        "reconcile": "hexdesk_app.cli.remote.reconciling:reconcile",
        "live": "hexdesk_app.cli.remote.arming:live",
        "halt": "hexdesk_app.cli.remote.acting:halt",
        "risk": "hexdesk_app.cli.risk:risk",
        "shutdown": "hexdesk_app.cli.remote.acting:shutdown",
        "events": "hexdesk_app.cli.remote.looking:events",
        "token": "hexdesk_app.cli.remote.acting:token",
        "approvals": "hexdesk_app.cli.remote.approving:approvals",
        "certs": "hexdesk_app.cli.certs:certs",
        "audit": "hexdesk_app.cli.remote.looking:audit",
        "alert": "hexdesk_app.cli.alert:alert",
        "logs": "hexdesk_app.cli.logs:logs",
        "log": "hexdesk_app.cli.remote.monitoring:log",
        "bench": "hexdesk_app.cli.measuring:bench",
        "sim": "hexdesk_app.cli.venue:sim",
        "chaos": "hexdesk_app.cli.chaos:chaos",
        "journal": "hexdesk_app.cli.journal:journal",
        "replay": "hexdesk_app.cli.replay:replay",
        "why": "hexdesk_app.cli.why:why",
        "history": "hexdesk_app.cli.history:history",
        "config": "hexdesk_app.cli.configuration:config",
        "plugin": "hexdesk_app.cli.plugin:plugin",
        "new": "hexdesk_app.cli.new:new",
        "completion": "hexdesk_app.cli.completion:completion",
        "version": "hexdesk_app.cli.version:version",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which people meet them."""
        return list(self.places)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return verbs that begin so, without importing them: a shell waits for it."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name) for name in self.places if name.startswith(incomplete)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb, imported now."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        found: object = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None


@click.group(
    name=PROGRAM,
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `hexdesk demo`: it needs no configuration and no network.",
)
@click.version_option(None, "-V", "--version", package_name="hexdesk-app", prog_name=PROGRAM)
def command() -> None:
    """Trade with strategies and brokers that are plugins: in backtest, on paper, live."""


def run_command(words: Sequence[str]) -> int:
    """Run the command line and return its exit code; nothing is raised."""
    _prepare_streams()
    if os.environ.get(COMPLETE_VARIABLE):
        return _complete(os.environ[COMPLETE_VARIABLE])
    as_json = "--json" in words
    try:
        returned = _invoke(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        click.echo("\ninterrupted" if sys.stderr.isatty() else "interrupted", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001 - the last line of defence: nothing escapes as a traceback
        return _fail(error, as_json=as_json)
    return returned if isinstance(returned, int) else EXIT_OK


def _complete(instruction: str) -> int:
    """Answer the shell that asks what may come next."""
    from click.shell_completion import shell_complete

    return shell_complete(command, {}, PROGRAM, COMPLETE_VARIABLE, instruction)


def _invoke(words: Sequence[str]) -> object:
    """Do what `click` calls main, without its own words about errors and Ctrl-C."""
    try:
        with command.make_context(PROGRAM, list(words)) as context:
            return command.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code


def _fail(error: Exception, *, as_json: bool) -> int:
    try:
        if isinstance(error, click.ClickException):
            if isinstance(error, click.exceptions.NoArgsIsHelpError):
                click.echo(error.format_message(), err=True)
                return EXIT_USAGE
            found, code = _usage_error(error), EXIT_USAGE
        elif isinstance(error, HexdeskError) and not isinstance(error, InvariantError):
            found, code = error, exit_code(error)
        elif isinstance(error, OSError) and error.errno in FULL and error.filename is None:
            _forget_stdout()
            remedy = "free disk space, or print elsewhere"
            text = f"cannot be written: {error.strerror}"
            found, code = DataError(text, file="stdout", remedy=remedy), EXIT_ERROR
        else:
            found, code = record_incident(error), EXIT_ERROR
        show_errors(found, as_json=as_json, exit_code=code)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        return EXIT_ERROR
    return code


def _usage_error(error: click.ClickException) -> HexdeskError:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else PROGRAM
    message = error.format_message()
    remedy = f"{path} --help"
    if isinstance(error, click.exceptions.NoSuchOption):
        message = f"there is no option {error.option_name}"
        near = ", ".join(error.possibilities or [])
        remedy = f"did you mean {near}?" if near else remedy
    elif context and isinstance(context.command, click.Group) and "No such command" in message:
        word = message.partition("'")[2].partition("'")[0]
        near_verbs = difflib.get_close_matches(word, context.command.list_commands(context), n=1)
        message = f"there is no verb {word!r}"
        remedy = f"did you mean `{path} {near_verbs[0]}`?" if near_verbs else remedy
    return UsageError(message, remedy=remedy)


def _prepare_streams() -> None:
    """Let a terminal without Unicode show a replacement, not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _forget_stdout() -> None:
    """Let the interpreter flush into nothing at exit: the reader has gone."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
