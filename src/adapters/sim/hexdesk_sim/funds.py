"""Whether an account can pay for what an order would open (setting `check_funds`).

Free cash is cash and open results, less the margin of positions and of other open orders in the
same currency. It is found by walking them all at each order: exact and simple, but not for storms.
"""

from collections.abc import Iterable

from hexdesk.domain.values import BUY, MoneyRaw
from hexdesk_sim.book import Book
from hexdesk_sim.checks import Refusal, funds_refusal
from hexdesk_sim.holdings import Holding
from hexdesk_sim.order import SimOrder


def unpaid(books: Iterable[Book], book: Book, holding: Holding, order: SimOrder) -> Refusal:
    """Return why an order, or new terms of it, cannot be paid; None if it can.

    One without any price passes.
    """
    needed = tied_up(book, holding, order)
    if not needed:
        return None
    account = holding.account
    settle = book.instrument.settle
    free = holding.balance.total
    for other in books:
        held = other.holdings.get(account.id)
        if held is None or other.instrument.settle != settle:
            continue
        result, margin = held.open_result(other.market.mark)
        free += result - margin
        free -= sum(
            tied_up(other, held, working)
            for group in (other.buys, other.sells, other.stops)
            for working in group
            if working.sequence != order.sequence and working.intent.account_id == account.id
        )
    return funds_refusal(needed, free, settle)


def tied_up(book: Book, holding: Holding, order: SimOrder) -> MoneyRaw:
    """Return what an order needs for the part that opens, at the scale of the cash."""
    if order.reduces:
        return 0
    side = order.intent.side
    liquidity = book.liquidity
    touch = liquidity.ask if side is BUY else liquidity.bid
    price = order.price or order.trigger_price or touch
    opening = order.leaves_qty - holding.closable(side, order.effect)
    if opening <= 0 or price <= 0:
        return 0
    return holding.margin(price, opening, fee_rate=book.instrument.taker_fee)
