"""Samples of equity: what accounts are worth at a time."""

from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.accounts import Account
from hexdesk.domain.history import EquityRow
from hexdesk.domain.money import pow10
from hexdesk.domain.values import TimeNs


def equity_rows(desk: Desk, now_ns: TimeNs) -> list[EquityRow]:
    """Return what each account is worth, by currency, and all of them together (account `""`)."""
    accounts = {account.id: account for account in desk.accounts.values()}
    ledgers: dict[str, list[Ledger]] = {account_id: [] for account_id in accounts}
    for host in desk.hosts.values():
        ledgers[host.account.id] += host.ledgers.values()
    rows = [
        _equity_row(account, currency, ledgers[account_id], now_ns)
        for account_id, account in accounts.items()
        for currency in account.balances
    ]
    return [*rows, *(_sum(rows, currency) for currency in sorted({row.currency for row in rows}))]


def _equity_row(
    account: Account, currency: str, ledgers: list[Ledger], now_ns: TimeNs
) -> EquityRow:
    balance = account.balance(currency)
    scale = balance.scale
    equity = balance.total
    for ledger in ledgers:
        instrument = ledger.instrument
        if instrument.settle == currency:
            worth = (
                ledger.unrealised()
                if instrument.is_margined
                else ledger.position.held_value(ledger.market.mark)
            )
            equity += worth * pow10(scale - instrument.value_scale)
    return EquityRow(
        ts_ns=now_ns,
        account_id=account.id,
        currency=currency,
        scale=scale,
        equity=equity,
        cash=balance.total,
    )


def _sum(rows: list[EquityRow], currency: str) -> EquityRow:
    mine = [row for row in rows if row.currency == currency]
    scale = max(row.scale for row in mine)
    return EquityRow(
        ts_ns=mine[0].ts_ns,
        account_id="",
        currency=currency,
        scale=scale,
        equity=sum(row.equity * pow10(scale - row.scale) for row in mine),
        cash=sum(row.cash * pow10(scale - row.scale) for row in mine),
    )
