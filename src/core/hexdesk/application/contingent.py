"""Linked orders that the desk keeps together: OTO, OCO and brackets.

The entry's fills release the exits for exactly the quantity that was filled; the exits follow it,
and what one exit fills is taken off the other. All of it follows from one rule, `_rebalance`:
every exit leg works what the entry has filled less what all legs have exited.
"""

from collections.abc import Sequence
from typing import Protocol

from hexdesk.domain.order_state import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import HELD, QtyRaw


class ExitDesk(Protocol):
    """What keeping a list together asks of the desk."""

    def order(self, client_order_id: str) -> Order | None:
        """Return an order, open or closed."""
        ...

    def release(self, order: Order, quantity: QtyRaw) -> None:
        """Send a held order for a quantity."""
        ...

    def resize(self, order: Order, quantity: QtyRaw) -> bool:
        """Ask to amend an open order's total quantity; False if its broker cannot."""
        ...

    def cancel(self, order: Order) -> bool:
        """Ask to cancel, or cancel a held order at once."""
        ...

    def replace(self, order: Order, quantity: QtyRaw) -> str:
        """Send a closed exit's terms anew for a quantity; return the new id."""
        ...


class _Leg:
    """One exit: the order that works it now, all that did, and whether a new one is due."""

    __slots__ = ("order_ids", "replacing")

    def __init__(self, client_order_id: str) -> None:
        self.order_ids = [client_order_id]
        self.replacing = False


class _OrderList:
    __slots__ = ("entry_id", "legs", "quantity")

    def __init__(self, entry_id: str, legs: list[_Leg], quantity: QtyRaw) -> None:
        self.entry_id = entry_id
        self.legs = legs
        self.quantity = quantity


class Contingencies:
    """All lists that are not over, by list id."""

    __slots__ = ("_desk", "_lists")

    def __init__(self, desk: ExitDesk) -> None:
        self._desk = desk
        self._lists: dict[str, _OrderList] = {}

    def add(self, intents: Sequence[NewOrder]) -> None:
        """Keep a list together; orders with a parent are its held exits."""
        entry_id = next((intent.parent_id for intent in intents if intent.parent_id), "")
        legs = [
            _Leg(intent.client_order_id) for intent in intents if intent.client_order_id != entry_id
        ]
        self._lists[intents[0].list_id] = _OrderList(entry_id, legs, intents[0].quantity)

    def on_change(self, list_id: str) -> None:
        """Follow a change of one of a list's orders."""
        orders = self._lists.get(list_id)
        if orders is None:
            return
        if self._rebalance(orders):
            del self._lists[list_id]

    def _rebalance(self, orders: _OrderList) -> bool:
        """Bring every leg to what is still to be exited; return whether the list is over."""
        find = self._desk.order
        entry = find(orders.entry_id) if orders.entry_id else None
        target = entry.cum_qty if entry is not None else orders.quantity
        parts = [find(order_id) for leg in orders.legs for order_id in leg.order_ids]
        to_exit = target - sum(part.cum_qty for part in parts if part is not None)
        entry_over = entry is None or entry.is_closed
        over = entry_over
        for leg in orders.legs:
            order = find(leg.order_ids[-1])
            if order is not None and not self._follow(leg, order, to_exit, entry_over=entry_over):
                over = False
        return over

    def _follow(self, leg: _Leg, order: Order, to_exit: QtyRaw, *, entry_over: bool) -> bool:
        """Bring one leg's order to a quantity; return whether the leg is over."""
        desk = self._desk
        if order.life is HELD:
            if to_exit > 0:
                desk.release(order, to_exit)
            elif entry_over:
                desk.cancel(order)
            return order.is_closed
        if not order.is_closed:
            quantity = order.cum_qty + to_exit
            if to_exit <= 0:
                desk.cancel(order)
            elif quantity != order.quantity and not order.pending_amends:
                leg.replacing |= not desk.resize(order, quantity) and desk.cancel(order)
            return False
        if leg.replacing and to_exit > 0:
            leg.replacing = False
            leg.order_ids.append(desk.replace(order, to_exit))
            return False
        return True
