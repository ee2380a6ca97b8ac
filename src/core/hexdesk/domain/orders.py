"""What we ask of a venue: the journalled intents, and their validation.

An intent is immutable; what became of it is an `hexdesk.domain.order_state.Order`.
"""

import msgspec

from hexdesk.domain.values import (
    AUTO,
    CONDITIONAL_TYPES,
    GTC,
    Authority,
    Contingency,
    OrderType,
    PositionEffect,
    PriceRaw,
    QtyRaw,
    Side,
    TimeInForce,
    TimeNs,
)

CLIENT_ORDER_ID_LENGTH_MAX = 32
"""The tightest venue rule: 1-32 letters and digits."""


class NewOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="new"):
    """The decision to send an order (FIX 35=D).

    Attributes:
        client_order_id: Ours, unique for ever (FIX 11).
        strategy_id: Who owns the order and its fills.
        account_id: FIX 1.
        instrument_id: FIX 55.
        side: FIX 54.
        order_type: FIX 40.
        quantity: FIX 38.
        ts_init: When it was decided.
        price: Limit price (FIX 44); 0 is none.
        trigger_price: Stop price of conditional types (FIX 99); 0 is none.
        trailing_offset: Distance of a trailing stop from the best price since; 0 is none.
        time_in_force: FIX 59.
        expire_ns: End of a GTD order (FIX 126); 0 is none.
        post_only: Rejected rather than taking liquidity (FIX 18=6).
        reduce_only: May only shrink the position (FIX 18=E).
        position_effect: FIX 77.
        display_quantity: Shown part of an iceberg (FIX 1138); 0 shows all.
        contingency: FIX 1385; the desk holds and links the orders of one list.
        list_id: FIX 66; empty for a single order.
        parent_id: Client order id whose fill releases this one (OTO); empty for none.
        tag: The strategy's word for why; returned in reports, never interpreted.
        causation_id: Sequence number of the input that caused the decision.
        desk_reduce_only: May only shrink what its owner holds, and the desk alone sees to that:
            to the venue, which nets the owner with others, it is a plain order.
    """

    client_order_id: str
    strategy_id: str
    account_id: str
    instrument_id: str
    side: Side
    order_type: OrderType
    quantity: QtyRaw
    ts_init: TimeNs
    price: PriceRaw = 0
    trigger_price: PriceRaw = 0
    trailing_offset: PriceRaw = 0
    time_in_force: TimeInForce = GTC
    expire_ns: TimeNs = 0
    post_only: bool = False
    reduce_only: bool = False
    position_effect: PositionEffect = AUTO
    display_quantity: QtyRaw = 0
    contingency: Contingency = Contingency.NONE
    list_id: str = ""
    parent_id: str = ""
    tag: str = ""
    causation_id: int = 0
    desk_reduce_only: bool = False

    @property
    def reduces_only(self) -> bool:
        """Whether it may only shrink what its owner holds, whoever sees to that."""
        return self.reduce_only or self.desk_reduce_only


class AmendOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="amend"):
    """The decision to replace terms of an open order (FIX 35=G).

    `request_id` numbers the requests of one order upwards, amendments and cancels together;
    `quantity` is the new total, not the rest. A price or trigger of 0 stays as it is. `authority`
    says who asked.
    """

    client_order_id: str
    request_id: int
    quantity: QtyRaw
    price: PriceRaw
    trigger_price: PriceRaw
    ts_init: TimeNs
    authority: Authority = Authority.UNKNOWN


class CancelOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel"):
    """The decision to cancel an open order (FIX 35=F); `authority` says who asked."""

    client_order_id: str
    request_id: int
    ts_init: TimeNs
    authority: Authority = Authority.UNKNOWN


def order_value_problem(order: NewOrder) -> str:
    """Return what is missing or senseless in an order's values, or an empty string.

    These are the checks that need no instrument (orders.md, rule `values`).
    """
    if order.quantity <= 0:
        return f"quantity={order.quantity} expected=above_0"
    problem = _price_problem(order)
    if problem:
        return problem
    if order.display_quantity < 0 or order.display_quantity > order.quantity:
        return f"display_quantity={order.display_quantity} expected=0_to_quantity"
    return _time_problem(order)


def _price_problem(order: NewOrder) -> str:
    kind = order.order_type
    if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT):
        if order.price <= 0:
            return f"price={order.price} expected=above_0 type={kind.name}"
    elif order.price:
        return f"price={order.price} expected=none type={kind.name}"
    if kind is OrderType.TRAILING_STOP:
        if order.trailing_offset <= 0:
            return f"trailing_offset={order.trailing_offset} expected=above_0"
    elif order.trailing_offset:
        return f"trailing_offset={order.trailing_offset} expected=none type={kind.name}"
    if kind in (OrderType.STOP_MARKET, OrderType.STOP_LIMIT) and order.trigger_price <= 0:
        return f"trigger_price={order.trigger_price} expected=above_0 type={kind.name}"
    if order.trigger_price < 0 or (order.trigger_price and kind not in CONDITIONAL_TYPES):
        return f"trigger_price={order.trigger_price} expected=none type={kind.name}"
    if order.post_only and kind is not OrderType.LIMIT:
        return f"post_only=true expected=LIMIT type={kind.name}"
    return ""


def _time_problem(order: NewOrder) -> str:
    force = order.time_in_force
    if force is TimeInForce.GTD:
        if order.expire_ns <= order.ts_init:
            return f"expire_ns={order.expire_ns} expected=after_{order.ts_init}"
    elif order.expire_ns:
        return f"expire_ns={order.expire_ns} expected=none time_in_force={force.name}"
    if order.post_only and force in (TimeInForce.IOC, TimeInForce.FOK):
        return f"post_only=true expected=resting time_in_force={force.name}"
    return ""


def client_order_id_problem(client_order_id: str) -> str:
    """Return what is wrong with a client order id, or an empty string."""
    ok = (
        0 < len(client_order_id) <= CLIENT_ORDER_ID_LENGTH_MAX
        and client_order_id.isascii()
        and client_order_id.isalnum()
    )
    return (
        "" if ok else f"client_order_id={client_order_id[:40]!r} expected=1-32_letters_and_digits"
    )
