"""Ghost orders: what is left of a position that is closed, and could open one the other way.

A flat position, and nothing at work that may open it again: then every order that can only close is
canceled (orders.md section 7). Looked at when a fill or an order's end may have made it so, after
its strategy and its list have had their say. Each is asked for once here; a cancel that the venue
refuses, or never answers, is repeated by reconciliation.
"""

from collections.abc import Callable

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.authority import PROTECTION, Authority
from hexdesk.application.orders.order_store import OrderStore
from hexdesk.application.orders.working import is_close
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.order import Order
from hexdesk.domain.values import HELD

CODE = "GHOST_ORDER"


class GhostOrders:
    """Cancels what is left of the closed positions of one desk."""

    __slots__ = ("_cancel", "_settle", "_store")

    def __init__(
        self,
        store: OrderStore,
        cancel: Callable[[Order, Authority], bool],
        settle: Callable[[str], None],
    ) -> None:
        """Look at the orders of a store; `settle` has a list recall its exits."""
        self._store = store
        self._cancel = cancel
        self._settle = settle

    def look(self, host: StrategyHost, ledger: Ledger) -> None:
        """Cancel what a strategy has left in an instrument, unless something may open again."""
        orders = [
            order
            for order in self._store.open_orders(host, ledger.instrument.id)
            if order.life is not HELD  # an exit that its list keeps: nothing has left
        ]
        if not all(_is_exit(order) for order in orders):
            return
        leg_of = ledger.position.leg
        ghosts = [
            order
            for order in orders
            if not order.pending_cancels
            and not leg_of(order.intent.side, order.intent.position_effect).quantity
        ]
        for order in ghosts:
            intent = order.intent
            self._settle(intent.list_id)
            if order.pending_cancels or self._cancel(order, PROTECTION):
                text = f"{host.strategy_id} holds no {intent.instrument_id} that it could close"
                self._store.alert(CODE, intent.client_order_id, text)


def _is_exit(order: Order) -> bool:
    """Whether an order can only close, by its own word or because its list sees to that."""
    return is_close(order.intent) or bool(order.intent.parent_id)
