"""A strategy inside the desk: its state, its ledgers, and the context it is given."""

import logging
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from hexdesk.application.ledger import Ledger
from hexdesk.application.linked import bracket_orders, entry_type, pair_orders
from hexdesk.application.markets import Market
from hexdesk.application.pulse import Pulse
from hexdesk.application.risk_gate import RiskGate
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.order_state import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import (
    AUTO,
    GTC,
    LIMIT,
    MARKET,
    Contingency,
    OrderType,
    PositionEffect,
    PriceRaw,
    QtyRaw,
    Side,
    TimeInForce,
    TimeNs,
)
from hexdesk.ports.broker import Broker
from hexdesk.ports.clock import TimerHandle
from hexdesk.ports.strategy import (
    AccountView,
    BracketIds,
    OrderView,
    PositionView,
    Strategy,
    StrategyContext,
)

StrategyFactory: TypeAlias = Callable[[StrategyContext], Strategy]


class HostState(StrEnum):
    """Where a strategy is in its life."""

    LOADED = "loaded"
    RUNNING = "running"
    STOPPED = "stopped"
    FAULTED = "faulted"


class StrategyHost:
    """One strategy with all that belongs to it.

    Attributes:
        strategy_id: Name of its section.
        broker: Where its orders go.
        account: Whose money it moves.
        ledgers: By instrument id.
        gate: Its risk gate.
        state: Where it is in its life.
        entries_allowed: False after stop-entries: only reducing orders pass.
        cancel_on_fault: Whether its open orders are canceled when it is quarantined.
        strategy: The plugin's object; set once by the desk.
        on_order: Its bound callback if it overrides it, None once quarantined.
        on_fill: The same.
        on_timer: Its bound callback once it was started.
        send: The broker's bound `submit`.
        fault: Why it was quarantined.
        open_count: Its orders that are not closed.
        timers: When each is due and its handle, by name.
        timer_ns: When its latest timer fired.
        timer_count: How many fired at that moment.
        burst_seq: The input in which it last sent a request.
        burst_count: Requests sent in that input.
    """

    __slots__ = (
        "account",
        "broker",
        "burst_count",
        "burst_seq",
        "cancel_on_fault",
        "entries_allowed",
        "fault",
        "gate",
        "ledgers",
        "on_fill",
        "on_order",
        "on_timer",
        "open_count",
        "send",
        "state",
        "strategy",
        "strategy_id",
        "timer_count",
        "timer_ns",
        "timers",
    )

    def __init__(
        self,
        strategy_id: str,
        *,
        broker: Broker,
        account: Account,
        ledgers: dict[str, Ledger],
        gate: RiskGate,
        cancel_on_fault: bool = True,
    ) -> None:
        self.strategy_id = strategy_id
        self.broker = broker
        self.send = broker.submit
        self.account = account
        self.ledgers = ledgers
        self.gate = gate
        self.state = HostState.LOADED
        self.entries_allowed = True
        self.cancel_on_fault = cancel_on_fault
        self.strategy: Strategy | None = None
        self.on_order: Callable[[Any], None] | None = None
        self.on_fill: Callable[[Any], None] | None = None
        self.on_timer: Callable[[str, TimeNs], None] | None = None
        self.fault = ""
        self.open_count = 0
        self.timers: dict[str, tuple[TimeNs, TimerHandle]] = {}
        self.timer_ns: TimeNs = 0
        self.timer_count = 0
        self.burst_seq = 0
        self.burst_count = 0


class Services(Protocol):
    """What a context asks of the desk."""

    pulse: Pulse
    next_client_order_id: Callable[[], str]
    submit: Callable[["StrategyHost", NewOrder], None]

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


class DeskContext:
    """A strategy's view of the desk; implements `StrategyContext`."""

    __slots__ = ("_desk", "_host", "_instrument_ids", "_logger", "_next_id", "_pulse", "_submit")

    def __init__(self, desk: Services, host: StrategyHost, instrument_ids: Sequence[str]) -> None:
        self._desk = desk
        self._submit = desk.submit
        self._next_id = desk.next_client_order_id
        self._host = host
        self._pulse = desk.pulse
        self._instrument_ids = tuple(instrument_ids)
        self._logger = logging.getLogger(f"hexdesk.strategy.{host.strategy_id}")

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
        """Send an order and return its client order id."""
        host = self._host
        pulse = self._pulse
        client_order_id = self._next_id()
        self._submit(
            host,
            NewOrder(
                client_order_id,
                host.strategy_id,
                host.account.id,
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
                Contingency.NONE,
                "",
                "",
                tag,
                pulse.seq,
            ),
        )
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
        host = self._host
        return NewOrder(
            self._desk.next_client_order_id(),
            host.strategy_id,
            host.account.id,
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
