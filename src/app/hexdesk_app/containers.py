"""Which object goes where: the only module that knows dependency-injector.

All providers are synchronous; whatever must be connected or awaited is done by the runner.
"""

import asyncio
from collections.abc import Callable

from dependency_injector import containers, providers

from hexdesk.application.clock import VirtualClock
from hexdesk.domain.instruments import Instrument
from hexdesk.plugin.server import Server
from hexdesk.ports.clock import Clock
from hexdesk.ports.control import Control
from hexdesk.ports.journal import Journal
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk_app import wiring
from hexdesk_app.config import Config
from hexdesk_app.control.plane import Process
from hexdesk_app.resolve import Parts, resolve
from hexdesk_app.running.links import Links
from hexdesk_app.running.live_clock import LiveClock, wall_time_ns
from hexdesk_app.telemetry.requests import RequestBook

NOTHING_DISCOVERED: dict[str, Instrument] = {}


class DeskContainer(containers.DeclarativeContainer):
    """Everything of one desk, made when first asked for.

    A live run overrides `clock`, `is_virtual`, `wake` and `discovered`.
    """

    config: providers.Dependency[Config] = providers.Dependency(instance_of=Config)
    clock: providers.Provider[Clock] = providers.Singleton(VirtualClock)
    real_clock: providers.Provider[Clock] = providers.Singleton(
        LiveClock, providers.Callable(asyncio.get_running_loop)
    )
    is_virtual: providers.Provider[bool] = providers.Object(True)  # noqa: FBT003 - the library names it by position
    wall_ns: providers.Provider[int] = providers.Singleton(wall_time_ns)
    wake: providers.Provider[Callable[[], None] | None] = providers.Object(None)
    stopwatch: providers.Provider[Callable[[], int] | None] = providers.Object(None)
    discovered: providers.Provider[dict[str, Instrument]] = providers.Object(NOTHING_DISCOVERED)
    parts: providers.Provider[Parts] = providers.Singleton(resolve, config)
    run_id: providers.Provider[str] = providers.Singleton(
        wiring.derive_run_id, config, is_virtual=is_virtual, wall_ns=wall_ns
    )
    recordings: providers.Provider[dict[str, Recording]] = providers.Singleton(
        wiring.make_recordings, config, parts
    )
    links: providers.Provider[Links] = providers.Singleton(Links)
    requests: providers.Provider[RequestBook] = providers.Singleton(RequestBook)
    feeds: providers.Provider[dict[str, MarketData]] = providers.Singleton(
        wiring.make_feeds, config, parts, clock, links
    )
    journal: providers.Provider[Journal] = providers.Singleton(
        wiring.make_journal, config, parts, run_id
    )
    lookback: providers.Provider[wiring.Lookback] = providers.Singleton(
        wiring.look_back, config, journal, is_virtual=is_virtual
    )
    instruments: providers.Provider[dict[str, Instrument]] = providers.Singleton(
        wiring.gather_instruments, config, recordings, discovered, lookback
    )
    assembly: providers.Provider[wiring.Assembly] = providers.Singleton(
        wiring.assemble,
        config,
        parts,
        run_id=run_id,
        instruments=instruments,
        journal=journal,
        clock=clock,
        wake=wake,
        stopwatch=stopwatch,
        lookback=lookback,
        is_virtual=is_virtual,
        links=links,
        requests=requests,
    )
    process: providers.Provider[Process] = providers.Singleton(
        wiring.make_process, config, parts, assembly, is_virtual=is_virtual
    )
    control: providers.Provider[Control] = providers.Singleton(
        wiring.make_plane, config, assembly, clock, process
    )
    servers: providers.Provider[dict[str, Server]] = providers.Singleton(
        wiring.make_servers, config, parts, real_clock, instruments, control.provider
    )
