"""How a verb finds its desk, and what a refusal means for the command line."""

import os
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from hexdesk.errors import ConfigError
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output, is_terminal
from hexdesk_app.cli.remote.place import Place
from hexdesk_app.problems import (
    EXIT_ERROR,
    EXIT_NOT_FOUND,
    EXIT_NOT_RUNNING,
    EXIT_REFUSED,
    EXIT_TIMEOUT,
    EXIT_USAGE,
    RefusedError,
)

if TYPE_CHECKING:
    from hexdesk_client import ApiError, PlainClient

Plain = dict[str, Any]
WATCH_S = 2.0
EXITS = {
    "NOT_FOUND": EXIT_NOT_FOUND,
    "UNAVAILABLE": EXIT_NOT_RUNNING,
    "INVALID_ARGUMENT": EXIT_USAGE,
    "UNIMPLEMENTED": EXIT_USAGE,
    "DEADLINE_EXCEEDED": EXIT_TIMEOUT,
    "ABORTED": EXIT_REFUSED,
    "ALREADY_EXISTS": EXIT_REFUSED,
    "FAILED_PRECONDITION": EXIT_REFUSED,
    "PERMISSION_DENIED": EXIT_REFUSED,
    "RESOURCE_EXHAUSTED": EXIT_REFUSED,
    "UNAUTHENTICATED": EXIT_REFUSED,
}
"""By gRPC code; experience.md, section 3."""
REASON_EXITS = {"OUTCOME_UNKNOWN": EXIT_TIMEOUT, "CONFIG_INVALID": EXIT_USAGE}
"""By reason, where that says more than the code."""


strategy_option = click.option(
    "strategy", "-s", "--strategy", default="", metavar="NAME", help="Only this one."
)
limit_option = click.option(
    "limit", "-n", "--limit", type=click.IntRange(1, 1000), default=50, show_default=True,
    help="At most so many.",
)  # fmt: skip


def place_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add what says where the desk is and who asks; the verb gets it as `place`."""

    @click.option(
        "desk",
        "--desk",
        envvar="HEXDESK_DESK",
        default="",
        metavar="NAME",
        help="A desk of your profile file; [default] where none is named.",
    )
    @click.option(
        "--address",
        envvar="HEXDESK_ADDRESS",
        default="",
        metavar="HOST:PORT",
        help="Where the desk listens; 127.0.0.1:50051 by default.",
    )
    @click.option(
        "token_file",
        "--token-file",
        envvar="HEXDESK_TOKEN_FILE",
        default="",
        metavar="FILE",
        help="Holds the token; else HEXDESK_TOKEN does.",
    )
    @click.option(
        "ca_file",
        "--ca",
        envvar="HEXDESK_CA",
        default="",
        metavar="FILE",
        help="The authority that signed the desk's certificate.",
    )
    @click.option(
        "certificate_file",
        "--certificate",
        envvar="HEXDESK_CERTIFICATE",
        default="",
        metavar="FILE",
        help="One's own certificate.",
    )
    @click.option(
        "key_file", "--key", envvar="HEXDESK_KEY", default="", metavar="FILE", help="Its key."
    )
    @wraps(body)
    def call(*positional: Any, **options: Any) -> int | None:  # noqa: ANN401 - options of any verb
        given = {name: options.pop(name) for name in Place.__struct_fields__}
        return body(*positional, place=Place(**given), **options)

    return call


def desk_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add where the desk is, and --json and its like; the verb gets output and client."""

    @place_options
    @output_options
    @wraps(body)
    def call(output: Output, *, place: Place, **options: Any) -> int | None:  # noqa: ANN401 - options of any verb
        with connected(place) as client:
            return body(output, client, **options)

    return call


def watch_option(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add --watch: show again every so many seconds, until Ctrl-C."""

    @click.option(
        "--watch",
        type=click.FloatRange(min=0.2),
        default=None,
        is_flag=False,
        flag_value=WATCH_S,
        metavar="[SECONDS]",
        help="Show again every 2 seconds, or so many, until Ctrl-C.",
    )
    @wraps(body)
    def call(
        output: Output,
        client: "PlainClient",
        *,
        watch: float | None,
        **options: Any,  # noqa: ANN401 - of any verb
    ) -> int | None:
        if watch is None:
            return body(output, client, **options)
        is_screen = not output.as_json and is_terminal(sys.stdout)
        while True:
            if is_screen:
                click.clear()
            with _patiently(output):
                body(output, client, **options)
            sys.stdout.flush()
            time.sleep(watch)

    return call  # fmt: skip


@contextmanager
def _patiently(output: Output) -> "Generator[None]":
    """Say that a desk does not answer, and go on: it may be starting anew."""
    from hexdesk_client import ApiError

    try:
        yield
    except ApiError as error:
        if error.reason not in {"UNREACHABLE", "TIMED_OUT", "DESK_STOPPING"}:
            raise
        output.warn(f"no answer: {error.reason}; trying again")


def unless_subcommand(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Let a group that is also a verb do nothing where a verb of its own was named."""

    @wraps(body)
    def call(**options: Any) -> int | None:  # noqa: ANN401 - of any verb
        is_alone = click.get_current_context().invoked_subcommand is None
        return body(**options) if is_alone else None

    return call


def mutation_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add --reason, --dry-run and --request-id; the verb gets them as `how`, a request's fields."""

    @click.option("--reason", default="", help="Why, for the audit log.")
    @click.option("dry_run", "--dry-run", is_flag=True, help="Check everything, change nothing.")
    @click.option(
        "request_id",
        "--request-id",
        default="",
        metavar="KEY",
        help="Idempotency key: the same request with it is carried out once.",
    )
    @wraps(body)
    def call(*, reason: str, dry_run: bool, request_id: str, **options: Any) -> int | None:  # noqa: ANN401 - of any verb
        how: Plain = {"reason": reason, "dry_run": dry_run, "request_id": request_id}
        return body(how=how, **options)

    return call  # fmt: skip


yes_option = click.option("--yes", "-y", is_flag=True, help="Do it on a live desk, too.")


def destructive_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `mutation_options`, --yes and --account: what a live desk wants of what is not undone.

    The verb gets `how` with the account's id, and `yes`; it calls by `ask_twice`.
    """

    @yes_option
    @click.option("account", "--account", default="", metavar="ID",
                  help="The account's id, typed out: a live desk wants it.")  # fmt: skip
    @mutation_options
    @wraps(body)
    def call(*, how: Plain, account: str, **options: Any) -> int | None:  # noqa: ANN401 - of any verb
        return body(how={**how, "account_id": account}, **options)

    return call


def confirm_live(client: "PlainClient", how: Mapping[str, Any], *, yes: bool) -> None:
    """Refuse a destructive verb on a live desk unless it was said twice, the account with it.

    Raises:
        RefusedError: It was not.
    """
    if not how["dry_run"] and not (yes and how["account_id"]) and _is_live(client):
        raise _unsaid("look with --dry-run first")


def ask_twice(client: "PlainClient", method: str, fields: Mapping[str, Any], *, yes: bool) -> Plain:
    """Call a destructive method; on a live desk only try it, unless it was said twice.

    Raises:
        RefusedError: It was not; the error says what would have been done.
    """
    is_said = yes and fields["account_id"]
    if is_said or fields["dry_run"] or not _is_live(client):
        return client.ask(method, fields)
    tried = client.ask(method, {**fields, "dry_run": True})
    names = {
        key: [_named(each) for each in cast("list[object]", value)]
        for key, value in tried.items()
        if isinstance(value, list)
    }
    shown = "; ".join(f"{key}: {', '.join(value)}" for key, value in names.items() if value)
    raise _unsaid(f"so this was tried only: {shown or 'it would be done'}")


def _unsaid(text: str) -> RefusedError:
    return RefusedError(
        f"the desk trades real money; {text}",
        code="LIVE",
        exit_code=EXIT_REFUSED,
        remedy="say --yes, too, and type the account's id: --account ID",
    )


def _named(item: object) -> str:
    """Return what one of several things is called."""
    if not isinstance(item, Mapping):
        return str(item)
    facts = cast("Mapping[str, object]", item)
    return str(facts.get("path") or facts.get("name") or facts)


def _is_live(client: "PlainClient") -> bool:
    return bool(client.ask("DeskService.GetDesk")["mode"] == "MODE_LIVE")


@contextmanager
def connected(place: Place) -> "Generator[PlainClient]":
    """Yield a client of the desk at a place.

    Raises:
        ConfigError: The client is not installed, a file cannot be read, or the profile is wrong.
        RefusedError: The desk refused, or does not answer.
    """
    try:
        from hexdesk_client import ApiError, PlainClient, Target
    except ImportError as error:
        raise ConfigError(
            "the control client is not installed",
            code="MISSING_EXTRA",
            remedy="pip install 'hexdesk-app[control]'",
        ) from error
    full = place.complete(os.environ)
    token = os.environ.get("HEXDESK_TOKEN", "")
    try:
        if full.token_file:
            token = Path(full.token_file).read_text().strip()
        known = Target.from_environment({"HEXDESK_ADDRESS": full.address})
        target = Target(known.address, token, full.ca_file, full.certificate_file, full.key_file)
        client = PlainClient(target)
    except OSError as error:
        raise ConfigError(
            f"{error.filename} cannot be read: {error.strerror}", code="CONFIG_VALUE"
        ) from error
    with client:
        try:
            yield client
        except ApiError as error:
            raise refused(error, target.address) from error


def refused(error: "ApiError", address: str) -> RefusedError:
    """Return an error of the API as the command line tells it."""
    if error.reason == "UNREACHABLE":
        is_silent = "refused" in error.message or not error.message
        return RefusedError(
            f"no desk answers at {address}" if is_silent else f"{address}: {error.message}",
            code="NOT_RUNNING",
            exit_code=EXIT_NOT_RUNNING,
            remedy='hexdesk run with [servers.control] plugin = "grpc", or --address'
            if is_silent
            else "if the desk has TLS: --ca FILE, with mTLS --certificate and --key, too;"
            " if it has none: leave them out",
        )
    exit_code = REASON_EXITS.get(error.reason, EXITS.get(error.code.name, EXIT_ERROR))
    return RefusedError(error.message, code=error.reason, exit_code=exit_code, remedy=error.remedy)
