"""Cash that moves without a trade: funding, interest, dividends, deposits, withdrawals.

A venue reports it like a fill. What holding brought belongs to those who held, in proportion to
what they held; what nobody held for belongs to the account alone. Every share is whole, and their
sum is the amount to the last unit.

Daily settlement marks are none of these: a position keeps its average cost over all days, so a
mark's cash is a part of its open result, and booking both would count it twice.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

import msgspec

from hexdesk.domain.accounts import against_us
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.values import MoneyRaw, PriceRaw, QtyRaw, TimeNs


class CashKind(StrEnum):
    """Why cash moved."""

    FUNDING = "funding"
    """Between holders of a perpetual, at its funding times."""
    INTEREST = "interest"
    """On cash, or on what was borrowed."""
    DIVIDEND = "dividend"
    """For holding, or for being short of, an instrument."""
    DEPOSIT = "deposit"
    """Paid in: no result."""
    WITHDRAWAL = "withdrawal"
    """Taken out: no result."""
    OTHER = "other"
    """What the venue does not say, or nobody here has a name for."""


PAID_IN = frozenset({CashKind.DEPOSIT, CashKind.WITHDRAWAL})
"""These move what an account was given; the others are results."""


class CashMoved(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cash"):
    """A venue moved cash of an account without a trade.

    Attributes:
        account_id: FIX 1.
        cash_id: The venue's; an account takes each once.
        cash_kind: Why.
        amount: Signed: positive was received. At the scale of `currency`.
        currency: Of the amount.
        instrument_id: For whose position; empty for none.
        ts_event: The venue's time of it, as the funding time.
        ts_init: Time of receipt.
    """

    client_order_id: ClassVar[str] = ""
    """Of no order: who looks for one by this finds none."""

    account_id: str
    cash_id: str
    cash_kind: CashKind
    amount: MoneyRaw
    currency: str
    instrument_id: str
    ts_event: TimeNs
    ts_init: TimeNs


def funding_of(instrument: Instrument, quantity: QtyRaw, mark: PriceRaw, rate: int) -> MoneyRaw:
    """Return what a position receives at a funding rate (`RATE_SCALE`), rounded against us.

    A positive rate is paid by who is long, and received by who is short; the settlement currency's
    scale. Of an inverse contract the value is in the base currency, and the same holds.
    """
    value = instrument.value(mark, abs(quantity))
    received = -value * rate if quantity > 0 else value * rate
    return against_us(received, instrument.value_scale, instrument.settle)


def shares(amount: int, held: Mapping[str, QtyRaw]) -> dict[str, int]:
    """Divide an amount by what was held, signed: who was short receives what longs pay.

    Each share is rounded down; what that leaves goes to the largest holding, the first of equal
    ones. Empty where holdings come to nothing: then nobody can be said to have caused the amount.
    """
    net = sum(held.values())
    if not net:
        return {}
    found = {name: amount * quantity // net for name, quantity in held.items() if quantity}
    largest = max(found, key=lambda name: abs(held[name]))
    found[largest] += amount - sum(found.values())
    return found
