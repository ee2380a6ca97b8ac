"""The latest state of every market, and one channel per instrument and kind of event.

A channel is a tuple of bound methods, rebuilt when somebody comes or goes: calling a cached bound
method is the cheapest dispatch there is (performance.md, decision 3).
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import (
    Bar,
    BookUpdate,
    FundingRate,
    InstrumentStatus,
    MarketEvent,
    Quote,
    Trade,
)
from hexdesk.domain.values import PriceRaw, TimeNs, TradingStatus

Handler: TypeAlias = Callable[[Any], None]
Channel: TypeAlias = tuple[Handler, ...]

NEVER: TimeNs = 2**63 - 1
KINDS = ("quote", "trade", "book", "bar", "status", "funding")


class Market:
    """One instrument's market; a `MarketView` for everyone but the desk.

    Attributes:
        instrument: What is traded.
        quote: Latest quote.
        trade: Latest public trade.
        status: Latest trading status.
        trading_day: Latest that was told, 0 if none was.
        look: Marks what is held here at a time; called before the channel of quotes.
        look_ns: A quote of that time or later is worth a look.
        on_quote: Channel of quotes; likewise the others.
    """

    __slots__ = (
        "_handlers",
        "_watchers",
        "instrument",
        "look",
        "look_ns",
        "on_bar",
        "on_book",
        "on_funding",
        "on_quote",
        "on_status",
        "on_trade",
        "quote",
        "status",
        "trade",
        "trading_day",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.quote: Quote | None = None
        self.trade: Trade | None = None
        self.status: TradingStatus = instrument.status
        self.trading_day = 0
        self.on_quote: Channel = ()
        self.on_trade: Channel = ()
        self.on_book: Channel = ()
        self.on_bar: Channel = ()
        self.on_status: Channel = ()
        self.on_funding: Channel = ()
        self.look: Callable[[TimeNs], None] = _look_away
        self.look_ns: TimeNs = NEVER
        self._watchers: dict[str, Handler] = {}
        self._handlers: dict[str, list[Handler]] = {kind: [] for kind in KINDS}

    @property
    def mark(self) -> PriceRaw:
        """Middle of the quote (rounded down), else its one side, else the last trade, else 0."""
        quote = self.quote
        if quote is not None:
            if quote.bid_price and quote.ask_price:
                return (quote.bid_price + quote.ask_price) // 2
            if quote.bid_price or quote.ask_price:
                return quote.bid_price or quote.ask_price
        return self.trade.price if self.trade is not None else 0

    def take(self, event: MarketEvent) -> Channel:
        """Let an event that is no quote be the latest of its kind; return its channel."""
        if isinstance(event, Trade):
            self.trade = event
            return self.on_trade
        if isinstance(event, BookUpdate):
            return self.on_book
        if isinstance(event, Bar):
            return self.on_bar
        if isinstance(event, InstrumentStatus):
            self.status = event.status
            return self.on_status
        if isinstance(event, FundingRate):
            return self.on_funding
        return ()

    def add(self, kind: str, handler: Handler) -> None:
        """Append a handler to a channel."""
        self._handlers[kind].append(handler)
        self._rebuild(kind)

    def remove(self, handler: Handler) -> None:
        """Take a handler out of every channel; an unknown one is ignored."""
        for kind, handlers in self._handlers.items():
            if handler in handlers:
                handlers.remove(handler)
                self._rebuild(kind)

    def watch(self, kind: str, handler: Handler | None) -> None:
        """Set or clear the one handler that comes before all others."""
        if self._watchers.get(kind) == handler:
            return
        if handler is None:
            del self._watchers[kind]
        else:
            self._watchers[kind] = handler
        self._rebuild(kind)

    def _rebuild(self, kind: str) -> None:
        watcher = self._watchers.get(kind)
        handlers = self._handlers[kind]
        setattr(self, f"on_{kind}", (watcher, *handlers) if watcher else tuple(handlers))


def _look_away(_now_ns: TimeNs) -> None:
    """Hold nothing."""


class Markets:
    """Every market by instrument id; a `MarketTap` for simulated venues."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.by_id: dict[str, Market] = {
            instrument.id: Market(instrument) for instrument in instruments
        }

    def view(self, instrument_id: str) -> Market | None:
        """Return a market, None if it is unknown."""
        return self.by_id.get(instrument_id)

    def watch(
        self,
        instrument_id: str,
        *,
        on_quote: Callable[[Quote], None] | None = None,
        on_trade: Callable[[Trade], None] | None = None,
        on_book: Callable[[BookUpdate], None] | None = None,
        on_bar: Callable[[Bar], None] | None = None,
        on_status: Callable[[InstrumentStatus], None] | None = None,
    ) -> None:
        """Set who sees an instrument's events first; all None ends the watch."""
        market = self.by_id[instrument_id]
        market.watch("quote", on_quote)
        market.watch("trade", on_trade)
        market.watch("book", on_book)
        market.watch("bar", on_bar)
        market.watch("status", on_status)

    def watch_funding(
        self, instrument_id: str, on_funding: Callable[[FundingRate], None] | None
    ) -> None:
        """Set who sees an instrument's funding rates first; None ends it."""
        self.by_id[instrument_id].watch("funding", on_funding)
