"""The way back of an order: a venue's report, to facts, ledger, owner and linked orders."""

from collections import deque
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from hexdesk.application.faults import FAULTS
from hexdesk.application.ledgers.cash_books import book_cash
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.order_store import OrderStore
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.cash import CashMoved
from hexdesk.domain.order import Order
from hexdesk.domain.order_state import (
    ALERTING,
    Outcome,
    accept_plainly,
    apply,
    cancel_plainly,
    fill_plainly,
)
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import FILLED

DEAD_LETTERS_MAX = 1_000
"""Reports kept that fit no order; beyond it the oldest is dropped (all are counted)."""
APPLIED = Outcome.APPLIED
_LESSENING = frozenset(
    {
        Fill, FillBusted, OrderCanceled, OrderExpired, OrderRejected, OrderUpdated, OrderAbandoned,
        OrderAccepted, AmendRejected,
    }
)  # fmt: skip
"""Behind these a position may be closed, or nothing at work that may open it again; or a doubt or a
request is over that kept a close from following its position."""


class Reception:
    """Takes the reports of one desk.

    Attributes:
        dead_letters: Latest reports that fit no order.
        on_untold: Told of reports that may say that a request did not arrive.
    """

    __slots__ = (
        "_counts",
        "_fault",
        "_follow_list",
        "_hosts",
        "_open",
        "_record",
        "_reduce",
        "_store",
        "_sweeps",
        "dead_letters",
        "on_untold",
    )

    def __init__(
        self,
        store: OrderStore,
        record: Callable[[VenueReport], None],
        follow_list: Callable[[str], None],
        fault: Callable[[StrategyHost, BaseException], None],
        reduce: Callable[[str, str, str], None],
        *,
        sweeps: Sequence[Callable[[StrategyHost, Ledger], None]],
    ) -> None:
        """Make one.

        Args:
            store: Where the orders are.
            record: Adds a report to the journal.
            follow_list: Brings the linked orders of a list id to what changed.
            fault: Quarantines a strategy that raised.
            reduce: Lets only reducing orders of an instrument pass; takes it, a code and a text.
            sweeps: Bring what only closes to what is left to close, when that may be less.
        """
        self.dead_letters: deque[VenueReport] = deque(maxlen=DEAD_LETTERS_MAX)
        self._store = store
        self._open = store.open
        self._hosts = store.hosts
        self._counts = store.counts
        self._record = record
        self._follow_list = follow_list
        self._fault = fault
        self._reduce = reduce
        self._sweeps = sweeps
        self.on_untold: Callable[[Order, VenueReport], None] | None = None

    def on_report(self, report: VenueReport) -> None:
        """Take a venue's report to its order, ledger and owner."""
        order = self._open.get(report.client_order_id)
        if order is None:
            order, report = self._find(report)
            if order is None:
                self._take_unordered(report)
                return
        self._record(report)
        intent = order.intent
        host = self._hosts[intent.strategy_id]
        kind = type(report)
        ledger: Ledger | None = None
        if kind is OrderAccepted and accept_plainly(order, report):  # type: ignore[arg-type]
            callback = host.on_order
        elif (
            kind is Fill
            and report.side is intent.side  # type: ignore[union-attr]
            and report.instrument_id == intent.instrument_id  # type: ignore[union-attr]
            and fill_plainly(order, report)  # type: ignore[arg-type]
        ):
            callback = host.on_fill
            self._counts.fills += 1
            ledger = host.ledgers[intent.instrument_id]
            ledger.release(order)
            ledger.book(order, report)  # type: ignore[arg-type]
            self._store.close(host, ledger, order)
        elif kind is OrderCanceled and cancel_plainly(order, report):  # type: ignore[arg-type]
            callback = host.on_order
            ledger = host.ledgers[intent.instrument_id]
            ledger.release(order)
            self._store.close(host, ledger, order)
        else:
            callback = host.on_fill if kind is Fill else host.on_order
            if not self._apply(host, order, report):
                callback = None
            if kind in _LESSENING:
                ledger = host.ledgers[intent.instrument_id]
        if callback is not None:
            try:
                callback(report)
            except FAULTS as error:
                self._fault(host, error)
        if intent.list_id and kind is not CancelRejected:  # asking again at once would never end
            self._follow_list(intent.list_id)
        if ledger is not None and ledger.has_exits:
            for sweep in self._sweeps:
                sweep(host, ledger)

    def deliver_later(self) -> bool:
        """Deliver one event that the desk itself made; False when there is none."""
        later = self._store.later
        if not later:
            return False
        host, event = later.popleft()
        if host.on_order is not None:
            try:
                host.on_order(event)
            except FAULTS as error:
                self._fault(host, error)
        return True

    def _take_unordered(self, report: VenueReport) -> None:
        """Book a movement of cash, once; whatever else is of no order is a dead letter."""
        outcome = Outcome.INVALID
        if isinstance(report, CashMoved):
            outcome = book_cash(report, self._store.accounts, self._hosts)
            if outcome is Outcome.DUPLICATE:
                self._counts.duplicates += 1
                return
        self._record(report)
        if outcome is Outcome.INVALID:
            self._dead_letter(report, "no such order")

    def _find(self, report: VenueReport) -> tuple[Order | None, VenueReport]:
        """Return the order of a report that is not open by that id, and the report with our id."""
        if report.client_order_id:
            return self._store.closed.get(report.client_order_id), report
        order = self._store.find_at_venue(getattr(report, "venue_order_id", ""))
        if order is not None:
            report = replace(report, client_order_id=order.intent.client_order_id)
        return order, report

    def _apply(self, host: StrategyHost, order: Order, report: VenueReport) -> bool:
        """Take any report that is not the commonest; return whether its owner should hear of it."""
        was_closed = order.life >= FILLED
        if isinstance(report, Fill) and not _belongs(order, report):
            outcome = Outcome.INVALID
        else:
            outcome = apply(order, report)
            if outcome is Outcome.OVERFILLED:
                overfill = f"{order.intent.client_order_id}: {order.cum_qty} of {order.quantity}"
                self._reduce(order.intent.instrument_id, "OVERFILLED", overfill)
        has_effects = outcome is APPLIED or self._take_odd(report, outcome)
        if has_effects:
            self._book(host, order, report)
        self._store.follow(host, order, was_closed=was_closed)  # a parked bust ends an order too
        return has_effects

    def _book(self, host: StrategyHost, order: Order, report: VenueReport) -> None:
        """Do to books and counters what a report means for them."""
        ledger = host.ledgers[order.intent.instrument_id]
        if isinstance(report, Fill):
            self._counts.fills += 1
            ledger.book(order, report)
        elif isinstance(report, FillBusted):
            self._counts.fills -= 1
            ledger.unbook(order, (order.fills or {})[report.trade_id])
            text = f"trade {report.trade_id} is broken: it is taken out of the books"
            self._store.alert("FILL_BUSTED", report.client_order_id, text)
        elif isinstance(report, OrderRejected | CancelRejected | OutcomeUnknown):
            if isinstance(report, OrderRejected):
                self._counts.rejects[report.code] += 1
            if self.on_untold is not None:
                self.on_untold(order, report)
        elif isinstance(report, OrderUpdated | AmendRejected) and not order.pending_amends:
            self._value_anew(host, order)

    def _value_anew(self, host: StrategyHost, order: Order) -> None:
        """Reserve at the terms that now hold, once no amendment is open."""
        if order.reserve_price and order.life < FILLED:
            order.reserve_price = order.price or order.trigger_price or order.reserve_price
            host.ledgers[order.intent.instrument_id].work(order, order.leaves_qty)

    def _take_odd(self, report: VenueReport, outcome: Outcome) -> bool:
        """Count what is not the common case; return whether the report still has effects."""
        if outcome in ALERTING:
            self._store.alert(outcome.name, report.client_order_id, type(report).__name__)
        match outcome:
            case Outcome.DUPLICATE:
                self._counts.duplicates += 1
                return False
            case Outcome.IGNORED | Outcome.PARKED:
                self._counts.ignored += 1
                return isinstance(report, CancelRejected | AmendRejected)
            case Outcome.CORRECTED:
                return False
            case Outcome.INVALID:
                self._dead_letter(report, "makes no sense in this state")
                return False
            case _:
                return True

    def _dead_letter(self, report: VenueReport, why: str) -> None:
        self._counts.dead_letters += 1
        self.dead_letters.append(report)
        text = f"{type(report).__name__}: {why}"
        self._store.alert("DEAD_LETTER", report.client_order_id, text)


def _belongs(order: Order, fill: Fill) -> bool:
    """Whether a fill is of the order it names: booking another one would turn a position round."""
    intent = order.intent
    return fill.side == intent.side and fill.instrument_id == intent.instrument_id
