"""Closes that the desk alone keeps reduce-only: their venue nets their owner with others.

A venue that nets knows the sum of an account. Where several owners trade an instrument it refuses,
or drops, a reduce-only order by that sum, whatever its owner holds. Such an order goes as a plain
one, and the desk sees to it that it never closes more than its owner has: it shrinks with the
ledger and is canceled when that is flat (docs/adr/0012).
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.authority import PROTECTION, Authority
from hexdesk.application.orders.contingent import Contingencies
from hexdesk.application.orders.order_store import OrderStore
from hexdesk.application.orders.working import is_close
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import HEDGING, HELD, MARKET, PriceRaw, QtyRaw

VENUE_REDUCE_ONLY = "VENUE_REDUCE_ONLY"
"""What a venue says that finds nothing to reduce."""


class GuardDesk(Protocol):
    """What keeping closes to their owners' books asks of the desk."""

    lists: Contingencies

    @property
    def store(self) -> OrderStore:
        """Where the orders are."""
        ...

    def amend(
        self,
        order: Order,
        quantity: QtyRaw,
        price: PriceRaw,
        trigger: PriceRaw,
        authority: Authority,
    ) -> int:
        """Ask to replace terms; return the request's number, 0 if it was not asked."""
        ...

    def cancel(self, order: Order, authority: Authority) -> bool:
        """Ask to cancel."""
        ...


def venue_agrees(hosts: Mapping[str, StrategyHost], host: StrategyHost, intent: NewOrder) -> bool:
    """Whether the venue means by reduce-only what the order's owner does.

    It does where nobody else trades there. Beside others it does for what is done at once, while
    the account holds as much; an order that waits would depend on what the others do meanwhile.
    """
    if host.account.position_mode is HEDGING:
        return True
    others = list(_others(hosts, host, intent.instrument_id))
    if not others:
        return True
    if intent.order_type is not MARKET:
        return False
    held = host.ledgers[intent.instrument_id].position.quantity
    held += sum(ledger.position.quantity for ledger in others)
    return held * -intent.side >= intent.quantity


def _others(
    hosts: Mapping[str, StrategyHost], host: StrategyHost, instrument_id: str
) -> Iterator[Ledger]:
    """Yield the books that the venue nets with a host's: of those who trade, hold or work there."""
    for other in hosts.values():
        ledger = other.ledgers.get(instrument_id)
        if other is host or ledger is None or other.account is not host.account:
            continue
        if other.strategy is not None or ledger.position.cost or ledger.open_count:
            yield ledger


class GuardedCloses:
    """Keeps the closes of one desk that no venue keeps."""

    __slots__ = ("_desk",)

    def __init__(self, desk: GuardDesk) -> None:
        self._desk = desk

    def look(self, host: StrategyHost, ledger: Ledger) -> None:
        """Bring the guarded closes of a ledger to what there is to close, the newest first."""
        desk = self._desk
        for order in desk.store.open_orders(host, ledger.instrument.id):
            if not order.intent.desk_reduce_only or _is_changing(order):
                continue
            quantity = min(order.leaves_qty, self._left_for(order, host, ledger))
            excess = order.leaves_qty - quantity
            if not excess:
                continue
            if desk.lists.has(order.intent.list_id):
                desk.lists.settle(order.intent.list_id, excess)
            elif not quantity or not self._shrink(order, excess):
                desk.cancel(order, PROTECTION)

    def _shrink(self, order: Order, excess: QtyRaw) -> bool:
        """Ask to amend a close; not again where the venue has refused its last request."""
        if order.request_count > order.amend_id:
            return False
        return bool(self._desk.amend(order, order.quantity - excess, 0, 0, PROTECTION))

    def _left_for(self, order: Order, host: StrategyHost, ledger: Ledger) -> QtyRaw:
        """Return what a ledger has for an order to close beside the closes that are older.

        Of a list only one order is filled.
        """
        intent = order.intent
        own = intent.list_id or intent.client_order_id
        older: dict[str, QtyRaw] = {}
        for other in self._desk.store.open_orders(host, intent.instrument_id):
            name = other.intent.list_id or other.intent.client_order_id
            if name == own:
                break
            if other.intent.side is intent.side and is_close(other.intent) and _counts(other):
                older[name] = max(older.get(name, 0), other.leaves_qty)
        return max(ledger.closable(intent) - sum(older.values()), 0)

    def is_misread(self, order: Order) -> bool:
        """Whether its venue ended an order by the sum of several owners, and would not now."""
        intent = order.intent
        hosts = self._desk.store.hosts
        return (
            intent.reduce_only
            and order.code == VENUE_REDUCE_ONLY
            and not venue_agrees(hosts, hosts[intent.strategy_id], intent)
        )


def _counts(order: Order) -> bool:
    """Whether an order will close something: one that is held, or is going, will not."""
    return order.life is not HELD and not order.pending_cancels


def _is_changing(order: Order) -> bool:
    """Whether an order cannot be changed now; its answer leads here again."""
    return bool(
        order.life is HELD
        or order.pending_cancels
        or order.pending_amends
        or order.doubt is not None
        or not order.leaves_qty
    )
