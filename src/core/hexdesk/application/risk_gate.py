"""The first risk gate: every order passes it, or never leaves and is told why.

Rules are read in a fixed order and the first denial ends the check; a denial is a value,
`(code, text)`. Codes and rules: orders.md section 9. The layered, latched engine of a later issue
takes this module's place behind the same `check`.
"""

from collections import deque
from typing import TypeAlias

from hexdesk.application.ledger import Ledger
from hexdesk.application.soundness import RAW_MAX, soundness_problem
from hexdesk.application.working import is_close
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, SCALE_MAX, parse_raw, pow10
from hexdesk.domain.order_state import Order
from hexdesk.domain.orders import NewOrder, order_value_problem
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import (
    AUTO,
    BUY,
    GTC,
    HEDGING,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    PRICED_TYPES,
    SELL,
    PriceRaw,
    QtyRaw,
    TimeNs,
    TradingStatus,
)
from hexdesk.ports.broker import Capabilities

Denial: TypeAlias = tuple[str, str]

NO_LIMIT = 2**200
"""Larger than any quantity or value; comparing with it costs no branch."""

NOTHING = 0
"""Fields left at their default are this very object; a `None`, 0.0 or False is not."""
_PERCENT = pow10(2)
_ONE = pow10(RATE_SCALE)
TRADING = TradingStatus.TRADING


class GateLimits:
    """`RiskLimits` and grid of one instrument as raw integers, ready to compare with.

    Attributes:
        collar: Part of the touch, at `RATE_SCALE`; `NO_LIMIT` is off.
        market_markup: What a market order to buy is valued above the touch; 0 without a collar.
        sells_base: Whether a sale needs what it sells, and no cash: spot and equity.
        tick: Of the lowest price band.
        unit: Value of one raw price times one raw quantity; 0 where values or ticks are not that
            plain: inverse contracts, several price bands.
    """

    __slots__ = (
        "collar",
        "lot",
        "lower_limit",
        "market_markup",
        "open_orders_max",
        "order_notional_max",
        "order_quantity_max",
        "orders_per_second_max",
        "position_notional_max",
        "position_quantity_max",
        "quantity_max",
        "quantity_min",
        "sells_base",
        "tick",
        "unit",
        "upper_limit",
        "value_min",
    )

    def __init__(self, limits: RiskLimits, instrument: Instrument) -> None:
        quantity_scale = instrument.quantity_scale
        value_scale = instrument.value_scale

        def raw(name: str, scale: int) -> int:
            return _limit(name, str(getattr(limits, name)), scale)

        self.order_quantity_max = raw("order_quantity_max", quantity_scale)
        self.order_notional_max = min(
            raw("order_notional_max", value_scale), instrument.max_notional or NO_LIMIT
        )
        self.position_quantity_max = raw("position_quantity_max", quantity_scale)
        self.position_notional_max = raw("position_notional_max", value_scale)
        self.orders_per_second_max = raw("orders_per_second_max", 0)
        self.open_orders_max = raw("open_orders_max", 0)
        collar = raw("collar_pct", RATE_SCALE)
        self.collar = collar // _PERCENT if collar != NO_LIMIT else NO_LIMIT
        self.market_markup = self.collar if collar != NO_LIMIT else 0
        self.lot = instrument.lot
        has_bands = len(instrument.ticks) > 1
        self.unit = 0 if instrument.inverse or has_bands else instrument.multiplier
        self.tick = instrument.ticks[0].tick
        self.sells_base = not instrument.is_margined
        self.lower_limit = instrument.lower_limit
        self.upper_limit = instrument.upper_limit or RAW_MAX
        self.quantity_min = max(instrument.min_quantity, 1)
        self.quantity_max = min(instrument.max_quantity or RAW_MAX, self.order_quantity_max)
        self.value_min = instrument.min_notional


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

    def copy(self) -> "OrderRate":
        """Return the same counts, to be counted on apart."""
        other = OrderRate()
        other._times.extend(self._times)
        return other


class RiskGate:
    """Checks orders of one strategy at one broker.

    Attributes:
        rate: Of the strategy's requests.
    """

    __slots__ = ("_capabilities", "_is_plain", "_limits", "_supported", "rate")

    def __init__(self, capabilities: Capabilities, limits: dict[str, GateLimits]) -> None:
        self._capabilities = capabilities
        self._limits = limits
        self._supported = frozenset(
            (order_type, force)
            for order_type in capabilities.order_types
            for force in capabilities.times_in_force
        )
        self._is_plain = (
            capabilities.position_mode is not HEDGING
            and {(LIMIT, GTC), (MARKET, GTC)} <= self._supported
        )
        self.rate = OrderRate()

    def check(
        self, candidate: Order, ledger: Ledger, now_ns: TimeNs, open_count: int
    ) -> Denial | None:
        """Return why an order must not leave, or None and set what it reserves, and at what price.

        Desk and strategy states are the caller's to check; they come before.
        """
        order = candidate.intent
        limits = self._limits[order.instrument_id]
        if not (self._is_plain and _passes_plainly(candidate, order, ledger, limits, open_count)):
            denial = self._explain(candidate, ledger, limits, open_count)
            if denial is not None:
                return denial
            price = candidate.reserve_price
            candidate.reserved = ledger.cash_of(order, price, candidate.quantity)
        if limits.orders_per_second_max is not NO_LIMIT:
            return self._check_rate(limits.orders_per_second_max, now_ns)
        return None

    def preview(
        self, candidate: Order, ledger: Ledger, now_ns: TimeNs, open_count: int
    ) -> Denial | None:
        """Do what `check` does, for an order that is only thought of: it is not counted."""
        rate, self.rate = self.rate, self.rate.copy()
        try:
            return self.check(candidate, ledger, now_ns, open_count)
        finally:
            self.rate = rate

    def _explain(
        self, candidate: Order, ledger: Ledger, limits: GateLimits, open_count: int
    ) -> Denial | None:
        """Return the first denial of an order that the short way did not let pass, or None."""
        order = candidate.intent
        return (
            self.check_terms(order, ledger)
            or _check_session(order, ledger)
            or (_check_free(order, ledger, order.quantity) if is_close(order) else None)
            or _check_limits(candidate, ledger, limits, open_count, order.quantity)
        )

    def check_terms(self, order: NewOrder, ledger: Ledger) -> Denial | None:
        """Return why an order could never leave, whatever is held and whenever it is sent."""
        problem = soundness_problem(order) or order_value_problem(order)
        if problem:
            return "ORDER_VALUE", problem
        return self._check_support(order) or _check_grid(order, ledger)

    def check_close(self, candidate: Order, ledger: Ledger) -> Denial | None:
        """Return why a close that the desk itself sends must not leave.

        It skips limits and rate, never values, grid, session and size (orders.md section 9,
        "bypass"), and reserves nothing. It may close what other orders work to close already:
        exits protect whatever the strategy sent beside them, and `flatten` cancels as it closes.
        """
        order = candidate.intent
        candidate.reserve_price = 0
        return (
            self.check_terms(order, ledger)
            or _check_session(order, ledger)
            or _check_close_size(order.quantity, ledger.closable(order))
        )

    def _check_rate(self, limit: int, now_ns: TimeNs) -> Denial | None:
        if self.rate.is_over(now_ns, limit):
            return "RISK_RATE", f"orders_per_second limit={limit}"
        self.rate.add(now_ns)
        return None

    def check_amend(
        self, candidate: Order, rest: QtyRaw, ledger: Ledger, now_ns: TimeNs
    ) -> Denial | None:
        """Return why an amended order, given as a new one, must not leave.

        `rest` is what it would have left to fill: what was filled is in the position already.
        """
        order = candidate.intent
        limits = self._limits[order.instrument_id]
        denial = (
            self.check_amend_of_close(order, rest, ledger)
            or (_check_free(order, ledger, rest) if is_close(order) else None)
            or _check_limits(candidate, ledger, limits, 0, rest)
        )
        if denial is None and limits.orders_per_second_max is not NO_LIMIT:
            return self._check_rate(limits.orders_per_second_max, now_ns)
        return denial

    def check_amend_of_close(self, order: NewOrder, rest: QtyRaw, ledger: Ledger) -> Denial | None:
        """Return why an amendment that the desk itself wants must not leave: no limits, no rate."""
        if not self._capabilities.amend:
            return "ORDER_UNSUPPORTED", "request=amend"
        denial = self.check_terms(order, ledger) or _check_session(order, ledger)
        if denial is None and is_close(order):
            return _check_close_size(rest, ledger.closable(order))
        return denial

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


def _passes_plainly(
    candidate: Order, order: NewOrder, ledger: Ledger, limits: GateLimits, open_count: int
) -> bool:
    """Whether an order surely passes every rule but the rate; False leaves it to the rules.

    Plain limit and market orders of linear instruments take this way: the same comparisons as the
    rules below, in one place and without calls. A test holds both against each other.
    """
    quote = ledger.market.quote
    quantity = order.quantity
    unit = limits.unit
    if (
        quote is None
        or not unit
        or order.time_in_force is not GTC
        or order.position_effect is not AUTO
        or order.reduce_only is not False
        or order.post_only is not False
        or order.trigger_price is not NOTHING
        or order.display_quantity is not NOTHING
        or order.trailing_offset is not NOTHING
        or order.expire_ns is not NOTHING
        or order.tag != ""
        or order.list_id
        or ledger.closing_buy.total
        or ledger.closing_sell.total
        or ledger.market.status is not TRADING
        or type(quantity) is not int
        or quantity % limits.lot
        or not limits.quantity_min <= quantity <= limits.quantity_max
    ):
        return False
    is_buy = order.side is BUY
    if not is_buy and (order.side is not SELL or limits.sells_base):
        return False
    touch = quote.ask_price if is_buy else quote.bid_price
    price = order.price
    if order.order_type is LIMIT:
        if type(price) is not int or price % limits.tick:
            return False
        if not limits.lower_limit <= price <= limits.upper_limit:
            return False
        beyond = (price - touch if is_buy else touch - price) * _ONE
        if price <= 0 or (touch and beyond > touch * limits.collar):
            return False
    elif order.order_type is MARKET and touch and price is NOTHING:
        price = touch + touch * limits.market_markup // _ONE if is_buy else touch
    else:
        return False
    held = ledger.position.quantity
    worst = held + ledger.open_buy + quantity if is_buy else ledger.open_sell + quantity - held
    value = price * quantity * unit
    balance = ledger.balance
    reserve = -(-value * ledger.reserve_rate // _ONE)
    candidate.reserve_price = price
    candidate.reserved = reserve
    return (
        limits.value_min <= value <= limits.order_notional_max
        and open_count < limits.open_orders_max
        and worst <= limits.position_quantity_max
        and value * worst <= limits.position_notional_max * quantity
        and reserve <= balance.total - balance.reserved - balance.used
    )


def _check_limits(
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

    A market order to buy is valued at the touch it takes from, raised by the collar; 0 when no
    quote shows one.
    """
    if order.order_type in PRICED_TYPES:
        return order.price
    if order.trigger_price:
        return order.trigger_price
    quote = ledger.market.quote
    if quote is None:
        return 0
    if order.side is BUY:
        return quote.ask_price + quote.ask_price * market_markup // _ONE
    return quote.bid_price


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
    return None


def _check_session(order: NewOrder, ledger: Ledger) -> Denial | None:
    status = ledger.market.status
    if status is TRADING:
        return None
    if status is TradingStatus.CLOSE_ONLY and ledger.is_reducing(order, order.quantity):
        return None
    return "SESSION_CLOSED", f"status={status.name}"


def _check_close_size(quantity: QtyRaw, closable: QtyRaw) -> Denial | None:
    """Return why an order does not only close what is held."""
    if quantity > closable:
        return "ORDER_OVER_CLOSE", f"quantity={quantity} closable={closable}"
    return None


def _check_free(order: NewOrder, ledger: Ledger, rest: QtyRaw) -> Denial | None:
    """Return why an order does not only close what is held and no other order closes already."""
    return _check_close_size(rest, ledger.free_to_close(order))


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
        beyond = touch and (order.price - touch) * _ONE > touch * collar
    else:
        touch = quote.bid_price
        beyond = touch and (touch - order.price) * _ONE > touch * collar
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


def _limit(name: str, text: str, scale: int) -> int:
    """Return the largest raw number within a limit: one limit serves instruments of any scale."""
    if text == UNLIMITED:
        return NO_LIMIT
    try:
        raw = parse_raw(text, max(scale, SCALE_MAX)) // pow10(max(SCALE_MAX - scale, 0))
    except ValueError as error:
        message = f"{name}: {error}, or {UNLIMITED!r}"
        raise ValueError(message) from error
    if raw < 0:
        message = f"{name}: expected 0 or more, or {UNLIMITED!r}, was {text!r}"
        raise ValueError(message)
    return raw
