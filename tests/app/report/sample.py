"""A run's result with everything in it."""

from decimal import Decimal
from random import Random

import msgspec

from hexdesk.ports.market_data import RowProblem
from hexdesk_app.result import (
    AccountResult,
    CurrencyResult,
    EquityPoint,
    FillSample,
    InstrumentPoint,
    Latency,
    RunResult,
    SettingRow,
    StrategyResult,
)

START_NS = 1_762_300_800_000_000_000
INSTRUMENT = "BTCUSDT-PERP.BINANCE"
EMPTY = RunResult(
    result_hash="0" * 16,
    orders=0,
    fills=0,
    rejects={},
    realised_pnl="0",
    unrealised_pnl="0",
    fees="0",
    position={},
    events=0,
    seconds=0.0,
)


def make_result(points: int = 400) -> RunResult:
    """Return a plausible, seeded result."""
    random = Random(7)
    step_ns = 3_600_000_000_000 // points
    price, equity, position = Decimal("101250.5"), Decimal(100_000), Decimal(0)
    curve: list[EquityPoint] = []
    path: list[InstrumentPoint] = []
    fills: list[FillSample] = []
    for i in range(points):
        ts_ns = START_NS + i * step_ns
        price += Decimal(random.randint(-120, 121)) / 10
        equity += Decimal(random.randint(-900, 1_000)) / 100
        if i % 9 == 4:
            bought = random.random() < (0.5 if abs(position) < Decimal("0.05") else position < 0)
            position += Decimal("0.01") if bought else -Decimal("0.01")
            fills.append(
                FillSample(
                    ts_ns=ts_ns,
                    instrument_id=INSTRUMENT,
                    strategy="mm-btc" if i % 2 else "trend-btc",
                    side="BUY" if bought else "SELL",
                    quantity="0.01",
                    price=str(price),
                    liquidity="MAKER" if i % 2 else "TAKER",
                    fee="0.20250100",
                    fee_currency="USDT",
                )
            )
        curve.append(EquityPoint(ts_ns, str(equity)))
        path.append(InstrumentPoint(ts_ns, str(price), str(position)))
    mm = StrategyResult(
        name="mm-btc",
        plugin="market_making 0.1.0",
        state="stopped",
        currency="USDT",
        orders=1_812,
        fills=31,
        rejects={"VENUE_POST_ONLY": 12, "RISK_RATE": 1},
        realised_pnl="312.42",
        unrealised_pnl="-4.1",
        fees="-12.004",
        position={INSTRUMENT: "0.02"},
    )
    trend = msgspec.structs.replace(
        mm,
        name="trend-btc",
        plugin="ema_cross 0.1.0",
        orders=14,
        fills=14,
        rejects={},
        realised_pnl="-87.5",
        unrealised_pnl="12.25",
        fees="40.52",
        position={INSTRUMENT: "-0.01"},
    )
    return RunResult(
        result_hash="5f3a91c07be2d846",
        orders=1_826,
        fills=45,
        rejects={"VENUE_POST_ONLY": 12, "RISK_RATE": 1},
        realised_pnl="224.92",
        unrealised_pnl="8.15",
        fees="28.516",
        position={INSTRUMENT: "0.01"},
        events=412_334,
        seconds=1.92,
        run_id="demo20251105",
        name="demo",
        mode="paper",
        dataset="sample:btcusdt",
        currency="USDT",
        start_ns=START_NS,
        end_ns=START_NS + points * step_ns,
        deposit="100000",
        currencies=(
            CurrencyResult(
                currency="USDT", realised_pnl="224.92", unrealised_pnl="8.15", fees="28.516"
            ),
        ),
        strategies=(mm, trend),
        accounts=(
            AccountResult(
                account="sim", currency="USDT", deposited="100000", total="100196.4", reserved="0"
            ),
        ),
        latency=Latency(p50_us=4.2, p99_us=11.8, p999_us=31.5, max_us=412.0),
        equity_curve=tuple(curve),
        instruments={INSTRUMENT: tuple(path)},
        fill_samples=tuple(fills),
        bad_row_count=3,
        bad_rows=(RowProblem("quotes.csv", 17, "price 'abc' is no number"),),
        settings=(
            SettingRow("desk.seed", "7", "plugins.toml:3"),
            SettingRow("brokers.okx.api_key", "env:OKX_KEY (set)", "plugins.toml:12"),
        ),
        versions={"hexdesk": "0.1.0", "Python": "3.11.7"},
        warnings=("3 rows of recorded data could not be used.",),
    )
