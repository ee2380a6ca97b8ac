"""Trades the crossing of two averages with market orders, one at a time per instrument.

A cross says which position is wanted. The order for it is the difference to the position held, so
one order turns a position. While an order is open nothing else is sent; what was wanted meanwhile
is made up for with its last fill. After a denial or a reject the strategy waits for the next cross.
"""

from typing import Any

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, Quote
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import BUY, SELL, QtyRaw
from hexdesk.errors import ConfigError
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk_ema_cross.settings import EmaCrossSettings
from hexdesk_ema_cross.signal import EmaCross


class EmaCrossStrategy(Strategy):
    """What both kinds of prices share.

    Raises:
        ConfigError: The quantity does not suit an instrument.
    """

    __slots__ = ("_quantities", "_settings", "_signals", "_updates", "_wanted")

    def __init__(self, context: StrategyContext, settings: EmaCrossSettings) -> None:
        super().__init__(context)
        self._settings = settings
        warm_up = settings.warm_up or settings.slow_period
        self._signals = {
            instrument_id: EmaCross(settings.fast_period, settings.slow_period, warm_up)
            for instrument_id in context.instrument_ids
        }
        self._updates = {key: signal.update for key, signal in self._signals.items()}
        self._quantities = {
            instrument_id: self._quantity(context.instrument(instrument_id))
            for instrument_id in context.instrument_ids
        }
        self._wanted: dict[str, QtyRaw] = {}

    def on_fill(self, fill: Fill) -> None:
        """Make up for a cross that came while the order was open."""
        self._align(fill.instrument_id)

    def _cross(self, instrument_id: str, side: int) -> None:
        if side < 0 and self._settings.mode == "long_flat":
            side = 0
        self._wanted[instrument_id] = side * self._quantities[instrument_id]
        self._align(instrument_id)

    def _align(self, instrument_id: str) -> None:
        wanted = self._wanted.get(instrument_id)
        context = self.context
        if wanted is None or context.open_order_count(instrument_id):
            return
        missing = wanted - context.position_quantity(instrument_id)
        if missing:
            context.submit(instrument_id, BUY if missing > 0 else SELL, abs(missing))

    def _quantity(self, instrument: Instrument) -> QtyRaw:
        """Return the configured quantity at an instrument's scale."""
        try:
            return instrument.parse_quantity(self._settings.quantity)
        except ValueError as error:
            path = f"strategies.{self.context.strategy_id}.settings.quantity"
            raise ConfigError(str(error), path=path) from error

    def save_state(self) -> dict[str, object]:
        """Return the averages, so that a restart needs no new warm-up."""
        return {
            instrument_id: [signal.fast, signal.slow, signal.side, signal.warm_up]
            for instrument_id, signal in self._signals.items()
            if signal.side
        }

    def restore_state(self, state: dict[str, object], version: int) -> None:
        """Take the averages back; those of other instruments, or of another version, are left."""
        if version != self.state_version:
            return
        saved = msgspec.convert(state, dict[str, tuple[float, float, int, int]])
        for instrument_id, values in saved.items():
            signal = self._signals.get(instrument_id)
            if signal is not None:
                signal.fast, signal.slow, signal.side, signal.warm_up = values


class EmaCrossOnQuotes(EmaCrossStrategy):
    """Takes the middle of every quote that has both sides."""

    __slots__ = ()

    def on_quote(self, quote: Quote) -> None:
        """Update the averages with twice the mid: an integer, and as good."""
        bid = quote.bid_price
        ask = quote.ask_price
        if bid and ask:
            instrument_id = quote.instrument_id
            side = self._updates[instrument_id](bid + ask)
            if side:
                self._cross(instrument_id, side)


class EmaCrossOnBars(EmaCrossStrategy):
    """Takes the close of every bar."""

    __slots__ = ()

    def on_bar(self, bar: Bar) -> None:
        """Update the averages with the close."""
        side = self._updates[bar.instrument_id](bar.close)
        if side:
            self._cross(bar.instrument_id, side)


def make_strategy(context: StrategyContext, settings: Any) -> EmaCrossStrategy:  # noqa: ANN401 - a registration's factory
    """Return the class that listens to what the settings want: the desk calls no other method."""
    kind = EmaCrossOnBars if settings.price == "close" else EmaCrossOnQuotes
    return kind(context, settings)
