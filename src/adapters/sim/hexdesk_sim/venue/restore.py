"""Books the executions and movements of cash that a venue's state file tells."""

from hexdesk.domain.cash import CashMoved
from hexdesk.domain.reports import Fill, FillBusted
from hexdesk.errors import DataError
from hexdesk_sim.engine import Venue
from hexdesk_sim.holdings import VenueAccount
from hexdesk_sim.venue.state import Settled


def book_executions(venue: Venue, account: VenueAccount, settled: Settled) -> None:
    """Book the executions and movements of cash of one operation again, in their order.

    Raises:
        DataError: A fill is of an order that the line does not have.
    """
    orders = {
        order.intent.client_order_id: order
        for order in settled.orders
        if order.intent.account_id == account.id
    }
    for account_id, report in settled.reports:
        if account_id == account.id and isinstance(report, CashMoved):
            account.cash.receive(report.amount, report.currency)
        if account_id != account.id or not isinstance(report, Fill | FillBusted):
            continue
        order = orders.get(report.client_order_id)
        book = venue.book(order.intent.instrument_id) if order is not None else None
        if order is None or book is None:
            raise DataError(f"an execution without its order: {report!r}")
        holding = book.hold(account)
        if isinstance(report, Fill):
            holding.roll(report.ts_event)
            holding.book(report.side, report.quantity, report.price, order.effect, report.liquidity)
            account.fills.append(report)
        else:
            fill = next(each for each in account.fills if each.trade_id == report.trade_id)
            holding.unbook(fill, order.effect)
            account.fills.remove(fill)


def last_number(settled: Settled) -> int:
    """Return the highest number that an operation gave to an order or an execution."""
    numbers = [order.sequence for order in settled.orders]
    numbers += [
        int(report.trade_id[1:]) for _, report in settled.reports if isinstance(report, Fill)
    ]
    return max(numbers, default=0)
