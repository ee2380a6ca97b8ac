"""`hexdesk certs`."""

from pathlib import Path

import click

from hexdesk_app.certificates import write_certificates
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.display.tables import make_table
from hexdesk_app.running.live_clock import wall_time_ns

HOSTS = ("localhost", "127.0.0.1", "::1")


@click.group(no_args_is_help=True)
def certs() -> None:
    """Make certificates, so that a desk may be reached from other machines."""


def _host(_context: click.Context, _option: click.Parameter, hosts: tuple[str, ...]) -> list[str]:
    """Return host names and addresses in their own alphabet."""
    for host in hosts:
        if not host.isascii() or not host.strip() or any(each in host for each in "/ ,@"):
            raise click.BadParameter(f"expected a host name or an address, was {host[:100]!r}")
    return list(dict.fromkeys((*hosts, *HOSTS)))


@certs.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("certs"))
@click.option(
    "hosts", "--host", multiple=True, callback=_host, metavar="NAME",
    help="Name or address that clients call the desk by; repeatable. This machine's are there"
    " anyway.",
)  # fmt: skip
@click.option("--client", default="operator", show_default=True, help="Name of the client.")
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=397, show_default=True,
    help="How long server and client are valid.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace what is there.")
@output_options
def init(
    output: Output, folder: Path, *, hosts: list[str], client: str, days: int, force: bool
) -> None:
    """Write an authority, and a certificate of server and client that it signed."""
    files = write_certificates(folder, hosts, client, days, wall_time_ns(), force=force)
    rows = [
        (str(path), meaning)
        for path, meaning in zip(
            files,
            ("the authority: every client needs it", "its key: keep it apart, it can make more",
             "the desk", "its key", f"the client {client!r}", "its key"),
            strict=True,
        )
    ]  # fmt: skip
    data = {"files": [str(path) for path in files], "hosts": hosts, "client": client, "days": days}
    output.result("certs.init", data, [make_table("certificates", ("file", "what it is"), rows)])
    place = folder.resolve()
    output.note(
        f'\nplugins.toml:\n  [servers.control]\n  tls_certificate = "{place}/server.pem"\n'
        f'  tls_key = "{place}/server.key"\n'
        f'  tls_client_ca = "{place}/ca.pem"    # only with it clients must show a certificate\n'
        f"\nclients:\n  export HEXDESK_CA={place}/ca.pem\n"
        f"  export HEXDESK_CERTIFICATE={place}/client.pem HEXDESK_KEY={place}/client.key"
    )
