"""Which executions belong to which order, and which of them we do not have."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import QtyRaw, TimeNs

ADJUSTMENT_PREFIX = "ADJUST"
"""How trade ids of our own adjustments begin; no broker is asked about them."""


def by_venue_id(orders: Iterable[Order]) -> dict[str, Order]:
    """Return orders by the broker's id, those that have one."""
    return {order.venue_order_id: order for order in orders if order.venue_order_id}


def order_of(
    fill: Fill, orders: Mapping[str, Order], at_venue: Mapping[str, Order]
) -> Order | None:
    """Return the order of an execution: by our id, else by the broker's."""
    order = orders.get(fill.client_order_id) or at_venue.get(fill.venue_order_id)
    return order if order is not None and belongs(fill, order) else None


def belongs(fill: Fill, order: Order) -> bool:
    """Whether an execution can be of an order: exchanges reuse trade ids on the other side."""
    intent = order.intent
    return fill.side is intent.side and fill.instrument_id == intent.instrument_id


def missed_fills(order: Order, fills: Iterable[Fill], now_ns: TimeNs) -> list[Fill]:
    """Return the executions of an order that we do not have, as reports of it, each once."""
    known = order.fills or {}
    missed: dict[str, Fill] = {}
    client_order_id = order.intent.client_order_id
    for fill in fills:
        if fill.trade_id not in known and fill.quantity > 0:
            missed[fill.trade_id] = replace(fill, client_order_id=client_order_id, ts_init=now_ns)
    return list(missed.values())


def standing_quantity(order: Order, fills: Iterable[Fill]) -> QtyRaw:
    """Return what executions add to an order; one whose bust is here already adds nothing."""
    busts = order.busts or {}
    return sum(fill.quantity for fill in fills if fill.trade_id not in busts)


def unknown_fills(
    order: Order, listed: Iterable[str], since_ns: TimeNs, until_ns: TimeNs
) -> list[Fill]:
    """Return our executions of an order that a list does not hold and should: none broken since."""
    trade_ids = frozenset(listed)
    busts = order.busts or {}
    return [
        fill
        for fill in (order.fills or {}).values()
        if since_ns <= fill.ts_event
        and fill.ts_init <= until_ns
        and fill.trade_id not in trade_ids
        and fill.trade_id not in busts
        and not fill.trade_id.startswith(ADJUSTMENT_PREFIX)
    ]
