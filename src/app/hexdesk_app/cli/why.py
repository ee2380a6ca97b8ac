"""`hexdesk why`."""

from pathlib import Path

import click
import msgspec

from hexdesk_app.cli.common import explaining_file_errors, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.reading.journals import open_journal
from hexdesk_app.why.find import find_order
from hexdesk_app.why.story import tell
from hexdesk_app.why.text import to_data, to_tables


@click.command()
@click.argument("order", metavar="ORDER")
@click.argument("path", required=False, metavar="[JOURNAL]", type=click.Path(path_type=Path))
@output_options
def why(output: Output, order: str, path: Path | None) -> None:
    """Tell what an order followed from, what risk said, and what became of it.

    ORDER is its id, the venue's id for it, or how one of them begins. JOURNAL is the journal's
    folder, the desk's state folder, or a configuration; plugins.toml by default. Works while the
    desk runs, up to its last whole commit.
    """
    with explaining_file_errors(path):
        reader = open_journal(path)
        story = tell(reader, find_order(reader, order))
    data = to_data(story)
    output.result("why", msgspec.to_builtins(data), to_tables(data))
