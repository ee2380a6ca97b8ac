"""The calibration: the same input and the same signal in a bare Python loop, nothing else."""

import time
from collections.abc import Sequence

from hexdesk.domain.market import Quote

FAST = 2.0 / 21
SLOW = 2.0 / 201


def crosses(quotes: Sequence[Quote]) -> int:
    """Return how often two averages of twice the mid cross."""
    fast = slow = float(quotes[0].bid_price + quotes[0].ask_price)
    above = False
    count = 0
    for quote in quotes:
        price = quote.bid_price + quote.ask_price
        fast += FAST * (price - fast)
        slow += SLOW * (price - slow)
        if (fast > slow) is not above:
            above = not above
            count += 1
    return count


def calibrate(quotes: Sequence[Quote]) -> float:
    """Return quotes a second of the bare loop."""
    begun = time.perf_counter()
    crosses(quotes)
    return len(quotes) / (time.perf_counter() - begun)
