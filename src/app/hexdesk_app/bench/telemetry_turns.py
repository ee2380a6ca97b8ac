"""Pairs of desks that take turns, one watched and one not, and what the watched ones use more.

Each is a process of its own that plays some milliseconds, then is stopped (SIGSTOP) while the other
plays: what neighbours on a shared machine do meanwhile hits both alike, and where it does not,
hundreds of other turns outvote it. A desk lives through its pair's comparison, so that it is
measured as it runs and not as it starts. There are several pairs: where in memory a process lies
makes it faster or slower for life.

Readings are published once a second, in few turns; and threads beside wait by the clock on the
wall, which goes on while a desk is stopped. Both are therefore measured by themselves: the one over
all turns, the other while a desk plays on without being stopped.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from statistics import mean, stdev

import msgspec

from hexdesk.errors import HexdeskError
from hexdesk_app.bench import telemetry_desk
from hexdesk_app.bench.telemetry_desk import Turn

TURN_TICKS = 1_000
ORDERS_SHARE = 8
"""One order in the time of so many ticks."""
PAIRS = 5
PAIR_TURNS_MIN = 2
WARM_UP_TURNS_MAX = 50
"""Not counted, at most as many as are: what is imported, connected, sent for the first time."""
STRETCHES = 1
"""How often each plays on without being stopped, for half as many turns: first threads catch up."""
ANSWER_TIMEOUT_S = 120.0
OTLP = "opentelemetry.exporter.otlp.proto.http"
IMPORTED = [
    telemetry_desk.__name__, "hexdesk_otel.telemetry", "requests", f"{OTLP}.trace_exporter",
    f"{OTLP}.metric_exporter", f"{OTLP}._log_exporter",
]  # fmt: skip
"""Once for all desks, where it is installed: for each anew it takes seconds on a busy machine."""
Group = tuple[Turn, Turn, Turn, Turn]
"""Turns that follow each other: bare, watched, watched, bare."""


class Pair(msgspec.Struct, frozen=True):
    """What two desks played.

    Attributes:
        groups: In turn.
        stretches: Of the bare and of the watched one, without being stopped.
    """

    groups: list[Group]
    stretches: list[tuple[Turn, Turn]]

    @property
    def watched(self) -> list[Turn]:
        """All that the watched one played."""
        turns = [turn for _, second, third, _ in self.groups for turn in (second, third)]
        return [*turns, *(turn for _, turn in self.stretches)]

    @property
    def loop_pct(self) -> float:
        """What the watched one's own thread takes more; it publishes readings once a second."""
        watched = self.watched
        published = sum(each.published for each in watched)
        publish_s = sum(each.publish_s for each in watched) / max(published, 1)
        return self._more(lambda turn: turn.loop_s) + 100 * publish_s

    @property
    def wall_pct(self) -> float:
        """The same by the clock on the wall."""
        return self._more(lambda turn: turn.wall_s)

    @property
    def threads_pct(self) -> float:
        """What its other threads take more, as a part of all that its own thread did."""
        bare, watched = zip(*self.stretches, strict=True)
        return _threads_pct(watched) - _threads_pct(bare)

    def _more(self, seconds: Callable[[Turn], float]) -> float:
        return middle(
            [
                100 * ((seconds(b) + seconds(c)) / (seconds(a) + seconds(d)) - 1)
                for a, b, c, d in self.groups
            ]
        )


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What watched desks use more, in percent of the others' time.

    Attributes:
        slowdown_pct: As if one core did it all: the desk's thread and those beside it.
        noise_pct: Two standard errors of that.
        threads_pct: The part of it that is other threads'.
        wall_pct: Of the desk's own thread, by the clock on the wall.
        events: Of a stretch.
        seconds: Shortest stretch without telemetry.
        traces: Orders exported.
        dropped: Items that found no room.
    """

    slowdown_pct: float
    noise_pct: float
    threads_pct: float
    wall_pct: float
    events: int
    seconds: float
    traces: int
    dropped: int


def compare(kind: str, section: str, turns: int, ticks: int) -> Comparison:
    """Let desks with a configuration's section and ones without it take turns.

    Args:
        kind: ticks or orders.
        section: Of the watched desks.
        turns: How many all of either sort take, at least four; bare, watched, watched, bare.
        ticks: Played in a turn; an eighth of it for orders.
    """
    size = ticks if kind == "ticks" else max(ticks // ORDERS_SHARE, 1)
    count = min(turns // PAIR_TURNS_MIN, PAIRS)
    groups = turns // count // 2
    pairs = [_play(kind, section, groups, groups, size) for _ in range(count)]
    return compared(pairs, size * groups)


def compared(pairs: Sequence[Pair], events: int) -> Comparison:
    """Return what at least two pairs say; a stretch has so many events."""
    slowdowns = [each.loop_pct + each.threads_pct for each in pairs]
    return Comparison(
        slowdown_pct=middle(slowdowns),
        noise_pct=2 * stdev(slowdowns) / len(pairs) ** 0.5,
        threads_pct=middle([each.threads_pct for each in pairs]),
        wall_pct=middle([each.wall_pct for each in pairs]),
        events=events,
        seconds=min(bare.wall_s for each in pairs for bare, _ in each.stretches),
        traces=sum(each.watched[-1].traces - each.watched[0].traces for each in pairs),
        dropped=sum(each.watched[-1].dropped - each.watched[0].dropped for each in pairs),
    )


def middle(values: Sequence[float]) -> float:
    """Return the mean of the middle half of values."""
    ordered = sorted(values)
    cut = len(ordered) // 4
    return mean(ordered[cut : len(ordered) - cut])


def _threads_pct(turns: Sequence[Turn]) -> float:
    return 100 * sum(each.threads_s for each in turns) / sum(each.main_s for each in turns)


def _play(kind: str, section: str, groups: int, stretch: int, size: int) -> Pair:
    warm_up = min(2 * groups, WARM_UP_TURNS_MAX)
    events = size * (warm_up + 2 * groups + STRETCHES * stretch)
    with (
        _desk(kind, "", events, size) as bare,
        _desk(kind, section, events, size) as watched,
    ):
        bare.turn(warm_up)
        watched.turn(warm_up)
        return Pair(
            [(bare.turn(), watched.turn(), watched.turn(), bare.turn()) for _ in range(groups)],
            [(bare.turn(stretch), watched.turn(stretch)) for _ in range(STRETCHES)],
        )


class _Desk:
    def __init__(self, pid: int, pipe: "Connection[int, Turn]") -> None:
        self._pid = pid
        self._pipe = pipe

    def turn(self, count: int = 1) -> Turn:
        """Let it play, as long as so many turns without being stopped, and stop it again.

        Raises:
            HexdeskError: It ended, or does not answer.
        """
        try:
            os.kill(self._pid, signal.SIGCONT)
            self._pipe.send(count)
            if self._pipe.poll(ANSWER_TIMEOUT_S):
                return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise HexdeskError("a desk of the benchmark ended before its time") from error
        finally:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGSTOP)
        raise HexdeskError(f"a desk of the benchmark took more than {ANSWER_TIMEOUT_S:g} s")


@contextmanager
def _desk(kind: str, section: str, events: int, size: int) -> Generator[_Desk]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    ours, theirs = context.Pipe()
    process = context.Process(
        target=telemetry_desk.serve, args=(theirs, kind, section, events, size), daemon=True
    )
    process.start()
    theirs.close()
    try:
        yield _Desk(process.pid or 0, ours)
    finally:
        process.kill()  # also ends one that is stopped
        process.join(ANSWER_TIMEOUT_S)
        ours.close()
