"""Runs a configuration: recordings in virtual time (as fast as possible or paced), feeds live.

One session does both; backtest, demo, paper and live differ only in what drives time.
"""

import asyncio
import logging
import time

from hexdesk.application.clock import VirtualClock
from hexdesk.application.durability.state import run_ended
from hexdesk.application.player import Player
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.errors import ConfigError
from hexdesk.ports.recordings import merge_by_receipt
from hexdesk_app.build import Application, build
from hexdesk_app.config import Config
from hexdesk_app.resolve import Parts
from hexdesk_app.result import RunResult
from hexdesk_app.running.interpreter import tuned_interpreter
from hexdesk_app.running.live import run_live
from hexdesk_app.running.session import Options, Session, surroundings

SETTLE_NS = 60 * NS_PER_SECOND
"""Virtual time that a stopping desk waits for the answers to its last cancels."""
SAMPLE_EVENTS = 512
"""Events between two samples of the curves, when played as fast as possible."""
PACE_STEP_S = 0.01
WATCH_STEP_S = 0.25

logger = logging.getLogger("hexdesk.run")


def run(config: Config, options: Options | None = None) -> RunResult:
    """Run a configuration to its end, or until it is told to stop.

    Raises:
        HexdeskError: It cannot start, or an invariant broke.
    """
    return asyncio.run(run_async(config, options or Options()))


async def run_async(config: Config, options: Options) -> RunResult:
    """Do what `run` does, on the running loop."""
    with tuned_interpreter():
        app = build(config)
        if not app.parts.feeds:
            raise ConfigError(
                "has no feed: a desk needs market data",
                code="CONFIG_MISSING",
                path="feeds",
                remedy='add [feeds.recorded] with plugin = "replay" and dataset = "sample:btcusdt"',
            )
        if not app.recordings:
            return await run_live(config, options)
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
    async with surroundings(app, options) as session:
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
        result = session.result()
        if app.config.journal is not None:
            app.desk.end_run(run_ended(app.desk, result.state_hash, clock.now_ns()))
        return result


async def _play_fast(session: Session, player: Player) -> None:
    shown = time.perf_counter()
    while not player.is_over and not session.is_stopping:
        player.play(SAMPLE_EVENTS)
        _follow(session, player)
        if time.perf_counter() - shown > WATCH_STEP_S:
            shown = time.perf_counter()
            session.watch()
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
    if session.watcher is not None:
        session.watcher.sample(session.now_ns, session.event_count)


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
