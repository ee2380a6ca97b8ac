"""What a client remembers of its account, so that nothing is missed or told twice."""

from collections.abc import Iterable

import msgspec

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import (
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import QtyRaw, TimeNs

AHEAD_MAX = 100_000
"""Numbers remembered beyond a gap; further ones are told again, and the desk knows them."""
ENDING = (OrderCanceled, OrderExpired, OrderRejected)


class Seen:
    """Which numbered reports were delivered: all up to `upto`, and some ahead of it."""

    def __init__(self) -> None:
        self.upto = 0
        self._ahead: set[int] = set()

    def is_new(self, sequence: int) -> bool:
        """Whether a number comes for the first time; it has come now."""
        if sequence <= self.upto or sequence in self._ahead:
            return False
        if sequence == self.upto + 1:
            self.upto = sequence
            while self.upto + 1 in self._ahead:
                self.upto += 1
                self._ahead.discard(self.upto)
        elif len(self._ahead) < AHEAD_MAX:
            self._ahead.add(sequence)
        return True

    def begin(self, upto: int) -> None:
        """Begin a new count: all up to a number is known."""
        self.upto = upto
        self._ahead.clear()


class Working(msgspec.Struct):
    """An order that is not known to be closed; `has_left` once a request for it has left."""

    quantity: QtyRaw
    cum_qty: QtyRaw = 0
    has_left: bool = False


class WorkingOrders:
    """The orders that a client would ask for after a loss, and its latest executions."""

    def __init__(self) -> None:
        self._orders: dict[str, Working] = {}
        self._fill_ns: TimeNs = 0
        self._fill_ids: set[tuple[str, str, int]] = set()

    @property
    def fills_since_ns(self) -> TimeNs:
        """Venue time of the latest execution known."""
        return self._fill_ns

    def ids(self) -> Iterable[str]:
        """Return the ids to ask for."""
        return [order_id for order_id, order in self._orders.items() if order.has_left]

    def may_have_left(self, order_id: str) -> bool:
        """Whether an earlier request to make this order may have reached the venue."""
        order = self._orders.get(order_id)
        return order is not None and order.has_left

    def add(self, order: NewOrder) -> None:
        """Remember an order that is about to leave."""
        self._orders.setdefault(order.client_order_id, Working(order.quantity))

    def note(self, report: VenueReport) -> bool:
        """Remember what a report says; False for an execution that was reported before."""
        order = self._orders.get(report.client_order_id)
        if isinstance(report, Fill) and not self._note_fill(report, order):
            return False
        if order is None:
            return True
        if isinstance(report, OrderUpdated):
            order.quantity = report.quantity
        elif isinstance(report, OrderAccepted | OutcomeUnknown):
            order.has_left = True
        if isinstance(report, ENDING) or order.cum_qty >= order.quantity:
            del self._orders[report.client_order_id]
        return True

    def _note_fill(self, fill: Fill, order: Working | None) -> bool:
        key = (fill.instrument_id, fill.trade_id, fill.side)
        if fill.ts_event < self._fill_ns:
            return True
        if fill.ts_event > self._fill_ns:
            self._fill_ns = fill.ts_event
            self._fill_ids.clear()
        elif key in self._fill_ids:
            return False
        self._fill_ids.add(key)
        if order is not None:
            order.cum_qty += fill.quantity
        return True
