"""`bench ticks`: quotes to EMA cross to market orders through risk, venue, states and positions."""

import time

from hexdesk.application.clock import VirtualClock
from hexdesk.application.player import Player
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk_app.bench.bare import calibrate
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.build import Application
from hexdesk_app.running.session import frozen_garbage

ROUNDS = 3
WITHOUT_RULES = ("risk.preset=unlimited",)


def bench_ticks(events: int) -> BenchResult:
    """Play a random walk of quotes, one object each, and return the best of three rounds.

    Quotes are made in lists of a million before each is played; making them is not counted. The
    journal is in memory and kept for the whole round. Rounds without rules, in turn with them, tell
    what the watch over equity and the rules cost a tick, orders included.
    """
    pairs = [(_round(events), _round(events, WITHOUT_RULES)) for _ in range(ROUNDS)]
    best = min((pair[0] for pair in pairs), key=lambda result: result.seconds)
    bare = min(pair[1].seconds for pair in pairs)
    best.details["rules_ns"] = round((best.seconds - bare) / best.events * 1e9, 1)
    return best


def _round(events: int, overrides: tuple[str, ...] = ()) -> BenchResult:
    names = instrument_ids(1)
    app = make_app(names, {"ema": names}, overrides=overrides)
    seconds = 0.0
    bare_seconds = 0.0
    with frozen_garbage():
        app.desk.command(StartStrategy("", START_NS))
        for batch in batches(events, names):
            bare_seconds += len(batch) / calibrate(batch)
            seconds += play(app, batch)
    counts = app.desk.counts
    return BenchResult(
        name="ticks",
        events=events,
        seconds=seconds,
        calibration_per_second=events / bare_seconds,
        details={"orders": counts.orders, "fills": counts.fills},
    )


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
