"""Two desks that take turns, one watched and one not, and what the watched one uses more.

Each is a process of its own that plays a fraction of a second, then is stopped (SIGSTOP) while the
other plays: what neighbours on a shared machine do in that second hits both alike. A desk lives
through the whole comparison, so that it is measured as it runs and not as it starts.
"""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median

import msgspec

from hexdesk.domain.commands import StartStrategy
from hexdesk.errors import HexdeskError
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.ticks import play
from hexdesk_app.build import Application
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.running.session import frozen_garbage
from hexdesk_app.telemetry.watch import Watch, make_watch

TURN_TICKS = 20_000
ORDERS_SHARE = 8
"""One order in the time of so many ticks."""
WARM_UP_TURNS_MAX = 20
"""Not counted, at most as many as are: what is imported, connected, sent for the first time."""
ANSWER_TIMEOUT_S = 60.0


class Turn(msgspec.Struct, frozen=True):
    """What a turn took, in seconds.

    Attributes:
        loop_s: Processor time of the desk's own thread, collection of garbage included.
        wall_s: The same by the clock on the wall.
        main_s: As `loop_s`, with the making of the turn's events.
        threads_s: Processor time of all other threads since the turn before.
        traces: Orders exported so far.
        dropped: Items that found no room so far.
    """

    loop_s: float
    wall_s: float
    main_s: float
    threads_s: float
    traces: int = 0
    dropped: int = 0


class Comparison(msgspec.Struct, frozen=True):
    """What a watched desk uses more, in percent of the other's time.

    Attributes:
        loop_pct: Of the desk's own thread; the median over groups of turns.
        threads_pct: Of threads beside it, as a part of all that the desk's thread did.
        wall_pct: By the clock on the wall; the median.
        seconds: Shortest turn without telemetry.
        traces: Orders exported.
        dropped: Items that found no room.
    """

    loop_pct: float
    threads_pct: float
    wall_pct: float
    seconds: float
    traces: int
    dropped: int

    @property
    def slowdown_pct(self) -> float:
        """As if one core did it all: the desk's thread and those beside it."""
        return self.loop_pct + self.threads_pct


def compare(kind: str, section: str, turns: int, ticks: int) -> Comparison:
    """Let a desk with a configuration's section and one without it take turns.

    Args:
        kind: ticks or orders.
        section: Of the watched desk.
        turns: How many each takes, in groups of two: bare, watched, watched, bare.
        ticks: Played in a turn; an eighth of it for orders.
    """
    size = ticks if kind == "ticks" else max(ticks // ORDERS_SHARE, 1)
    events = size * (2 * turns + WARM_UP_TURNS_MAX)
    with (
        _desk(kind, "", events, size) as bare,
        _desk(kind, section, events, size) as watched,
    ):
        for _ in range(min(turns, WARM_UP_TURNS_MAX)):
            bare.turn()
            watched.turn()
        groups = [
            (bare.turn(), watched.turn(), watched.turn(), bare.turn())
            for _ in range(max(turns // 2, 1))
        ]
    loops = [_ratio(a.loop_s + d.loop_s, b.loop_s + c.loop_s) for a, b, c, d in groups]
    walls = [_ratio(a.wall_s + d.wall_s, b.wall_s + c.wall_s) for a, b, c, d in groups]
    beside = [each for _, b, c, _ in groups for each in (b, c)]
    alone = [each for a, _, _, d in groups for each in (a, d)]
    return Comparison(
        loop_pct=median(loops),
        threads_pct=_share(beside) - _share(alone),
        wall_pct=median(walls),
        seconds=min(each.loop_s for each in alone),
        traces=beside[-1].traces - beside[0].traces,
        dropped=beside[-1].dropped - beside[0].dropped,
    )


def _ratio(bare_s: float, watched_s: float) -> float:
    return 100 * (watched_s / bare_s - 1)


def _share(turns: list[Turn]) -> float:
    main_s = sum(each.main_s for each in turns)
    return 100 * sum(each.threads_s for each in turns) / main_s


class _Desk:
    def __init__(self, pid: int, pipe: "Connection[None, Turn]") -> None:
        self._pid = pid
        self._pipe = pipe

    def turn(self) -> Turn:
        """Let it play, and stop it again.

        Raises:
            HexdeskError: It ended, or does not answer.
        """
        os.kill(self._pid, signal.SIGCONT)
        try:
            self._pipe.send(None)
            if self._pipe.poll(ANSWER_TIMEOUT_S):
                return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise HexdeskError("a desk of the benchmark ended before its time") from error
        finally:
            os.kill(self._pid, signal.SIGSTOP)
        raise HexdeskError(f"a desk of the benchmark took more than {ANSWER_TIMEOUT_S:g} s")


@contextmanager
def _desk(kind: str, section: str, events: int, size: int) -> Generator[_Desk]:
    context = multiprocessing.get_context("forkserver")  # imports once what every desk needs
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_serve, args=(theirs, kind, section, events, size), daemon=True
    )
    process.start()
    theirs.close()
    try:
        yield _Desk(process.pid or 0, ours)
    finally:
        process.kill()  # also ends one that is stopped
        process.join(ANSWER_TIMEOUT_S)
        ours.close()


# --- in the desk's process ------------------------------------------------------------------------


def _serve(pipe: "Connection[Turn, None]", kind: str, section: str, events: int, size: int) -> None:
    asyncio.run(_play(pipe, kind, section, events, size))


async def _play(
    pipe: "Connection[Turn, None]", kind: str, section: str, events: int, size: int
) -> None:
    """Play a turn whenever the other side asks, until it ends this process."""
    app, watch = _made(kind, section)
    walk = batches(events, instrument_ids(1), size=size)
    with frozen_garbage():
        app.desk.command(StartStrategy("", START_NS))
        main_s, all_s = time.thread_time(), time.process_time()
        for number, quotes in enumerate(walk):
            pipe.recv()
            await asyncio.sleep(0)  # what else runs on the desk's loop
            begun_s, begun_wall_s = time.thread_time(), time.perf_counter()
            play(app, quotes)
            if watch is not None:
                watch.sample(app.desk.pulse.now_ns, number * size)
            loop_s, wall_s = time.thread_time() - begun_s, time.perf_counter() - begun_wall_s
            before = (main_s, all_s)
            main_s, all_s = time.thread_time(), time.process_time()
            pipe.send(
                Turn(
                    loop_s,
                    wall_s,
                    main_s - before[0],
                    max(all_s - before[1] - (main_s - before[0]), 0.0),
                    watch.exported("traces") if watch is not None else 0,
                    watch.dropped if watch is not None else 0,
                )
            )


def _made(kind: str, section: str) -> tuple[Application, Watch | None]:
    names = instrument_ids(1)
    app = make_app(names, {"ema": names} if kind == "ticks" else {}, extra=section)
    if kind == "orders":
        app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
    watch = make_watch(app, LatencyHistogram())
    if watch is not None:
        watch.start()
    return app, watch
