"""Real time on an asyncio loop."""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context

from hexdesk.domain.values import NS_PER_SECOND, TimeNs


class LiveClock:
    """UTC from the system, never backwards; timers on the running loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._context = Context()
        """Timers belong to no call, whoever asked for them."""
        self._latest: TimeNs = 0

    def now_ns(self) -> TimeNs:
        """Return the time; a system clock that is set back stands still until it catches up."""
        self._latest = max(self._latest, wall_time_ns())
        return self._latest

    def call_at(self, due_ns: TimeNs, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back at a time."""
        delay_s = max(due_ns - self.now_ns(), 0) / NS_PER_SECOND
        return self._loop.call_later(delay_s, callback, context=self._context)


def wall_time_ns() -> TimeNs:
    """Return what the system's clock says."""
    return time.time_ns()  # noqa: TID251 - this is the Clock port
