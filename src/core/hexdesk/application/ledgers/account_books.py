"""How the books of a run are written down at its start."""

from collections.abc import Callable, Iterable, Mapping

from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.records import AccountBook, StrategyBook


def account_books(accounts: Mapping[str, Account]) -> tuple[AccountBook, ...]:
    """Return the accounts of a desk, by broker."""
    return tuple(
        AccountBook(broker, account.id, account.position_mode)
        for broker, account in accounts.items()
    )


def strategy_books(
    hosts: Iterable[StrategyHost], broker_of: Callable[[StrategyHost], str]
) -> tuple[StrategyBook, ...]:
    """Return whose books a desk has, and of what."""
    return tuple(
        StrategyBook(host.strategy_id, broker_of(host), tuple(host.ledgers)) for host in hosts
    )
