"""A list that only grows at its end and is bounded: what pages are cut from."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Numbered(Generic[T]):
    """Items numbered upwards from 1; the oldest are given up when full."""

    def __init__(self, capacity: int) -> None:
        self._items: deque[T] = deque(maxlen=capacity)
        self._count = 0

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._items)

    @property
    def count(self) -> int:
        """Number of the latest item; 0 before the first."""
        return self._count

    def add(self, item: T) -> None:
        """Append an item."""
        self._count += 1
        self._items.append(item)

    def down_from(self, number: int) -> Iterator[tuple[int, T]]:
        """Yield items and their numbers, newest first, beginning with a number or the latest."""
        latest = self._count
        skipped = max(latest - number, 0)
        items = iter(reversed(self._items))
        for _ in range(min(skipped, len(self._items))):
            next(items)
        for index, item in enumerate(items):
            yield latest - skipped - index, item
