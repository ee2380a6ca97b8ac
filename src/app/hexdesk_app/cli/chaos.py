"""`hexdesk chaos`."""

import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.display.numbers import count
from hexdesk_app.display.tables import make_table
from hexdesk_app.problems import EXIT_ERROR, EXIT_OK

if TYPE_CHECKING:
    from hexdesk_app.chaos.driver import ChaosResult


@click.command()
@click.option(
    "kills",
    "--kills",
    type=click.IntRange(min=1, max=1_000_000),
    default=50,
    show_default=True,
    help="How often the desk is killed.",
)
@click.option(
    "seed",
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of what is done when.",
)
@click.option(
    "folder",
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    metavar="FOLDER",
    help="Where it happens, and stays; else a temporary one, kept only after a failure.",
)
@output_options
def chaos(output: Output, *, kills: int, seed: int, folder: Path | None) -> int:
    """Kill a desk again and again, and show that no order is lost and none doubled.

    A desk and a venue run as two processes on this machine; both are killed, their connections cut,
    reports lost, doubled and delayed. Exit code 1 if the two ever disagree.
    """
    from hexdesk_app.chaos.driver import Chaos

    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"--folder: {folder} is not empty")
    place = folder or Path(tempfile.mkdtemp(prefix="hexdesk-chaos-"))

    def tell(text: str) -> None:
        if not output.quiet:
            click.echo(text, err=True)

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else the two would live on
    result = Chaos(place, seed, tell).run(kills)
    if folder is None and result.ok:
        shutil.rmtree(place, ignore_errors=True)
        result = msgspec.structs.replace(result, folder="")
    output.result("chaos", result, [make_table("chaos", ("", ""), _rows(result))])
    if result.ok:
        return EXIT_OK
    click.echo(
        f"seed {seed}, kill {result.failed_at}: {len(result.differences)} differences,"
        f" all is kept in {result.folder}",
        err=True,
    )
    for each in result.differences:
        click.echo(f"  {each}", err=True)
    return EXIT_ERROR


def _rows(result: "ChaosResult") -> list[tuple[str, str]]:
    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{count(counts[name])} {name}" for name in sorted(counts)) or "none"

    return [
        ("kills of the desk", f"{count(result.kills)}: {listed(result.lives)}"),
        ("seconds", f"{result.seconds:.0f}"),
        ("blows", listed(result.blows)),
        ("faults", listed(result.faults)),
        ("looks", f"{count(result.looks)}, agreed within {result.slowest_look_s:g} s"),
        ("replays", count(result.replays)),
        ("records", count(result.records)),
        ("done", listed(result.counts)),
        ("denied", listed(result.denials)),
        ("in doubt", listed(result.doubts)),
        ("settled by", listed(result.resolved)),
        ("repairs", listed(result.repairs)),
        ("alerts", listed(result.alerts)),
        ("differences", count(len(result.differences)) if result.differences else "none"),
    ]
