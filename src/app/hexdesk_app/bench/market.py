"""Inputs of benchmarks: a seeded random walk of quotes, and the desk that handles them."""

import random
from collections.abc import Iterator, Mapping
from itertools import islice

from hexdesk.domain.market import Quote
from hexdesk.domain.values import NS_PER_MS
from hexdesk_app.build import Application, build
from hexdesk_app.config.load import Sources, load_config

SEED = 7
START_PRICE = 617_000
START_NS = 1_700_000_000_000_000_000
INSTRUMENT_ID = "BENCH-PERP.SIM"

CONFIGURATION = """
[desk]
name = "bench"
mode = "backtest"
run_id = "bench"

[brokers.sim]
plugin = "sim"
deposits = ["1000000000 USDT"]
{venue}

[risk]
order_quantity_max = "unlimited"
order_notional_max = "1000000"
position_quantity_max = "unlimited"
position_notional_max = "100000000"
collar_pct = "2"
orders_per_second_max = "unlimited"
open_orders_max = "1000000"
"""
INSTRUMENT = """
[instruments."{id}"]
kind = "perpetual"
base = "BTC"
quote = "USDT"
tick = "0.1"
lot = "0.001"
maker_fee = "0.0002"
taker_fee = "0.0005"
margin = "0.05"
"""
EMA_CROSS = """
[strategies.{name}]
plugin = "ema_cross"
instruments = {instruments}
settings = {{ quantity = "0.001", fast_period = 20, slow_period = 200 }}
"""
INSTANT_VENUE = """
slippage_bps = 0
submit_latency_ms = 0
amend_latency_ms = 0
cancel_latency_ms = 0
report_latency_ms = 0
"""


def instrument_ids(count: int) -> list[str]:
    """Return names of a number of instruments."""
    if count == 1:
        return [INSTRUMENT_ID]
    return [f"BENCH{number}-PERP.SIM" for number in range(count)]


def make_app(
    instruments: list[str],
    strategies: dict[str, list[str]],
    *,
    extra: str = "",
    overrides: tuple[str, ...] = (),
    objects: Mapping[str, object] | None = None,
) -> Application:
    """Return a desk at the simulated venue with EMA crosses; `strategies` maps to instruments.

    `objects` take the place of what `build` would make, by name.
    """
    text = CONFIGURATION.format(venue=INSTANT_VENUE)
    text += "".join(INSTRUMENT.format(id=each) for each in instruments)
    text += "".join(
        EMA_CROSS.format(name=name, instruments=ids) for name, ids in strategies.items()
    )
    sources = Sources(built_in=(("bench", text + extra),), overrides=overrides, search=False)
    return build(load_config(sources), overrides=objects)


def quotes(
    count: int, instruments: list[str], *, seed: int = SEED, step_ns: int = NS_PER_MS
) -> Iterator[Quote]:
    """Yield a random walk, one new object each, the instruments in turn, `step_ns` apart."""
    rng = random.Random(seed)
    steps = rng.choices((-1, 0, 0, 0, 1), k=count)
    prices = dict.fromkeys(instruments, START_PRICE)
    now_ns = START_NS
    for number, step in enumerate(steps):
        instrument_id = instruments[number % len(instruments)]
        price = prices[instrument_id] = prices[instrument_id] + step
        now_ns += step_ns
        yield Quote(instrument_id, price, 1_000, price + 1, 1_000, now_ns, now_ns)


def batches(
    count: int, instruments: list[str], size: int = 1_000_000, *, step_ns: int = NS_PER_MS
) -> Iterator[list[Quote]]:
    """Yield the walk in lists, so that memory stays flat however long it is."""
    walk = quotes(count, instruments, step_ns=step_ns)
    while batch := list(islice(walk, size)):
        yield batch
