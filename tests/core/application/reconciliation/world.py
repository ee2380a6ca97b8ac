"""Books and a broker that agree, so that tests can make them differ in one thing."""

from collections.abc import Mapping, Sequence

import hypothesis.strategies as st
from msgspec.structs import replace

from hexdesk.application.reconciliation.books import Books, Holding, is_at_venue
from hexdesk.application.reconciliation.truth import Truth
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order, new_order
from hexdesk.domain.order_state import apply
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import Position
from hexdesk.domain.reports import (
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderSubmitted,
    OutcomeUnknown,
)
from hexdesk.domain.values import (
    BUY,
    LIMIT,
    MAKER,
    SELL,
    STOP_MARKET,
    Operation,
    OrderType,
    Side,
)
from hexdesk.ports.broker import VenueOrder, VenuePosition
from hexdesk.testing.broker_bench import INSTRUMENT

BTC = replace(INSTRUMENT, id="BTC.ACME")
ETH = replace(INSTRUMENT, id="ETH.ACME")
INSTRUMENTS: dict[str, Instrument] = {BTC.id: BTC, ETH.id: ETH}
ASKED_NS = 10**9
CASH = {"USDT": 5_000_000}


def sent(
    order_id: str,
    *,
    side: Side = BUY,
    quantity: int = 100,
    price: int = 1_000,
    strategy_id: str = "a",
    instrument_id: str = BTC.id,
    order_type: OrderType = LIMIT,
    reduce_only: bool = False,
    ts: int = 10,
) -> Order:
    """Return an order that has left."""
    is_stop = order_type is STOP_MARKET
    order = new_order(
        NewOrder(
            order_id, strategy_id, "account", instrument_id, side, order_type, quantity, ts,
            price=0 if is_stop else price, trigger_price=price if is_stop else 0,
            reduce_only=reduce_only,
        )
    )  # fmt: skip
    apply(order, OrderSubmitted(order_id, ts))
    return order


def accepted(order: Order) -> Order:
    """Let the venue accept it."""
    order_id = order.intent.client_order_id
    apply(order, OrderAccepted(order_id, f"V-{order_id}", 20, 20))
    return order


def filled(order: Order, quantity: int, trade_id: str = "", price: int = 1_000) -> Order:
    """Let it be filled."""
    apply(order, fill_of(order, quantity, trade_id, price))
    return order


def fill_of(order: Order, quantity: int, trade_id: str = "", price: int = 1_000) -> Fill:
    """Return an execution of it."""
    intent = order.intent
    trade_id = trade_id or f"T-{intent.client_order_id}-{len(order.fills or ())}"
    return Fill(
        intent.client_order_id, f"V-{intent.client_order_id}", trade_id, intent.instrument_id,
        intent.side, quantity, price, MAKER, 0, "USDT", 30, 30,
    )  # fmt: skip


def seen(order: Order) -> VenueOrder:
    """Return the order as a venue shows it that knows the same."""
    return VenueOrder(
        order.intent, order.venue_order_id, order.life, order.quantity, order.price,
        order.trigger_price, order.cum_qty, 40,
    )  # fmt: skip


def doubted(order: Order, operation: Operation = Operation.STATUS) -> Order:
    """Put it in doubt."""
    apply(order, OutcomeUnknown(order.intent.client_order_id, operation, 0, "", 50))
    return order


def books_of(
    orders: Sequence[Order],
    *,
    balances: Mapping[str, int] = CASH,
    changed_ns: Mapping[str, int] | None = None,
    modes: Mapping[str, str] | None = None,
    strategies: Sequence[str] = ("a", "b"),
) -> Books:
    """Return the books of orders."""
    holdings: dict[tuple[str, str], Holding] = {}
    for strategy_id in strategies:
        for instrument in INSTRUMENTS.values():
            position, count = Position(instrument), 0
            for order in orders:
                intent = order.intent
                if (intent.strategy_id, intent.instrument_id) == (strategy_id, instrument.id):
                    for fill in (order.fills or {}).values():
                        position.book(fill.side, fill.quantity, fill.price)
                        count += 1
            holding = Holding((position.quantity,), position.avg_px, count)
            holdings[strategy_id, instrument.id] = holding
    return Books(
        orders={order.intent.client_order_id: order for order in orders},
        holdings=holdings,
        instruments=INSTRUMENTS,
        balances=balances,
        changed_ns=changed_ns or {},
        modes=modes or {},
    )


def truth_of(orders: Sequence[Order], *, balances: Mapping[str, int] = CASH) -> Truth:
    """Return what a broker says that knows the same of the same orders."""
    fills = [fill for order in orders for fill in (order.fills or {}).values()]
    held: dict[str, int] = {}
    for fill in fills:
        held[fill.instrument_id] = held.get(fill.instrument_id, 0) + fill.quantity * fill.side
    return Truth(
        asked_ns=ASKED_NS,
        since_ns=0,
        orders=[seen(order) for order in orders if is_at_venue(order)],
        fills=fills,
        positions=[VenuePosition(name, quantity) for name, quantity in held.items() if quantity],
        balances=[Money(amount, currency) for currency, amount in balances.items()],
    )


@st.composite
def order_books(draw: st.DrawFn, *, count_max: int = 6) -> list[Order]:
    """Return orders of two strategies in two instruments, nothing of them in flight."""
    orders: list[Order] = []
    for number in range(draw(st.integers(0, count_max))):
        order = accepted(
            sent(
                f"O{number}",
                side=draw(st.sampled_from([BUY, SELL])),
                quantity=draw(st.integers(1, 9)) * 10,
                price=draw(st.sampled_from([900, 1_000, 1_100])),
                strategy_id=draw(st.sampled_from(["a", "b"])),
                instrument_id=draw(st.sampled_from(sorted(INSTRUMENTS))),
            )
        )
        for _ in range(draw(st.integers(0, 3))):
            if order.leaves_qty:
                filled(order, draw(st.integers(1, order.leaves_qty)), price=order.price)
        order_id = order.intent.client_order_id
        ending = draw(st.sampled_from(["", "", "", "cancel", "expire"]))
        if ending == "cancel":
            apply(order, OrderCanceled(order_id, "", 35, 35))
        elif ending == "expire":
            apply(order, OrderExpired(order_id, 35, 35))
        orders.append(order)
    return orders
