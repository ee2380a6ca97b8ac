"""A strategy context that keeps what a strategy asked for, and orders that a test moves on."""

import logging
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    ACCEPTED,
    AUTO,
    BUY,
    CANCELED,
    CLOSED_LIVES,
    FILLED,
    GTC,
    MAKER,
    MARKET,
    PARTIALLY_FILLED,
    Life,
    OrderType,
    PositionEffect,
    ReportedStatus,
    Side,
    TimeInForce,
)
from hexdesk.plugin import Strategy
from hexdesk.ports.strategy import AccountView, BracketIds, OrderView, PositionView


class Sent(msgspec.Struct, frozen=True):
    """A request of a strategy: `submit`, `amend` or `cancel`."""

    kind: str
    client_order_id: str
    side: Side = BUY
    quantity: int = 0
    price: int = 0
    post_only: bool = False


class FakeContext:
    """Keeps requests in `sent`; an amendment is taken at once unless `can_amend` is False."""

    def __init__(self, *instruments: Instrument, strategy_id: str = "test") -> None:
        self._instruments = {each.id: each for each in instruments}
        self._strategy_id = strategy_id
        self.sent: list[Sent] = []
        self.orders: dict[str, OrderView] = {}
        self.positions: dict[str, int] = {}
        self.timers: dict[str, int] = {}
        self.can_amend = True
        self.deny = False
        self.now = 0

    @property
    def strategy_id(self) -> str:
        return self._strategy_id

    @property
    def instrument_ids(self) -> Sequence[str]:
        return [*self._instruments]

    @property
    def logger(self) -> logging.Logger:
        return logging.getLogger(__name__)

    def now_ns(self) -> int:
        return self.now

    def instrument(self, instrument_id: str) -> Instrument:
        return self._instruments[instrument_id]

    def quote(self, instrument_id: str) -> Quote | None:
        raise NotImplementedError

    def position(self, instrument_id: str) -> PositionView:
        return PositionView(instrument_id, self.position_quantity(instrument_id), 0.0, 0, 0)

    def position_quantity(self, instrument_id: str) -> int:
        return self.positions.get(instrument_id, 0)

    def account(self, currency: str) -> AccountView:
        raise NotImplementedError

    def order(self, client_order_id: str) -> OrderView | None:
        return self.orders.get(client_order_id)

    def open_order_count(self, instrument_id: str) -> int:
        return len(self.open_orders(instrument_id))

    def open_orders(self, instrument_id: str = "") -> Sequence[OrderView]:
        return [
            order
            for order in self.orders.values()
            if order.life not in CLOSED_LIVES and instrument_id in ("", order.instrument_id)
        ]

    def submit(
        self,
        instrument_id: str,
        side: Side,
        quantity: int,
        order_type: OrderType = MARKET,
        price: int = 0,
        *,
        trigger_price: int = 0,
        trailing_offset: int = 0,
        time_in_force: TimeInForce = GTC,
        expire_ns: int = 0,
        post_only: bool = False,
        reduce_only: bool = False,
        position_effect: PositionEffect = AUTO,
        display_quantity: int = 0,
        tag: str = "",
    ) -> str:
        client_order_id = f"o{len(self.orders) + 1}"
        life = Life.DENIED if self.deny else ACCEPTED
        self.orders[client_order_id] = OrderView(
            client_order_id, instrument_id, side, order_type, quantity, price, trigger_price, life,
            ReportedStatus(life), 0, quantity, 0.0, tag,
        )  # fmt: skip
        self.sent.append(Sent("submit", client_order_id, side, quantity, price, post_only))
        return client_order_id

    def submit_bracket(
        self,
        instrument_id: str,
        side: Side,
        quantity: int,
        *,
        entry_price: int = 0,
        stop_price: int = 0,
        target_price: int = 0,
        tag: str = "",
    ) -> BracketIds:
        raise NotImplementedError

    def submit_oco(
        self,
        instrument_id: str,
        side: Side,
        quantity: int,
        *,
        limit_price: int,
        stop_price: int,
        reduce_only: bool = False,
        tag: str = "",
    ) -> tuple[str, str]:
        raise NotImplementedError

    def amend(
        self, client_order_id: str, *, quantity: int = 0, price: int = 0, trigger_price: int = 0
    ) -> bool:
        order = self.orders[client_order_id]
        if not self.can_amend or order.life in CLOSED_LIVES:
            return False
        self.orders[client_order_id] = replace(order, price=price)
        self.sent.append(Sent("amend", client_order_id, order.side, quantity, price))
        return True

    def cancel(self, client_order_id: str) -> bool:
        order = self.orders[client_order_id]
        if order.life in CLOSED_LIVES or order.status is ReportedStatus.PENDING_CANCEL:
            return False
        self.orders[client_order_id] = replace(order, status=ReportedStatus.PENDING_CANCEL)
        self.sent.append(Sent("cancel", client_order_id, order.side))
        return True

    def cancel_all(self, instrument_id: str = "") -> int:
        return sum(self.cancel(order.client_order_id) for order in self.open_orders(instrument_id))

    def flatten(self, instrument_id: str = "") -> int:
        raise NotImplementedError

    def set_timer(self, name: str, due_ns: int) -> None:
        self.timers[name] = due_ns

    def cancel_timer(self, name: str) -> None:
        self.timers.pop(name, None)

    # --- what a test does with orders ---------------------------------------------------------

    def taken(self) -> list[Sent]:
        """Return the requests since the last call."""
        sent, self.sent = self.sent, []
        return sent

    def close(self, client_order_id: str, life: Life = CANCELED) -> None:
        """End an order."""
        order = self.orders[client_order_id]
        self.orders[client_order_id] = replace(order, life=life, status=ReportedStatus(life))

    def fill(self, strategy: Strategy, client_order_id: str, quantity: int = 0) -> None:
        """Fill an order, by default all of it, and tell the strategy."""
        order = self.orders[client_order_id]
        quantity = quantity or order.leaves_qty
        life = FILLED if quantity == order.leaves_qty else PARTIALLY_FILLED
        self.orders[client_order_id] = replace(
            order,
            life=life,
            status=ReportedStatus(life),
            cum_qty=order.cum_qty + quantity,
            leaves_qty=order.leaves_qty - quantity,
        )
        held = self.position_quantity(order.instrument_id)
        self.positions[order.instrument_id] = held + order.side * quantity
        strategy.on_fill(
            Fill(client_order_id, "v", f"t{client_order_id}", order.instrument_id, order.side,
                 quantity, order.price, MAKER, 0, "", self.now, self.now)
        )  # fmt: skip
