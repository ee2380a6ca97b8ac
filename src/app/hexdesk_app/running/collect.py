"""From a desk to a `RunResult`: samples on the way, totals at the end."""

import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import TypeVar

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.durability.fingerprint import result_hash
from hexdesk.application.durability.state import capture, encode_state, hash_of
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.application.strategies.lives import heard_by
from hexdesk.domain.accounts import Account
from hexdesk.domain.money import Money, currency_scale, format_raw, pow10
from hexdesk.domain.order import IS_SUBMITTED, Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import NS_PER_SECOND, MoneyRaw, TimeNs
from hexdesk.ports.market_data import Recording
from hexdesk_app.resolve import Parts
from hexdesk_app.result import (
    CURVE_POINTS_MAX,
    FILL_SAMPLES_MAX,
    AccountResult,
    CurrencyResult,
    EquityPoint,
    FillSample,
    InstrumentPoint,
    Latency,
    RunResult,
    StrategyResult,
)

T = TypeVar("T")

BAD_ROWS_SHOWN_MAX = 20
SAMPLE_STEP_NS = NS_PER_SECOND // 10


class Totals(msgspec.Struct, frozen=True):
    """Results in one currency at one scale, fine enough for all its instruments."""

    currency: str
    scale: int
    realised: MoneyRaw
    unrealised: MoneyRaw
    fees: MoneyRaw
    funding: MoneyRaw

    @property
    def net(self) -> MoneyRaw:
        """All of it."""
        return self.realised + self.unrealised - self.fees + self.funding


class Sampler:
    """Keeps curves of equity, prices and positions, bounded: when full, every second point goes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._step_ns = SAMPLE_STEP_NS
        self._next_ns: TimeNs = 0
        self._equity: list[EquityPoint] = []
        self._instruments: dict[str, list[InstrumentPoint]] = {}
        self._currency = ""

    def sample(self, now_ns: TimeNs) -> None:
        """Take a sample if the last one is old enough."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + self._step_ns
        desk = self._desk
        self._currency = self._currency or main_currency(desk)
        equity = equity_of(desk, self._currency)
        self._equity.append(EquityPoint(now_ns, equity))
        for instrument_id, quantity in positions_of(desk).items():
            market = desk.markets.by_id[instrument_id]
            instrument = market.instrument
            if market.mark:
                point = InstrumentPoint(
                    now_ns,
                    instrument.format_price(market.mark),
                    instrument.format_quantity(quantity),
                )
                self._instruments.setdefault(instrument_id, []).append(point)
        if len(self._equity) >= 2 * CURVE_POINTS_MAX:
            self._thin()

    @property
    def currency(self) -> str:
        """Of the curve of equity; empty before the first sample."""
        return self._currency

    @property
    def equity_curve(self) -> tuple[EquityPoint, ...]:
        """At most `CURVE_POINTS_MAX` points."""
        return tuple(_bounded(self._equity, CURVE_POINTS_MAX))

    @property
    def instruments(self) -> dict[str, tuple[InstrumentPoint, ...]]:
        """The same by instrument."""
        return {
            name: tuple(_bounded(points, CURVE_POINTS_MAX))
            for name, points in self._instruments.items()
        }

    def _thin(self) -> None:
        self._step_ns *= 2
        del self._equity[::2]
        for points in self._instruments.values():
            del points[::2]


def main_currency(desk: Desk) -> str:
    """Return the settlement currency of most ledgers; empty without strategies."""
    counts = Counter(ledger.instrument.settle for ledger in ledgers_of(desk))
    return counts.most_common(1)[0][0] if counts else ""


def ledgers_of(desk: Desk) -> Iterable[Ledger]:
    """Yield every ledger of a desk."""
    for host in desk.hosts.values():
        yield from host.ledgers.values()


def positions_of(desk: Desk) -> dict[str, int]:
    """Return net quantities over all strategies by instrument, flat ones included."""
    net: dict[str, int] = {}
    for ledger in ledgers_of(desk):
        instrument_id = ledger.instrument.id
        net[instrument_id] = net.get(instrument_id, 0) + ledger.position.quantity
    return net


def totals_of(ledgers: Iterable[Ledger]) -> dict[str, Totals]:
    """Return exact results by currency, as decimal numbers of one scale each."""
    rows = list(ledgers)
    scales: dict[str, int] = {}
    for ledger in rows:
        instrument = ledger.instrument
        scale = max(instrument.value_scale, currency_scale(instrument.settle))
        scales[instrument.settle] = max(scale, scales.get(instrument.settle, 0))
    totals = {currency: Totals(currency, scale, 0, 0, 0, 0) for currency, scale in scales.items()}
    for ledger in rows:
        instrument = ledger.instrument
        total = totals[instrument.settle]
        factor = pow10(total.scale - instrument.value_scale)
        fee_factor = pow10(total.scale - currency_scale(instrument.settle))
        totals[instrument.settle] = Totals(
            total.currency,
            total.scale,
            total.realised + ledger.position.realised * factor,
            total.unrealised + ledger.unrealised() * factor,
            total.fees + ledger.fees * fee_factor,
            total.funding + ledger.funding * fee_factor,
        )
    return totals


def equity_of(desk: Desk, currency: str) -> str:
    """Return cash plus open results of one currency over all accounts."""
    if not currency:
        return "0"
    balances = [account.balance(currency) for account in desk.accounts.values()]
    scale = max((balance.scale for balance in balances), default=0)
    cash = sum(balance.total * pow10(scale - balance.scale) for balance in balances)
    for ledger in ledgers_of(desk):
        instrument = ledger.instrument
        if instrument.settle != currency:
            continue
        worth = (
            ledger.unrealised()
            if instrument.is_margined
            else ledger.position.held_value(ledger.market.mark)
        )
        cash += worth * pow10(scale - instrument.value_scale)
    return format_raw(cash, scale)


def _plugin_of(parts: Parts, strategy_id: str) -> str:
    """Return a strategy's plugin; empty for books that no strategy moves (an operator's own)."""
    part = parts.strategies.get(strategy_id)
    return part.section.plugin if part is not None else ""


def make_result(  # noqa: PLR0917 - one argument a source
    desk: Desk,
    sampler: Sampler,
    parts: Parts,
    recordings: Mapping[str, Recording],
    deposits: Mapping[str, Sequence[Money]],
    latency: Latency | None,
    **facts: object,
) -> RunResult:
    """Return everything worth knowing about a finished run; `facts` are the runner's own fields."""
    currency = main_currency(desk)
    totals = totals_of(ledgers_of(desk))
    main = totals.get(currency, Totals(currency, 0, 0, 0, 0, 0))
    deposit = sum(
        money.amount
        for moneys in deposits.values()
        for money in moneys
        if money.currency == currency
    )
    counts = desk.counts
    known: dict[str, object] = {
        "result_hash": result_hash(desk),
        "state_hash": hash_of(encode_state(capture(desk))),
        "orders": counts.orders,
        "fills": counts.fills,
        "rejects": dict(sorted((counts.denials + counts.rejects).items())),
        "amend_rejects": dict(sorted(counts.amend_denials.items())),
        "realised_pnl": format_raw(main.realised, main.scale),
        "unrealised_pnl": format_raw(main.unrealised, main.scale),
        "fees": format_raw(main.fees, main.scale),
        "funding": format_raw(main.funding, main.scale),
        "position": {
            name: desk.markets.by_id[name].instrument.format_quantity(quantity)
            for name, quantity in positions_of(desk).items()
        },
        "currency": currency,
        "deposit": format_raw(deposit, currency_scale(currency)),
        "currencies": tuple(_currency_row(total) for total in totals.values()),
        "strategies": tuple(
            _strategy_row(desk, host, _plugin_of(parts, name)) for name, host in desk.hosts.items()
        ),
        "accounts": tuple(_account_rows(desk.accounts, deposits)),
        "latency": latency,
        "equity_curve": sampler.equity_curve,
        "instruments": sampler.instruments,
        "fill_samples": tuple(_fill_rows(desk)),
        "bad_row_count": sum(each.problem_count for each in recordings.values()),
        "bad_rows": tuple(problem for each in recordings.values() for problem in each.problems)[
            :BAD_ROWS_SHOWN_MAX
        ],
        "versions": _versions(parts),
        "warnings": _warnings(desk, has_events=bool(facts.get("events"))),
    }
    return msgspec.convert({**known, **facts}, RunResult, from_attributes=True)


def _currency_row(total: Totals) -> CurrencyResult:
    return CurrencyResult(
        currency=total.currency,
        realised_pnl=format_raw(total.realised, total.scale),
        unrealised_pnl=format_raw(total.unrealised, total.scale),
        fees=format_raw(total.fees, total.scale),
        funding=format_raw(total.funding, total.scale),
    )


def orders_of(desk: Desk, strategy_id: str) -> list[Order]:
    """Return all orders of a strategy, closed ones first."""
    execution = desk.execution
    return [
        order
        for order in (*execution.closed.values(), *execution.open.values())
        if order.intent.strategy_id == strategy_id
    ]


def fill_counts(orders: Iterable[Order]) -> tuple[int, int]:
    """Return how many orders reached a venue and are over, and how many of them were executed.

    As the rule `fill_ratio` counts them: in part is executed, denied has never left.
    """
    ended = [
        order
        for order in orders
        if order.is_closed and (order.facts & IS_SUBMITTED or order.cum_qty)
    ]
    return len(ended), sum(order.cum_qty > 0 for order in ended)


def refused(orders: Iterable[Order]) -> Counter[str]:
    """Return how many orders we or the venue refused, by code."""
    return Counter(order.code for order in orders if order.is_refused)


def _strategy_row(desk: Desk, host: StrategyHost, plugin: str) -> StrategyResult:
    orders = orders_of(desk, host.strategy_id)
    ended, filled = fill_counts(orders)
    ledgers = list(host.ledgers.values())
    totals = totals_of(ledgers)
    currency = max(totals, default="")
    total = totals.get(currency, Totals("", 0, 0, 0, 0, 0))
    return StrategyResult(
        name=host.strategy_id,
        plugin=plugin,
        state=host.state.value,
        currency=currency,
        orders=len(orders),
        fills=sum(ledger.fill_count for ledger in ledgers),
        rejects=dict(sorted(refused(orders).items())),
        realised_pnl=format_raw(total.realised, total.scale),
        unrealised_pnl=format_raw(total.unrealised, total.scale),
        fees=format_raw(total.fees, total.scale),
        funding=format_raw(total.funding, total.scale),
        position={
            ledger.instrument.id: ledger.instrument.format_quantity(ledger.position.quantity)
            for ledger in ledgers
        },
        fault=host.fault,
        ended=ended,
        filled=filled,
    )


def _account_rows(
    accounts: Mapping[str, Account], deposits: Mapping[str, Sequence[Money]]
) -> Iterable[AccountResult]:
    for name, account in accounts.items():
        for currency, balance in account.balances.items():
            deposited = sum(
                money.amount for money in deposits.get(name, ()) if money.currency == currency
            )
            yield AccountResult(
                account=account.id,
                currency=currency,
                deposited=format_raw(deposited, currency_scale(currency)),
                total=format_raw(balance.total, balance.scale),
                reserved=format_raw(balance.reserved, balance.scale),
            )


def _fill_rows(desk: Desk) -> list[FillSample]:
    execution = desk.execution
    fills: list[tuple[Fill, Order]] = [
        (fill, order)
        for order in (*execution.closed.values(), *execution.open.values())
        for fill in (order.fills or {}).values()
    ]
    fills.sort(key=lambda pair: (pair[0].ts_init, pair[0].trade_id))
    rows: list[FillSample] = []
    for fill, order in _bounded(fills, FILL_SAMPLES_MAX):
        instrument = desk.markets.by_id[fill.instrument_id].instrument
        currency = fill.fee_currency or instrument.settle
        rows.append(
            FillSample(
                ts_ns=fill.ts_init,
                instrument_id=fill.instrument_id,
                strategy=order.intent.strategy_id,
                side="BUY" if fill.side > 0 else "SELL",
                quantity=instrument.format_quantity(fill.quantity),
                price=instrument.format_price(fill.price),
                liquidity=fill.liquidity.name.lower(),
                fee=format_raw(fill.fee, currency_scale(currency)),
                fee_currency=currency,
            )
        )
    return rows


def _warnings(desk: Desk, *, has_events: bool) -> tuple[str, ...]:
    counts = desk.counts
    nothing = [] if has_events else ["no market event came: check the feeds and their bad rows"]
    facts = {
        "events of instruments that nothing defines": counts.unknown_instruments,
        "events whose time went backwards": counts.time_regressions,
        "venue reports that fit no order": counts.dead_letters,
        "alerts": desk.alerts.count,
    }
    found = [f"{number} {what}" for what, number in facts.items() if number]
    latest = [f"{alert.code} {alert.scope}: {alert.text}" for alert in desk.alerts.recent]
    deaf = _in_vain(desk) if has_events else []
    return (*nothing, *deaf, *found, *latest[-BAD_ROWS_SHOWN_MAX:])


def _in_vain(desk: Desk) -> list[str]:
    """Say which strategies listen only to what no market of theirs ever told."""
    found: list[str] = []
    for name, host in desk.hosts.items():
        wanted = heard_by(host.strategy) if host.strategy is not None else frozenset[str]()
        markets = [ledger.market for ledger in host.ledgers.values()]
        came = {
            "on_quote": any(market.quote is not None for market in markets),
            "on_trade": any(market.trade is not None for market in markets),
        }
        if wanted and not any(came.get(each, True) for each in wanted):
            kinds = " and ".join(f"{each.removeprefix('on_')}s" for each in sorted(wanted))
            found.append(f"{name} listens to {kinds}, and none came: name other data or settings")
    return found


def _versions(parts: Parts) -> dict[str, str]:
    plugins = {
        name: number
        for plugin in parts.registry.modules
        for name, _, number in [plugin.distribution.rpartition(" ")]
    }
    return {"hexdesk": version("hexdesk"), "python": platform.python_version(), **plugins}


def _bounded(items: list[T], most: int) -> list[T]:
    """Return at most so many items, evenly spread."""
    if len(items) <= most:
        return items
    return [items[index * len(items) // most] for index in range(most)]
