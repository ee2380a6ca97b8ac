"""Runs a configuration: recordings in virtual time (as fast as possible or paced), feeds live.

One session does both; backtest, demo, paper and live differ only in what drives time.
"""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TypeVar

import msgspec

from hexdesk.application.clock import VirtualClock
from hexdesk.application.desk import Desk
from hexdesk.application.player import Player, merge_by_receipt
from hexdesk.domain.commands import StartStrategy, StopStrategy
from hexdesk.domain.market import MarketEvent
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import ConfigError, HexdeskError
from hexdesk_app.build import Application, build
from hexdesk_app.collect import Sampler, make_result
from hexdesk_app.config import Config
from hexdesk_app.latency import LatencyHistogram
from hexdesk_app.live_clock import LiveClock
from hexdesk_app.resolve import Parts
from hexdesk_app.result import RunResult
from hexdesk_app.resume import StateKeeper, resume

GC_THRESHOLD = 50_000
"""Allocations between collections while a desk runs (performance.md, decision 10)."""
SETTLE_NS = 60 * NS_PER_SECOND
"""Virtual time that a stopping desk waits for the answers to its last cancels."""
STOP_TIMEOUT_S = 10.0
"""Real time that a stopping live desk waits for the same."""
SAMPLE_EVENTS = 512
"""Events between two samples of the curves, when played as fast as possible."""
PACE_STEP_S = 0.01
WATCH_STEP_S = 0.25
CONNECT_TIMEOUT_S = 30.0

T = TypeVar("T")
Watch = Callable[["Session"], None]
logger = logging.getLogger("hexdesk.run")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to run.

    Attributes:
        speed: Seconds played per second, over what the configuration says; None leaves it.
        dataset: Shown in the result.
        watch: Called a few times a second, for a live table.
        handle_signals: Whether SIGINT and SIGTERM stop the session.
        forever: Whether the desk stays up after its recordings have ended.
    """

    speed: float | None = None
    dataset: str = ""
    watch: Watch | None = None
    handle_signals: bool = True
    forever: bool = False


class Session:
    """A desk while it runs; what a live table looks at.

    Attributes:
        app: The desk and what surrounds it.
        sampler: Curves.
        latency: Durations of handling; filled by paced and live runs.
        event_count: Market events handled.
        begun_s: `time.perf_counter()` at the start.
        start_ns: Time of the first event.
        now_ns: Time of the latest one.
        is_stopping: Whether somebody asked it to stop.
    """

    def __init__(self, app: Application, options: Options) -> None:
        self.app = app
        self.options = options
        self.sampler = Sampler(app.desk)
        self.latency = LatencyHistogram()
        self.event_count = 0
        self.seconds = 0.0
        self.begun_s = time.perf_counter()
        self.start_ns: TimeNs = 0
        self.now_ns: TimeNs = 0
        self.is_stopping = False
        self.stop_signal = ""
        self._stop = asyncio.Event()

    @property
    def desk(self) -> Desk:
        """The desk."""
        return self.app.desk

    def stop(self, reason: str = "") -> None:
        """Ask the session to end in good order; asking again changes nothing."""
        self.is_stopping = True
        self.stop_signal = self.stop_signal or reason
        self._stop.set()

    async def wait(self, seconds: float) -> None:
        """Wait, but not longer than until somebody asks to stop."""
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    def watch(self) -> None:
        """Take a sample and show the live table."""
        self.sampler.sample(self.now_ns)
        if self.options.watch is not None:
            self.options.watch(self)

    def start_strategies(self, now_ns: TimeNs) -> None:
        """Start every strategy."""
        self.start_ns = now_ns
        self.now_ns = now_ns
        self.desk.command(StartStrategy("", now_ns))
        config = self.app.config
        logger.info(
            "desk %s is ready: %s, run %s, %d strategies",
            config.desk.name,
            config.desk.mode.value,
            self.app.run_id,
            len(self.desk.hosts),
        )

    def stop_strategies(self, now_ns: TimeNs) -> None:
        """Stop every strategy; its orders are canceled or kept as configured."""
        keep = self.app.config.desk.on_stop == "keep"
        self.desk.command(StopStrategy("", keep, now_ns))

    def result(self) -> RunResult:
        """Return what the run came to."""
        app = self.app
        return make_result(
            app.desk,
            self.sampler,
            app.parts,
            app.recordings,
            app.assembly.deposits,
            self.latency.summary(),
            run_id=app.run_id,
            name=app.config.desk.name,
            mode=app.config.desk.mode.value,
            dataset=self.options.dataset or _datasets(app.parts),
            events=self.event_count,
            seconds=self.seconds,
            start_ns=self.start_ns,
            end_ns=self.now_ns,
            interrupted=self.is_stopping,
        )


def run(config: Config, options: Options | None = None) -> RunResult:
    """Run a configuration to its end, or until it is told to stop.

    Raises:
        HexdeskError: It cannot start, or an invariant broke.
    """
    return asyncio.run(run_async(config, options or Options()))


async def run_async(config: Config, options: Options) -> RunResult:
    """Do what `run` does, on the running loop."""
    with frozen_garbage():
        app = build(config)
        if not app.parts.feeds:
            raise ConfigError(
                "has no feed: a desk needs market data",
                code="CONFIG_MISSING",
                path="feeds",
                remedy='add [feeds.recorded] with plugin = "replay" and dataset = "sample:btcusdt"',
            )
        if not app.recordings:
            return await _run_live(config, options)
        if len(app.recordings) < len(app.parts.feeds):
            raise ConfigError(
                "mixes recordings and live feeds: time can only come from one of them",
                code="CONFIG_CONFLICT",
                path="feeds",
                remedy="keep one kind",
            )
        return await _run_recorded(app, options)


async def _run_recorded(app: Application, options: Options) -> RunResult:
    """Play recordings in virtual time; pace slows the player, never changes what it does."""
    clock = app.clock
    if not isinstance(clock, VirtualClock):
        message = "recordings are played by a virtual clock"
        raise TypeError(message)
    async with _surroundings(app, options) as session:
        streams = [recording.events() for recording in app.recordings.values()]
        player = Player(app.desk, clock, merge_by_receipt(list(streams)))
        speed = _speed(app.parts) if options.speed is None else options.speed
        clock.advance_to(player.peek_ns())
        session.start_strategies(clock.now_ns())
        begun = time.perf_counter()
        if speed > 0:
            await _play_paced(session, player, speed)
        else:
            await _play_fast(session, player)
        session.seconds = time.perf_counter() - begun
        if options.forever and not session.is_stopping:
            logger.info("the recordings have ended; waiting to be stopped")
        while options.forever and not session.is_stopping:
            session.watch()
            await session.wait(WATCH_STEP_S)
        session.stop_strategies(clock.now_ns())
        clock.advance_to(clock.now_ns() + SETTLE_NS)
        session.sampler.sample(clock.now_ns())
        if options.forever:
            session.is_stopping = False
        return session.result()


async def _play_fast(session: Session, player: Player) -> None:
    while not player.is_over and not session.is_stopping:
        player.play(SAMPLE_EVENTS)
        _follow(session, player)
        await asyncio.sleep(0)


async def _play_paced(session: Session, player: Player, speed: float) -> None:
    player.measure(time.perf_counter_ns, session.latency.add)
    begun = time.perf_counter()
    shown = begun
    while not player.is_over and not session.is_stopping:
        passed_s = time.perf_counter() - begun
        due_ns = session.start_ns + int(passed_s * speed * NS_PER_SECOND)
        if not player.play_until(due_ns):
            await session.wait(PACE_STEP_S)
        _follow(session, player)
        if time.perf_counter() - shown > WATCH_STEP_S:
            shown = time.perf_counter()
            session.watch()
        await asyncio.sleep(0)
    session.watch()


def _follow(session: Session, player: Player) -> None:
    session.event_count = player.event_count
    session.now_ns = max(player.last_ns, session.now_ns)
    session.seconds = time.perf_counter() - session.begun_s
    session.sampler.sample(session.now_ns)


async def _run_live(config: Config, options: Options) -> RunResult:
    """Run on live feeds and real time."""
    loop = asyncio.get_running_loop()
    drain = _Drain(loop)
    app = build(
        config,
        overrides={
            "clock": LiveClock(loop),
            "is_virtual": False,
            "wake": drain.wake,
            "stopwatch": time.perf_counter_ns,
        },
    )
    async with AsyncExitStack() as stack:
        for name, feed in app.feeds.items():
            stack.push_async_callback(feed.close)
            await _within(feed.connect(drain.put_market), f"feed {name!r} connects")
            found = await _within(feed.instruments(), f"feed {name!r} lists instruments")
            app.discover({instrument.id: instrument for instrument in found})
        session = await stack.enter_async_context(_surroundings(app, options))
        drain.attach(session)
        keeper = StateKeeper(app.desk, app.journal)
        resume(app)
        session.start_strategies(app.clock.now_ns())
        wanted = sorted(
            {each for part in app.parts.strategies.values() for each in part.section.instruments}
        )
        for feed in app.feeds.values():
            await _within(feed.subscribe(wanted), "subscribing")
        begun = time.perf_counter()
        while not session.is_stopping:
            session.now_ns = app.clock.now_ns()
            session.watch()
            keeper.look(session.now_ns)
            await session.wait(WATCH_STEP_S)
        session.seconds = time.perf_counter() - begun
        session.stop_strategies(app.clock.now_ns())
        await _until_settled(app.desk, keeps=config.desk.on_stop == "keep")
        keeper.end(app.clock.now_ns())
        session.is_stopping = False
        return session.result()


class _Drain:
    """Lets the desk handle its inbox as soon as the loop is free; wakes are coalesced."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_due = False
        self._session: Session | None = None

    def attach(self, session: Session) -> None:
        """Begin to drain into a session's desk."""
        self._session = session
        self.wake()

    def wake(self) -> None:
        """Ask for a drain."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._run)

    def put_market(self, event: MarketEvent) -> None:
        """Take a market event; before the desk stands there is nobody to see it."""
        session = self._session
        if session is not None:
            session.event_count += 1
            session.app.assembly.inbox.put_market(event)

    def _run(self) -> None:
        self._is_due = False
        session = self._session
        if session is None:
            return
        begun = time.perf_counter_ns()
        more = session.app.assembly.inbox.drain()
        session.latency.add(time.perf_counter_ns() - begun)
        if more:
            self.wake()


@asynccontextmanager
async def _surroundings(app: Application, options: Options) -> AsyncGenerator[Session]:
    """Connect brokers, start servers, listen to signals; undo all of it in the reverse order."""
    async with AsyncExitStack() as stack:
        stack.callback(app.journal.close)
        session = Session(app, options)
        for name, broker in app.assembly.brokers.items():
            stack.push_async_callback(broker.close)
            await _within(broker.connect(), f"broker {name!r} connects")
        for name, server in app.servers.items():
            stack.push_async_callback(server.stop)
            await _within(server.start(), f"server {name!r} starts")
            logger.info("server %s listens on %s", name, server.address)
        if options.handle_signals:
            stack.enter_context(_signals(session))
        yield session


@contextmanager
def _signals(session: Session) -> Generator[None]:
    """Stop in good order at SIGINT and SIGTERM; a second SIGINT ends at once."""
    loop = asyncio.get_running_loop()

    def stop(name: str) -> None:
        if session.is_stopping and name == "SIGINT":
            loop.remove_signal_handler(signal.SIGINT)
        session.stop(name)

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop, number.name)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextmanager
def frozen_garbage() -> Generator[None]:
    """Keep the collector from looking at what will live as long as the desk."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, before[1], before[2])
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


async def _within(work: Awaitable[T], what: str) -> T:
    """Wait for something with a limit."""
    try:
        return await asyncio.wait_for(work, CONNECT_TIMEOUT_S)
    except TimeoutError as error:
        message = f"{what}: no answer within {CONNECT_TIMEOUT_S:g} s"
        raise HexdeskError(message, remedy="check the address and the network") from error


async def _until_settled(desk: Desk, *, keeps: bool) -> None:
    """Wait until the last cancels are answered, within a limit."""
    deadline = time.perf_counter() + STOP_TIMEOUT_S
    while time.perf_counter() < deadline:
        waiting = [order for order in desk.execution.open.values() if order.pending_cancels]
        if keeps or not waiting:
            return
        await asyncio.sleep(PACE_STEP_S)
    logger.warning("%d orders were not confirmed canceled", len(desk.execution.open))


def _speed(parts: Parts) -> float:
    """Return the pace that the recorded feeds ask for; they must agree."""
    speeds = {part.section.speed for part in parts.feeds.values()}
    if len(speeds) > 1:
        raise ConfigError(
            f"have different speeds {sorted(speeds)}: they are played together",
            code="CONFIG_CONFLICT",
            path="feeds",
            remedy="give each the same speed",
        )
    return speeds.pop()


def _datasets(parts: Parts) -> str:
    found = (getattr(part.settings, "dataset", "") for part in parts.feeds.values())
    return ", ".join(str(each) for each in found if each)
