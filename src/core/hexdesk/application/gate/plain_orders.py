"""The short way through the risk gate for the commonest orders.

It makes the same comparisons as the rules (`risk_rules`), in one place and without calls; what it
does not let pass is not wrong yet, the rules decide that. A test holds both against each other.
"""

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.gate.risk_rules import ONE, TRADING
from hexdesk.application.gate.soundness import TAG_LENGTH_MAX
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import AUTO, BUY, GTC, LIMIT, MARKET, SELL, Contingency

NOTHING = 0
"""Fields left at their default are this very object; a `None`, 0.0 or False is not."""
UNLINKED = Contingency.NONE


def has_plain_terms(order: NewOrder, *, takes_post_only: bool) -> bool:
    """Whether an order surely has nothing special but a tag, and is post-only where that is taken.

    Plugins fill these fields and nobody has type-checked their calls.
    """
    tag: object = order.tag
    post_only: object = order.post_only
    return (
        order.time_in_force is GTC
        and order.position_effect is AUTO
        and order.reduce_only is False
        and (
            post_only is False
            or (post_only is True and takes_post_only and order.order_type is LIMIT)
        )
        and order.trigger_price is NOTHING
        and order.display_quantity is NOTHING
        and order.trailing_offset is NOTHING
        and order.expire_ns is NOTHING
        and order.contingency is UNLINKED
        and order.list_id == ""
        and order.parent_id == ""
        and type(tag) is str
        and (not tag or (len(tag) <= TAG_LENGTH_MAX and tag.isascii()))
    )


def passes_plainly(
    candidate: Order, order: NewOrder, ledger: Ledger, limits: GateLimits, open_count: int
) -> bool:
    """Whether an order of plain terms surely passes every rule but the rate.

    Then it is valued: what it reserves is set, and at what price. Only limit and market orders of
    linear instruments with one tick pass here, and no sale of what must be owned.
    """
    market = ledger.market
    quote = market.quote
    quantity = order.quantity
    unit = limits.unit
    if (
        quote is None
        or not unit
        or ledger.is_closing
        or market.status is not TRADING
        or type(order.instrument_id) is not str
        or type(quantity) is not int
        or quantity % limits.lot
        or quantity < limits.quantity_min
        or quantity > limits.quantity_max
        or open_count >= limits.open_orders_max
    ):
        return False
    side = order.side
    if side is BUY:
        touch = quote.ask_price
        worst = ledger.position.quantity + ledger.open_buy + quantity
    elif side is SELL and not limits.sells_base:
        touch = quote.bid_price
        worst = ledger.open_sell + quantity - ledger.position.quantity
    else:
        return False
    price = order.price
    if order.order_type is LIMIT:
        if (
            type(price) is not int
            or price % limits.tick
            or price < limits.price_min
            or price > limits.upper_limit
        ):
            return False
        beyond = price - touch if side is BUY else touch - price
        if beyond > 0 and touch and beyond * ONE > touch * limits.collar:
            return False
    elif order.order_type is MARKET and touch and price is NOTHING:
        price = touch + touch * limits.market_markup // ONE if side is BUY else touch
    else:
        return False
    value = price * quantity * unit
    reserve = -(-value * ledger.reserve_rate // ONE)
    balance = ledger.balance
    candidate.reserve_price = price
    candidate.reserved = reserve
    return (
        limits.value_min <= value <= limits.order_notional_max
        and worst <= limits.position_quantity_max
        and value * worst <= limits.position_notional_max * quantity
        and reserve <= balance.total - balance.reserved - balance.used
    )
