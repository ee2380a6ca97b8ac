"""`hexdesk sim`."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Iterable
from importlib.metadata import version
from typing import Protocol, runtime_checkable

import click

from hexdesk.domain.market import MarketEvent
from hexdesk.errors import HexdeskError, PluginError
from hexdesk.plugin.contexts import ServerContext, TelemetryContext
from hexdesk.plugin.server import Server
from hexdesk.ports.market_data import Recording
from hexdesk.ports.telemetry import UNTRACED, Telemetry, TraceParent, VenueRequest
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.config.paths import Origins
from hexdesk_app.running.signals import stop_signals

PLUGIN = "sim_venue"
EXPORTER = "otel"
CLOSE_TIMEOUT_S = 5.0
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
@click.option(
    "otlp",
    "--otlp",
    envvar="OTEL_EXPORTER_OTLP_ENDPOINT",
    default="",
    metavar="URL",
    help="An OpenTelemetry receiver: gets a span for each request that a desk's trace holds.",
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
    otlp: str,
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
    telemetry = _make_telemetry(otlp) if otlp else None
    try:
        making = _make_server(table, seed, recording, telemetry)
        asyncio.run(_serve(output, making, recording, speed))
    finally:
        if telemetry is not None:
            telemetry.close(CLOSE_TIMEOUT_S)


@runtime_checkable
class PlaysRecordings(Protocol):
    """A server whose market can be moved by recorded events."""

    def play(self, events: Iterable[MarketEvent], *, speed: float) -> None:
        """Play events at a pace."""
        ...


class ServedRequests:
    """Passes what a server answered to an exporter; a server begins no trace."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def begin(self, client_order_id: str, part: str, call: str) -> TraceParent | None:
        """Send nothing along."""
        return None

    def end(self, request: VenueRequest) -> None:
        """Export a span."""
        self._telemetry.request(request)


def _make_telemetry(url: str) -> Telemetry:
    """Return what sends spans to a receiver, started.

    Raises:
        PluginError: The exporter is not installed.
    """
    from hexdesk_app.config.paths import Origins
    from hexdesk_app.plugins import convert_settings, load, load_into, make

    registry = load([])
    plugin = load_into(registry, EXPORTER)
    registration = registry.telemetry()[EXPORTER]
    table: dict[str, object] = {"endpoint": url, "prometheus_listen": "", "logs": False}
    settings = convert_settings(registration, table, ("telemetry",), Origins())
    context = TelemetryContext(
        desk=PLUGIN,
        mode="simulated",
        run_id=f"{os.getpid()}",
        version=version("hexdesk"),
        logger=logging.getLogger("hexdesk.telemetry"),
    )
    telemetry = make(registration.factory, context, settings, plugin)
    telemetry.start(lambda: None)
    return telemetry


async def _make_server(
    table: dict[str, object], seed: int, recording: Recording | None, telemetry: Telemetry | None
) -> Server:
    from hexdesk_app.plugins import convert_settings, load, load_into, make
    from hexdesk_app.running.live_clock import LiveClock

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
        tracer=UNTRACED if telemetry is None else ServedRequests(telemetry),
    )
    return make(registration.factory, context, settings, plugin)


async def _serve(
    output: Output, making: Awaitable[Server], recording: Recording | None, speed: float
) -> None:
    server = await making
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
