"""Books cash that moved without a trade: in the account, and in the ledgers of those who held."""

from collections.abc import Mapping

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.cash import PAID_IN, CashMoved, shares
from hexdesk.domain.order_state import Outcome


def book_cash(
    moved: CashMoved, accounts: Mapping[str, Account], hosts: Mapping[str, StrategyHost]
) -> Outcome:
    """Book a movement of cash once: applied, a duplicate, or invalid where nobody has the account.

    The account gets all of it. What came for a position is shared by those who hold it now, in
    the currency that it settles in; the rest of a result is nobody's.
    """
    account = next((each for each in accounts.values() if each.id == moved.account_id), None)
    if account is None:
        return Outcome.INVALID
    if not account.is_new(moved.cash_id):
        return Outcome.DUPLICATE
    is_paid_in = moved.cash_kind in PAID_IN
    received = account.receive(moved.amount, moved.currency, paid_in=is_paid_in)
    if is_paid_in:
        return Outcome.APPLIED
    holders = dict(_holders(moved, account, hosts))
    held = {name: ledger.position.quantity for name, ledger in holders.items()}
    found = shares(moved.amount, held)
    for name, share in found.items():
        holders[name].funding += share
    if not found:
        account.balance(moved.currency).unassigned += received
    return Outcome.APPLIED


def _holders(
    moved: CashMoved, account: Account, hosts: Mapping[str, StrategyHost]
) -> list[tuple[str, Ledger]]:
    """Return the ledgers of the account that what moved may be for, by name of their owner."""
    ledgers = [
        (name, hosts[name].ledgers.get(moved.instrument_id))
        for name in sorted(hosts)
        if hosts[name].account is account
    ]
    return [
        (name, ledger)
        for name, ledger in ledgers
        if ledger is not None and ledger.instrument.settle == moved.currency
    ]
