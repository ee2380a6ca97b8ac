"""Fake of `ports/clock.py`: time stands until a test moves it."""

from hexdesk.application.clock import VirtualClock
from hexdesk.domain.values import TimeNs

START_NS = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC, a Tuesday."""


class FakeClock(VirtualClock):
    """A virtual clock with a step."""

    __slots__ = ()

    def __init__(self, start_ns: TimeNs = START_NS) -> None:
        super().__init__(start_ns)

    def advance_by(self, step_ns: TimeNs) -> None:
        """Move time on; timers that fall due fire, each at its own time."""
        self.advance_to(self.now_ns() + step_ns)
