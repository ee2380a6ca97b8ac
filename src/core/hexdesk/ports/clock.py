"""Time: the only source of "now" and of timers."""

from collections.abc import Callable
from typing import Protocol

from hexdesk.domain.values import TimeNs


class TimerHandle(Protocol):
    """A timer that has not fired yet."""

    def cancel(self) -> None:
        """Forget the timer; without effect once it has fired."""
        ...


class Clock(Protocol):
    """UTC nanoseconds, virtual or real."""

    def now_ns(self) -> TimeNs:
        """Return the time; it never goes backwards."""
        ...

    def call_at(self, due_ns: TimeNs, callback: Callable[[], None]) -> TimerHandle:
        """Call back at a time, or as soon as possible if it has passed.

        Timers that are due at the same time fire in the order in which they were set.
        """
        ...
