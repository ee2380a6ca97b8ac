"""The latest events of a desk, and readers' places in them.

The ring is the one bounded queue: a reader is a place in it, so many or slow readers cost no
memory. One that the ring has overtaken is told so and starts anew with a snapshot.
"""

from collections.abc import Callable
from typing import cast

from hexdesk.domain.values import TimeNs
from hexdesk.errors import require
from hexdesk.ports.control_events import Event, EventKind

EVENTS_MAX = 65_536
"""Events kept for readers who are behind or come back."""


class EventRing:
    """Events by number, the oldest given up when full.

    Attributes:
        sequence: Number of the latest event; 0 before the first.
    """

    def __init__(self, capacity: int = EVENTS_MAX) -> None:
        require(capacity > 0, "a ring holds something")
        self.sequence = 0
        self._capacity = capacity
        self._events: list[Event | None] = [None] * capacity
        self._waiting: list[Callable[[], None]] = []

    @property
    def oldest(self) -> int:
        """Number of the oldest event that is kept; one more than the latest if there is none."""
        return max(self.sequence - self._capacity, 0) + 1

    def add(self, ts_ns: TimeNs, kind: EventKind, strategy_id: str, subject: object) -> None:
        """Add an event about something."""
        self.sequence = number = self.sequence + 1
        self._events[number % self._capacity] = Event(number, ts_ns, kind, strategy_id, subject)

    def get(self, number: int) -> Event:
        """Return an event that is kept.

        Raises:
            KeyError: It is not kept any more, or has not come yet.
        """
        event = self._events[number % self._capacity]
        if event is None or event.sequence != number:
            raise KeyError(number)
        return event

    def between(self, first: int, last: int) -> list[Event]:
        """Return the events from a number that is kept to another, both included."""
        start, end = first % self._capacity, last % self._capacity
        if first > last:
            return []
        kept = self._events
        found = kept[start : end + 1] if start <= end else kept[start:] + kept[: end + 1]
        return cast("list[Event]", found)

    def wake_later(self, callback: Callable[[], None]) -> None:
        """Call back at the next `wake`."""
        self._waiting.append(callback)

    def forget(self, callback: Callable[[], None]) -> None:
        """Do not call back any more."""
        if callback in self._waiting:
            self._waiting.remove(callback)

    def wake(self) -> None:
        """Tell those who wait that events have come."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for callback in waiting:
                callback()
