"""A list that only grows at its end and is bounded: what pages are cut from."""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Numbered(Generic[T]):
    """Items numbered upwards from 1; the oldest are given up when full.

    Attributes:
        count: Number of the latest item; 0 before the first.
    """

    def __init__(self, capacity: int) -> None:
        self.count = 0
        self._capacity = capacity
        self._items: list[T] = []

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._items)

    @property
    def oldest(self) -> int:
        """Number of the oldest item that is kept; one more than the latest if there is none."""
        return self.count - len(self._items) + 1

    def add(self, item: T) -> None:
        """Append an item."""
        if len(self._items) < self._capacity:
            self._items.append(item)
        else:
            self._items[self.count % self._capacity] = item
        self.count += 1

    def down_from(self, number: int) -> Iterator[tuple[int, T]]:
        """Yield items and their numbers, newest first, beginning with a number or the latest.

        Items may be added meanwhile; it ends where the rest is not kept any more.
        """
        number = min(number, self.count)
        while number >= self.oldest:
            yield number, self._items[(number - 1) % self._capacity]
            number -= 1
