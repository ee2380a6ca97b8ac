"""A market that strategies trade in under test: waves with noise, the same for everyone."""

from collections.abc import Iterator
from random import Random

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import (
    Bar,
    BookLevel,
    BookUpdate,
    InstrumentStatus,
    MarketEvent,
    Quote,
    Trade,
)
from hexdesk.domain.values import NS_PER_SECOND, Aggressor, TimeNs, TradingStatus

WAVE_QUOTES = 120
"""Quotes from one crest to the next."""
MIDDLE_TICKS = 20_000
"""Middle of the market in ticks."""
SWING_TICKS = 600
"""Distance from trough to crest: 3 %."""


def market_path(
    instrument: Instrument, start_ns: TimeNs, *, count: int = 600, seed: int = 1
) -> Iterator[MarketEvent]:
    """Yield a quote a second, trades between them, and minute bars.

    Prices swing about `MIDDLE_TICKS` in waves of two minutes, so that a follower of trends trades
    and a maker of markets is filled on both sides.
    """
    random = Random(seed)
    tick, lot = instrument.ticks[0].tick, instrument.lot
    closes: list[int] = []
    for number in range(count):
        now = start_ns + (number + 1) * NS_PER_SECOND
        phase = number % WAVE_QUOTES
        height = min(phase, WAVE_QUOTES - phase) * 2 * SWING_TICKS // WAVE_QUOTES
        noise = int(random.random() * 9) - 4
        bid = (MIDDLE_TICKS - SWING_TICKS // 2 + height + noise) * tick
        ask = bid + (1 + int(random.random() * 3)) * tick
        sizes = [lot * (50 + int(random.random() * 500)) for _ in range(2)]
        yield Quote(instrument.id, bid, sizes[0], ask, sizes[1], now, now)
        closes.append(bid)
        if number % 3 == 0:
            buys = random.random() > 0.5  # noqa: PLR2004 - a coin
            side = Aggressor.BUYER if buys else Aggressor.SELLER
            price = ask if buys else bid
            yield Trade(instrument.id, price, lot * 20, side, f"P{number}", now, now)
        if len(closes) == 60:  # noqa: PLR2004 - a minute of seconds
            yield Bar(
                instrument.id, 60, closes[0], max(closes), min(closes), closes[-1], lot * 100,
                now - 60 * NS_PER_SECOND, now, now,
            )  # fmt: skip
            closes.clear()


def irregular_path(instrument: Instrument, start_ns: TimeNs) -> Iterator[MarketEvent]:
    """Yield what real feeds send on bad days, between regular quotes.

    Locked, crossed, one-sided, empty and repeated quotes, unknown sizes, a jump, books, a halt.
    """
    tick = instrument.ticks[0].tick
    middle = MIDDLE_TICKS * tick
    shapes = [
        (middle, 10, middle, 10),
        (middle + tick, 10, middle, 10),
        (middle, 10, 0, 0),
        (0, 0, middle, 10),
        (0, 0, 0, 0),
        (middle, 0, middle + tick, 0),
        (tick, 1, 2 * middle, 1),
    ]
    regular = list(market_path(instrument, start_ns, count=40))
    for number, event in enumerate(regular):
        yield event
        now = event.ts_init
        bid, bid_size, ask, ask_size = shapes[number % len(shapes)]
        quote = Quote(instrument.id, bid, bid_size, ask, ask_size, now, now)
        yield quote
        yield quote
    now = regular[-1].ts_init
    book = tuple(BookLevel(middle - step * tick, 10) for step in range(3))
    yield BookUpdate(instrument.id, book, (), snapshot=True, ts_event=now, ts_init=now)
    yield BookUpdate(instrument.id, (BookLevel(middle, 0),), (), snapshot=False, ts_event=now,
                     ts_init=now)  # fmt: skip
    for status in (TradingStatus.HALTED, TradingStatus.TRADING):
        yield InstrumentStatus(instrument.id, status, now, now)
    yield from market_path(instrument, now, count=20, seed=2)
