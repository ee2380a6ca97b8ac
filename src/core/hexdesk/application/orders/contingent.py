"""Linked orders that the desk keeps together: OTO, OCO and brackets.

The entry's fills release the exits for exactly the quantity that was filled; the exits follow it,
and what one exit fills is taken off the other. All of it follows from one rule, `_rebalance`:
every exit leg works what the entry has filled less what all legs, and others, have exited. It holds
for ever:
a fill that comes after its order was canceled, or a broken trade, brings back an exit that the
desk itself had recalled, or that never reached the venue, never one that a strategy or a person
canceled.
"""

from collections.abc import Sequence
from typing import Protocol

from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.order import IS_ABANDONED, UNREPORTED, Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.records import LegNote, ListChanged
from hexdesk.domain.values import DENIED, FILLED, HELD, REJECTED, QtyRaw

UNSENT = frozenset({LINK_DOWN, "VENUE_RATE", "JOURNAL_UNWRITABLE"})
"""Codes of orders that never left; they are sent anew when somebody says that there is a way."""


class Guard(Protocol):
    """See `hexdesk.application.orders.guarded`."""

    def is_misread(self, order: Order, /) -> bool:
        """Whether its venue ended an order by the sum of several owners, and would not now."""
        ...


class ExitDesk(Protocol):
    """What keeping a list together asks of the desk."""

    @property
    def halted(self) -> str:
        """Why nothing may leave; empty when trading."""
        ...

    @property
    def guarded(self) -> Guard:
        """What knows exits that their venue ended by what others hold."""
        ...

    def note(self, change: ListChanged) -> None:
        """Write down how a list now stands."""
        ...

    def order(self, client_order_id: str) -> Order | None:
        """Return an order, open or closed."""
        ...

    def release(self, order: Order, quantity: QtyRaw) -> None:
        """Send a held order for a quantity."""
        ...

    def can_amend(self, order: Order) -> bool:
        """Whether its broker amends orders."""
        ...

    def resize(self, order: Order, quantity: QtyRaw) -> int:
        """Ask to amend an open order's total quantity; return the request's number.

        0 means that it must stay as it is for now.
        """
        ...

    def recall(self, order: Order) -> bool:
        """Ask to cancel, or cancel a held order at once."""
        ...

    def replace(self, order: Order, quantity: QtyRaw) -> str:
        """Send a closed exit's terms anew for a quantity; return the new id."""
        ...

    def alert(self, code: str, scope: str, text: str) -> None:
        """Tell a person."""
        ...


class _Leg:
    """One exit.

    Attributes:
        order_ids: The order that works it now is the last; before it, all that did.
        is_recalled: Whether the desk canceled it, so that it comes back when there is need.
        is_given_up: Whether somebody else canceled it, so that it never does.
        resize_id: Number of the last amendment asked for.
        missed_id: The last order of which a person was told that it does not protect any more.
    """

    __slots__ = ("is_given_up", "is_recalled", "missed_id", "order_ids", "resize_id")

    def __init__(self, client_order_id: str) -> None:
        self.order_ids = [client_order_id]
        self.is_recalled = False
        self.is_given_up = False
        self.resize_id = 0
        self.missed_id = ""


class _OrderList:
    """An entry (or a fixed quantity, for OCO) and its exits."""

    __slots__ = ("entry_id", "is_at_work", "is_stale", "legs", "noted", "quantity", "settled_qty")

    def __init__(
        self, entry_id: str, legs: list[_Leg], quantity: QtyRaw, settled_qty: QtyRaw = 0
    ) -> None:
        self.entry_id = entry_id
        self.legs = legs
        self.quantity = quantity
        self.settled_qty = settled_qty
        self.is_at_work = False
        self.is_stale = False
        self.noted: ListChanged | None = None

    def describe(self, list_id: str) -> ListChanged:
        """Return how it stands."""
        legs = tuple(
            LegNote(tuple(leg.order_ids), leg.is_recalled, leg.resize_id, leg.is_given_up)
            for leg in self.legs
        )
        return ListChanged(list_id, self.entry_id, self.quantity, legs, self.settled_qty)


class Contingencies:
    """All lists of a desk, by list id."""

    __slots__ = ("_desk", "_lists")

    def __init__(self, desk: ExitDesk) -> None:
        self._desk = desk
        self._lists: dict[str, _OrderList] = {}

    def has(self, list_id: str) -> bool:
        """Whether a list is kept together."""
        return list_id in self._lists

    def add(self, intents: Sequence[NewOrder]) -> None:
        """Keep a list together; orders with a parent are its held exits."""
        entry_id = next((intent.parent_id for intent in intents if intent.parent_id), "")
        legs = [
            _Leg(intent.client_order_id) for intent in intents if intent.client_order_id != entry_id
        ]
        list_id = intents[0].list_id
        self._lists[list_id] = orders = _OrderList(entry_id, legs, intents[0].quantity)
        self._note(list_id, orders)

    def describe(self) -> list[ListChanged]:
        """Return how every list stands."""
        return [orders.describe(list_id) for list_id, orders in self._lists.items()]

    def restore(self, change: ListChanged) -> None:
        """Let a list stand as it was written down."""
        legs = [_Leg(note.order_ids[0]) for note in change.legs]
        for leg, note in zip(legs, change.legs, strict=True):
            leg.order_ids = list(note.order_ids)
            leg.is_recalled = note.is_recalled
            leg.is_given_up = note.is_given_up
            leg.resize_id = note.resize_id
        orders = _OrderList(change.entry_id, legs, change.quantity, change.settled_qty)
        orders.noted = change
        self._lists[change.list_id] = orders

    def let_go(self, list_id: str) -> bool:
        """Drop a list of which no order is open; return whether it is gone."""
        orders = self._lists.get(list_id)
        if orders is not None:
            ids = [orders.entry_id, *(each for leg in orders.legs for each in leg.order_ids)]
            found = [self._desk.order(each) for each in ids]
            if any(order is not None and not order.is_closed for order in found):
                return False
            del self._lists[list_id]
        return True

    def give_up(self, intent: NewOrder) -> None:
        """Never bring an exit back: somebody but the desk wants it canceled."""
        orders = self._lists.get(intent.list_id)
        if orders is not None:
            for leg in orders.legs:
                if leg.order_ids[-1] == intent.client_order_id:
                    leg.is_recalled = False
                    leg.is_given_up = True
            self._note(intent.list_id, orders)

    def settle(self, list_id: str, quantity: QtyRaw | None = None) -> None:
        """Shrink or recall a list's exits: others have closed that much of it, or all."""
        orders = self._lists.get(list_id)
        if orders is not None:
            left = max(self._to_exit(orders), 0)
            orders.settled_qty += left if quantity is None else min(quantity, left)
            self.on_change(list_id)

    def catch_up(self) -> None:
        """Do for every list what could not be done: the desk was halted, or had no way out."""
        for list_id in list(self._lists):
            self.on_change(list_id, has_way=True)

    def on_change(self, list_id: str, *, has_way: bool = False) -> None:
        """Follow a change of one of a list's orders; a change made meanwhile is followed too."""
        orders = self._lists.get(list_id)
        if orders is None:
            return
        orders.is_stale = True
        if orders.is_at_work:
            return
        orders.is_at_work = True
        while orders.is_stale:
            orders.is_stale = False
            self._rebalance(orders, has_way=has_way)
            has_way = False
        orders.is_at_work = False
        self._note(list_id, orders)

    def _note(self, list_id: str, orders: _OrderList) -> None:
        change = orders.describe(list_id)
        if change != orders.noted:
            orders.noted = change
            self._desk.note(change)

    def _rebalance(self, orders: _OrderList, *, has_way: bool) -> None:
        """Bring every leg to what is still to be exited."""
        find = self._desk.order
        entry = find(orders.entry_id) if orders.entry_id else None
        if entry is None and orders.entry_id:
            return  # it is about to be sent
        to_exit = self._to_exit(orders)
        entry_over = entry is None or entry.is_closed
        for leg in orders.legs:
            order = find(leg.order_ids[-1])
            if order is None:
                continue
            if to_exit > 0 and order.is_closed:
                self._revive(leg, order, to_exit, has_way=has_way)
            else:
                self._follow(leg, order, to_exit, entry_over=entry_over)

    def _to_exit(self, orders: _OrderList) -> QtyRaw:
        """Return what was filled and not closed yet."""
        find = self._desk.order
        entry = find(orders.entry_id) if orders.entry_id else None
        target = orders.quantity if entry is None else entry.cum_qty
        parts = [find(order_id) for leg in orders.legs for order_id in leg.order_ids]
        exited = sum(part.cum_qty for part in parts if part is not None)
        return target - orders.settled_qty - exited

    def _revive(self, leg: _Leg, order: Order, to_exit: QtyRaw, *, has_way: bool) -> None:
        """Send a closed exit anew, unless it was meant to end or the venue would not have it."""
        desk = self._desk
        if leg.is_given_up or desk.halted:
            return
        client_order_id = order.intent.client_order_id
        is_exit = bool(order.intent.parent_id)  # rather than half of a pair
        is_missed = is_exit and not leg.is_recalled and order.life not in (FILLED, DENIED)
        if is_missed and leg.missed_id != client_order_id:
            leg.missed_id = client_order_id
            how = ": ".join(filter(None, (order.life.name, order.code)))
            text = f"it ended ({how}), and what entry {order.intent.list_id} opened is still held"
            desk.alert("PROTECTION_LOST", client_order_id, text)
        is_unmeant = _never_was(order, has_way=has_way) or desk.guarded.is_misread(order)
        returns = is_exit and (order.life is FILLED or is_unmeant)
        if leg.is_recalled or returns:
            leg.is_recalled = False
            leg.order_ids.append(desk.replace(order, to_exit))

    def _follow(self, leg: _Leg, order: Order, to_exit: QtyRaw, *, entry_over: bool) -> None:
        """Bring one leg's order to a quantity. While the desk is halted nothing but cancels go."""
        desk = self._desk
        if to_exit <= 0:
            if order.life is not HELD or entry_over:
                leg.is_recalled |= desk.recall(order)
        elif desk.halted:
            return
        elif order.life is HELD:
            desk.release(order, to_exit)
        elif order.leaves_qty != to_exit and not order.pending_amends and order.doubt is None:
            self._resize(leg, order, order.quantity + to_exit - order.leaves_qty)

    def _resize(self, leg: _Leg, order: Order, quantity: QtyRaw) -> None:
        """Amend an exit; where a venue cannot or would not, cancel it and send it anew."""
        if self._desk.can_amend(order) and leg.resize_id <= order.amend_id:
            leg.resize_id = self._desk.resize(order, quantity)
        else:
            leg.resize_id = 0
            leg.is_recalled |= self._desk.recall(order)


def _never_was(order: Order, *, has_way: bool) -> bool:
    """Whether an exit is provably not at the venue, and never was or was lost there."""
    if order.facts & IS_ABANDONED:
        return order.canceled_ns == UNREPORTED
    return has_way and order.life is REJECTED and order.code in UNSENT
