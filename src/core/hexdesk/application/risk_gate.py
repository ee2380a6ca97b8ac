"""The first risk gate: every order passes it, or never leaves and is told why.

Rules are read in a fixed order and the first denial ends the check; a denial is a value,
`(code, text)`. Codes and rules: orders.md section 9. The layered, latched engine of a later issue
takes this module's place behind the same `check`.
"""

from collections import deque
from typing import TypeAlias

from hexdesk.application.ledger import Ledger
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, parse_raw, pow10
from hexdesk.domain.order_state import Order
from hexdesk.domain.orders import NewOrder, order_value_problem
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSING_EFFECTS,
    GTC,
    HEDGING,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    PRICED_TYPES,
    PriceRaw,
    TimeNs,
    TradingStatus,
    ValueRaw,
)
from hexdesk.ports.broker import Capabilities

Denial: TypeAlias = tuple[str, str]

NO_LIMIT = 2**200
"""Larger than any quantity or value; comparing with it costs no branch."""

_PERCENT = pow10(2)


class GateLimits:
    """`RiskLimits` of one instrument as raw integers."""

    __slots__ = (
        "collar",
        "open_orders_max",
        "order_notional_max",
        "order_quantity_max",
        "orders_per_second_max",
        "position_notional_max",
        "position_quantity_max",
    )

    def __init__(self, limits: RiskLimits, instrument: Instrument) -> None:
        quantity_scale = instrument.quantity_scale
        value_scale = instrument.value_scale

        def raw(name: str, scale: int) -> int:
            return _limit(name, str(getattr(limits, name)), scale)

        self.order_quantity_max = raw("order_quantity_max", quantity_scale)
        self.order_notional_max = raw("order_notional_max", value_scale)
        self.position_quantity_max = raw("position_quantity_max", quantity_scale)
        self.position_notional_max = raw("position_notional_max", value_scale)
        self.orders_per_second_max = raw("orders_per_second_max", 0)
        self.open_orders_max = raw("open_orders_max", 0)
        collar = raw("collar_pct", RATE_SCALE)
        self.collar = collar // _PERCENT if collar != NO_LIMIT else NO_LIMIT


class OrderRate:
    """Counts the requests of one strategy in a sliding second."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[TimeNs] = deque()

    def is_over(self, now_ns: TimeNs, limit: int) -> bool:
        """Whether one more request would exceed the limit."""
        times = self._times
        horizon = now_ns - NS_PER_SECOND
        while times and times[0] <= horizon:
            times.popleft()
        return len(times) >= limit

    def add(self, now_ns: TimeNs) -> None:
        """Count a request."""
        self._times.append(now_ns)


class RiskGate:
    """Checks orders of one strategy at one broker.

    Attributes:
        rate: Of the strategy's requests.
    """

    __slots__ = ("_capabilities", "_limits", "_supported", "rate")

    def __init__(self, capabilities: Capabilities, limits: dict[str, GateLimits]) -> None:
        self._capabilities = capabilities
        self._limits = limits
        self._supported = frozenset(
            (order_type, force)
            for order_type in capabilities.order_types
            for force in capabilities.times_in_force
        )
        self.rate = OrderRate()

    def check(
        self, candidate: Order, ledger: Ledger, now_ns: TimeNs, open_count: int
    ) -> Denial | None:
        """Return why an order must not leave, or None and set its `reserve_price`.

        Desk and strategy states are the caller's to check; they come before.
        """
        order = candidate.intent
        plain = (
            order.quantity > 0
            and order.time_in_force is GTC
            and not order.trigger_price
            and not order.trailing_offset
            and not order.expire_ns
            and not order.display_quantity
            and (
                (order.order_type is LIMIT and order.price > 0)
                or (order.order_type is MARKET and not order.price and not order.post_only)
            )
        )
        if not plain:
            problem = order_value_problem(order)
            if problem:
                return "ORDER_VALUE", problem
        return (
            self._check_support(order)
            or _check_grid(order, ledger)
            or _check_reduce(order, ledger)
            or self._check_limits(candidate, ledger, now_ns, open_count)
        )

    def check_amend(self, candidate: Order, ledger: Ledger, now_ns: TimeNs) -> Denial | None:
        """Return why an amended order, given as a new one, must not leave."""
        if not self._capabilities.amend:
            return "ORDER_UNSUPPORTED", "request=amend"
        problem = order_value_problem(candidate.intent)
        if problem:
            return "ORDER_VALUE", problem
        return _check_grid(candidate.intent, ledger) or self._check_limits(
            candidate, ledger, now_ns, 0
        )

    def _check_support(self, order: NewOrder) -> Denial | None:
        capabilities = self._capabilities
        if (order.order_type, order.time_in_force) not in self._supported:
            return (
                "ORDER_UNSUPPORTED",
                f"type={order.order_type.name} time_in_force={order.time_in_force.name}",
            )
        if order.post_only and not capabilities.post_only:
            return "ORDER_UNSUPPORTED", "post_only=true"
        if order.reduce_only and not capabilities.reduce_only:
            return "ORDER_UNSUPPORTED", "reduce_only=true"
        if order.display_quantity and not capabilities.display_quantity:
            return "ORDER_UNSUPPORTED", "display_quantity"
        if order.position_effect is AUTO:
            if capabilities.position_mode is HEDGING:
                return (
                    "ORDER_UNSUPPORTED",
                    "position_effect=AUTO mode=HEDGING expected=OPEN_or_CLOSE",
                )
        elif not capabilities.position_effects:
            return "ORDER_UNSUPPORTED", f"position_effect={order.position_effect.name}"
        return None

    def _check_limits(
        self, candidate: Order, ledger: Ledger, now_ns: TimeNs, open_count: int
    ) -> Denial | None:
        order = candidate.intent
        limits = self._limits[order.instrument_id]
        quantity = order.quantity
        if limits.orders_per_second_max < NO_LIMIT:
            if self.rate.is_over(now_ns, limits.orders_per_second_max):
                return "RISK_RATE", f"orders_per_second limit={limits.orders_per_second_max}"
            self.rate.add(now_ns)
        reducing = order.reduce_only or ledger.is_reducing(order.side, quantity)
        price = candidate.reserve_price = worst_price(order, ledger, limits.collar)
        if not price:
            if reducing:
                return None
            return "PRICE_UNAVAILABLE", f"type={order.order_type.name} quote=none"
        value = ledger.instrument.value(price, quantity)
        if order.order_type is LIMIT and limits.collar < NO_LIMIT:
            denial = _check_collar(order, ledger, limits.collar)
            if denial:
                return denial
        if reducing:
            return None
        return _check_growth(order, ledger, limits, value, open_count) or _check_funds(
            order, ledger, price
        )


def worst_price(order: NewOrder, ledger: Ledger, collar: int) -> PriceRaw:
    """Return the price an order is valued at: its limit; else its trigger; else the touch.

    A market order is valued at the touch it takes from, worsened by the collar; 0 when no quote
    shows one.
    """
    if order.order_type in PRICED_TYPES:
        return order.price
    if order.trigger_price:
        return order.trigger_price
    quote = ledger.market.quote
    if quote is None:
        return 0
    touch = quote.ask_price if order.side is BUY else quote.bid_price
    if order.side is BUY and collar < NO_LIMIT:
        return touch + touch * collar // pow10(RATE_SCALE)
    return touch


def _check_grid(order: NewOrder, ledger: Ledger) -> Denial | None:
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
    status = ledger.market.status
    if status is not TradingStatus.TRADING and not (
        status is TradingStatus.CLOSE_ONLY and ledger.is_reducing(order.side, quantity)
    ):
        return "SESSION_CLOSED", f"status={status.name}"
    return None


def _check_reduce(order: NewOrder, ledger: Ledger) -> Denial | None:
    effect = order.position_effect
    if effect in CLOSING_EFFECTS:
        closable = ledger.position.leg(order.side, effect).closable(effect)
        if order.quantity > closable:
            return "ORDER_OVER_CLOSE", f"quantity={order.quantity} closable={closable}"
    elif order.reduce_only:
        held = ledger.position.quantity
        shrinks = held < 0 if order.side is BUY else held > 0
        if not shrinks or order.quantity > abs(held):
            return "ORDER_OVER_CLOSE", f"quantity={order.quantity} position={held}"
    return None


def _check_growth(
    order: NewOrder, ledger: Ledger, limits: GateLimits, value: ValueRaw, open_count: int
) -> Denial | None:
    """Return which limit that only forbids growing denies an order."""
    quantity = order.quantity
    if quantity > limits.order_quantity_max:
        return "ORDER_SIZE", f"quantity={quantity} limit={limits.order_quantity_max}"
    if value > limits.order_notional_max:
        return "ORDER_SIZE", f"notional={value} limit={limits.order_notional_max}"
    if value < ledger.instrument.min_notional:
        return "ORDER_MIN_NOTIONAL", f"notional={value} limit={ledger.instrument.min_notional}"
    if open_count >= limits.open_orders_max:
        return "RISK_OPEN_ORDERS", f"open={open_count} limit={limits.open_orders_max}"
    held = ledger.position.quantity
    if order.side is BUY:
        worst = held + ledger.open_buy + quantity
    else:
        worst = ledger.open_sell + quantity - held
    if worst > limits.position_quantity_max:
        return "RISK_POSITION", f"worst={worst} limit={limits.position_quantity_max}"
    if limits.position_notional_max < NO_LIMIT and worst > 0:
        worst_value = value * worst // quantity
        if worst_value > limits.position_notional_max:
            return (
                "RISK_POSITION",
                f"worst_notional={worst_value} limit={limits.position_notional_max}",
            )
    return None


def _check_collar(order: NewOrder, ledger: Ledger, collar: int) -> Denial | None:
    quote = ledger.market.quote
    if quote is None:
        return None
    one = pow10(RATE_SCALE)
    if order.side is BUY:
        touch = quote.ask_price
        beyond = touch and (order.price - touch) * one > touch * collar
    else:
        touch = quote.bid_price
        beyond = touch and (touch - order.price) * one > touch * collar
    return ("ORDER_COLLAR", f"price={order.price} touch={touch}") if beyond else None


def _check_funds(order: NewOrder, ledger: Ledger, price: PriceRaw) -> Denial | None:
    needed = ledger.reserve_of(price, order.quantity)
    available = ledger.available
    if needed > available:
        return "CAPITAL_FUNDS", f"needed={needed} available={available}"
    return None


def _limit(name: str, text: str, scale: int) -> int:
    if text == UNLIMITED:
        return NO_LIMIT
    try:
        raw = parse_raw(text, scale)
    except ValueError as error:
        message = f"{name}: {error}, or {UNLIMITED!r}"
        raise ValueError(message) from error
    if raw < 0:
        message = f"{name}: expected 0 or more, or {UNLIMITED!r}, was {text!r}"
        raise ValueError(message)
    return raw
