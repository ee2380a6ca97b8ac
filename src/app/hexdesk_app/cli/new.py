"""`hexdesk new`."""

from pathlib import Path

import click

from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.display.tables import make_table
from hexdesk_app.scaffold import Scaffold, write_scaffold

folder_option = click.option(
    "folder", "--into", type=click.Path(path_type=Path), default=Path(), metavar="FOLDER",
    help="Where the new folder goes; here by default.",
)  # fmt: skip


@click.group(no_args_is_help=True)
def new() -> None:
    """Write a plugin of your own: a distribution with settings, tests and a README."""


@new.command()
@click.argument("name")
@folder_option
@output_options
def strategy(output: Output, name: str, folder: Path) -> None:
    """Write a strategy."""
    _write(output, "strategy", name, folder)


@new.command()
@click.argument("name")
@folder_option
@output_options
def adapter(output: Output, name: str, folder: Path) -> None:
    """Write a broker and feed adapter."""
    _write(output, "adapter", name, folder)


def _write(output: Output, kind: str, name: str, folder: Path) -> None:
    scaffold: Scaffold = write_scaffold(kind, name, folder)
    place = scaffold.folder
    output.result(
        "new",
        {"kind": kind, "name": name, "folder": str(place), "files": scaffold.files},
        [make_table(f"{kind} {name} in {place}", ("file",), [(each,) for each in scaffold.files])],
    )
    output.note(
        f"\nnext:\n  cd {place}\n  pip install -e '.[test]'\n  pytest\n"
        f"  hexdesk plugin info {scaffold.plugin}"
    )
