"""Options that many verbs share."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import click

from hexdesk.errors import DataError
from hexdesk_app.cli.output import Output
from hexdesk_app.config import Sources

LEVELS = ("warning", "info", "debug")


def output_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add --json, --quiet and -v; the verb gets an `Output` first."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    @click.option("-q", "--quiet", is_flag=True, help="Results and errors only.")
    @click.option("-v", "--verbose", count=True, help="Log more, to stderr; -vv for all.")
    @wraps(body)
    def call(*, as_json: bool, quiet: bool, verbose: int, **options: object) -> int | None:
        level = "error" if quiet else LEVELS[min(verbose, len(LEVELS) - 1)]
        return body(Output(as_json=as_json, quiet=quiet, level=level), **options)

    return call


def config_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add FILES, -c, --profile and --set; the verb gets `wanted`, the `Sources` that they name."""
    files = click.argument("files", nargs=-1, type=click.Path(path_type=Path))
    return files(source_options("A further file; repeatable.")(body))


def source_options(
    config_help: str,
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Return what adds -c, --profile and --set; the verb gets `wanted`, as by `config_options`."""

    def add(body: Callable[..., int | None]) -> Callable[..., int | None]:
        @click.option(
            "more_files",
            "--config",
            "-c",
            multiple=True,
            metavar="FILE",
            type=click.Path(path_type=Path),
            help=config_help,
        )
        @click.option(
            "profile",
            "--profile",
            envvar="HEXDESK_PROFILE",
            default="",
            metavar="NAME",
            help="Also read plugins.NAME.toml.",
        )
        @click.option(
            "overrides",
            "--set",
            "-S",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override one value, as desk.seed=7; repeatable.",
        )
        @wraps(body)
        def call(
            *,
            more_files: tuple[Path, ...],
            profile: str,
            overrides: tuple[str, ...],
            files: tuple[Path, ...] = (),
            **options: object,
        ) -> int | None:
            wanted = sources(*files, *more_files, profile=profile, overrides=overrides)
            return body(wanted=wanted, **options)

        return call

    return add


def sources(*files: Path, profile: str = "", overrides: tuple[str, ...] = ()) -> Sources:
    """Return where the configuration of a verb comes from, with the variables of this process."""
    return Sources(files=files, profile=profile, overrides=overrides, environ=dict(os.environ))


@contextmanager
def explaining_file_errors(path: Path | None, what: str = "read") -> Generator[None]:
    """Say of a file that cannot be read, or written or copied, what to do."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(
            f"cannot be {what}: {error.strerror or error}",
            file=error.filename if isinstance(error.filename, str) else str(path or ""),
            remedy="see that this user may do so"
            + ("" if what == "read" else ", and that the disk has room"),
        ) from error
