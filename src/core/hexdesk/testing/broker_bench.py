"""What a broker kit stands on: a market, a clock, and the books of one account.

`BrokerBench` serves brokers that match in this process. A venue behind a socket subclasses it:
override `publish` to tell the venue its market, and `settle` to wait (`self.run(...)`) until its
answers are in; set `has_time` to False if its time cannot be moved.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.market import InstrumentStatus, MarketEvent, Quote, Trade
from hexdesk.domain.money import RATE_SCALE, Money, parse_money
from hexdesk.domain.order_state import ALERTING, Order, Outcome, apply, new_order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    Fill,
    OrderRejected,
    OrderSubmitted,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    HEDGING,
    LIMIT,
    NS_PER_MS,
    OPEN,
    SELL,
    Aggressor,
    OrderType,
    PriceRaw,
    QtyRaw,
    Side,
    TimeNs,
    TradingStatus,
)
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Broker
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.market_data import FakeMarkets

T = TypeVar("T")

VENUE_CODES = frozenset({
    "VENUE_FUNDS", "VENUE_PRICE_BAND", "VENUE_TICK", "VENUE_LOT", "VENUE_SESSION",
    "VENUE_DUPLICATE_ID", "VENUE_POST_ONLY", "VENUE_REDUCE_ONLY", "VENUE_OVER_CLOSE",
    "VENUE_POSITION_LIMIT", "VENUE_RATE", "VENUE_AUTH", "VENUE_PERMISSION", "VENUE_OTHER",
    "LINK_DOWN",
})  # fmt: skip
"""What reject codes are normalised to."""

INSTRUMENT = Instrument(
    id="TEST-PERP.ACME",
    kind=InstrumentKind.PERPETUAL,
    base="TEST",
    quote="USDT",
    settle="USDT",
    price_scale=1,
    quantity_scale=3,
    ticks=(TickBand(0, 5),),
    lot=10,
    min_quantity=10,
    maker_fee=200_000,
    taker_fee=400_000,
    margin=10**RATE_SCALE // 10,
)
"""What kits trade: tick 0.5, lot 0.01, 0.02 % maker, 0.04 % taker, margin a tenth."""
BID, ASK = 100_000, 100_010
"""The market that every case starts in: 10,000.0 to 10,001.0."""
SIZE = 5_000
"""Displayed on both sides: 5.000."""
LOT = 100
"""A small order: 0.100."""


class BrokerBench:
    """Drives one broker and keeps what it reports, order by order.

    Attributes:
        name: Of the section that the broker would have.
        account_id: What orders carry.
        settle_ms: Virtual time that a request and its answer take at the most.
        has_time: Whether `advance` moves the venue's time.
        has_sizes: Whether displayed sizes limit what can be taken at a price.
        has_status: Whether the venue follows the market's trading status.
        has_funds: Whether it refuses what the account cannot pay.
        instrument: What is traded.
        clock: Virtual time.
        markets: Market state.
        broker: Under test.
        orders: By client order id, kept by `order_state.apply` from reports alone.
        reports: All so far.
        problems: What no honest venue reports; empty at the end of a case.
    """

    name = "acme"
    account_id = "account"
    settle_ms = 50
    has_time = True
    has_sizes = True
    has_status = True
    has_funds = False

    def __init__(
        self,
        factory: Callable[[BrokerContext], Broker],
        *,
        instrument: Instrument = INSTRUMENT,
        deposits: tuple[Money, ...] = (parse_money("1000000 USDT"),),
        seed: int = 7,
    ) -> None:
        self.instrument = instrument
        self.clock = FakeClock()
        self.markets = FakeMarkets([instrument])
        self.orders: dict[str, Order] = {}
        self.reports: list[VenueReport] = []
        self.problems: list[str] = []
        self._runner = asyncio.Runner()
        self.broker = factory(
            BrokerContext(
                name=self.name,
                account_id=self.account_id,
                clock=self.clock,
                reports=self._receive,
                markets=self.markets,
                instruments={instrument.id: instrument},
                deposits=deposits,
                seed=seed,
                logger=logging.getLogger(f"hexdesk.broker.{self.name}"),
            )
        )

    # --- life --------------------------------------------------------------------------------

    def open(self) -> Self:
        """Connect the broker and show it a market."""
        self.run(self.broker.connect())
        self.quote()
        return self

    def close(self) -> None:
        """Close the broker and the event loop."""
        self.run(self.broker.close())
        self._runner.close()

    @contextmanager
    def running(self) -> Generator[Self]:
        """Open, and close whatever happens."""
        try:
            yield self.open()
        finally:
            self.close()

    def run(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the broker on the bench's own event loop."""
        return self._runner.run(awaitable)

    # --- hooks for venues behind a socket ------------------------------------------------------

    def publish(self, event: MarketEvent) -> None:
        """Tell the venue its market."""
        self.markets.publish(event)

    def settle(self) -> None:
        """Wait until every request is answered."""
        self.clock.advance_by(self.settle_ms * NS_PER_MS)

    def advance(self, step_ns: TimeNs) -> None:
        """Let time pass at the venue."""
        self.clock.advance_by(step_ns)
        self.settle()

    # --- the market --------------------------------------------------------------------------

    def quote(
        self,
        bid: PriceRaw = BID,
        ask: PriceRaw = ASK,
        bid_size: QtyRaw = SIZE,
        ask_size: QtyRaw = SIZE,
    ) -> None:
        """Publish a quote; a price of 0 is a missing side."""
        now = self.clock.now_ns()
        self.publish(
            Quote(
                self.instrument.id,
                bid,
                bid_size if bid else 0,
                ask,
                ask_size if ask else 0,
                now,
                now,
            )
        )
        self.settle()

    def move(self, bid: PriceRaw) -> None:
        """Publish a quote a tick or two wide, and a trade in its middle: the market is there."""
        now = self.clock.now_ns()
        self.quote(bid, bid + ASK - BID)
        self.publish(
            Trade(self.instrument.id, bid + 5, LOT, Aggressor.UNKNOWN, f"P{now}", now, now)
        )
        self.settle()

    def status(self, status: TradingStatus) -> None:
        """Publish a trading status."""
        now = self.clock.now_ns()
        self.publish(InstrumentStatus(self.instrument.id, status, now, now))
        self.settle()

    # --- requests ------------------------------------------------------------------------------

    def submit(
        self,
        side: Side = BUY,
        quantity: QtyRaw = LOT,
        order_type: OrderType = LIMIT,
        price: PriceRaw = 0,
        **terms: Any,  # noqa: ANN401 - fields of NewOrder
    ) -> Order:
        """Send an order, wait for its answer and return what is known of it."""
        order = self.send(side, quantity, order_type, price, **terms)
        self.settle()
        return order

    def send(
        self,
        side: Side = BUY,
        quantity: QtyRaw = LOT,
        order_type: OrderType = LIMIT,
        price: PriceRaw = 0,
        **terms: Any,  # noqa: ANN401 - fields of NewOrder
    ) -> Order:
        """Send an order and wait for nothing."""
        order = self.prepare(side, quantity, order_type, price, **terms)
        self.broker.submit(order.intent)
        return order

    def prepare(
        self,
        side: Side = BUY,
        quantity: QtyRaw = LOT,
        order_type: OrderType = LIMIT,
        price: PriceRaw = 0,
        **terms: Any,  # noqa: ANN401 - fields of NewOrder
    ) -> Order:
        """Make an order that is ready to leave."""
        order_id = f"K{len(self.orders) + 1}"
        if self.broker.capabilities.position_mode is HEDGING:
            terms.setdefault("position_effect", CLOSE if terms.get("reduce_only") else OPEN)
        intent = NewOrder(
            order_id,
            "kit",
            self.account_id,
            terms.pop("instrument_id", self.instrument.id),
            side,
            order_type,
            quantity,
            self.clock.now_ns(),
            price,
            **terms,
        )
        order = self.orders[order_id] = new_order(intent)
        apply(order, OrderSubmitted(order_id, intent.ts_init))
        return order

    def amend(self, order: Order, *, quantity: QtyRaw = 0, price: PriceRaw = 0) -> None:
        """Ask to amend an order and wait for the answer."""
        order.request_count += 1
        order.pending_amends |= 1 << order.request_count
        self.broker.amend(
            AmendOrder(
                order.intent.client_order_id,
                order.request_count,
                quantity or order.quantity,
                price or order.price,
                order.trigger_price,
                self.clock.now_ns(),
            )
        )
        self.settle()

    def cancel(self, order: Order) -> None:
        """Ask to cancel an order and wait for the answer."""
        order.request_count += 1
        order.pending_cancels |= 1 << order.request_count
        self.broker.cancel(
            CancelOrder(order.intent.client_order_id, order.request_count, self.clock.now_ns())
        )
        self.settle()

    def position(self, quantity: QtyRaw) -> None:
        """Bring the account's position to a signed quantity by market orders."""
        missing = quantity - self.held
        if missing:
            self.submit(BUY if missing > 0 else SELL, abs(missing), OrderType.MARKET)

    # --- what was reported ---------------------------------------------------------------------

    @property
    def fills(self) -> list[Fill]:
        """Fills reported so far."""
        return [report for report in self.reports if isinstance(report, Fill)]

    @property
    def held(self) -> QtyRaw:
        """Position that the fills add up to."""
        return sum(fill.quantity * int(fill.side) for fill in self.fills)

    def _receive(self, report: VenueReport) -> None:
        self.reports.append(report)
        order = self.orders.get(report.client_order_id)
        if order is None:
            if isinstance(report, Fill):
                self.problems.append(f"a fill of no order of ours: {report!r}")
            return
        problem = _problem(order, report)
        outcome = apply(order, report)
        if outcome in ALERTING or outcome is Outcome.DUPLICATE:
            problem = problem or outcome.name.lower()
        if problem:
            self.problems.append(f"{problem}: {report!r}")


def _problem(order: Order, report: VenueReport) -> str:
    """Return what is wrong with a report in itself, or an empty string."""
    if isinstance(report, Fill):
        return _fill_problem(order.intent, report)
    if isinstance(report, OrderRejected) and report.code not in VENUE_CODES:
        return "a reject code that is not normalised"
    if not isinstance(report, OutcomeUnknown) and report.ts_event <= 0:
        return "no time of event"
    return ""


def _fill_problem(intent: NewOrder, fill: Fill) -> str:
    if (fill.instrument_id, fill.side) != (intent.instrument_id, intent.side):
        return "a fill of another instrument or side"
    if fill.quantity <= 0 or fill.price <= 0:
        return "a fill without quantity or price"
    if not fill.trade_id:
        return "a fill without trade id"
    if fill.fee and not fill.fee_currency:
        return "a fee without currency"
    return ""
