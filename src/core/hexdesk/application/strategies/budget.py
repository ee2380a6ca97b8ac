"""Holds a strategy's callback to a time budget; live desks only.

A backtest measures no wall time, so that equal inputs give equal outputs on any machine.
"""

from collections.abc import Callable
from typing import Any, Protocol

from hexdesk.application.strategies.host import StrategyHost

STRIKES_MAX = 5
"""Overruns in a row before a strategy is quarantined."""


class OverBudget(Protocol):
    """Told of an overrun; `is_final` says that it was one too many."""

    def __call__(self, host: StrategyHost, spent_ns: int, *, is_final: bool) -> None:
        """Take note."""
        ...


class BudgetGuard:
    """Calls a callback and times it; one overrun is reported, several in a row are final.

    It takes what the callback takes: an event, a timer's name and time, or nothing.
    """

    __slots__ = ("_budget_ns", "_handler", "_host", "_over", "_stopwatch", "_strikes")

    def __init__(
        self,
        host: StrategyHost,
        handler: Callable[..., None],
        stopwatch: Callable[[], int],
        budget_ns: int,
        over: OverBudget,
    ) -> None:
        self._host = host
        self._handler = handler
        self._stopwatch = stopwatch
        self._budget_ns = budget_ns
        self._over = over
        self._strikes = 0

    def __call__(self, *event: Any) -> None:  # noqa: ANN401 - what any callback is told
        """Call the handler."""
        begun = self._stopwatch()
        self._handler(*event)
        spent_ns = self._stopwatch() - begun
        if spent_ns > self._budget_ns:
            self._strikes += 1
            self._over(self._host, spent_ns, is_final=self._strikes >= STRIKES_MAX)
        else:
            self._strikes = 0
