"""`hexdesk sim`."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import click

from hexdesk.domain.market import MarketEvent
from hexdesk.errors import HexdeskError, PluginError
from hexdesk.plugin.contexts import ServerContext
from hexdesk.plugin.server import Server
from hexdesk.ports.market_data import Recording
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.config.paths import Origins
from hexdesk_app.signals import stop_signals

PLUGIN = "sim_venue"
WALK = "walk"
SPEED = click.FloatRange(min=0.0, max=1e9)


@click.group(no_args_is_help=True)
def sim() -> None:
    """Run the simulated venue as a process of its own."""


@sim.command()
@click.option(
    "listen",
    "--listen",
    default="127.0.0.1:8765",
    show_default=True,
    metavar="HOST:PORT",
    help="Port 0 takes a free one.",
)
@click.option(
    "data",
    "--data",
    default="sample:btcusdt",
    show_default=True,
    metavar="PATH",
    help="What moves the market: a recording, or `walk` for a random walk.",
)
@click.option(
    "speed",
    "--speed",
    type=SPEED,
    default=1.0,
    show_default=True,
    help="Seconds of market played per second; 0 is as fast as possible.",
)
@click.option(
    "seed",
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of all randomness.",
)
@click.option(
    "deposits",
    "--deposit",
    multiple=True,
    metavar="AMOUNT",
    help="What each account starts with, as `100000 USDT`; repeatable.",
)
@click.option(
    "state",
    "--state",
    default="",
    metavar="FOLDER",
    help="Keep accounts there, so that the venue can be killed and come back with them.",
)
@click.option(
    "admin",
    "--admin",
    is_flag=True,
    help="Let clients of this machine set faults and cut connections.",
)
@output_options
def serve(
    output: Output,
    *,
    listen: str,
    data: str,
    speed: float,
    seed: int,
    deposits: tuple[str, ...],
    state: str,
    admin: bool,
) -> None:
    """Serve the venue over HTTP and a websocket until it is stopped."""
    from hexdesk_app.recipes import open_recording

    recording = None if data == WALK else open_recording(data)
    market = "walk" if recording is None else "pushed"
    table: dict[str, object] = {
        "listen": listen,
        "market": market,
        "speed": speed,
        "deposits": deposits,
        "admin": admin,
        "state": state,
    }
    asyncio.run(_serve(output, table, seed, recording, speed))


@runtime_checkable
class PlaysRecordings(Protocol):
    """A server whose market can be moved by recorded events."""

    def play(self, events: Iterable[MarketEvent], *, speed: float) -> None:
        """Play events at a pace."""
        ...


async def _make_server(table: dict[str, object], seed: int, recording: Recording | None) -> Server:
    from hexdesk_app.live_clock import LiveClock
    from hexdesk_app.plugins import convert_settings, load, load_into, make

    registry = load([])
    plugin = load_into(registry, PLUGIN)
    registration = registry.servers().get(PLUGIN)
    if registration is None:
        raise PluginError(
            f"{PLUGIN!r} offers no server",
            code="PLUGIN_KIND",
            plugin=PLUGIN,
            distribution=plugin.distribution,
            remedy="pip install 'hexdesk-app[venue]'",
        )
    settings = convert_settings(registration, table, ("servers", PLUGIN), Origins())
    instruments = recording.instruments if recording is not None else ()
    context = ServerContext(
        name=PLUGIN,
        clock=LiveClock(asyncio.get_running_loop()),
        instruments={instrument.id: instrument for instrument in instruments},
        seed=seed,
        logger=logging.getLogger("hexdesk.server.sim_venue"),
    )
    return make(registration.factory, context, settings, plugin)


async def _serve(
    output: Output,
    table: dict[str, object],
    seed: int,
    recording: Recording | None,
    speed: float,
) -> None:
    server = await _make_server(table, seed, recording)
    stopped = asyncio.Event()

    def stop(_signal: str) -> None:
        stopped.set()

    with stop_signals(stop):
        try:
            await server.start()
        except OSError as error:
            raise HexdeskError(
                f"the venue cannot listen: {error.strerror or error}",
                remedy="choose another address with --listen HOST:PORT",
            ) from error
        try:
            if recording is not None and isinstance(server, PlaysRecordings):
                server.play(recording.events(), speed=speed)
            output.note(f"the simulated venue listens on {server.address}; Ctrl-C stops it")
            await stopped.wait()
        finally:
            await server.stop()
