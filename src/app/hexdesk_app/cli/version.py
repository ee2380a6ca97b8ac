"""`hexdesk version`."""

import platform

import click

from hexdesk import __version__
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.display.tables import make_table
from hexdesk_app.plugins import installed


@click.command()
@output_options
def version(output: Output) -> None:
    """Show the versions of hexdesk, Python and installed plugins."""
    plugins = sorted({offer.distribution for offer in installed()})
    data: dict[str, object] = {
        "hexdesk": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
        "plugins": plugins,
    }
    rows = [(name, str(data[name])) for name in ("hexdesk", "python", "machine")]
    rows += [("plugin", label) for label in plugins]
    output.result("version", data, [make_table("", ("what", "version"), rows)])
