"""The rules of the risk gate: each a pure function that returns a denial, or None.

A denial is a value, `(code, text)`. Codes and rules: orders.md section 9.
"""

from typing import TypeAlias

from hexdesk.application.gate.gate_limits import NO_LIMIT, GateLimits
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import (
    BUY,
    LIMIT,
    PRICED_TYPES,
    PriceRaw,
    QtyRaw,
    TradingStatus,
)

Denial: TypeAlias = tuple[str, str]

TRADING = TradingStatus.TRADING
ONE = pow10(RATE_SCALE)


def check_limits(
    candidate: Order, ledger: Ledger, limits: GateLimits, open_count: int, rest: QtyRaw
) -> Denial | None:
    """Return which limit denies an order of which `rest` can still be filled."""
    order = candidate.intent
    reducing = ledger.is_reducing(order, rest)
    is_free = reducing and not ledger.is_purchase(order)
    price = worst_price(order, ledger, limits.market_markup)
    candidate.reserve_price = 0 if is_free else price
    if not price:
        if is_free:
            return None
        return "PRICE_UNAVAILABLE", f"type={order.order_type.name} quote=none"
    if order.order_type is LIMIT and limits.collar < NO_LIMIT:
        denial = _check_collar(order, ledger, limits.collar)
        if denial:
            return denial
    if reducing:
        return None if is_free else _check_funds(order, ledger, price, rest)
    return (
        _check_size(order, ledger, limits, price, open_count)
        or _check_position(order, ledger, limits, price, rest)
        or _check_funds(order, ledger, price, rest)
    )


def worst_price(order: NewOrder, ledger: Ledger, market_markup: int) -> PriceRaw:
    """Return the price an order is valued at: its limit; else its trigger; else the touch.

    A market order to buy is valued at the touch it takes from, raised by the collar. Where no quote
    was ever told the last trade stands for it, as it does for simulated venues. 0 when nothing
    shows a price.
    """
    if order.order_type in PRICED_TYPES:
        return order.price
    if order.trigger_price:
        return order.trigger_price
    market = ledger.market
    quote = market.quote
    if order.side is not BUY:
        return market.mark if quote is None else quote.bid_price
    price = market.mark if quote is None else quote.ask_price
    return price + price * market_markup // ONE


def check_grid(order: NewOrder, ledger: Ledger) -> Denial | None:
    """Return why prices or quantity are not what the instrument can have."""
    instrument = ledger.instrument
    price = order.price
    if price and price % instrument.tick_at(price):
        return "ORDER_TICK", f"price={price} tick={instrument.tick_at(price)}"
    trigger = order.trigger_price
    if trigger and trigger % instrument.tick_at(trigger):
        return "ORDER_TICK", f"trigger_price={trigger} tick={instrument.tick_at(trigger)}"
    quantity = order.quantity
    if quantity % instrument.lot:
        return "ORDER_LOT", f"quantity={quantity} lot={instrument.lot}"
    if quantity < instrument.min_quantity:
        return "ORDER_LOT", f"quantity={quantity} min={instrument.min_quantity}"
    if 0 < instrument.max_quantity < quantity:
        return "ORDER_SIZE", f"quantity={quantity} limit={instrument.max_quantity}"
    if price and (price < instrument.lower_limit or 0 < instrument.upper_limit < price):
        band = f"{instrument.lower_limit}_to_{instrument.upper_limit}"
        return "ORDER_PRICE_LIMIT", f"price={price} band={band}"
    return None


def check_session(order: NewOrder, ledger: Ledger) -> Denial | None:
    """Return why the instrument does not take an order now."""
    status = ledger.market.status
    if status is TRADING:
        return None
    if status is TradingStatus.CLOSE_ONLY and ledger.is_reducing(order, order.quantity):
        return None
    return "SESSION_CLOSED", f"status={status.name}"


def check_close_size(quantity: QtyRaw, closable: QtyRaw) -> Denial | None:
    """Return why an order does not only close what is held."""
    if quantity > closable:
        return "ORDER_OVER_CLOSE", f"quantity={quantity} closable={closable}"
    return None


def check_free(order: NewOrder, ledger: Ledger, rest: QtyRaw) -> Denial | None:
    """Return why an order does not only close what is held and no other order closes already."""
    return check_close_size(rest, ledger.free_to_close(order))


def _check_size(
    order: NewOrder, ledger: Ledger, limits: GateLimits, price: PriceRaw, open_count: int
) -> Denial | None:
    """Return which limit of single orders denies one that may grow the position."""
    quantity = order.quantity
    if quantity > limits.order_quantity_max:
        return "ORDER_SIZE", f"quantity={quantity} limit={limits.order_quantity_max}"
    value = ledger.instrument.value(price, quantity)
    if value > limits.order_notional_max:
        return "ORDER_SIZE", f"notional={value} limit={limits.order_notional_max}"
    if value < limits.value_min:
        return "ORDER_MIN_NOTIONAL", f"notional={value} limit={limits.value_min}"
    if open_count >= limits.open_orders_max:
        return "RISK_OPEN_ORDERS", f"open={open_count} limit={limits.open_orders_max}"
    return None


def _check_position(
    order: NewOrder, ledger: Ledger, limits: GateLimits, price: PriceRaw, rest: QtyRaw
) -> Denial | None:
    """Return which limit the position would pass if all that works on this side were filled."""
    worst = ledger.worst(order, rest)
    if worst > limits.position_quantity_max:
        return "RISK_POSITION", f"worst={worst} limit={limits.position_quantity_max}"
    if limits.position_notional_max < NO_LIMIT and worst > 0:
        value = ledger.instrument.value(price, rest) * worst // rest
        if value > limits.position_notional_max:
            return "RISK_POSITION", f"worst_notional={value} limit={limits.position_notional_max}"
    return None


def _check_collar(order: NewOrder, ledger: Ledger, collar: int) -> Denial | None:
    quote = ledger.market.quote
    if quote is None:
        return None
    if order.side is BUY:
        touch = quote.ask_price
        beyond = touch and (order.price - touch) * ONE > touch * collar
    else:
        touch = quote.bid_price
        beyond = touch and (touch - order.price) * ONE > touch * collar
    return ("ORDER_COLLAR", f"price={order.price} touch={touch}") if beyond else None


def _check_funds(
    order: NewOrder, ledger: Ledger, price: PriceRaw, quantity: QtyRaw
) -> Denial | None:
    """Return what an account lacks to pay an order, or to deliver what it sells."""
    instrument = ledger.instrument
    short = ledger.cash_short(order, price, quantity)
    asset = instrument.settle
    if short is None:
        short = ledger.base_short(order, quantity)
        asset = instrument.base
    if short is None:
        return None
    needed, available = short
    return "CAPITAL_FUNDS", f"needed={needed} available={available} asset={asset}"
