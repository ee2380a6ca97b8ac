"""The idea: a price above all of the last ones is a trend upwards, below all of them downwards."""

from collections import deque
from collections.abc import Iterable


class Breakout:
    """Keeps the last prices; integers, so that nothing is rounded."""

    def __init__(self, window: int, prices: Iterable[int] = ()) -> None:
        self.prices = deque[int](prices, maxlen=window)

    def update(self, price: int) -> int:
        """Take a price; return 1 for a new high, -1 for a new low, else 0."""
        prices = self.prices
        known = len(prices) == prices.maxlen
        found = 0
        if known and price > max(prices):
            found = 1
        elif known and price < min(prices):
            found = -1
        prices.append(price)
        return found
