"""What the market offers at this moment, less what we have taken of it.

The touch is that of the newest quote or level-2 book; levels of a known book beyond the touch lie
behind it. Without either, the last public trade counts as a touch of unknown size. What we took
comes back with the next quote or book update: we do not move the market.

A missing side (price 0) has no liquidity. A crossed quote is read against us: buyers pay its
higher price, sellers get its lower one, and it sets off no stop.
"""

from collections.abc import Sequence
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
        bid_left: What is left of it; `UNLIMITED` of an unknown size.
        ask: Best price for buyers; 0 is none.
        ask_size: As `bid_size`.
        ask_left: As `bid_left`.
        depth: Level-2 book, empty where the feed has none.
        event: Quote, update or trade that was looked at last; None makes the next `look` look anew.
        is_crossed: Whether the touch was; bid and ask have changed places then.
    """

    __slots__ = (
        "_asks_beyond",
        "_bids_beyond",
        "ask",
        "ask_left",
        "ask_size",
        "bid",
        "bid_left",
        "bid_size",
        "depth",
        "event",
        "is_crossed",
    )

    def __init__(self) -> None:
        self.depth = Depth()
        self.bid: PriceRaw = 0
        self.ask: PriceRaw = 0
        self.bid_size: QtyRaw = 0
        self.ask_size: QtyRaw = 0
        self.bid_left: QtyRaw = 0
        self.ask_left: QtyRaw = 0
        self.event: Quote | BookUpdate | Trade | None = None
        self.is_crossed = False
        self._bids_beyond: list[Level] | None = None
        self._asks_beyond: list[Level] | None = None

    def look(self, quote: Quote | None, trade: Trade | None) -> None:
        """Take note of the market as it is now; costs little when nothing has changed."""
        update = self.depth.update
        event = quote or update or trade
        if event is self.event:
            return
        self.event = event
        if update is None and quote is not None and 0 < quote.bid_price <= quote.ask_price:
            self.is_crossed = False  # the commonest market: an uncrossed quote, no level-2 book
            self.bid, self.ask = quote.bid_price, quote.ask_price
            self.bid_size = size = quote.bid_size
            self.bid_left = size or UNLIMITED
            self.ask_size = size = quote.ask_size
            self.ask_left = size or UNLIMITED
            return
        if quote is not None and (update is None or update.ts_init <= quote.ts_init):
            bid, ask = quote.bid_price, quote.ask_price
            bid_size, ask_size = quote.bid_size, quote.ask_size
        elif update is not None:
            bids, asks = self.depth.bids, self.depth.asks
            bid, ask = bids.best, asks.best
            bid_size, ask_size = bids.size(bid), asks.size(ask)
        else:
            bid = ask = trade.price if trade is not None else 0
            bid_size = ask_size = 0
        self.is_crossed = bid > ask > 0
        if self.is_crossed:
            bid, ask = ask, bid
        elif bid <= 0 or ask <= 0:
            bid, ask = max(bid, 0), max(ask, 0)
        self.bid = bid
        self.ask = ask
        self.bid_size = bid_size
        self.ask_size = ask_size
        self.bid_left = bid_size or UNLIMITED
        self.ask_left = ask_size or UNLIMITED
        if update is not None:
            self._bids_beyond = self._asks_beyond = None

    def apply(self, update: BookUpdate) -> None:
        """Take level-2 changes; all that was taken comes back."""
        self.depth.apply(update)
        self.event = None

    def reaches(self, side: Side, price: PriceRaw) -> bool:
        """Whether a limit order would take at once."""
        return 0 < self.ask <= price if side is BUY else self.bid >= price

    def beyond(self, side: Side) -> Sequence[Level]:
        """Return the known levels behind the touch that a taker meets; taking changes them."""
        if self.depth.update is None:
            return ()
        if side is BUY:
            levels = self._asks_beyond
            if levels is None:
                levels = self._asks_beyond = _levels_beyond(self.ask, self.depth.asks, 1)
        else:
            levels = self._bids_beyond
            if levels is None:
                levels = self._bids_beyond = _levels_beyond(self.bid, self.depth.bids, -1)
        return levels

    def available(self, side: Side, price: PriceRaw) -> QtyRaw:
        """Return what a taker could get at a price or better; 0 as price is any."""
        touch, left = (self.ask, self.ask_left) if side is BUY else (self.bid, self.bid_left)
        if not touch or (price and not self.reaches(side, price)):
            return 0
        sign = 1 if side is BUY else -1
        return left + sum(
            level[1] for level in self.beyond(side) if not price or level[0] * sign <= price * sign
        )

    def reach(self, side: Side, quantity: QtyRaw) -> PriceRaw:
        """Return the price of the last level that a taker of a quantity comes to; 0 is none."""
        price, left = (self.ask, self.ask_left) if side is BUY else (self.bid, self.bid_left)
        for level in self.beyond(side):
            if left >= quantity:
                break
            price = level[0]
            left += level[1]
        return price

    def take(self, side: Side, price: PriceRaw, quantity: QtyRaw) -> QtyRaw:
        """Take up to a quantity at a price that the touch reaches, and return how much it was."""
        if side is BUY:
            left = self.ask_left
            got = min(left, quantity)
            self.ask_left = left - got
        else:
            left = self.bid_left
            got = min(left, quantity)
            self.bid_left = left - got
        if got == quantity or self.depth.update is None:
            return got
        sign = 1 if side is BUY else -1
        for level in self.beyond(side):
            if level[0] * sign > price * sign:
                break
            part = min(level[1], quantity - got)
            level[1] -= part
            got += part
        return got

    def displayed(self, side: Side, price: PriceRaw) -> QtyRaw:
        """Return what others of a side show at a price; -1 where nobody knows."""
        best, size = (self.bid, self.bid_size) if side is BUY else (self.ask, self.ask_size)
        if price == best:
            return size
        if self.depth.update is not None:
            return self.depth.side(side).size(price)
        if not best or (price > best if side is BUY else price < best):
            return 0
        return -1


def _levels_beyond(touch: PriceRaw, depth: DepthSide, sign: int) -> list[Level]:
    if not touch:
        return []
    return [[price, shown] for price, shown in depth if price * sign > touch * sign]
