"""Whether an account can pay for what an order would do (setting `check_funds`).

A margined order, or one of equity, ties up margin for the part that opens. A spot order ties up
all that it gives away: a buyer the quote currency with its fee, a seller the base currency. Free is
what the account has of that currency, with open results, less the margin of positions and what
other open orders tie up. A market order is counted at the last level that it comes to, a stop at
its trigger. All are walked at each order: exact and simple, but not for storms.
"""

from collections.abc import Iterable
from typing import TypeAlias

from hexdesk.domain.accounts import Balance
from hexdesk.domain.values import BUY, MoneyRaw
from hexdesk_sim.book import Book
from hexdesk_sim.checks import Refusal, funds_refusal
from hexdesk_sim.holdings import Holding
from hexdesk_sim.order import SimOrder

Tie: TypeAlias = tuple[Balance, MoneyRaw]
"""How much of which balance an order needs, at the scale of the balance."""


def unpaid(books: Iterable[Book], book: Book, holding: Holding, order: SimOrder) -> Refusal:
    """Return why an order, or new terms of it, cannot be paid; None if it can.

    One without any price passes.
    """
    balance, needed = tie(book, holding, order)
    if not needed:
        return None
    account_id = holding.account.id
    free = balance.total
    for other in books:
        held = other.holdings.get(account_id)
        if held is None or balance not in (held.balance, held.base):
            continue
        if held.balance is balance:
            result, margin = held.open_result(other.market.mark)
            free += result - margin
        for group in (other.buys, other.sells, other.stops):
            for working in group:
                if working.intent.account_id == account_id and working.sequence != order.sequence:
                    tied, amount = tie(other, held, working)
                    free -= amount if tied is balance else 0
    return funds_refusal(needed, free, balance)


def tie(book: Book, holding: Holding, order: SimOrder) -> Tie:
    """Return what an order ties up."""
    side = order.intent.side
    base = holding.base
    if base is not None and side is not BUY:
        return base, holding.base_of(order.leaves_qty)
    quantity = order.leaves_qty
    if base is None:
        quantity = 0 if order.reduces else quantity - holding.closable(side, order.effect)
    if quantity <= 0:
        return holding.balance, 0
    instrument = book.instrument
    rate = instrument.taker_fee
    price = order.price or order.trigger_price
    if order.price:
        rate = max(rate, instrument.maker_fee)
    elif not price:
        price = book.pays(side, book.liquidity.reach(side, order.leaves_qty), 0)
    if price <= 0:
        return holding.balance, 0
    return holding.balance, holding.margin(price, quantity, fee_rate=rate)
