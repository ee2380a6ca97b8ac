"""Recorded funding is paid and booked exactly: at each funding time, from what is held then."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from hexdesk.application.clock import VirtualClock
from hexdesk.application.player import Player
from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.values import BUY, SELL, Side
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk_app.build import Application, build
from hexdesk_app.config import Sources, load_config
from hexdesk_catalog.arrow import parquet
from tests.recorded import DATA, needs_data

pytestmark = needs_data
XRP, COINM = DATA / "usdt-perp/XRPUSDT", DATA / "binance-coinm/BTCUSD_PERP"
Rows = list[dict[str, int]]


class Holder(Strategy):
    """Trades once, at the first quote, and then only holds."""

    def __init__(self, context: StrategyContext, side: Side, quantity: int) -> None:
        super().__init__(context)
        self._side = side
        self._quantity = quantity

    def on_quote(self, quote: Quote) -> None:
        """Trade."""
        if self._quantity:
            self.context.submit(quote.instrument_id, self._side, self._quantity)
            self._quantity = 0


def played(
    files: Iterable[Path], deposit: str, side: Side, quantity: int, faults: str = "[]"
) -> Application:
    """Let a strategy hold through recordings at the simulated venue."""
    text = f"""
[desk]
name = "funding"
mode = "backtest"
run_id = "funding"
[brokers.sim]
plugin = "sim"
deposits = ["{deposit}"]
faults = {faults}
[feeds.files]
plugin = "catalog"
dataset = {[str(file.resolve()) for file in files]}
[risk]
preset = "unlimited"
"""
    app = build(load_config(Sources(built_in=(("test", text),), search=False)))
    (instrument,) = app.recordings["files"].instruments
    app.desk.add_strategy(
        "holder",
        lambda context: Holder(context, side, quantity),
        broker="sim",
        instrument_ids=[instrument.id],
    )
    asyncio.run(app.assembly.brokers["sim"].connect())
    clock = app.clock
    assert isinstance(clock, VirtualClock)
    player = Player(app.desk, clock, app.recordings["files"].events())
    clock.advance_to(player.peek_ns())
    app.desk.command(StartStrategy("", clock.now_ns()))
    while not player.is_over:
        player.play()
    asyncio.run(app.assembly.brokers["sim"].close())  # the last report arrives
    return app


def rows_of(file: Path) -> Rows:
    return [
        {name: value for name, value in row.items() if isinstance(value, int)}
        for row in parquet.read_table(file).to_pylist()
    ]


def amounts(app: Application) -> list[tuple[int, int]]:
    """Return what the venue said: funding time and amount."""
    moved = [record for record in app.journal.records() if isinstance(record, CashMoved)]
    assert {each.cash_kind for each in moved} <= {CashKind.FUNDING}
    return [(each.ts_event, each.amount) for each in moved]


def check_books(app: Application, expected: list[tuple[int, int]]) -> None:
    """Assert L11: the account has what was paid in, the results, less fees, plus the funding."""
    assert amounts(app) == expected
    (ledger,) = app.desk.hosts["holder"].ledgers.values()
    balance = ledger.balance
    assert ledger.funding == sum(amount for _, amount in expected)
    assert balance.total - balance.deposited == ledger.booked
    assert balance.unassigned == 0


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_linear_perpetual_pays_on_the_close_of_the_bar_before(side: Side) -> None:
    """1,000 XRP: quantity scale 1, price scale 4, rates at scale 19, money at 8."""
    app = played([XRP / "bars_5m.parquet", XRP / "funding.parquet"], "10000 USDT", side, 10_000)
    bars = rows_of(XRP / "bars_5m.parquet")
    expected: list[tuple[int, int]] = []
    for row in rows_of(XRP / "funding.parquet"):
        close = [bar["close"] for bar in bars if bar["ts_close"] <= row["ts_event"]][-1]
        value_e23 = -side * 10_000 * close * row["rate"]  # at 1 + 4 + 19 decimals
        expected.append((row["ts_event"], value_e23 // 10**16))
    assert len(expected) == 91
    check_books(app, expected)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_an_inverse_perpetual_pays_in_its_base_currency(side: Side) -> None:
    """500 contracts of 100 USD at the middle of the quote; before the first quote there is none.

    Rates and money have 8 decimals both, so that the value's are all that is cut.
    """
    files = [COINM / "quote_bars_1m.parquet", COINM / "funding.parquet"]
    app = played(files, "10 BTC", side, 500)
    quotes = rows_of(files[0])
    expected: list[tuple[int, int]] = []
    for row in rows_of(files[1]):
        before = [each for each in quotes if each["ts_close"] <= row["ts_event"]]
        if before:
            mark = (before[-1]["bid_close"] + before[-1]["ask_close"]) // 2
            (instrument,) = app.recordings["files"].instruments
            received = -side * instrument.value(mark, 500) * row["rate"]
            expected.append((row["ts_event"], received // 10**instrument.value_scale))
    assert len(expected) == 2
    check_books(app, expected)


def test_what_is_told_twice_is_booked_once() -> None:
    files = [COINM / "quote_bars_1m.parquet", COINM / "funding.parquet"]
    twice = '[{ action = "duplicate", report = "cash", nth = 0 }]'
    app = played(files, "10 BTC", BUY, 500, faults=twice)
    assert app.desk.counts.duplicates == 2
    check_books(app, amounts(played(files, "10 BTC", BUY, 500)))


def test_any_funding_file_is_played_by_its_path() -> None:
    """Of nothing but rates nothing is paid: nobody knows a price."""
    app = played([XRP / "funding.parquet"], "10000 USDT", BUY, 1)
    assert amounts(app) == []
    assert app.desk.counts.orders == 0
