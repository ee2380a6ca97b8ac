"""Fake of `ports/broker.py`: a small honest venue that matches against the touch.

It answers within the call, fills at the displayed price up to the displayed size (an unknown size
is endless), and can be told to refuse, to keep silent, or to fill in parts. It is no simulator:
no queue, no latency, no fees beyond the instrument's rates.
"""

from collections import deque
from collections.abc import Sequence

from hexdesk.domain.accounts import fee_of
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.money import Money, currency_scale
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder, order_value_problem
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    CANCELED,
    EXPIRED,
    FILLED,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    PARTIALLY_FILLED,
    STOP_LIMIT,
    STOP_MARKET,
    TAKER,
    TRIGGERED,
    Life,
    Operation,
    PriceRaw,
    QtyRaw,
    TimeNs,
    TradingStatus,
)
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Capabilities, VenueOrder, VenuePosition

FAKE_CAPABILITIES = Capabilities(
    order_types=frozenset({MARKET, LIMIT, STOP_MARKET, STOP_LIMIT}),
    times_in_force=frozenset({GTC, IOC, FOK, GTD}),
    post_only=True,
    reduce_only=True,
    amend=True,
    dedupes_client_id=True,
    lookup_key="client_order_id",
    absence_is_proof=True,
)
ENDLESS = 10**30
"""Quantity behind a displayed size of 0, which means unknown."""


class _Resting:
    """An order at the venue, open or closed."""

    __slots__ = ("cum", "intent", "life", "price", "quantity", "trigger", "ts", "venue_order_id")

    def __init__(self, intent: NewOrder, venue_order_id: str, ts: TimeNs) -> None:
        self.intent = intent
        self.venue_order_id = venue_order_id
        self.quantity = intent.quantity
        self.price = intent.price
        self.trigger = intent.trigger_price
        self.cum: QtyRaw = 0
        self.life: Life = ACCEPTED
        self.ts = ts

    @property
    def leaves(self) -> QtyRaw:
        return self.quantity - self.cum if self.life < FILLED else 0


class FakeBroker:
    """A venue in a few lines, with switches for what goes wrong.

    Attributes:
        refusals: Codes with which the next orders are rejected, first come first served.
        silent: While true, requests are lost and `OutcomeUnknown` is all that is heard.
        fill_max: Largest quantity of one fill; 0 is unlimited.
        requests: Everything that was asked, in order.
    """

    def __init__(self, context: BrokerContext) -> None:
        self.refusals: deque[str] = deque()
        self.silent = False
        self.fill_max: QtyRaw = 0
        self.requests: list[NewOrder | AmendOrder | CancelOrder] = []
        self._context = context
        self._orders: dict[str, _Resting] = {}
        self._fills: list[Fill] = []
        self._positions: dict[str, QtyRaw] = {}
        self._taken: dict[tuple[Quote, int], QtyRaw] = {}
        self._cash = {money.currency: money.amount for money in context.deposits}
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """See `FAKE_CAPABILITIES`."""
        return FAKE_CAPABILITIES

    # --- requests ----------------------------------------------------------------------------

    def submit(self, order: NewOrder) -> None:
        """Refuse or accept an order, and match it."""
        self.requests.append(order)
        now, order_id = self._now(), order.client_order_id
        if self.silent:
            self._lose(order_id, Operation.SUBMIT, 0)
            return
        if order_id in self._orders:
            return  # the same id twice is one order
        code, text = self._refusal(order)
        if code:
            self._report(OrderRejected(order_id, code, text, now, now))
            return
        resting = _Resting(order, f"F{len(self._orders) + 1}", now)
        self._orders[order_id] = resting
        self._report(OrderAccepted(order_id, resting.venue_order_id, now, now))
        if order.time_in_force is GTD:
            self._context.clock.call_at(order.expire_ns, lambda: self._expire(resting))
        self._context.markets.watch(order.instrument_id, on_quote=self._on_quote)
        quote = self._quote(order.instrument_id)
        if quote is not None:
            self._match(resting, quote)
        if resting.leaves and (order.order_type is MARKET or order.time_in_force in (IOC, FOK)):
            self._cancel(resting, "NO_LIQUIDITY")

    def amend(self, request: AmendOrder) -> None:
        """Replace terms of an open order."""
        self.requests.append(request)
        now, order_id, number = self._now(), request.client_order_id, request.request_id
        if self.silent:
            self._lose(order_id, Operation.REPLACE, number)
            return
        resting = self._orders.get(order_id)
        if resting is None or not resting.leaves or request.quantity <= resting.cum:
            why = "unknown, closed, or filled beyond that"
            self._report(AmendRejected(order_id, number, "VENUE_OTHER", why, now, now))
            return
        resting.quantity = request.quantity
        resting.price = request.price or resting.price
        resting.trigger = request.trigger_price or resting.trigger
        self._report(
            OrderUpdated(
                order_id, number, resting.quantity, resting.price, resting.trigger, now, now
            )
        )
        quote = self._quote(resting.intent.instrument_id)
        if quote is not None:
            self._match(resting, quote)

    def cancel(self, request: CancelOrder) -> None:
        """Cancel an open order."""
        self.requests.append(request)
        now, order_id, number = self._now(), request.client_order_id, request.request_id
        if self.silent:
            self._lose(order_id, Operation.CANCEL, number)
            return
        resting = self._orders.get(order_id)
        if resting is None or not resting.leaves:
            why = "unknown or closed"
            self._report(CancelRejected(order_id, number, "VENUE_OTHER", why, now, now))
            return
        self._cancel(resting, "")

    # --- queries -----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Refuse every later order."""
        self._closed = True

    async def instruments(self) -> Sequence[Instrument]:
        """Return those of the context."""
        return list(self._context.instruments.values())

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Return one order."""
        resting = self._orders.get(client_order_id)
        return None if resting is None else _view(resting)

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Return every open order."""
        return [_view(resting) for resting in self._orders.values() if resting.leaves]

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Return fills at or after a time."""
        return [fill for fill in self._fills if fill.ts_event >= since_ns]

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Return positions that are not flat."""
        return [VenuePosition(name, held) for name, held in self._positions.items() if held]

    async def query_balances(self) -> Sequence[Money]:
        """Return deposits less fees."""
        return [Money(amount, currency) for currency, amount in self._cash.items()]

    # --- the venue ---------------------------------------------------------------------------

    def _refusal(self, order: NewOrder) -> tuple[str, str]:
        if self._closed:
            return "VENUE_OTHER", "the broker is closed"
        if self.refusals:
            return self.refusals.popleft(), "as the test asked"
        instrument = self._context.instruments.get(order.instrument_id)
        market = self._context.markets.view(order.instrument_id)
        if instrument is None or market is None:
            return "VENUE_OTHER", f"unknown instrument {order.instrument_id}"
        known = FAKE_CAPABILITIES
        problem = order_value_problem(order)
        if (
            problem
            or order.order_type not in known.order_types
            or order.time_in_force not in known.times_in_force
        ):
            return "VENUE_OTHER", problem or "unsupported"
        if market.status is not TradingStatus.TRADING:
            return "VENUE_SESSION", market.status.name
        return self._grid_refusal(order, instrument) or self._terms_refusal(order)

    def _grid_refusal(self, order: NewOrder, instrument: Instrument) -> tuple[str, str] | None:
        if order.quantity % instrument.lot or order.quantity < instrument.min_quantity:
            return "VENUE_LOT", f"quantity={order.quantity} lot={instrument.lot}"
        if not (instrument.is_on_grid(order.price) and instrument.is_on_grid(order.trigger_price)):
            return "VENUE_TICK", f"price={order.price} trigger_price={order.trigger_price}"
        return None

    def _terms_refusal(self, order: NewOrder) -> tuple[str, str]:
        quote = self._quote(order.instrument_id)
        if order.post_only and quote is not None and _crosses(order.side, order.price, quote):
            return "VENUE_POST_ONLY", f"price={order.price}"
        if order.reduce_only and not self._reducible(order):
            return "VENUE_REDUCE_ONLY", f"position={self._positions.get(order.instrument_id, 0)}"
        return "", ""

    def _reducible(self, order: NewOrder) -> QtyRaw:
        held = self._positions.get(order.instrument_id, 0)
        return max(-held if order.side is BUY else held, 0)

    def _on_quote(self, quote: Quote) -> None:
        self._taken.clear()
        for resting in list(self._orders.values()):
            if resting.leaves and resting.intent.instrument_id == quote.instrument_id:
                self._match(resting, quote)

    def _match(self, resting: _Resting, quote: Quote) -> None:
        intent = resting.intent
        touch, size = (
            (quote.ask_price, quote.ask_size)
            if intent.side is BUY
            else (quote.bid_price, quote.bid_size)
        )
        if not touch or not self._is_triggered(resting, touch):
            return
        if resting.price and not _crosses(intent.side, resting.price, quote):
            return
        key = (quote, int(intent.side))
        there = (size or ENDLESS) - self._taken.get(key, 0)
        if intent.time_in_force is FOK and there < resting.leaves:
            return
        while resting.leaves and there:
            part = min(resting.leaves, there, self.fill_max or ENDLESS)
            if intent.reduce_only:
                part = min(part, self._reducible(intent))
            if not part:
                self._cancel(resting, "VENUE_REDUCE_ONLY")
                return
            there -= part
            self._taken[key] = self._taken.get(key, 0) + part
            self._fill(resting, part, touch)
            if self.fill_max:
                break

    def _is_triggered(self, resting: _Resting, touch: PriceRaw) -> bool:
        if not resting.trigger or resting.life in (TRIGGERED, PARTIALLY_FILLED):
            return True
        reached = (
            touch >= resting.trigger if resting.intent.side is BUY else touch <= resting.trigger
        )
        if reached:
            resting.life = TRIGGERED
            now = self._now()
            self._report(OrderTriggered(resting.intent.client_order_id, now, now))
        return reached

    def _fill(self, resting: _Resting, quantity: QtyRaw, price: PriceRaw) -> None:
        intent, now = resting.intent, self._now()
        instrument = self._context.instruments[intent.instrument_id]
        currency = instrument.settle
        fee = fee_of(
            instrument.value(price, quantity),
            instrument.taker_fee,
            instrument.value_scale,
            currency_scale(currency),
        )
        resting.cum += quantity
        resting.life = FILLED if resting.cum >= resting.quantity else PARTIALLY_FILLED
        held = self._positions.get(instrument.id, 0)
        self._positions[instrument.id] = held + quantity * int(intent.side)
        self._cash[currency] = self._cash.get(currency, 0) - fee
        fill = Fill(
            intent.client_order_id, resting.venue_order_id, f"T{len(self._fills) + 1}",
            instrument.id, intent.side, quantity, price, TAKER, fee, currency, now, now,
        )  # fmt: skip
        self._fills.append(fill)
        self._report(fill)

    def _cancel(self, resting: _Resting, code: str) -> None:
        now = self._now()
        resting.life = CANCELED
        self._report(OrderCanceled(resting.intent.client_order_id, code, now, now))

    def _expire(self, resting: _Resting) -> None:
        if resting.leaves:
            now = self._now()
            resting.life = EXPIRED
            self._report(OrderExpired(resting.intent.client_order_id, now, now))

    def _lose(self, order_id: str, operation: Operation, request_id: int) -> None:
        self._report(
            OutcomeUnknown(order_id, operation, request_id, "as the test asked", self._now())
        )

    def _report(self, report: VenueReport) -> None:
        self._context.reports(report)

    def _quote(self, instrument_id: str) -> Quote | None:
        market = self._context.markets.view(instrument_id)
        return market.quote if market is not None else None

    def _now(self) -> TimeNs:
        return self._context.clock.now_ns()


def _crosses(side: int, price: PriceRaw, quote: Quote) -> bool:
    if side == BUY:
        return 0 < quote.ask_price <= price
    return quote.bid_price >= price


def _view(resting: _Resting) -> VenueOrder:
    return VenueOrder(
        resting.intent,
        resting.venue_order_id,
        resting.life,
        resting.quantity,
        resting.price,
        resting.trigger,
        resting.cum,
        resting.ts,
    )
