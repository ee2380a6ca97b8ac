"""`bench scale`: what an event costs with many instruments, and with many strategies."""

from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.values import NS_PER_MS
from hexdesk_app.bench.bare import calibrate
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.bench.ticks import play
from hexdesk_app.running.interpreter import tuned_interpreter

INSTRUMENTS = 100
STRATEGIES = 50
ROUNDS = 3
NS = 1e9


def bench_scale(events: int) -> BenchResult:
    """Compare one instrument with a hundred, and one strategy with fifty, in one run.

    Each of the hundred is quoted as often as the one. Then they share its quotes: what a market
    costs that moves rarely, where risk looks at nearly every quote. The cost of many strategies is
    that of an event and interested strategy.
    """
    one = instrument_ids(1)
    many = instrument_ids(INSTRUMENTS)
    single = _best(events, one, {"ema": one})
    wide = _best(events, many, {"ema": many}, NS_PER_MS // INSTRUMENTS)
    sparse = _best(events, many, {"ema": many})
    names = {f"ema{number}": one for number in range(STRATEGIES)}
    crowd_events = max(events // STRATEGIES, 1)
    crowd = _best(crowd_events, one, names)
    sample = next(batches(events, one))
    single_ns = single / events * NS
    wide_ns = wide / events * NS
    crowd_ns = crowd / crowd_events / STRATEGIES * NS
    return BenchResult(
        name="scale",
        events=events,
        seconds=single,
        calibration_per_second=calibrate(sample),
        details={
            "single_ns": round(single_ns, 1),
            "instruments": INSTRUMENTS,
            "instruments_ns": round(wide_ns, 1),
            "instruments_ratio": round(wide_ns / single_ns, 3),
            "instruments_sparse_ns": round(sparse / events * NS, 1),
            "strategies": STRATEGIES,
            "strategies_ns": round(crowd_ns, 1),
            "strategies_ratio": round(crowd_ns / single_ns, 3),
        },
    )


def _best(
    events: int, instruments: list[str], strategies: dict[str, list[str]], step_ns: int = NS_PER_MS
) -> float:
    return min(_round(events, instruments, strategies, step_ns) for _ in range(ROUNDS))


def _round(
    events: int, instruments: list[str], strategies: dict[str, list[str]], step_ns: int
) -> float:
    app = make_app(instruments, strategies)
    with tuned_interpreter():
        app.desk.command(StartStrategy("", START_NS))
        return sum(play(app, batch) for batch in batches(events, instruments, step_ns=step_ns))
