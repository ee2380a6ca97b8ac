"""Orders that work beside each other: what of them counts, and what of a position they close.

Plain orders add up, so a ledger counts them in two integers. Two kinds need more: the legs of an
OCO and the exits of one entry, of which a fill of one ends the others; and closes, which freeze
what they are about to close (orders.md section 6).
"""

from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.values import (
    CLOSE,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    CLOSING_EFFECTS,
    CONDITIONAL_TYPES,
    Contingency,
    MoneyRaw,
    PositionEffect,
    QtyRaw,
    Side,
)

OCO = Contingency.OCO


def is_close(order: NewOrder) -> bool:
    """Whether an order says of itself that it can only close."""
    return order.reduce_only or order.desk_reduce_only or order.position_effect in CLOSING_EFFECTS


def is_protective(order: NewOrder) -> bool:
    """Whether an order protects a position: an exit of an entry, a stop or a pair that closes."""
    is_stop = order.order_type in CONDITIONAL_TYPES or order.contingency is OCO
    return bool(order.parent_id) or (is_stop and is_close(order))


def is_alternative(order: NewOrder) -> bool:
    """Whether a fill of an order ends others of its list: exits, and both orders of an OCO."""
    return bool(order.parent_id) or order.contingency is OCO


class Alternatives:
    """Working orders of lists of which only one can be filled: of each list the worst counts.

    False while there are none.
    """

    __slots__ = ("_lists",)

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, Order]] = {}

    def __bool__(self) -> bool:
        return bool(self._lists)

    def others(self, order: NewOrder) -> tuple[QtyRaw, MoneyRaw]:
        """Return the largest quantity and the largest reserve that a list has counted already."""
        return _most(self._lists.get(order.list_id, {}))

    def change(self, order: Order, quantity: QtyRaw, reserved: MoneyRaw) -> tuple[QtyRaw, MoneyRaw]:
        """Set what an order works and reserves; return what its list counts more, or less."""
        intent = order.intent
        orders = self._lists.setdefault(intent.list_id, {})
        before_quantity, before_reserved = _most(orders)
        order.working_qty = quantity
        order.reserved = reserved
        if quantity:
            orders[intent.client_order_id] = order
        else:
            orders.pop(intent.client_order_id, None)
            if not orders:
                del self._lists[intent.list_id]
        after_quantity, after_reserved = _most(orders)
        return after_quantity - before_quantity, after_reserved - before_reserved


class Closing:
    """What the working orders of one side are about to close, by the trading day they name.

    Attributes:
        total: All of it.
        today: Part whose orders say CLOSE_TODAY.
        yesterday: Part whose orders say CLOSE_YESTERDAY.
    """

    __slots__ = ("today", "total", "yesterday")

    def __init__(self) -> None:
        self.total: QtyRaw = 0
        self.today: QtyRaw = 0
        self.yesterday: QtyRaw = 0

    def add(self, effect: PositionEffect, quantity: QtyRaw) -> None:
        """Freeze more of what is held; a negative quantity frees it."""
        self.total += quantity
        if effect is CLOSE_TODAY:
            self.today += quantity
        elif effect is CLOSE_YESTERDAY:
            self.yesterday += quantity

    def free(
        self, position: Position | HedgedPosition, side: Side, effect: PositionEffect
    ) -> QtyRaw:
        """Return what of a position is left to close; negative if more is being closed than held.

        Plain closes may take either day's quantity, so a day is free up to what is free in all.
        """
        whole = CLOSE if effect in CLOSING_EFFECTS else effect
        free = position.to_close(side, whole) - self.total
        if effect is CLOSE_TODAY:
            return min(free, position.to_close(side, effect) - self.today)
        if effect is CLOSE_YESTERDAY:
            return min(free, position.to_close(side, effect) - self.yesterday)
        return free


def _most(orders: dict[str, Order]) -> tuple[QtyRaw, MoneyRaw]:
    quantity = reserved = 0
    for order in orders.values():
        quantity = max(quantity, order.working_qty)
        reserved = max(reserved, order.reserved)
    return quantity, reserved
