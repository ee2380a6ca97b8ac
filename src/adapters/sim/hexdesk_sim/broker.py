"""The simulated venue as a broker in the desk's own process, matching against its market state."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from hexdesk.domain.accounts import Balance
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.reports import AmendRejected, CancelRejected, Fill, OrderRejected
from hexdesk.domain.values import TimeNs
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Capabilities, ReportSink, VenueOrder, VenuePosition
from hexdesk_sim.capabilities import capabilities_of
from hexdesk_sim.checks import VENUE_OTHER
from hexdesk_sim.engine import Venue
from hexdesk_sim.line import Line
from hexdesk_sim.nameless import Nameless, unnamed_fill, unnamed_order
from hexdesk_sim.past import take_up
from hexdesk_sim.settings import SimSettings

CLOSED = "broker=closed expected=connected"


class SimBroker:
    """One account at a venue of its own.

    An instrument's quotes and trades are watched only while orders rest or wait there. Without
    latency, jitter and faults requests go straight to the venue and reports straight back.

    Attributes:
        venue: The engine; tests and tools may read its truth.
    """

    def __init__(self, context: BrokerContext, settings: SimSettings) -> None:
        self._context = context
        self._account_id = account_id = context.account_id
        self._keeps_depth = settings.depth
        self._capabilities = capabilities_of(settings)
        self.venue = venue = Venue(
            context.instruments,
            context.clock,
            settings,
            seed=context.seed,
            markets=context.markets.view,
            watch=self._watch,
            unwatch=self._unwatch,
        )
        self._keeps_ids = settings.client_ids
        nameless = Nameless(context.reports)
        sink: ReportSink = context.reports if self._keeps_ids else nameless.report
        self._line: Line | None = None
        self._submit: Callable[[NewOrder], None]
        self._amend: Callable[[AmendOrder], None]
        self._cancel: Callable[[CancelOrder], None]
        if settings.is_direct:
            deliver = sink
            self._submit = venue.submit
            self._amend = partial(venue.amend, account_id)
            self._cancel = partial(venue.cancel, account_id)
        else:
            self._line = line = Line(
                venue,
                account_id,
                context.clock,
                sink,
                settings=settings,
                seed=context.seed,
            )
            deliver = line.report
            self._submit = line.submit
            self._amend = line.amend
            self._cancel = line.cancel
        if not self._keeps_ids:
            self._submit = nameless.sending(self._submit)
            self._amend = nameless.naming(self._amend)
            self._cancel = nameless.naming(self._cancel)
        self._account = venue.open_account(account_id, deliver, context.deposits)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; constant."""
        return self._capabilities

    def submit(self, order: NewOrder) -> None:
        """Send an order."""
        self._submit(order)

    def amend(self, request: AmendOrder) -> None:
        """Ask to replace terms of an open order."""
        self._amend(request)

    def cancel(self, request: CancelOrder) -> None:
        """Ask to cancel an open order."""
        self._cancel(request)

    def take_up(
        self,
        orders: Sequence[Order],
        positions: Mapping[str, Position | HedgedPosition],
        balances: Sequence[Balance],
        cash_ids: Sequence[str],
    ) -> None:
        """Go on where the books of the runs before end; see `ForgetfulBroker`.

        Lost are the places in the queue, and how far trailing stops have come.
        """
        take_up(self.venue, self._account, orders, positions, balances)
        self._account.cash.cash_ids = dict.fromkeys(cash_ids)

    async def connect(self) -> None:
        """Begin to keep level-2 books, where that is wanted, and to pay funding."""
        for instrument_id in self._context.instruments:
            book = self.venue.book(instrument_id)
            if book is not None and book.is_awake:
                self._watch(instrument_id)
            else:
                self._unwatch(instrument_id)
            self._context.markets.watch_funding(instrument_id, self.venue.on_funding)
        self.venue.end_unworkable(self._account_id)

    async def close(self) -> None:
        """Let what is under way arrive, then watch nothing and refuse what still comes.

        Open orders stay as they are; they are the venue's.
        """
        if self._line is not None:
            self._line.drain()
        for instrument_id in self._context.instruments:
            self._context.markets.watch(instrument_id)
            self._context.markets.watch_funding(instrument_id, None)
        self._submit = self._refuse_order
        self._amend = self._refuse_amendment
        self._cancel = self._refuse_cancel

    async def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the desk knows; the venue lists them all."""
        return list(self._context.instruments.values())

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Return one order; None if it never arrived, or the venue keeps no ids of ours."""
        if not self._keeps_ids:
            return None
        return self.venue.order(self._account_id, client_order_id)

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Return every open order by arrival."""
        orders = self.venue.open_orders(self._account_id)
        return orders if self._keeps_ids else list(map(unnamed_order, orders))

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Return executions at or after a time, oldest first."""
        fills = self.venue.fills(self._account_id, since_ns)
        return fills if self._keeps_ids else list(map(unnamed_fill, fills))

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Return net positions that are not flat."""
        return self.venue.positions(self._account_id)

    async def query_modes(self) -> Mapping[str, str]:
        """Return how the account is set up."""
        return {"position_mode": self.venue.position_mode.name.lower()}

    async def query_balances(self) -> Sequence[Money]:
        """Return cash by currency."""
        return self.venue.balances(self._account_id)

    def _watch(self, instrument_id: str) -> None:
        book = self.venue.book(instrument_id)
        if book is not None:
            self._context.markets.watch(
                instrument_id,
                on_quote=book.on_quote,
                on_trade=book.on_trade,
                on_book=book.on_book if self._keeps_depth else None,
            )

    def _unwatch(self, instrument_id: str) -> None:
        book = self.venue.book(instrument_id)
        if book is not None:
            on_book = book.on_book if self._keeps_depth else None
            self._context.markets.watch(instrument_id, on_book=on_book)

    def _refuse_order(self, order: NewOrder) -> None:
        now = self._context.clock.now_ns()
        report = OrderRejected(order.client_order_id, VENUE_OTHER, CLOSED, now, now)
        self._context.reports(report)

    def _refuse_amendment(self, request: AmendOrder) -> None:
        now = self._context.clock.now_ns()
        order_id, number = request.client_order_id, request.request_id
        self._context.reports(AmendRejected(order_id, number, VENUE_OTHER, CLOSED, now, now))

    def _refuse_cancel(self, request: CancelOrder) -> None:
        now = self._context.clock.now_ns()
        order_id, number = request.client_order_id, request.request_id
        self._context.reports(CancelRejected(order_id, number, VENUE_OTHER, CLOSED, now, now))
