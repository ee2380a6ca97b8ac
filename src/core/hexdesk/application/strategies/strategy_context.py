"""What a strategy sees of the desk and can ask of it."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol, TypedDict, Unpack

from hexdesk.application.market.markets import Market
from hexdesk.application.orders.linked import bracket_orders, entry_type, pair_orders
from hexdesk.application.pulse import Pulse
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import (
    AUTO,
    GTC,
    LIMIT,
    MARKET,
    OrderType,
    PositionEffect,
    PriceRaw,
    QtyRaw,
    Side,
    TimeInForce,
    TimeNs,
)
from hexdesk.ports.strategy import AccountView, BracketIds, OrderView, PositionView


class Services(Protocol):
    """What a context asks of the desk."""

    pulse: Pulse
    next_client_order_id: Callable[[], str]
    submit: Callable[[StrategyHost, NewOrder], None]

    def submit_list(self, host: StrategyHost, intents: Sequence[NewOrder]) -> None:
        """Take linked orders."""
        ...

    def amend(
        self, order: Order, quantity: QtyRaw, price: PriceRaw, trigger_price: PriceRaw
    ) -> bool:
        """Ask to amend."""
        ...

    def cancel(self, order: Order) -> bool:
        """Ask to cancel."""
        ...

    def flatten(self, host: StrategyHost, instrument_id: str) -> int:
        """Cancel and close."""
        ...

    def order(self, client_order_id: str) -> Order | None:
        """Return any order."""
        ...

    def open_orders(self, host: StrategyHost, instrument_id: str) -> list[Order]:
        """Return a strategy's orders that are not closed."""
        ...

    def market(self, instrument_id: str) -> Market:
        """Return a market."""
        ...

    def set_timer(self, host: StrategyHost, name: str, due_ns: TimeNs) -> None:
        """Set a timer."""
        ...

    def cancel_timer(self, host: StrategyHost, name: str) -> None:
        """Forget a timer."""
        ...


class OrderTerms(TypedDict, total=False):
    """What few orders have; see `StrategyContext.submit`."""

    trigger_price: PriceRaw
    trailing_offset: PriceRaw
    time_in_force: TimeInForce
    expire_ns: TimeNs
    post_only: bool
    reduce_only: bool
    position_effect: PositionEffect
    display_quantity: QtyRaw
    tag: str


class DeskContext:
    """A strategy's view of the desk; implements `StrategyContext`."""

    __slots__ = (
        "_account_id",
        "_desk",
        "_gate",
        "_host",
        "_instrument_ids",
        "_logger",
        "_next_id",
        "_pulse",
        "_strategy_id",
        "_submit",
    )

    def __init__(self, desk: Services, host: StrategyHost, instrument_ids: Sequence[str]) -> None:
        self.attach(desk)
        self._host = host
        self._gate = host.gate
        self._strategy_id = host.strategy_id
        self._account_id = host.account.id
        self._pulse = desk.pulse
        self._instrument_ids = tuple(instrument_ids)
        self._logger = logging.getLogger(f"hexdesk.strategy.{host.strategy_id}")

    def attach(self, desk: Services) -> None:
        """Ask these services from now on."""
        self._desk = desk
        self._submit = desk.submit
        self._next_id = desk.next_client_order_id

    @property
    def strategy_id(self) -> str:
        """Name of the strategy's section in the configuration."""
        return self._host.strategy_id

    @property
    def instrument_ids(self) -> Sequence[str]:
        """Instruments that it was configured for."""
        return self._instrument_ids

    @property
    def logger(self) -> logging.Logger:
        """A logger of the strategy's own."""
        return self._logger

    def now_ns(self) -> TimeNs:
        """Return the time of the input being handled."""
        return self._pulse.now_ns

    def instrument(self, instrument_id: str) -> Instrument:
        """Return an instrument; KeyError if it is unknown."""
        return self._desk.market(instrument_id).instrument

    def quote(self, instrument_id: str) -> Quote | None:
        """Return the latest quote."""
        return self._desk.market(instrument_id).quote

    def position_quantity(self, instrument_id: str) -> QtyRaw:
        """Return the signed quantity held."""
        try:
            return self._host.ledgers[instrument_id].position.quantity
        except KeyError:
            return 0

    def position(self, instrument_id: str) -> PositionView:
        """Return the strategy's own position."""
        ledger = self._host.ledgers.get(instrument_id)
        if ledger is None:
            return PositionView(instrument_id, 0, 0.0, 0, 0)
        position = ledger.position
        return PositionView(
            instrument_id,
            position.quantity,
            position.avg_px,
            position.realised,
            ledger.unrealised(),
        )

    def account(self, currency: str) -> AccountView:
        """Return the cash of one currency."""
        account = self._host.account
        balance = account.balance(currency)
        return AccountView(
            account.id,
            currency,
            balance.scale,
            balance.total,
            balance.reserved,
            balance.available,
        )

    def order(self, client_order_id: str) -> OrderView | None:
        """Return one of the strategy's own orders."""
        order = self._own(client_order_id)
        return None if order is None else view_order(order)

    def open_orders(self, instrument_id: str = "") -> Sequence[OrderView]:
        """Return its orders that are not closed, oldest first."""
        return [view_order(order) for order in self._desk.open_orders(self._host, instrument_id)]

    def open_order_count(self, instrument_id: str) -> int:
        """Return how many of its orders of an instrument are not closed."""
        ledger = self._host.ledgers.get(instrument_id)
        return 0 if ledger is None else ledger.open_count

    def submit(
        self,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        order_type: OrderType = MARKET,
        price: PriceRaw = 0,
        **terms: Unpack[OrderTerms],
    ) -> str:
        """Send an order and return its client order id."""
        if terms:
            return self._submit_special(instrument_id, side, quantity, order_type, price, **terms)
        pulse = self._pulse
        client_order_id = self._next_id()
        self._gate.plain_order_id = client_order_id
        order = NewOrder(
            client_order_id,
            self._strategy_id,
            self._account_id,
            instrument_id,
            side,
            order_type,
            quantity,
            pulse.now_ns,
            price,
            causation_id=pulse.seq,
        )
        self._submit(self._host, order)
        return client_order_id

    def submit_bracket(
        self,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        *,
        entry_price: PriceRaw = 0,
        stop_price: PriceRaw = 0,
        target_price: PriceRaw = 0,
        tag: str = "",
    ) -> BracketIds:
        """Send an entry whose fill releases a stop, a target, or both."""
        if not (stop_price or target_price):
            raise ValueError("expected a stop_price, a target_price, or both")
        desk, host = self._desk, self._host
        entry = self._intent(
            instrument_id, side, quantity, entry_type(entry_price), entry_price, tag=tag
        )
        orders = bracket_orders(
            entry,
            desk.next_client_order_id,
            host.broker.capabilities,
            stop_price=stop_price,
            target_price=target_price,
        )
        desk.submit_list(host, orders)
        ids = [order.client_order_id for order in orders[1:]]
        return BracketIds(
            entry.client_order_id,
            ids[0] if stop_price else "",
            ids[-1] if target_price else "",
        )

    def submit_oco(
        self,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        *,
        limit_price: PriceRaw,
        stop_price: PriceRaw,
        reduce_only: bool = False,
        tag: str = "",
    ) -> tuple[str, str]:
        """Send a limit and a stop of which a fill of one reduces or cancels the other."""
        desk, host = self._desk, self._host
        limit = self._intent(
            instrument_id, side, quantity, LIMIT, limit_price, tag=tag, reduce_only=reduce_only
        )
        orders = pair_orders(limit, desk.next_client_order_id, host.broker.capabilities, stop_price)
        desk.submit_list(host, orders)
        return orders[0].client_order_id, orders[1].client_order_id

    def amend(
        self,
        client_order_id: str,
        *,
        quantity: QtyRaw = 0,
        price: PriceRaw = 0,
        trigger_price: PriceRaw = 0,
    ) -> bool:
        """Ask to replace terms of an open order; 0 keeps one."""
        order = self._own(client_order_id)
        return order is not None and self._desk.amend(order, quantity, price, trigger_price)

    def cancel(self, client_order_id: str) -> bool:
        """Ask to cancel an open order."""
        order = self._own(client_order_id)
        return order is not None and self._desk.cancel(order)

    def cancel_all(self, instrument_id: str = "") -> int:
        """Ask to cancel all its open orders; return how many."""
        orders = self._desk.open_orders(self._host, instrument_id)
        return sum(self._desk.cancel(order) for order in orders)

    def flatten(self, instrument_id: str = "") -> int:
        """Cancel its orders and close its positions; return how many closing orders were sent."""
        return self._desk.flatten(self._host, instrument_id)

    def set_timer(self, name: str, due_ns: TimeNs) -> None:
        """Be called back once through `on_timer`."""
        if type(due_ns) is not int or type(name) is not str:  # a plugin's call: nobody checked it
            raise TypeError(f"expected a name and ns as int, was {name!r}, {due_ns!r}")
        self._desk.set_timer(self._host, name, due_ns)

    def cancel_timer(self, name: str) -> None:
        """Forget a timer."""
        self._desk.cancel_timer(self._host, name)

    def _own(self, client_order_id: str) -> Order | None:
        order = self._desk.order(client_order_id)
        if order is None or order.intent.strategy_id != self._host.strategy_id:
            return None
        return order

    def _submit_special(
        self,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        order_type: OrderType,
        price: PriceRaw,
        *,
        trigger_price: PriceRaw = 0,
        trailing_offset: PriceRaw = 0,
        time_in_force: TimeInForce = GTC,
        expire_ns: TimeNs = 0,
        post_only: bool = False,
        reduce_only: bool = False,
        position_effect: PositionEffect = AUTO,
        display_quantity: QtyRaw = 0,
        tag: str = "",
    ) -> str:
        pulse = self._pulse
        client_order_id = self._next_id()
        order = NewOrder(
            client_order_id,
            self._strategy_id,
            self._account_id,
            instrument_id,
            side,
            order_type,
            quantity,
            pulse.now_ns,
            price,
            trigger_price,
            trailing_offset,
            time_in_force,
            expire_ns,
            post_only,
            reduce_only,
            position_effect,
            display_quantity,
            tag=tag,
            causation_id=pulse.seq,
        )
        self._submit(self._host, order)
        return client_order_id

    def _intent(
        self,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        order_type: OrderType,
        price: PriceRaw,
        *,
        tag: str,
        reduce_only: bool = False,
    ) -> NewOrder:
        return NewOrder(
            self._next_id(),
            self._strategy_id,
            self._account_id,
            instrument_id,
            side,
            order_type,
            quantity,
            self._pulse.now_ns,
            price,
            reduce_only=reduce_only,
            tag=tag,
            causation_id=self._pulse.seq,
        )


def view_order(order: Order) -> OrderView:
    """Return an order as a strategy or client may see it."""
    intent = order.intent
    return OrderView(
        intent.client_order_id,
        intent.instrument_id,
        intent.side,
        intent.order_type,
        order.quantity,
        order.price,
        order.trigger_price,
        order.life,
        order.reported_status,
        order.cum_qty,
        order.leaves_qty,
        order.avg_px,
        intent.tag,
    )
