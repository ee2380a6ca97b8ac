"""Where the orders of a desk are: open or closed, and what is still to be told of them."""

from collections import deque
from collections.abc import Callable
from itertools import islice

from hexdesk.application.alerts import Alert, AlertLog
from hexdesk.application.counts import Counts
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.pulse import Pulse
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.order import Order
from hexdesk.domain.order_state import apply
from hexdesk.domain.reports import OrderEvent
from hexdesk.domain.values import FILLED, HELD
from hexdesk.ports.journal import Journal

SLACK_PART = 16
"""Closed orders are forgotten once there are this part too many, all of them in one go."""


class OrderStore:
    """Orders of one desk by client order id.

    Attributes:
        open: Orders that are not closed, oldest first.
        closed: The others, oldest first.
        closed_max: How many of those are kept, and up to a part in `SLACK_PART` more; 0 keeps all.
            A report on one that is no longer kept is a dead letter, and what it says is found by
            reconciliation.
        let_list_go: Drops a list of linked orders unless one of them is open; whether it did.
        hosts: Strategies by id.
        accounts: By broker name; the desk's.
        later: Events that the desk itself made, to be delivered when the callback that caused them
            has returned.
        pulse: Time and number of the input being handled.
        record: Adds a record to the journal.
        counts: What happened so far.
    """

    __slots__ = (
        "_alerts",
        "accounts",
        "closed",
        "closed_max",
        "counts",
        "hosts",
        "later",
        "let_list_go",
        "open",
        "pulse",
        "record",
    )

    def __init__(self, pulse: Pulse, journal: Journal, alerts: AlertLog, counts: Counts) -> None:
        self.open: dict[str, Order] = {}
        self.closed: dict[str, Order] = {}
        self.closed_max = 0
        self.let_list_go: Callable[[str], bool] = bool
        self.hosts: dict[str, StrategyHost] = {}
        self.accounts: dict[str, Account] = {}
        self.later: deque[tuple[StrategyHost, OrderEvent]] = deque()
        self.pulse = pulse
        self.record = journal.append
        self.counts = counts
        self._alerts = alerts

    def find(self, client_order_id: str) -> Order | None:
        """Return an order, open or closed."""
        return self.open.get(client_order_id) or self.closed.get(client_order_id)

    def find_at_venue(self, venue_order_id: str) -> Order | None:
        """Return the order of a venue's id; slow, for reports that name no other."""
        if not venue_order_id:
            return None
        every = (*self.open.values(), *self.closed.values())
        return next((order for order in every if order.venue_order_id == venue_order_id), None)

    def open_orders(self, host: StrategyHost, instrument_id: str = "") -> list[Order]:
        """Return a strategy's orders that are not closed, oldest first; empty means everywhere."""
        return [
            order
            for order in self.open.values()
            if order.intent.strategy_id == host.strategy_id
            and instrument_id in ("", order.intent.instrument_id)
        ]

    def add(self, host: StrategyHost, ledger: Ledger, order: Order) -> None:
        """Take an open order in."""
        self.open[order.intent.client_order_id] = order
        host.open_count += 1
        ledger.open_count += 1

    def remove(self, host: StrategyHost, ledger: Ledger, order: Order) -> None:
        """Take an open order out."""
        del self.open[order.intent.client_order_id]
        host.open_count -= 1
        ledger.open_count -= 1

    def close(self, host: StrategyHost, ledger: Ledger, order: Order) -> None:
        """Move an order to the closed ones."""
        client_order_id = order.intent.client_order_id
        del self.open[client_order_id]
        self.closed[client_order_id] = order
        host.open_count -= 1
        ledger.open_count -= 1
        if self.closed_max:
            self._let_go()

    def put_closed(self, order: Order) -> None:
        """Take in an order that was never open."""
        self.closed[order.intent.client_order_id] = order
        if self.closed_max:
            self._let_go()

    def follow(self, host: StrategyHost, order: Order, *, was_closed: bool) -> None:
        """Bring an order's working quantity and place to what its facts now say."""
        ledger = host.ledgers[order.intent.instrument_id]
        leaves = 0 if order.life is HELD else order.leaves_qty
        if order.pending_amends:
            leaves = max(leaves, order.working_qty)
        if order.working_qty != leaves:
            ledger.work(order, leaves)
        if order.life >= FILLED:
            if not was_closed:
                self.close(host, ledger, order)
        elif was_closed:
            client_order_id = order.intent.client_order_id
            del self.closed[client_order_id]
            self.add(host, ledger, order)
            self.alert("ORDER_REOPENED", client_order_id, order.life.name)

    def decide(self, host: StrategyHost, order: Order, event: OrderEvent) -> None:
        """Let an open order have an event that the desk itself made."""
        self.record(event)
        apply(order, event)
        self.follow(host, order, was_closed=False)
        self.tell_later(host, event)

    def tell_later(self, host: StrategyHost, event: OrderEvent) -> None:
        """Deliver an event to its owner within this input, but not before its callback returns."""
        self.later.append((host, event))
        self.pulse.is_owed = True

    def _let_go(self) -> None:
        """Forget the oldest closed orders beyond the limit, but not while their list is at work.

        Many at a time: to find the first entry, a dict walks over all that were taken out before.
        """
        closed = self.closed
        too_many = len(closed) - self.closed_max
        if too_many <= self.closed_max // SLACK_PART:
            return
        for client_order_id in tuple(islice(closed, too_many)):
            order = closed.pop(client_order_id)
            list_id = order.intent.list_id
            if list_id and not self.let_list_go(list_id):
                closed[client_order_id] = order

    def alert(self, code: str, scope: str, text: str) -> None:
        """Tell a person."""
        self._alerts.add(Alert(code, scope, text, self.pulse.now_ns))
