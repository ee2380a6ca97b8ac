"""`bench ticks`: quotes to EMA cross to market orders through risk, venue, states and positions."""

import time
from collections.abc import Sequence
from typing import TypeAlias

from hexdesk.application.clock import VirtualClock
from hexdesk.application.player import Player
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.values import BUY
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk_app.bench.bare import calibrate
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.build import Application
from hexdesk_app.running.interpreter import tuned_interpreter

ROUNDS = 3
HELD_ROUNDS, HELD_SHARE = 25, 25
"""Many short rounds: a difference of so few ns is lost in what neighbours take of a long one."""
Round: TypeAlias = tuple[BenchResult, float]
"""A result with the processor time of its round: differences are told by that."""
WITHOUT_RULES = ("risk.preset=unlimited",)


class Holder(Strategy):
    """Buys once and holds: what is left of a tick is the desk, and who watches what is held."""

    __slots__ = ("_holds",)

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self._holds = False

    def on_quote(self, quote: Quote) -> None:
        """Buy with the first quote."""
        if not self._holds:
            self._holds = True
            self.context.submit(quote.instrument_id, BUY, 1)


def bench_ticks(events: int) -> BenchResult:
    """Play a random walk of quotes, one object each, and return the best of three rounds.

    Quotes are made in lists of a million before each is played; making them is not counted. The
    journal is in memory and kept for the whole round. Rounds without rules, in turn with them, tell
    what the watch over equity and the rules cost a tick, orders included; the same rounds with one
    position and no orders tell what the watch costs alone.
    """
    pairs = [(_round(events), _round(events, WITHOUT_RULES)) for _ in range(ROUNDS)]
    best = min((with_rules[0] for with_rules, _ in pairs), key=lambda result: result.seconds)
    best.details["rules_ns"] = round(more_seconds(pairs) / events * 1e9, 1)
    held = max(events // HELD_SHARE, 1)
    watched = [(_hold(held), _hold(held, WITHOUT_RULES)) for _ in range(HELD_ROUNDS)]
    more = min(each for each, _ in watched) - min(each for _, each in watched)
    best.details["watch_ns"] = round(more / held * 1e9, 1)
    return best


def more_seconds(pairs: Sequence[tuple[Round, Round]]) -> float:
    """Return how much more processor time rounds took than those they took turns with."""
    return min(first[1] for first, _ in pairs) - min(second[1] for _, second in pairs)


def _hold(events: int, overrides: tuple[str, ...] = ()) -> float:
    """Return the processor time that quotes take while one position is held."""
    names = instrument_ids(1)
    app = make_app(names, {}, overrides=overrides)
    app.desk.add_strategy("holder", Holder, broker="sim", instrument_ids=names)
    with tuned_interpreter():
        app.desk.command(StartStrategy("", START_NS))
        return sum(timed(app, batch)[1] for batch in batches(events, names))


def _round(events: int, overrides: tuple[str, ...] = ()) -> Round:
    names = instrument_ids(1)
    app = make_app(names, {"ema": names}, overrides=overrides)
    seconds = busy_seconds = bare_seconds = 0.0
    with tuned_interpreter():
        app.desk.command(StartStrategy("", START_NS))
        for batch in batches(events, names):
            bare_seconds += len(batch) / calibrate(batch)
            wall, busy = timed(app, batch)
            seconds += wall
            busy_seconds += busy
    counts = app.desk.counts
    result = BenchResult(
        name="ticks",
        events=events,
        seconds=seconds,
        calibration_per_second=events / bare_seconds,
        details={"orders": counts.orders, "fills": counts.fills},
    )
    return result, busy_seconds


def timed(app: Application, batch: list[Quote]) -> tuple[float, float]:
    """Play quotes and return wall-clock seconds, and those of the processor."""
    begun = time.process_time()
    seconds = play(app, batch)
    return seconds, time.process_time() - begun


def play(app: Application, batch: list[Quote]) -> float:
    """Play quotes through a desk and return the seconds it took."""
    clock = app.clock
    if not isinstance(clock, VirtualClock):
        message = "a benchmark plays in virtual time"
        raise TypeError(message)
    player = Player(app.desk, clock, batch)
    begun = time.perf_counter()
    while not player.is_over:
        player.play()
    return time.perf_counter() - begun
