"""Our cash as the broker counts it.

A broker nets what our strategies hold apart, and it saw executions in their true order. Both move
money between realised and open results, never in sum (law L4). So the cash of a margined instrument
is only known for sure when the account holds nothing of it: then every result is realised, and
cash flows tell it. Else it must be one strategy's alone, and no execution of it have come late.

Of spot a broker shows what was bought as an amount of the base currency; in our books it is a
position.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

import msgspec

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import InstrumentKind
from hexdesk.domain.money import currency_scale, pow10, rescale_down, rescale_up
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.values import MoneyRaw


class Cash(msgspec.Struct, frozen=True):
    """Cash by currency, at the currency's scale, rounded down.

    Attributes:
        amounts: What the broker should have.
        unclear: Currencies in which that cannot be said.
    """

    amounts: dict[str, MoneyRaw]
    unclear: frozenset[str]


def cash_of(account: Account, ledgers: Iterable[Ledger], late: Collection[str] = ()) -> Cash:
    """Return an account's cash; `late` are instruments whose executions came out of order."""
    totals = {currency: balance.total for currency, balance in account.balances.items()}
    unclear: set[str] = set()
    groups: dict[str, list[Ledger]] = defaultdict(list)
    for ledger in ledgers:
        instrument = ledger.instrument
        if ledger.fill_count and instrument.is_margined:
            groups[instrument.id].append(ledger)
        elif ledger.position.quantity and instrument.kind is InstrumentKind.SPOT:
            base, scale = instrument.base, instrument.quantity_scale + instrument.multiplier_scale
            if base:
                owned = ledger.position.quantity * instrument.multiplier
                owned = rescale_up(owned, scale, account.scale_of(base))
                totals[base] = totals.get(base, 0) + owned
    for instrument_id, group in groups.items():
        instrument = group[0].instrument
        settle = instrument.settle
        if not any(any(ledger.position.legs) for ledger in group):
            continue
        if _is_netted(group) and not sum(ledger.position.quantity for ledger in group):
            factor = pow10(account.balance(settle).scale - instrument.value_scale)
            open_result = sum(
                ledger.position.cash_flow - ledger.position.realised for ledger in group
            )
            totals[settle] += open_result * factor
        elif len(group) > 1 or instrument_id in late:
            unclear.add(settle)
    amounts = {
        currency: rescale_down(total, account.balance(currency).scale, currency_scale(currency))
        for currency, total in totals.items()
    }
    return Cash(amounts, frozenset(unclear))


def is_flat(ledgers: Iterable[Ledger], instrument_id: str) -> bool:
    """Whether an account holds nothing of an instrument, so that nothing can be late any more."""
    own = [ledger for ledger in ledgers if ledger.instrument.id == instrument_id]
    if _is_netted(own):
        return not sum(ledger.position.quantity for ledger in own)
    return not any(any(ledger.position.legs) for ledger in own)


def _is_netted(ledgers: Iterable[Ledger]) -> bool:
    return not any(isinstance(ledger.position, HedgedPosition) for ledger in ledgers)
