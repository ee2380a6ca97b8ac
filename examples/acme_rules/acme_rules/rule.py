"""Whole round lots: multiples of so many of the smallest steps of an instrument's quantity."""

import msgspec

from hexdesk.domain.risk import Verdict
from hexdesk.ports.risk import Edge, OrderCase, WrittenCase


class RoundLotSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        of: Quantities are multiples of it, in the last decimal of the instrument's quantity.
    """

    of: int = 100


class RoundLots:
    """Denies every quantity that is no multiple."""

    name = "acme_round_lots"
    code = "X_ROUND_LOTS"

    def __init__(self, settings: RoundLotSettings) -> None:
        self._of = settings.of

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        if case.quantity % self._of == 0:
            return None
        return Verdict(self.name, self.code, str(case.quantity), f"multiples_of_{self._of}")

    def edges(self) -> tuple[Edge, ...]:
        """Return one that is, and one that is not."""
        return (Edge(WrittenCase(quantity=self._of), WrittenCase(quantity=self._of + 1)),)
