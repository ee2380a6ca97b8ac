"""Runs a desk on live feeds and real time."""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable
from contextlib import AsyncExitStack, nullcontext
from contextvars import Context
from functools import partial

from hexdesk.application.desk import Desk
from hexdesk.domain.links import LinkStatus
from hexdesk.domain.market import MarketEvent
from hexdesk.domain.order import Order
from hexdesk.ports.broker import Broker
from hexdesk_app.build import Application, build
from hexdesk_app.config import Config
from hexdesk_app.problems import StoppedError
from hexdesk_app.result import RunResult
from hexdesk_app.running.attaching import Attaching
from hexdesk_app.running.feed_gate import FeedGate
from hexdesk_app.running.links import LinkKind
from hexdesk_app.running.live_clock import LiveClock
from hexdesk_app.running.live_feeds import LiveFeeds
from hexdesk_app.running.reconciling import Reconciliation
from hexdesk_app.running.resume import StateKeeper, open_balances, restore_strategies, resume
from hexdesk_app.running.session import Options, Session, surroundings, within
from hexdesk_app.running.signals import done_before, stop_signals

READY_TIMEOUT_S = 30.0
"""How long a start waits for everybody; until one was compared with nothing is opened there."""
READY_STEP_S = 0.05
STOP_TIMEOUT_S = 10.0
"""Real time that a stopping desk waits for the answers to its last cancels."""
WATCH_STEP_S = 0.25
PACE_STEP_S = 0.01
logger = logging.getLogger("hexdesk.run")


async def run_live(config: Config, options: Options) -> RunResult:
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
    attaching = Attaching(
        app.links, app.clock, seed=config.desk.seed, waits=config.desk.on_unreachable == "wait"
    )
    feeds = LiveFeeds(app, attaching, drain.put_market)
    async with AsyncExitStack() as stack:
        for feed in app.feeds.values():
            stack.push_async_callback(feed.close)
        stack.callback(feeds.close)
        stack.push_async_callback(attaching.close)
        await _reach_feeds(feeds, options)
        reach = partial(_reach_broker, app, attaching)
        session = await stack.enter_async_context(surroundings(app, options, reach))
        stack.push_async_callback(attaching.close)
        attaching.attend(session.stop)
        drain.attach(session)
        keeper = StateKeeper(app.desk, app.journal)
        resume(app)
        reconciliation = Reconciliation(
            app.desk,
            app.assembly.brokers,
            app.clock,
            config.reconciliation,
            app.assembly.resends,
        )
        stack.push_async_callback(reconciliation.close)
        app.process.show_reconciliation(reconciliation.shown)
        wanted = _wanted(app)
        gate = FeedGate(
            app.desk.execution.standing,
            app.assembly.inbox.put_command,
            app.clock.now_ns,
            feeds.listings,
            app.links.latest,
        )
        app.links.follow(partial(_on_link, gate, reconciliation))
        gate.watch(wanted)
        app.process.workshop.subscribe = partial(_subscribe, gate, feeds)
        reconciliation.start(app.past.latest_ns if app.past else 0)
        await _until_compared(session, attaching, reconciliation)
        begun = time.perf_counter()
        if not session.is_stopping:
            restore_strategies(app)
            session.start_strategies(app.clock.now_ns())
            await within(feeds.subscribe(wanted), "subscribing")
        while not session.is_stopping:
            session.now_ns = app.clock.now_ns()
            session.watch()
            keeper.look(session.now_ns)
            await session.wait(WATCH_STEP_S)
        session.seconds = time.perf_counter() - begun
        reconciliation.stop()
        session.stop_strategies(app.clock.now_ns())
        await _until_settled(app.desk, keeps=config.desk.on_stop == "keep")
        keeper.end(app.clock.now_ns())
        if attaching.failure is not None:
            raise attaching.failure
        session.is_stopping = False
        return session.result()


async def _reach_feeds(feeds: LiveFeeds, options: Options) -> None:
    """Reach what tells the desk its instruments, however long that takes.

    Raises:
        StoppedError: Somebody asked to stop meanwhile.
    """
    asked, names = asyncio.Event(), list[str]()

    def stop(name: str) -> None:
        names.append(name)
        asked.set()

    async def reach() -> None:
        try:
            await feeds.reach()
        except KeyboardInterrupt:  # it met a plugin's own code, which it ends at once
            if not options.handle_signals:
                raise
            stop("SIGINT")

    with stop_signals(stop) if options.handle_signals else nullcontext():
        is_done = await done_before(asked, reach())
    if names or not is_done:
        message = f"{names[0]} came before the desk was up: no order was sent"
        raise StoppedError(message)


async def _reach_broker(app: Application, attaching: Attaching, name: str, broker: Broker) -> None:
    """Connect a broker and book its opening balances, now or as soon as it can be reached."""
    is_connected = False

    async def connect() -> None:
        nonlocal is_connected
        if not is_connected:
            await broker.connect()
            is_connected = True
        await open_balances(app, name)

    if not await attaching.first(LinkKind.BROKER, name, connect):
        attaching.later(LinkKind.BROKER, name, connect)


def _on_link(
    gate: FeedGate, reconciliation: Reconciliation, kind: LinkKind, status: LinkStatus
) -> None:
    """Take a change of a link."""
    if kind is LinkKind.BROKER:
        reconciliation.on_link(status.name, status)
    else:
        gate.on_link(status)


async def _subscribe(gate: FeedGate, feeds: LiveFeeds, instrument_ids: Collection[str]) -> None:
    """Have the feeds send more, for a strategy that is loaded now."""
    await within(feeds.subscribe(instrument_ids), "subscribing")
    gate.watch(instrument_ids)


async def _until_compared(
    session: Session, attaching: Attaching, reconciliation: Reconciliation
) -> None:
    """Wait until the first round is through at every broker.

    From when one can be reached the others are waited for no longer than for its round.
    """
    app = session.app
    brokers = {(LinkKind.BROKER, name) for name in app.assembly.brokers}
    begun: float | None = None
    while not session.is_stopping and (attaching.missing or reconciliation.missing):
        if begun is None and not brokers <= attaching.missing:
            begun = time.perf_counter()
        if begun is not None and time.perf_counter() - begun >= READY_TIMEOUT_S:
            missing = sorted({name for _, name in attaching.missing} | {*reconciliation.missing})
            text = "not reached, or not compared with, within %g s: %s"
            logger.warning(text, READY_TIMEOUT_S, missing)
            reconciliation.start_without()
            return
        session.now_ns = app.clock.now_ns()
        session.watch()
        await session.wait(READY_STEP_S)


def _wanted(app: Application) -> list[str]:
    """Return the instruments that strategies trade, and those that the books hold."""
    configured = {
        each for part in app.parts.strategies.values() for each in part.section.instruments
    }
    return sorted(configured | {order.intent.instrument_id for order in _open_orders(app)})


def _open_orders(app: Application) -> Iterable[Order]:
    return app.desk.execution.open.values()


class _Drain:
    """Lets the desk handle its inbox as soon as the loop is free; wakes are coalesced."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._context = Context()
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
            # whoever wakes it may be answering a call: what is drained did not come from there
            self._loop.call_soon_threadsafe(self._run, context=self._context)

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


async def _until_settled(desk: Desk, *, keeps: bool) -> None:
    """Wait until the last cancels are answered, within a limit."""
    deadline = time.perf_counter() + STOP_TIMEOUT_S
    while time.perf_counter() < deadline:
        waiting = [order for order in desk.execution.open.values() if order.pending_cancels]
        if keeps or not waiting:
            return
        await asyncio.sleep(PACE_STEP_S)
    logger.warning("%d orders were not confirmed canceled", len(desk.execution.open))
