"""Strategies: what the desk calls, and what it offers them.

A strategy is synchronous, has no clock, no I/O and no randomness of its own: all comes through its
context, so that it decides the same in backtest, paper and live.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookUpdate, FundingRate, InstrumentStatus, Quote, Trade
from hexdesk.domain.reports import Fill, OrderEvent
from hexdesk.domain.values import (
    AUTO,
    GTC,
    Life,
    MoneyRaw,
    OrderType,
    PositionEffect,
    PriceRaw,
    QtyRaw,
    ReportedStatus,
    Side,
    TimeInForce,
    TimeNs,
    ValueRaw,
)


class OrderView(msgspec.Struct, frozen=True, gc=False):
    """An open or closed order of the asking strategy, as it is now."""

    client_order_id: str
    instrument_id: str
    side: Side
    order_type: OrderType
    quantity: QtyRaw
    price: PriceRaw
    trigger_price: PriceRaw
    life: Life
    status: ReportedStatus
    cum_qty: QtyRaw
    leaves_qty: QtyRaw
    avg_px: float
    tag: str


class PositionView(msgspec.Struct, frozen=True, gc=False):
    """A strategy's own position of one instrument, as it is now.

    Values are at the instrument's `value_scale`; unrealised at the market's mark.
    """

    instrument_id: str
    quantity: QtyRaw
    avg_px: float
    realised: ValueRaw
    unrealised: ValueRaw


class AccountView(msgspec.Struct, frozen=True, gc=False):
    """Cash of one currency of the account that a strategy trades, at `scale`."""

    account_id: str
    currency: str
    scale: int
    total: MoneyRaw
    reserved: MoneyRaw
    available: MoneyRaw


class BracketIds(msgspec.Struct, frozen=True, gc=False):
    """Client order ids of a bracket; empty for an exit that it does not have."""

    entry: str
    stop: str
    target: str


class StrategyContext(Protocol):
    """All that a strategy can see and do.

    Requests return at once; what became of them comes back through `on_order` and `on_fill`, a
    denial too. Quantities and prices are raw integers at the instrument's scales.
    """

    @property
    def strategy_id(self) -> str:
        """Name of the strategy's section in the configuration."""
        ...

    @property
    def instrument_ids(self) -> Sequence[str]:
        """Instruments that it was configured for."""
        ...

    @property
    def logger(self) -> logging.Logger:
        """A logger of the strategy's own; not for every tick."""
        ...

    def now_ns(self) -> TimeNs:
        """Return the time of the input being handled."""
        ...

    def instrument(self, instrument_id: str) -> Instrument:
        """Return an instrument.

        Raises:
            KeyError: The desk does not know it.
        """
        ...

    def quote(self, instrument_id: str) -> Quote | None:
        """Return the latest quote, None before the first."""
        ...

    def position(self, instrument_id: str) -> PositionView:
        """Return the strategy's own position; flat if there is none."""
        ...

    def position_quantity(self, instrument_id: str) -> QtyRaw:
        """Return its signed quantity alone; cheap enough for every tick."""
        ...

    def account(self, currency: str) -> AccountView:
        """Return the cash of one currency."""
        ...

    def order(self, client_order_id: str) -> OrderView | None:
        """Return one of the strategy's orders, None if it has no such order."""
        ...

    def open_orders(self, instrument_id: str = "") -> Sequence[OrderView]:
        """Return its orders that are not closed, oldest first."""
        ...

    def open_order_count(self, instrument_id: str) -> int:
        """Return how many of its orders of an instrument are not closed; cheap."""
        ...

    def submit(
        self,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        order_type: OrderType = OrderType.MARKET,
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
        ...

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
        """Send an entry (market if it has no price); its fill releases a stop, a target, or both.

        Stop and target only close and follow the filled quantity; when one is filled, the other is
        reduced or canceled. If one of them could never leave, the entry does not leave either.

        Raises:
            ValueError: Neither a stop nor a target is given.
        """
        ...

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
        """Send a limit and a stop order of which a fill of one reduces or cancels the other.

        If one of them is denied, the other does not leave.
        """
        ...

    def amend(
        self,
        client_order_id: str,
        *,
        quantity: QtyRaw = 0,
        price: PriceRaw = 0,
        trigger_price: PriceRaw = 0,
    ) -> bool:
        """Ask to replace terms of an open order; 0 keeps one. False if it cannot be amended now."""
        ...

    def cancel(self, client_order_id: str) -> bool:
        """Ask to cancel an open order; False if it is closed, unknown or already being canceled."""
        ...

    def cancel_all(self, instrument_id: str = "") -> int:
        """Ask to cancel all its open orders, of one instrument or all; return how many."""
        ...

    def flatten(self, instrument_id: str = "") -> int:
        """Cancel its orders and close its positions with reduce-only market orders."""
        ...

    def set_timer(self, name: str, due_ns: TimeNs) -> None:
        """Be called back once through `on_timer` at a time; a same name replaces the timer."""
        ...

    def cancel_timer(self, name: str) -> None:
        """Forget a timer; an unknown one is ignored."""
        ...


class Strategy:
    """Base class of strategies; override what is needed, the rest costs nothing.

    The desk looks once, at load, which `on_...` methods a class overrides, and calls only those.

    Attributes:
        state_version: Raise it when what `save_state` returns changes its meaning.
    """

    state_version = 1

    def __init__(self, context: StrategyContext) -> None:
        self.context = context

    def on_start(self) -> None:
        """Handle the start; orders may be sent from here on."""

    def on_stop(self) -> None:
        """Handle the stop; the last moment to send cancels of one's own."""

    def on_quote(self, quote: Quote) -> None:
        """Handle a quote of a subscribed instrument."""

    def on_trade(self, trade: Trade) -> None:
        """Handle a public trade."""

    def on_book(self, book: BookUpdate) -> None:
        """Handle level-2 changes."""

    def on_bar(self, bar: Bar) -> None:
        """Handle a finished bar."""

    def on_status(self, status: InstrumentStatus) -> None:
        """Handle a change of trading status."""

    def on_funding(self, funding: FundingRate) -> None:
        """Handle a funding time; what it brings or costs is booked by the venue's report of it."""

    def on_order(self, event: OrderEvent) -> None:
        """Handle a change of one of its own orders; fills come through `on_fill` alone."""

    def on_fill(self, fill: Fill) -> None:
        """Handle a fill of one of its own orders; positions already include it."""

    def on_timer(self, name: str, due_ns: TimeNs) -> None:
        """Handle a timer that it set."""

    def save_state(self) -> dict[str, object]:
        """Return what must survive a restart: str, int, float, bool, None, lists and dicts."""
        return {}

    def restore_state(self, state: dict[str, object], version: int) -> None:
        """Take back what `save_state` returned under a state version, before `on_start`."""
