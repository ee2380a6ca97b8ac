"""Facts about real markets that the catalog must not lose."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from hexdesk.domain.instruments import InstrumentKind
from hexdesk.domain.market import Bar, BookUpdate, Quote, Trade
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.market_data import Recording
from hexdesk_catalog.arrow import parquet
from tests.adapters.catalog.helpers import recording
from tests.recorded import DATA, needs_data

pytestmark = needs_data
OTHERS = {"corporate_actions", "wire"}
FILES = [
    path.relative_to(DATA) for path in sorted(DATA.rglob("*.parquet")) if path.stem not in OTHERS
]


def of(path: str) -> Recording:
    return recording(DATA / path)


def quotes(found: Recording) -> list[Quote]:
    return [event for event in found.events() if isinstance(event, Quote)]


def bars(found: Recording) -> list[Bar]:
    return [event for event in found.events() if isinstance(event, Bar)]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_file_is_played_without_a_problem(path: Path) -> None:
    found = recording(DATA / path)
    times = [event.ts_init for event in found.events()]
    assert times
    assert found.problem_count == 0
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_crossed_and_locked_quotes_are_played() -> None:
    found = quotes(of("fxcm/EURUSD/quotes.parquet"))
    assert len(found) == 167_466
    assert sum(quote.bid_price > quote.ask_price for quote in found) == 18_285
    assert sum(quote.bid_price == quote.ask_price for quote in found) == 19_051
    assert {quote.bid_size for quote in found} == {0}


def test_quotes_of_one_side_keep_the_other_at_0() -> None:
    found = quotes(of("us-equity/IBM/quotes.parquet"))
    assert len(found) == 205_280
    assert all((quote.bid_price == 0) != (quote.ask_price == 0) for quote in found)


def test_the_recording_of_a_perpetual_comes_with_its_contract() -> None:
    found = of("binance-coinm/BTCUSD_PERP/trades.parquet")
    (instrument,) = found.instruments
    assert (instrument.id, instrument.kind) == (
        "BTCUSD_PERP.BINANCE-COINM", InstrumentKind.PERPETUAL,
    )  # fmt: skip
    assert (instrument.inverse, instrument.settle, instrument.multiplier) == (True, "BTC", 100)


def test_streams_of_one_instrument_are_merged() -> None:
    found = of("binance-usdm/BTCUSDT")
    counts = Counter(type(event) for event in found.events())
    assert counts[Quote] == 66_089
    assert counts[Trade] == 21_313
    assert counts[BookUpdate] == 6_552


def test_the_book_of_depth_equals_the_best_quotes() -> None:
    """Wherever both streams have an update id, price and size of both sides agree."""
    folder = DATA / "binance-usdm/BTCUSDT"
    rows = parquet.read_table(folder / "depth.parquet", columns=["seq_last", "flags"]).to_pydict()
    ends = [seq for seq, flags in zip(*rows.values(), strict=True) if flags & 2]
    seqs = parquet.read_table(folder / "quotes.parquet", columns=["seq"])["seq"].to_pylist()
    of_seq = dict(zip(seqs, quotes(recording(folder / "quotes.parquet")), strict=True))
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    compared = 0
    for seq, book in zip(ends, recording(folder / "depth.parquet").events(), strict=True):
        assert isinstance(book, BookUpdate)
        if book.snapshot:
            bids, asks = {}, {}
        bids.update((level.price, level.size) for level in book.bids)
        asks.update((level.price, level.size) for level in book.asks)
        if seq in of_seq:
            compared += 1
            bid = max(price for price, size in bids.items() if size)
            ask = min(price for price, size in asks.items() if size)
            quote = of_seq[seq]
            assert (bid, bids[bid]) == (quote.bid_price, quote.bid_size)
            assert (ask, asks[ask]) == (quote.ask_price, quote.ask_size)
    assert compared == 629


def test_three_instruments_of_one_session_are_told_apart() -> None:
    found = of("okx/public-ws/depth.parquet")
    counts = Counter(event.instrument_id for event in found.events())
    assert counts.total() == 290
    assert set(counts) == {"BTC-USDT.OKX", "BTC-USD-220527.OKX", "UNI-USD-SWAP.OKX"}


def test_contracts_that_trade_at_once_are_played_together() -> None:
    found = bars(of("cme/ES/bars_1m.parquet"))
    assert {"ES201312.CME", "ES201403.CME"} <= {bar.instrument_id for bar in found}
    assert {bar.step_s for bar in found} == {60}


def test_the_day_of_the_circuit_breaker_ends_early() -> None:
    """2016-01-07: four bars of five minutes, the last from 09:55 Shanghai time (01:55 UTC)."""
    start = 1_452_124_800 * NS_PER_SECOND
    end = start + 86_400 * NS_PER_SECOND
    day = [bar for bar in bars(of("cffex/IF/bars_5m.parquet")) if start <= bar.ts_open < end]
    assert len(day) == 4
    assert day[-1].ts_open - start == 115 * 60 * NS_PER_SECOND


def test_a_split_is_seen_in_raw_bars() -> None:
    """7 for 1 before the open of 2014-06-09: 645.57, then 92.69."""
    closes = bars(of("us-equity/AAPL/bars_1m.parquet"))
    before = [bar for bar in closes if bar.ts_event <= 1_402_084_800_000_000_000]  # 06-06 16:00
    assert before[-1].close in range(64_400, 64_700)
    assert min(bar.low for bar in closes) < 9_400


def test_snapshots_after_the_close_make_no_trades() -> None:
    events = [*of("cffex/IF/ticks.parquet").events()]
    traded = [event for event in events if isinstance(event, Trade)]
    last_quote = max(event.ts_event for event in events if isinstance(event, Quote))
    assert sum(isinstance(event, Quote) for event in events) == 84_347
    assert all(trade.size > 0 for trade in traded)
    assert traded[-1].ts_event < last_quote - 30 * 60 * NS_PER_SECOND
