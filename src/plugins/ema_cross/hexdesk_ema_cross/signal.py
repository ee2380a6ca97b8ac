"""The signal: which of two exponential moving averages is higher, and when that changes."""

import math


class EmaCross:
    """A fast and a slow average of one price series.

    The first price is where both start; every later one moves an average by
    `2 / (period + 1)` of its distance from it. Scaling all prices changes nothing, so twice the
    mid is as good as the mid.

    Attributes:
        fast: The fast average.
        slow: The slow average.
        side: 1 while the fast average is above the slow one, -1 below; equal averages keep it; 0
            until the warm-up is over and they part. Taking the first side is no cross.
        warm_up: Prices that are still to come before a side is taken.
    """

    __slots__ = ("_fast_factor", "_slow_factor", "fast", "side", "slow", "warm_up")

    def __init__(self, fast_period: int, slow_period: int, warm_up: int) -> None:
        self._fast_factor = 2.0 / (fast_period + 1)
        self._slow_factor = 2.0 / (slow_period + 1)
        self.fast = math.nan
        self.slow = math.nan
        self.side = 0
        self.warm_up = warm_up

    def update(self, price: float) -> int:
        """Take a price; return the new side if the averages crossed with it, else 0."""
        fast = self.fast
        slow = self.slow
        self.fast = fast = fast + self._fast_factor * (price - fast)
        self.slow = slow = slow + self._slow_factor * (price - slow)
        if (fast - slow) * self.side > 0.0:
            return 0
        return self._turn(price)

    def _turn(self, price: float) -> int:
        """Handle all but a price that leaves each average on its side: warm-up, parting, cross."""
        if math.isnan(self.fast):
            self.fast = self.slow = price
        if self.warm_up:
            self.warm_up -= 1
        difference = self.fast - self.slow
        if difference == 0.0 or self.warm_up:
            return 0
        before = self.side
        self.side = 1 if difference > 0.0 else -1
        return self.side if before else 0
