"""A desk of `bench telemetry`, in a process of its own: plays when told to, says what that took."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection

import msgspec

from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.ticks import play
from hexdesk_app.build import Application
from hexdesk_app.running.interpreter import tuned_interpreter
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.telemetry.watch import Watch, make_watch


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn took, in seconds.

    Attributes:
        loop_s: Processor time of the desk's own thread, without publishing readings.
        wall_s: Of all that the desk's own thread did, by the clock on the wall.
        main_s: Processor time of the desk's own thread, with the making of the turn's events.
        threads_s: Processor time of all other threads since the turn before.
        publish_s: Processor time of publishing readings.
        published: How often they were published.
        traces: Orders exported so far.
        dropped: Items that found no room so far.
    """

    loop_s: float
    wall_s: float
    main_s: float
    threads_s: float
    publish_s: float = 0.0
    published: int = 0
    traces: int = 0
    dropped: int = 0


def serve(pipe: "Connection[Turn, int]", kind: str, section: str, events: int, size: int) -> None:
    """Play as many batches as the pipe says, as often as it does, until this process is ended."""
    asyncio.run(_Desk(kind, section, events, size).serve(pipe))


class _Desk:
    def __init__(self, kind: str, section: str, events: int, size: int) -> None:
        self._app, self._watch = _made(kind, section)
        self._walk = batches(events, instrument_ids(1), size=size)
        self._handled = 0
        self._main_s = self._all_s = 0.0

    async def serve(self, pipe: "Connection[Turn, int]") -> None:
        if self._watch is not None:
            self._watch.start()
        with tuned_interpreter():
            self._app.desk.command(StartStrategy("", START_NS))
            self._main_s, self._all_s = time.thread_time(), time.process_time()
            with suppress(EOFError, ConnectionError):  # whoever asked is gone
                while True:
                    pipe.send(await self._turn(islice(self._walk, pipe.recv())))

    async def _turn(self, walk: Iterator[list[Quote]]) -> Turn:
        loop_s = wall_s = publish_s = 0.0
        published = 0
        for quotes in walk:
            await asyncio.sleep(0)  # what else runs on the desk's loop
            begun_wall_s, begun_s = time.perf_counter(), time.thread_time()
            play(self._app, quotes)
            played_s = time.thread_time()
            loop_s += played_s - begun_s
            if self._published(len(quotes)):
                published += 1
                publish_s += time.thread_time() - played_s
            wall_s += time.perf_counter() - begun_wall_s
        before = (self._main_s, self._all_s)
        self._main_s, self._all_s = time.thread_time(), time.process_time()
        main_s = self._main_s - before[0]
        watch = self._watch
        return Turn(
            loop_s=loop_s,
            wall_s=wall_s,
            main_s=main_s,
            threads_s=max(self._all_s - before[1] - main_s, 0.0),
            publish_s=publish_s,
            published=published,
            traces=watch.exported("traces") if watch is not None else 0,
            dropped=watch.dropped if watch is not None else 0,
        )

    def _published(self, handled: int) -> bool:
        """Let the watch sample, as a session does; return whether its readings are new."""
        watch = self._watch
        if watch is None:
            return False
        self._handled += handled
        before = watch.latest
        watch.sample(self._app.desk.pulse.now_ns, self._handled)
        return watch.latest is not before


def _made(kind: str, section: str) -> tuple[Application, Watch | None]:
    names = instrument_ids(1)
    app = make_app(names, {"ema": names} if kind == "ticks" else {}, extra=section)
    if kind == "orders":
        app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
    return app, make_watch(app, LatencyHistogram())
