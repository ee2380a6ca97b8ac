"""Conditional orders that wait for their trigger."""

from collections.abc import Iterator

from hexdesk.domain.values import BUY, TRAILING_STOP, PriceRaw
from hexdesk_sim.ladder import Ladder
from hexdesk_sim.order import SimOrder

FAR: PriceRaw = 1 << 100
"""Beyond every price."""
NEAR: PriceRaw = -FAR
"""Below every price."""


class Stops:
    """Untriggered stops of one instrument.

    Buy stops trigger when the market rises to them, the lowest first; sell stops when it falls to
    them, the highest first. Trailing stops sit among them at their present trigger and follow the
    best price that they have seen.

    Attributes:
        waiting: All of them by sequence; read only.
    """

    __slots__ = ("_buys", "_sells", "_trails", "waiting")

    def __init__(self) -> None:
        self.waiting: dict[int, SimOrder] = {}
        self._buys = Ladder(-1)
        self._sells = Ladder(1)
        self._trails: dict[int, SimOrder] = {}

    def __iter__(self) -> Iterator[SimOrder]:
        return iter(self.waiting.values())

    def add(self, order: SimOrder, market: PriceRaw) -> None:
        """Let an order wait; `market` is where a trailing stop starts to follow, 0 for unknown."""
        if order.kind is TRAILING_STOP:
            if not order.extreme:
                order.extreme = market or (FAR if order.intent.side is BUY else 0)
            if not order.trigger_price:
                order.trigger_price = _trail(order)
            self._trails[order.sequence] = order
        self.waiting[order.sequence] = order
        self._ladder(order).add(order, order.trigger_price)

    def remove(self, order: SimOrder) -> None:
        """Forget an order."""
        self._ladder(order).remove(order, order.trigger_price)
        self._trails.pop(order.sequence, None)
        del self.waiting[order.sequence]

    def bounds(self) -> tuple[PriceRaw, PriceRaw, PriceRaw, PriceRaw]:
        """Return below and above which a bid, then an ask, must stay for nothing to happen."""
        bid_low, bid_high, ask_low, ask_high = NEAR, FAR, NEAR, FAR
        if self._sells.keys:
            bid_low = self._sells.keys[-1]
        if self._buys.keys:
            ask_high = -self._buys.keys[-1]
        for order in self._trails.values():
            if order.intent.side is BUY:
                ask_low = max(ask_low, order.extreme - 1)
            else:
                bid_high = min(bid_high, order.extreme + 1)
        return bid_low, bid_high, ask_low, ask_high

    def follow(self, bid: PriceRaw, ask: PriceRaw) -> None:
        """Move the trailing stops after a better market; 0 is a missing side."""
        for order in list(self._trails.values()):
            if order.intent.side is BUY:
                if 0 < ask < order.extreme:
                    order.extreme = ask
                    self._move(order, min(order.trigger_price, _trail(order)))
            elif bid > order.extreme:
                order.extreme = bid
                self._move(order, max(order.trigger_price, _trail(order)))

    def due(self, bid: PriceRaw, ask: PriceRaw) -> list[SimOrder]:
        """Return the orders that a market triggers, in the order in which it meets them."""
        found: list[SimOrder] = []
        if ask and self._buys.keys and -self._buys.keys[-1] <= ask:
            found += [order for order in self._buys if order.trigger_price <= ask]
        if bid and self._sells.keys and self._sells.keys[-1] >= bid:
            found += [order for order in self._sells if order.trigger_price >= bid]
        return found

    def _ladder(self, order: SimOrder) -> Ladder:
        return self._buys if order.intent.side is BUY else self._sells

    def _move(self, order: SimOrder, trigger: PriceRaw) -> None:
        ladder = self._ladder(order)
        ladder.remove(order, order.trigger_price)
        order.trigger_price = trigger
        ladder.add(order, trigger)


def _trail(order: SimOrder) -> PriceRaw:
    offset = order.intent.trailing_offset
    return order.extreme + offset if order.intent.side is BUY else order.extreme - offset
