"""A desk while it runs: what recorded and live runs have in common."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.domain.commands import StartStrategy, StopStrategy
from hexdesk.domain.values import TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.broker import Broker
from hexdesk_app.build import Application
from hexdesk_app.control.archive import DeskArchive
from hexdesk_app.history.keeping import History, make_history
from hexdesk_app.resolve import Parts
from hexdesk_app.result import RunResult
from hexdesk_app.running.collect import Sampler, make_result
from hexdesk_app.running.garbage import Sweeper
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.running.signals import done_before, stop_signals
from hexdesk_app.telemetry.monitor import DeskMonitor
from hexdesk_app.telemetry.watch import Watch, make_watch

CONNECT_TIMEOUT_S = 30.0

T = TypeVar("T")
LiveTable = Callable[["Session"], None]
Reach = Callable[[str, Broker], Coroutine[Any, Any, None]]
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
    watch: LiveTable | None = None
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
        history: Feeds the read model; None without one.
        watcher: Publishes telemetry; None where nobody asked for it.
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
        self.history: History | None = None
        self.watcher: Watch | None = None
        self._stop = asyncio.Event()
        self._sweeper = Sweeper()

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

    async def unless_stopping(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work, or give it up as soon as somebody asks to stop."""
        await done_before(self._stop, work)

    def watch(self) -> None:
        """Take a sample, show the live table, and tidy up."""
        self._sweeper.sweep()
        self.sampler.sample(self.now_ns)
        if self.history is not None:
            self.history.sample(self.now_ns)
        if self.watcher is not None:
            self.watcher.sample(self.now_ns, self.event_count)
        if self.options.watch is not None:
            self.options.watch(self)

    def begin_to_watch(self) -> Watch:
        """Measure from now on, without anybody to tell."""
        self.watcher = Watch(self.app, None, self.latency)
        self.watcher.start(self.history)
        return self.watcher

    def end_watch(self) -> None:
        """Say what waits to be said, within a time."""
        if self.watcher is not None:
            self.watcher.close()

    def start_strategies(self, now_ns: TimeNs) -> None:
        """Start every strategy."""
        self.start_ns = now_ns
        self.now_ns = now_ns
        self.desk.command(StartStrategy("", now_ns))
        config = self.app.config
        logger.info(
            "desk %s is ready: %s, run %s, %d strategies%s",
            config.desk.name,
            config.desk.mode.value,
            self.app.run_id,
            sum(host.strategy is not None for host in self.desk.hosts.values()),
            _held_back(self.desk),
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


@asynccontextmanager
async def surroundings(
    app: Application, options: Options, reach: Reach | None = None
) -> AsyncGenerator[Session]:
    """Listen to signals, connect brokers, start servers; undo all of it in the reverse order.

    `reach` connects a broker; by default it must succeed at once.
    """
    async with AsyncExitStack() as stack:
        session = Session(app, options)
        if options.handle_signals:
            stack.enter_context(stop_signals(session.stop))
        history = make_history(app)
        if history is not None:
            stack.callback(history.close)  # after the journal's last commit
        watcher = make_watch(app, session.latency)
        stack.callback(session.end_watch)  # likewise
        stack.callback(app.journal.close)
        session.history = history
        session.watcher = watcher
        app.process.configuration.watch_alarm(None if watcher is None else watcher.alarm)
        app.process.show_archive(
            DeskArchive(
                session.sampler, None if history is None else history.read_model, app.desk.accounts
            )
        )
        app.process.show_monitor(DeskMonitor(lambda: session.watcher, session.begin_to_watch))
        if history is not None:
            history.start()
        if watcher is not None:
            watcher.start(history)
        for name, broker in app.assembly.brokers.items():
            stack.push_async_callback(broker.close)
            await session.unless_stopping((reach or _reach_now)(name, broker))
        app.process.attach(session.stop, lambda: session.is_stopping)
        app.process.watch_links(app.links)
        for name, server in app.servers.items():
            stack.push_async_callback(server.stop)
            await within(server.start(), f"server {name!r} starts")
            logger.info("server %s listens on %s", name, server.address)
        yield session


async def _reach_now(name: str, broker: Broker) -> None:
    await within(broker.connect(), f"broker {name!r} connects")


async def within(work: Awaitable[T], what: str) -> T:
    """Wait for something with a limit."""
    try:
        return await asyncio.wait_for(work, CONNECT_TIMEOUT_S)
    except TimeoutError as error:
        message = f"{what}: no answer within {CONNECT_TIMEOUT_S:g} s"
        raise HexdeskError(message, remedy="check the address and the network") from error


def _held_back(desk: Desk) -> str:
    """Return what persons have stopped before, which a start does not undo; empty for nothing."""
    hosts = desk.hosts.values()
    stopped = [host.strategy_id for host in hosts if host.is_stopped]
    closed = [host.strategy_id for host in hosts if not host.entries_allowed]
    notes = [
        f"{what}: {', '.join(sorted(ids))}"
        for what, ids in (("stopped before", stopped), ("entries stopped before", closed))
        if ids
    ]
    if desk.execution.halted:
        notes.append(f"halted: {desk.execution.halted}")
    return "".join(f"; {note}" for note in notes)


def _datasets(parts: Parts) -> str:
    found = (getattr(part.settings, "dataset", "") for part in parts.feeds.values())
    return ", ".join(str(each) for each in found if each)
