"""Holds a long position after a new high, a short one after a new low."""

import msgspec

from acme_trend.settings import TrendSettings
from acme_trend.signal import Breakout
from hexdesk.domain.market import Quote
from hexdesk.domain.money import parse_raw
from hexdesk.domain.values import BUY, SELL
from hexdesk.plugin import Strategy, StrategyContext


class TrendStrategy(Strategy):
    """One breakout per instrument; one order at a time."""

    def __init__(self, context: StrategyContext, settings: TrendSettings) -> None:
        super().__init__(context)
        self._window = settings.window
        self._breakout_count = 0
        self._breakouts = {name: Breakout(settings.window) for name in context.instrument_ids}
        self._quantities = {
            name: parse_raw(settings.quantity, context.instrument(name).quantity_scale)
            for name in context.instrument_ids
        }

    def on_quote(self, quote: Quote) -> None:
        """Follow a new high or low of the middle of a two-sided quote."""
        if not (quote.bid_price and quote.ask_price):
            return
        name = quote.instrument_id
        found = self._breakouts[name].update(quote.bid_price + quote.ask_price)
        self._breakout_count += abs(found)
        if not found or self.context.open_orders(name):
            return
        missing = found * self._quantities[name] - self.context.position_quantity(name)
        if missing:
            side = BUY if missing > 0 else SELL
            self.context.submit(name, side, abs(missing), tag="breakout")

    def breakout_count(self) -> int:
        """Return how many highs and lows there were; asked once a second, off the tick's way."""
        return self._breakout_count

    def window_filled(self) -> dict[str, float]:
        """Return which part of each window is known."""
        return {name: len(each.prices) / self._window for name, each in self._breakouts.items()}

    def save_state(self) -> dict[str, object]:
        """Return the last prices."""
        return {name: list(breakout.prices) for name, breakout in self._breakouts.items()}

    def restore_state(self, state: dict[str, object], version: int) -> None:
        """Take the last prices back."""
        if version != self.state_version:
            return
        for name, prices in msgspec.convert(state, dict[str, list[int]]).items():
            if name in self._breakouts:
                self._breakouts[name] = Breakout(self._window, prices)
