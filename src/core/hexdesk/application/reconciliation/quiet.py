"""Which keys can be compared now."""

from hexdesk.application.reconciliation.books import Books, is_in_flight
from hexdesk.domain.order import Order
from hexdesk.domain.values import TimeNs

EVERYTHING = "*"
"""A key that stands for all of them."""


class Quiet:
    """Tells which keys have nothing in flight and are old enough to be visible.

    Attributes:
        skipped: Keys that were asked about and are not.
        visible_ns: What is older than this, the broker shows.
    """

    def __init__(self, books: Books, visible_ns: TimeNs) -> None:
        self.skipped = set[str]()
        self.visible_ns = visible_ns
        self._changed_ns = books.changed_ns
        self._busy = books.busy_instruments()

    def order(self, order: Order) -> bool:
        """Whether an order can be compared."""
        key = order.intent.client_order_id
        return self._note(key, is_quiet=not is_in_flight(order) and self._is_old(key))

    def instrument(self, instrument_id: str) -> bool:
        """Whether a position can be compared."""
        is_quiet = instrument_id not in self._busy and self._is_old(instrument_id)
        return self._note(instrument_id, is_quiet=is_quiet)

    def currency(self, currency: str) -> bool:
        """Whether cash can be compared: any order may yet move it."""
        return self._note(currency, is_quiet=not self._busy and self._is_old(currency))

    def _is_old(self, key: str) -> bool:
        return self._changed_ns.get(key, 0) <= self.visible_ns

    def _note(self, key: str, *, is_quiet: bool) -> bool:
        if not is_quiet:
            self.skipped.add(key)
        return is_quiet
