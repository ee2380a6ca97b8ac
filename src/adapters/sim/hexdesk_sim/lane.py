"""One direction of a connection: what is sent arrives later, in the order in which it was sent."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from hexdesk.domain.values import TimeNs
from hexdesk.ports.clock import Clock

T = TypeVar("T")


class Lane(Generic[T]):
    """Things under way, one behind the other; all that arrive at one moment share a timer.

    Attributes:
        waiting: When each is due, and the thing, first in front; read only.
    """

    __slots__ = ("_arrive", "_clock", "_due_ns", "waiting")

    def __init__(self, clock: Clock, arrive: Callable[[T], None]) -> None:
        self._clock = clock
        self._arrive = arrive
        self._due_ns: TimeNs = 0
        self.waiting: deque[tuple[TimeNs, T]] = deque()

    def send(self, thing: T, delay_ns: TimeNs) -> None:
        """Let a thing arrive after a delay, but not before any sent earlier."""
        waiting = self.waiting
        if not delay_ns and not waiting:
            self._arrive(thing)
            return
        due = self._due_ns = max(self._clock.now_ns() + delay_ns, self._due_ns)
        if not waiting or waiting[-1][0] != due:
            self._clock.call_at(due, self._come_due)
        waiting.append((due, thing))

    def drain(self) -> None:
        """Let everything arrive now. Send nothing more: timers still set would hurry it."""
        waiting = self.waiting
        while waiting:
            self._arrive(waiting.popleft()[1])

    def _come_due(self) -> None:
        """Let the first arrive, and all that are due with it."""
        waiting = self.waiting
        if not waiting:
            return  # drained
        due = waiting[0][0]
        while waiting and waiting[0][0] == due:
            self._arrive(waiting.popleft()[1])
