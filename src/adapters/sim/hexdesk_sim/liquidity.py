"""What the market offers at this moment, less what we have taken of it.

The touch is that of the newest quote or level-2 book; levels of a known book beyond the touch lie
behind it. Without either, the last public trade counts as a touch of unknown size. What we took
comes back with the next quote or book update: we do not move the market.

A missing side (price 0) has no liquidity. A crossed quote is read against us: buyers pay its
higher price, sellers get its lower one.
"""

from typing import TypeAlias

from hexdesk.domain.market import BookUpdate, Quote, Trade
from hexdesk.domain.values import BUY, PriceRaw, QtyRaw, Side
from hexdesk_sim.depth import Depth, DepthSide

UNLIMITED: QtyRaw = 1 << 120
"""Stands for a size that nobody told: more than any order."""

Level: TypeAlias = list[int]
"""Price, and what is left of the displayed size."""


class Liquidity:
    """The market of one instrument as a taker meets it.

    Attributes:
        bid: Best price for sellers; 0 is none.
        bid_size: Displayed there; 0 is unknown.
        ask: Best price for buyers; 0 is none.
        ask_size: Displayed there; 0 is unknown.
        depth: Level-2 book, empty where the feed has none.
    """

    __slots__ = (
        "_asks",
        "_bids",
        "_event",
        "_update",
        "ask",
        "ask_size",
        "bid",
        "bid_size",
        "depth",
    )

    def __init__(self) -> None:
        self.depth = Depth()
        self.bid: PriceRaw = 0
        self.ask: PriceRaw = 0
        self.bid_size: QtyRaw = 0
        self.ask_size: QtyRaw = 0
        self._event: Quote | Trade | None = None
        self._update: BookUpdate | None = None
        self._bids: list[Level] | None = None
        self._asks: list[Level] | None = None

    def look(self, quote: Quote | None, trade: Trade | None) -> None:
        """Take note of the market as it is now; costs little when nothing has changed."""
        event = quote if quote is not None else trade
        update = self.depth.update
        if event is self._event and update is self._update:
            return
        self._event = event
        self._update = update
        self._bids = None
        self._asks = None
        if update is not None and (quote is None or update.ts_init > quote.ts_init):
            bids, asks = self.depth.bids, self.depth.asks
            bid, ask = bids.best, asks.best
            self.bid_size, self.ask_size = bids.size(bid), asks.size(ask)
        elif quote is not None:
            bid, ask = quote.bid_price, quote.ask_price
            self.bid_size, self.ask_size = quote.bid_size, quote.ask_size
        else:
            bid = ask = trade.price if trade is not None else 0
            self.bid_size = self.ask_size = 0
        if bid <= 0 or ask <= 0:
            self.bid, self.ask = max(bid, 0), max(ask, 0)
        elif bid <= ask:
            self.bid, self.ask = bid, ask
        else:
            self.bid, self.ask = ask, bid

    def reaches(self, side: Side, price: PriceRaw) -> bool:
        """Whether a limit order would take at once."""
        return 0 < self.ask <= price if side is BUY else self.bid >= price

    def facing(self, side: Side) -> list[Level]:
        """Return the levels that a taker of a side meets, best first; taking changes them."""
        if side is BUY:
            levels = self._asks
            if levels is None:
                levels = self._asks = _levels(self.ask, self.ask_size, self.depth.asks, 1)
        else:
            levels = self._bids
            if levels is None:
                levels = self._bids = _levels(self.bid, self.bid_size, self.depth.bids, -1)
        return levels

    def available(self, side: Side, price: PriceRaw) -> QtyRaw:
        """Return what a taker could get at a price or better; 0 as price is any."""
        sign = 1 if side is BUY else -1
        return sum(
            level[1] for level in self.facing(side) if not price or level[0] * sign <= price * sign
        )

    def take(self, side: Side, price: PriceRaw, quantity: QtyRaw) -> QtyRaw:
        """Take up to a quantity at a price or better and return how much it was."""
        sign = 1 if side is BUY else -1
        got = 0
        for level in self.facing(side):
            if level[0] * sign > price * sign:
                break
            part = min(level[1], quantity - got)
            level[1] -= part
            got += part
            if got == quantity:
                break
        return got

    def displayed(self, side: Side, price: PriceRaw) -> QtyRaw:
        """Return what others of a side show at a price; -1 where nobody knows."""
        best, size = (self.bid, self.bid_size) if side is BUY else (self.ask, self.ask_size)
        if price == best:
            return size
        if self._update is not None:
            return self.depth.side(side).size(price)
        if not best or (price > best if side is BUY else price < best):
            return 0
        return -1


def _levels(touch: PriceRaw, size: QtyRaw, depth: DepthSide, sign: int) -> list[Level]:
    if not touch:
        return []
    levels = [[touch, size or UNLIMITED]]
    levels += [[price, shown] for price, shown in depth if price * sign > touch * sign]
    return levels
