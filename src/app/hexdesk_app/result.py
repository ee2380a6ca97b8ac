"""What a run came to: one frozen value for the summary, `--json` and the report.

The first names are stable: once printed by `backtest --json` they never change. Money, prices and
quantities are decimal strings in the currency or unit named beside them; times are UTC ns.
"""

from typing import Literal

import msgspec

from hexdesk.ports.market_data import RowProblem

CURVE_POINTS_MAX = 2_000
"""Most samples of a curve; a screen shows fewer."""
FILL_SAMPLES_MAX = 2_000
"""Most fills kept for the plot and the table of the report."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Time from an input's arrival to the end of its handling, in microseconds."""

    p50_us: float
    p99_us: float
    p999_us: float
    max_us: float


class StrategyResult(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy; money in `currency`.

    Attributes:
        state: As `running`, `stopped`, `faulted`.
        rejects: Orders refused by us or the venue, by reason.
        position: Net quantity by instrument.
        fault: Why it was stopped; empty for none.
        ended: Orders that reached the venue and are over.
        filled: Those of them with an execution at least; `ended` is the whole of the fill rate.
        funding: Received less paid for what it held; dividends and the like too.
    """

    name: str
    plugin: str
    state: str
    currency: str
    orders: int
    fills: int
    rejects: dict[str, int]
    realised_pnl: str
    unrealised_pnl: str
    fees: str
    position: dict[str, str]
    fault: str = ""
    ended: int = 0
    filled: int = 0
    funding: str = "0"


class AccountResult(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of one currency of one account."""

    account: str
    currency: str
    deposited: str
    total: str
    reserved: str


class CurrencyResult(msgspec.Struct, frozen=True, kw_only=True):
    """Result in one settlement currency."""

    currency: str
    realised_pnl: str
    unrealised_pnl: str
    fees: str
    funding: str = "0"


class EquityPoint(msgspec.Struct, frozen=True, array_like=True):
    """Cash plus open result in the result's currency."""

    ts_ns: int
    equity: str


class InstrumentPoint(msgspec.Struct, frozen=True, array_like=True):
    """Mark price and net position of an instrument."""

    ts_ns: int
    price: str
    position: str


class FillSample(msgspec.Struct, frozen=True, kw_only=True):
    """A fill, for plot and table."""

    ts_ns: int
    instrument_id: str
    strategy: str
    side: Literal["BUY", "SELL"]
    quantity: str
    price: str
    liquidity: str
    fee: str
    fee_currency: str


class SettingRow(msgspec.Struct, frozen=True):
    """An effective value of the configuration and where it came from; secrets are masked."""

    path: str
    value: str
    origin: str


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """Everything worth knowing about a run.

    Attributes:
        result_hash: Equal for equal inputs, on any machine.
        orders: Orders sent.
        fills: Executions.
        rejects: Orders denied by us or rejected by the venue, by reason.
        realised_pnl: Before fees, in `currency`.
        unrealised_pnl: Of open positions at the last mark, in `currency`.
        fees: Paid, in `currency`; negative is a rebate.
        position: Net quantity by instrument.
        events: Inputs handled, ticks above all.
        seconds: Wall-clock time of handling.
        report: File of the report; empty for none.
        run_id: Start of all order ids.
        name: Of the desk.
        mode: backtest, paper or live.
        dataset: What was played; empty for live feeds.
        currency: Of the money above: the settlement currency of the most orders.
        start_ns: Time of the first event; 0 for none.
        end_ns: Time of the last event.
        deposit: Equity at the start, in `currency`.
        currencies: Results by currency; more than one row where instruments settle differently.
        strategies: One row each.
        accounts: One row per account and currency.
        latency: None where it was not measured.
        equity_curve: Bounded sample, by time.
        instruments: Price and position curves, bounded samples, by instrument.
        fill_samples: Bounded sample, by time; all of them where they fit.
        bad_row_count: Rows of recorded data that could not be used.
        bad_rows: The first of them.
        settings: Effective configuration.
        versions: Of hexdesk, Python and plugins.
        warnings: What a reader should know.
        interrupted: Whether it was stopped before its end.
        state_hash: Over the desk's state at the end, as `hexdesk replay` prints it.
        funding: Received less paid for what was held, in `currency`; dividends and the like too.
        amend_rejects: Amendments that we refused, by reason; their orders stayed as they were.
    """

    result_hash: str
    orders: int
    fills: int
    rejects: dict[str, int]
    realised_pnl: str
    unrealised_pnl: str
    fees: str
    position: dict[str, str]
    events: int
    seconds: float
    report: str = ""
    run_id: str = ""
    name: str = ""
    mode: str = ""
    dataset: str = ""
    currency: str = ""
    start_ns: int = 0
    end_ns: int = 0
    deposit: str = "0"
    currencies: tuple[CurrencyResult, ...] = ()
    strategies: tuple[StrategyResult, ...] = ()
    accounts: tuple[AccountResult, ...] = ()
    latency: Latency | None = None
    equity_curve: tuple[EquityPoint, ...] = ()
    instruments: dict[str, tuple[InstrumentPoint, ...]] = msgspec.field(
        default_factory=dict[str, tuple[InstrumentPoint, ...]]
    )
    fill_samples: tuple[FillSample, ...] = ()
    bad_row_count: int = 0
    bad_rows: tuple[RowProblem, ...] = ()
    settings: tuple[SettingRow, ...] = ()
    versions: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
    state_hash: str = ""
    funding: str = "0"
    amend_rejects: dict[str, int] = msgspec.field(default_factory=dict[str, int])

    @property
    def per_second(self) -> float:
        """Events handled a second; 0 where nothing took any time."""
        return self.events / self.seconds if self.seconds > 0 else 0.0


_LEFT_OUT = frozenset({"equity_curve", "instruments", "fill_samples", "settings", "warnings"})


def to_data(result: RunResult) -> dict[str, object]:
    """Return what `--json` prints: all but curves and settings, which the report holds."""
    data: dict[str, object] = {
        name: msgspec.to_builtins(getattr(result, name))
        for name in result.__struct_fields__
        if name not in _LEFT_OUT
    }
    data["per_second"] = round(result.per_second, 1)
    return data
