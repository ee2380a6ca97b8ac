"""The public level-2 book of one instrument."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from hexdesk.domain.market import BookLevel, BookUpdate
from hexdesk.domain.values import BUY, PriceRaw, QtyRaw, Side


class DepthSide:
    """Displayed sizes by price, best first; keys as in `Ladder`."""

    __slots__ = ("_keys", "_sign", "_sizes")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self._sizes: dict[int, QtyRaw] = {}

    def __iter__(self) -> Iterator[tuple[PriceRaw, QtyRaw]]:
        for key in reversed(self._keys):
            yield key * self._sign, self._sizes[key]

    @property
    def best(self) -> PriceRaw:
        """Best price, 0 when empty."""
        return self._keys[-1] * self._sign if self._keys else 0

    def size(self, price: PriceRaw) -> QtyRaw:
        """Return what is displayed at a price."""
        return self._sizes.get(price * self._sign, 0)

    def clear(self) -> None:
        """Forget all levels."""
        self._keys.clear()
        self._sizes.clear()

    def apply(self, levels: Iterable[BookLevel]) -> None:
        """Set the levels of one message; size 0 deletes, prices below 1 are ignored."""
        keys, sizes = self._keys, self._sizes
        for level in levels:
            key = level.price * self._sign
            if level.price <= 0:
                continue
            if level.size > 0:
                if key not in sizes:
                    keys.insert(bisect_left(keys, key), key)
                sizes[key] = level.size
            elif sizes.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]


class Depth:
    """Both sides, and the update that made them what they are.

    Attributes:
        update: The latest one; None before the first.
    """

    __slots__ = ("asks", "bids", "update")

    def __init__(self) -> None:
        self.bids = DepthSide(1)
        self.asks = DepthSide(-1)
        self.update: BookUpdate | None = None

    def apply(self, update: BookUpdate) -> None:
        """Apply one message."""
        if update.snapshot:
            self.bids.clear()
            self.asks.clear()
        self.bids.apply(update.bids)
        self.asks.apply(update.asks)
        self.update = update

    def side(self, side: Side) -> DepthSide:
        """Return the displayed buyers or sellers."""
        return self.bids if side is BUY else self.asks
