"""The broker adapter: queues nothing, blocks nowhere, raises never."""

from collections.abc import Callable, Sequence

from acme_venue.exchange import Exchange, Message
from acme_venue.settings import AcmeSettings
from acme_venue.translate import (
    CAPABILITIES,
    place_message,
    price_text,
    report_of,
    withdraw_message,
)
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.money import Money, parse_raw
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import AmendRejected, CancelRejected, Fill, OrderRejected
from hexdesk.domain.values import (
    ACCEPTED,
    CANCELED,
    FILLED,
    NS_PER_MS,
    PARTIALLY_FILLED,
    Life,
    QtyRaw,
    TimeNs,
    TradingStatus,
)
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Capabilities, VenueOrder, VenuePosition


class AcmeBroker:
    """One account at Acme."""

    def __init__(self, context: BrokerContext, settings: AcmeSettings) -> None:
        self._context = context
        self._answer_ns = settings.answer_ms * NS_PER_MS
        self._exchange = Exchange(self._on_message)
        self._sent: dict[str, NewOrder] = {}
        self._fills: list[Fill] = []

    @property
    def capabilities(self) -> Capabilities:
        """Market and limit orders, GTC and IOC."""
        return CAPABILITIES

    def submit(self, order: NewOrder) -> None:
        """Send an order; what Acme does not know is refused here."""
        refusal = self._refusal(order)
        if refusal is not None:
            self._context.reports(refusal)
            return
        self._sent.setdefault(order.client_order_id, order)
        instrument = self._context.instruments[order.instrument_id]
        self._after(lambda: self._place(order, instrument))

    def amend(self, request: AmendOrder) -> None:
        """Refuse: Acme has no amendments, as the capabilities say."""
        now = self._now()
        self._context.reports(
            AmendRejected(
                request.client_order_id, request.request_id, "VENUE_OTHER", "unsupported", now, now
            )
        )

    def cancel(self, request: CancelOrder) -> None:
        """Send a cancel."""
        if request.client_order_id not in self._sent:
            now = self._now()
            self._context.reports(
                CancelRejected(
                    request.client_order_id, request.request_id, "VENUE_OTHER", "unknown", now, now
                )
            )
            return
        self._after(lambda: self._exchange.withdraw(withdraw_message(request)))

    async def connect(self) -> None:
        """Show the exchange every market."""
        for instrument_id in self._context.instruments:
            self._context.markets.watch(instrument_id, on_quote=self._on_quote)
            view = self._context.markets.view(instrument_id)
            if view is not None and view.quote is not None:
                self._on_quote(view.quote)

    async def close(self) -> None:
        """Leave the exchange."""
        self._exchange.shut()

    async def instruments(self) -> Sequence[Instrument]:
        """Return those of the configuration."""
        return list(self._context.instruments.values())

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Look an order up."""
        found = self._exchange.look_up(client_order_id)
        intent = self._sent.get(client_order_id)
        if found is None or intent is None:
            return None
        scale = self._context.instruments[intent.instrument_id].quantity_scale
        done, rest = parse_raw(found["done"], scale), parse_raw(found["rest"], scale)
        life = _life(intent.quantity, done, rest)
        return VenueOrder(
            intent, found["number"], life, intent.quantity, intent.price, 0, done, self._now()
        )

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Look every order up and keep the open ones."""
        orders = [await self.query_order(client_order_id) for client_order_id in self._sent]
        return [order for order in orders if order is not None and order.life < FILLED]

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Return fills at or after a time."""
        return [fill for fill in self._fills if fill.ts_event >= since_ns]

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Add the fills up."""
        held: dict[str, QtyRaw] = {}
        for fill in self._fills:
            held[fill.instrument_id] = held.get(fill.instrument_id, 0) + fill.side * fill.quantity
        return [VenuePosition(name, quantity) for name, quantity in held.items() if quantity]

    async def query_balances(self) -> Sequence[Money]:
        """Return the deposits: Acme settles elsewhere."""
        return self._context.deposits

    def _refusal(self, order: NewOrder) -> OrderRejected | None:
        view = self._context.markets.view(order.instrument_id)
        known = CAPABILITIES
        code = text = ""
        if view is None:
            code, text = "VENUE_OTHER", f"unknown instrument {order.instrument_id}"
        elif order.order_type not in known.order_types or order.time_in_force not in (
            known.times_in_force
        ):
            code, text = "VENUE_OTHER", f"{order.order_type.name} {order.time_in_force.name}"
        elif view.status is not TradingStatus.TRADING:
            code, text = "VENUE_SESSION", view.status.name
        now = self._now()
        return OrderRejected(order.client_order_id, code, text, now, now) if code else None

    def _place(self, order: NewOrder, instrument: Instrument) -> None:
        self._exchange.place(place_message(order, instrument))

    def _after(self, work: Callable[[], None]) -> None:
        self._context.clock.call_at(self._now() + self._answer_ns, work)

    def _on_quote(self, quote: Quote) -> None:
        instrument = self._context.instruments[quote.instrument_id]
        self._exchange.show(
            quote.instrument_id,
            price_text(quote.bid_price, instrument),
            price_text(quote.ask_price, instrument),
        )

    def _on_message(self, message: Message) -> None:
        order = self._sent[message["ref"]]
        instrument = self._context.instruments[order.instrument_id]
        report = report_of(message, order, instrument, self._now())
        if isinstance(report, Fill):
            self._fills.append(report)
        self._context.reports(report)

    def _now(self) -> TimeNs:
        return self._context.clock.now_ns()


def _life(quantity: QtyRaw, done: QtyRaw, rest: QtyRaw) -> Life:
    if not rest:
        return FILLED if done >= quantity else CANCELED
    return PARTIALLY_FILLED if done else ACCEPTED
