"""On whose word an order leaves, and so which rules it may skip (orders.md section 9, "bypass").

Nobody skips values, grid, session and the size of a close.
"""

from enum import IntEnum


class Authority(IntEnum):
    """Who wants a request sent."""

    STRATEGY = 1
    """A strategy's own decision: every rule holds."""
    PROTECTION = 2
    """An exit or close that the desk sends for a strategy, running or not: no limits, no rate."""
    OPERATOR = 3
    """A close that a person asked for: it also leaves while the desk is halted."""


STRATEGY = Authority.STRATEGY
PROTECTION = Authority.PROTECTION
OPERATOR = Authority.OPERATOR
