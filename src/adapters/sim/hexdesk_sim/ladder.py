"""Own orders by price: best price first, first in first out at one price."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from hexdesk.domain.values import PriceRaw
from hexdesk_sim.order import SimOrder


class Ladder:
    """One side of a book.

    A price's key is `price * sign`, so the largest key is the best price on either side. Keys are
    a sorted list whose end changes most: cheap as long as own prices are thousands, not millions.

    Attributes:
        sign: 1 where a higher price comes first, else -1.
        keys: Ascending; read them, change them through `add` and `remove` alone.
    """

    __slots__ = ("_levels", "keys", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self._levels: dict[int, dict[int, SimOrder]] = {}

    def __bool__(self) -> bool:
        return bool(self.keys)

    def __iter__(self) -> Iterator[SimOrder]:
        for key in reversed(self.keys):
            yield from self._levels[key].values()

    def add(self, order: SimOrder, price: PriceRaw) -> None:
        """Queue an order at a price."""
        key = price * self.sign
        level = self._levels.get(key)
        if level is not None:
            level[order.sequence] = order
            return
        self._levels[key] = {order.sequence: order}
        keys = self.keys
        if not keys or key > keys[-1]:
            keys.append(key)
        else:
            keys.insert(bisect_left(keys, key), key)

    def remove(self, order: SimOrder, price: PriceRaw) -> None:
        """Take an order out of the queue at a price."""
        key = price * self.sign
        level = self._levels[key]
        del level[order.sequence]
        if level:
            return
        del self._levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]

    def requeue(self, order: SimOrder, price: PriceRaw) -> None:
        """Send an order to the end of its queue."""
        level = self._levels[price * self.sign]
        del level[order.sequence]
        level[order.sequence] = order

    def first(self, count: int | None = None) -> list[SimOrder]:
        """Return the orders at the best price, oldest first, up to a number of them; a copy."""
        return list(islice(self._levels[self.keys[-1]].values(), count))
