"""The venue's server: one process, one thread, one address."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable

from aiohttp import web

from hexdesk.domain.market import MarketEvent
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.errors import ConfigError
from hexdesk.plugin import ServerContext
from hexdesk_sim.checks import VENUE_RATE
from hexdesk_sim.venue.faults import WireFaults
from hexdesk_sim.venue.handlers import Handler, Handlers, as_response, is_loopback
from hexdesk_sim.venue.house import House
from hexdesk_sim.venue.session import CLOSE_TIMEOUT_S, Session
from hexdesk_sim.venue.settings import VenueServerSettings
from hexdesk_sim.venue.source import DEFAULT_INSTRUMENT, RandomWalk
from hexdesk_sim.venue.tracing import ServerTraces
from hexdesk_sim.venue.wire import STREAM_PATH, Problem

STOP_TIMEOUT_S = 2.0
MS_PER_S = 1_000
STEPS_MAX = 64
"""Steps of the walk, or events, between two looks at the network when time does not pace them."""
PORT_MAX = 65_535


class VenueServer:
    """A venue that outlives its clients.

    Attributes:
        house: The venue's truth; tests and tools may read it.
    """

    def __init__(self, context: ServerContext, settings: VenueServerSettings) -> None:
        """Make the venue; it does not listen yet.

        Raises:
            ConfigError: The address is not this machine's and not allowed, or a value is wrong.
        """
        self._logger = context.logger
        self._settings = settings
        self._traces = ServerTraces(context.tracer, context.clock)
        self._host, self._port = _parse_listen(settings)
        instruments = context.instruments or {DEFAULT_INSTRUMENT.id: DEFAULT_INSTRUMENT}
        self.house = House(instruments, context.clock, settings, context.seed, self._logger)
        self._walk = RandomWalk(
            instruments.values(),
            context.seed,
            step_ticks=settings.step_ticks,
            start_prices=settings.start_prices,
        )
        self._faults = WireFaults(settings.faults, seed=context.seed)
        self._moves = asyncio.Event()
        self._moves.set()
        self._sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._address = f"{self._host}:{self._port}"

    @property
    def address(self) -> str:
        """Where it listens, as `host:port`; known after `start`."""
        return self._address

    @property
    def stream_count(self) -> int:
        """How many streams are open."""
        return len(self._sessions)

    @property
    def sessions(self) -> Collection[Session]:
        """The streams that are open, for tests and tools."""
        return self._sessions

    async def start(self) -> None:
        """Take up what the venue has kept, listen, and begin to move the market.

        Raises:
            OSError: The address is taken.
            ConfigError: The state folder is that of another venue.
            DataError: What it holds is damaged.
        """
        self.house.open()
        handlers = Handlers(
            self.house,
            self._settings,
            faults=self._faults,
            moves=self._moves,
            logger=self._logger,
            cut=self._cut,
        )
        app = web.Application(
            middlewares=[self._traces.trace, self._limit, handlers.guard],
            client_max_size=self._settings.message_bytes_max,
        )
        app.add_routes([*handlers.routes(), web.get(STREAM_PATH, self._stream)])
        self._runner = runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=STOP_TIMEOUT_S, handle_signals=False
        )
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        host, port = runner.addresses[0][:2]
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if self._settings.market == "walk":
            self._spawn(self._play_walk())

    async def stop(self) -> None:
        """Tell the streams, finish what is being answered, then close; idempotent."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        streams = [asyncio.create_task(session.stop()) for session in self._sessions]
        if streams:  # first, while the runner still listens to their farewells
            _, late = await asyncio.wait(streams, timeout=STOP_TIMEOUT_S)
            for stream in late:
                stream.cancel()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        self.house.close()

    def play(self, events: Iterable[MarketEvent], *, speed: float = 1.0) -> None:
        """Play recorded events in place of a walk, for a host that can read recordings.

        Events of unlisted instruments are ignored; `speed` is seconds played per second, 0 is as
        fast as possible. The settings must say `market = "pushed"`.

        Raises:
            ConfigError: The venue walks by itself.
        """
        if self._settings.market != "pushed":
            raise ConfigError(
                "plays its own market", code="CONFIG_CONFLICT", remedy='set market = "pushed"'
            )
        self._spawn(self._play(events, speed))

    # --- connections -------------------------------------------------------------------------

    @web.middleware
    async def _limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse connections beyond the limit; nothing of such a request is executed."""
        server = self._runner.server if self._runner is not None else None
        limit = self._settings.connections_max
        if server is not None and len(server.connections) > limit:
            refusal = as_response(Problem(VENUE_RATE, f"connections_max={limit}"), 503)
            refusal.force_close()
            return refusal
        return await handler(request)

    def _cut(self, request: web.Request) -> int:
        """Break every connection but that of a request; return how many."""
        for session in self._sessions:
            session.cut()
        server = self._runner.server if self._runner is not None else None
        transports = [each.transport for each in server.connections] if server is not None else []
        others = [each for each in transports if each is not None and each is not request.transport]
        for transport in others:
            transport.abort()
        return len(others)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            autoping=False, max_msg_size=self._settings.message_bytes_max, timeout=CLOSE_TIMEOUT_S
        )
        await socket.prepare(request)
        session = Session(
            self.house, socket, request, self._settings, faults=self._faults, logger=self._logger
        )
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
        return socket

    # --- the market --------------------------------------------------------------------------

    async def _play_walk(self) -> None:
        speed = self._settings.speed
        pause_s = self._settings.step_ms / MS_PER_S / speed if speed else 0.0
        while True:
            await self._moves.wait()
            for _ in range(1 if pause_s else STEPS_MAX):
                self.house.publish(self._walk.step(self.house.clock.now_ns()))
            await asyncio.sleep(pause_s)

    async def _play(self, events: Iterable[MarketEvent], speed: float) -> None:
        now_s = asyncio.get_running_loop().time
        begun_s = now_s()
        first_ns = -1
        for number, event in enumerate(events):
            first_ns = event.ts_init if first_ns < 0 else first_ns
            due_s = begun_s + (event.ts_init - first_ns) / NS_PER_SECOND / speed if speed else 0.0
            if due_s > now_s():
                await asyncio.sleep(due_s - now_s())
            elif number % STEPS_MAX == 0:
                await asyncio.sleep(0)
            if event.instrument_id in self.house.instruments:
                self.house.publish((event,))
        self._logger.info("the recording has ended; the market stands still")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_played)

    def _on_played(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._logger.error("the market stands still", exc_info=task.exception())


def _parse_listen(settings: VenueServerSettings) -> tuple[str, int]:
    host, _, port = settings.listen.rpartition(":")
    host = host.strip("[]")
    if int(port) > PORT_MAX:
        raise ConfigError(
            f"listen: expected a port up to {PORT_MAX}, was {port}", code="CONFIG_VALUE"
        )
    if not is_loopback(host) and not (settings.allow_remote and settings.token is not None):
        raise ConfigError(
            f"listen: {host} can be reached from other machines",
            code="CONFIG_VALUE",
            remedy='listen on 127.0.0.1, or set allow_remote = true and token = "env:NAME"',
        )
    return host, int(port)
