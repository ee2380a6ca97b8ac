"""What the venue remembers of the past: bounded, and never at the cost of what is open."""

from hexdesk.domain.values import BUY, SELL
from tests.adapters.sim.exchange import ACCOUNT, Exchange


def test_closed_orders_are_forgotten_oldest_first() -> None:
    exchange = Exchange(history_max=2)
    exchange.quote(99, 100)
    filled = exchange.submit(BUY, 1)
    canceled = exchange.submit(BUY, 1, 90)
    exchange.cancel(canceled)
    rejected = exchange.submit(BUY, 0)
    assert list(exchange.account.orders) == [canceled, rejected]
    assert exchange.venue.order(ACCOUNT, filled) is None
    exchange.cancel(filled)
    assert exchange.story(filled)[-1] == "cancel_rejected VENUE_OTHER"


def test_open_orders_are_never_forgotten_and_keep_nobody_else() -> None:
    exchange = Exchange(history_max=2)
    exchange.quote(99, 100)
    oldest = exchange.submit(BUY, 1, 90)
    for _ in range(50):
        exchange.submit(BUY, 1)
        exchange.submit(SELL, 1)
    assert len(exchange.account.orders) == 3
    assert [order.intent.client_order_id for order in exchange.venue.open_orders(ACCOUNT)] == [
        oldest
    ]
    assert len(exchange.venue.fills(ACCOUNT)) == 2


def test_an_order_that_lives_again_is_kept_until_it_has_ended_anew() -> None:
    exchange = Exchange(history_max=1)
    resting = exchange.submit(BUY, 1, 100)
    exchange.quote(99, 100)
    (fill,) = exchange.fills
    exchange.quote(101, 102)
    assert exchange.venue.bust(ACCOUNT, fill.trade_id, leaves_live=True)
    exchange.submit(BUY, 1)
    assert exchange.order(resting).leaves_qty == 1
    exchange.cancel(resting)
    assert list(exchange.account.orders) == [resting]


def test_a_fill_whose_order_is_forgotten_cannot_be_broken() -> None:
    exchange = Exchange(history_max=2)
    exchange.quote(99, 100)
    exchange.submit(BUY, 1)
    for _ in range(2):
        exchange.submit(BUY, 0)
    (fill,) = exchange.venue.fills(ACCOUNT)
    assert not exchange.venue.bust(ACCOUNT, fill.trade_id, leaves_live=False)
