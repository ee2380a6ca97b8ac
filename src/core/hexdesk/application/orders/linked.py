"""The orders that make up a bracket or a pair, before the desk takes them."""

from collections.abc import Callable

from msgspec.structs import replace

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import (
    AUTO,
    CLOSE,
    HEDGING,
    LIMIT,
    MARKET,
    OPEN,
    STOP_MARKET,
    Contingency,
    OrderType,
    PriceRaw,
    Side,
)
from hexdesk.ports.broker import Capabilities


def bracket_orders(
    entry: NewOrder,
    next_id: Callable[[], str],
    capabilities: Capabilities,
    *,
    stop_price: PriceRaw,
    target_price: PriceRaw,
) -> list[NewOrder]:
    """Return an entry and its exits, each of which only closes what the entry opened.

    Where a venue knows no reduce-only, the desk alone sees to that.
    """
    hedged = capabilities.position_mode is HEDGING
    kind = Contingency.BRACKET if stop_price and target_price else Contingency.OTO
    entry = replace(
        entry,
        position_effect=OPEN if hedged else AUTO,
        contingency=kind,
        list_id=entry.client_order_id,
    )
    exits = [
        replace(
            entry,
            client_order_id=next_id(),
            side=Side(-entry.side),
            order_type=order_type,
            price=target_price if order_type is LIMIT else 0,
            trigger_price=stop_price if order_type is STOP_MARKET else 0,
            reduce_only=capabilities.reduce_only and not hedged,
            position_effect=CLOSE if hedged else AUTO,
            parent_id=entry.client_order_id,
        )
        for order_type, price in ((STOP_MARKET, stop_price), (LIMIT, target_price))
        if price
    ]
    return [entry, *exits]


def pair_orders(
    limit: NewOrder, next_id: Callable[[], str], capabilities: Capabilities, stop_price: PriceRaw
) -> list[NewOrder]:
    """Return a limit order and the stop order that goes with it (OCO)."""
    effect = AUTO
    if capabilities.position_mode is HEDGING:
        effect = CLOSE if limit.reduce_only else OPEN
    limit = replace(
        limit,
        reduce_only=limit.reduce_only and effect is AUTO,
        position_effect=effect,
        contingency=Contingency.OCO,
        list_id=limit.client_order_id,
    )
    stop = replace(
        limit,
        client_order_id=next_id(),
        order_type=STOP_MARKET,
        price=0,
        trigger_price=stop_price,
    )
    return [limit, stop]


def entry_type(price: PriceRaw) -> OrderType:
    """Return the type of an entry: market if it has no price."""
    return LIMIT if price else MARKET
