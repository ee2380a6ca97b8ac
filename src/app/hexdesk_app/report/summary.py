"""The summary of a run, as tables for the terminal, Markdown and the report."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from hexdesk_app.display.look import PLAIN_LOOK, Look
from hexdesk_app.display.numbers import count, duration, grouped, rate, signed
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.result import CurrencyResult, RunResult, StrategyResult

Earned: TypeAlias = RunResult | StrategyResult | CurrencyResult
MONEY_DECIMALS = 2
REASONS_SHOWN_MAX = 20


def net_result(result: RunResult) -> str:
    """Return realised + unrealised - fees + funding in the result's currency."""
    return _net(result)


def summary_tables(result: RunResult, look: Look = PLAIN_LOOK) -> list[Table]:
    """Return the tables of a summary; empty ones are left out."""
    tables = [
        run_table(result, look),
        strategies_table(result),
        currencies_table(result),
        positions_table(result),
        rejects_table(result),
        accounts_table(result),
        bad_rows_table(result),
    ]
    return [table for table in tables if table.rows]


def run_table(result: RunResult, look: Look) -> Table:
    """Return the head of a summary."""
    latency = result.latency
    shown_latency = (
        f"p50 {latency.p50_us:.1f} µs, p99 {latency.p99_us:.1f} µs, max {latency.max_us:.0f} µs"
        if latency
        else "not measured"
    )
    rows = [
        ("desk", f"{result.name} ({result.mode}), run {result.run_id}"),
        ("data", result.dataset or "live"),
        ("span", _span(result, look)),
        ("events", f"{count(result.events)} in {duration(result.seconds)}"),
        ("speed", rate(result.per_second)),
        ("latency", shown_latency),
        ("orders", _orders(result)),
        ("result hash", result.result_hash),
        ("report", result.report),
    ]
    if result.interrupted:
        rows.insert(0, ("stopped", "interrupted before the end of its data"))
    return make_table("Run", ("", ""), [row for row in rows if row[1]])


def _orders(result: RunResult) -> str:
    refused = sum(result.rejects.values())
    parts = [f"{count(result.orders)} made", f"{count(refused)} refused" if refused else ""]
    return ", ".join(part for part in (*parts, f"{count(result.fills)} fills") if part)


def _span(result: RunResult, look: Look) -> str:
    if not result.start_ns:
        return "no event"
    seconds = (result.end_ns - result.start_ns) / 1e9
    first, last = look.moment(result.start_ns), look.moment(result.end_ns)
    return f"{first} to {last} {look.zone}, {duration(seconds)}"


def strategies_table(result: RunResult) -> Table:
    """Return one row per strategy, and their total where they share a currency."""
    funded = _is_funded(result.strategies)
    rows = [_strategy_row(each, funded=funded) for each in result.strategies]
    shared = {each.currency for each in result.strategies} == {result.currency}
    if shared and len(rows) > 1:
        rejects = sum(sum(each.rejects.values()) for each in result.strategies)
        rows.append(
            (
                "TOTAL",
                "",
                *_counts(
                    sum(each.orders for each in result.strategies),
                    sum(each.fills for each in result.strategies),
                    rejects,
                ),
                _fill_rate(
                    sum(each.ended for each in result.strategies),
                    sum(each.filled for each in result.strategies),
                ),
                *_money(
                    CurrencyResult(
                        currency=result.currency,
                        realised_pnl=_sum(each.realised_pnl for each in result.strategies),
                        unrealised_pnl=_sum(each.unrealised_pnl for each in result.strategies),
                        fees=_sum(each.fees for each in result.strategies),
                        funding=_sum(each.funding for each in result.strategies),
                    ),
                    funded=funded,
                ),
                result.currency,
            )
        )
    headers = ("strategy", "state", "#orders", "#fills", "#refused", "#fill rate")
    money = (*_money_headers(funded=funded), "currency")
    return make_table("Strategies", (*headers, *money), rows, total=shared and len(rows) > 1)


def _strategy_row(strategy: StrategyResult, *, funded: bool) -> tuple[str, ...]:
    return (
        strategy.name,
        strategy.state,
        *_counts(strategy.orders, strategy.fills, sum(strategy.rejects.values())),
        _fill_rate(strategy.ended, strategy.filled),
        *_money(strategy, funded=funded),
        strategy.currency,
    )


def currencies_table(result: RunResult) -> Table:
    """Return results by currency; empty where there is only one, which strategies show."""
    if len(result.currencies) < 2 and result.strategies:  # noqa: PLR2004 - one alone
        return make_table("Results", (), [])
    funded = _is_funded(result.currencies)
    rows = [(each.currency, *_money(each, funded=funded)) for each in result.currencies]
    headers = ("currency", *_money_headers(funded=funded))
    return make_table("Results by currency", headers, rows)


def positions_table(result: RunResult) -> Table:
    """Return net positions by instrument."""
    rows = [(instrument, signed(quantity)) for instrument, quantity in result.position.items()]
    return make_table("Positions", ("instrument", "+quantity"), rows)


def rejects_table(result: RunResult) -> Table:
    """Return refused orders and amendments by reason, most frequent first."""
    orders, amends = result.rejects, result.amend_rejects
    both = Counter(orders) + Counter(amends)
    by_count = sorted(both.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (reason, count(orders.get(reason, 0)), count(amends.get(reason, 0)))
        for reason, _ in by_count[:REASONS_SHOWN_MAX]
    ]
    return make_table("Refused", ("reason", "#orders", "#amendments"), rows)


def accounts_table(result: RunResult) -> Table:
    """Return cash by account and currency."""
    rows = [
        (
            each.account,
            each.currency,
            grouped(each.deposited, MONEY_DECIMALS),
            grouped(each.total, MONEY_DECIMALS),
            grouped(each.reserved, MONEY_DECIMALS),
        )
        for each in result.accounts
    ]
    headers = ("account", "currency", "#deposited", "#cash", "#reserved")
    return make_table("Accounts", headers, rows)


def bad_rows_table(result: RunResult) -> Table:
    """Return the first rows of recorded data that could not be used, or are odd."""
    rows = [(each.file, count(each.row), each.problem) for each in result.bad_rows]
    return make_table(
        f"Bad rows ({count(result.bad_row_count)})", ("file", "#row", "problem"), rows
    )


def fills_table(result: RunResult, look: Look) -> Table:
    """Return the sampled fills."""
    rows = [
        (
            look.moment(each.ts_ns),
            each.strategy,
            each.instrument_id,
            each.side,
            grouped(each.quantity),
            grouped(each.price),
            each.liquidity,
            grouped(each.fee),
            each.fee_currency,
        )
        for each in result.fill_samples
    ]
    headers = (f"time ({look.zone})", "strategy", "instrument", "side", "#quantity", "#price")
    return make_table("Fills", (*headers, "liquidity", "#fee", "currency"), rows)


def settings_table(result: RunResult) -> Table:
    """Return the effective configuration with origins."""
    rows = [(each.path, each.value, each.origin) for each in result.settings]
    return make_table("Configuration", ("key", "value", "from"), rows)


def _counts(orders: int, fills: int, rejects: int) -> tuple[str, str, str]:
    return count(orders), count(fills), count(rejects)


def _fill_rate(ended: int, filled: int) -> str:
    """Return the part of orders that were executed before they ended, rounded down."""
    return f"{Decimal(filled * 1_000 // ended) / 10:.1f} %" if ended else ""


def _net(each: Earned) -> str:
    paid = Decimal(each.fees) - Decimal(each.funding)
    return str(Decimal(each.realised_pnl) + Decimal(each.unrealised_pnl) - paid)


def _is_funded(rows: Iterable[Earned]) -> bool:
    """Whether there is any funding to show: most markets have none."""
    return any(Decimal(each.funding) for each in rows)


def _money_headers(*, funded: bool) -> tuple[str, ...]:
    return ("+realised", "+unrealised", "#fees", *(["+funding"] if funded else []), "+net")


def _money(each: Earned, *, funded: bool) -> tuple[str, ...]:
    return (
        signed(each.realised_pnl, MONEY_DECIMALS),
        signed(each.unrealised_pnl, MONEY_DECIMALS),
        grouped(each.fees, MONEY_DECIMALS),
        *([signed(each.funding, MONEY_DECIMALS)] if funded else []),
        signed(_net(each), MONEY_DECIMALS),
    )


def _sum(amounts: Iterable[str]) -> str:
    return str(sum(map(Decimal, amounts), Decimal(0)))
