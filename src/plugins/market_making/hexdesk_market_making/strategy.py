"""Quotes both sides around a price skewed by inventory, and moves a quote only when it is worth it.

Each side has at most one order. It is amended, or canceled and sent again where the venue refuses
that; both are pulled when the market is one-sided, locked, crossed, too wide, silent or halted. A
rejected or denied quote is sent again with a later quote, never at once.
"""

from hexdesk.domain.market import InstrumentStatus, Quote
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAbandoned,
    OrderCanceled,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    OrderUpdated,
)
from hexdesk.domain.values import (
    BUY,
    CLOSED_LIVES,
    LIMIT,
    NS_PER_MS,
    SELL,
    PriceRaw,
    QtyRaw,
    TimeNs,
    TradingStatus,
)
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk_market_making.settings import MarketMakingSettings, Terms, make_terms
from hexdesk_market_making.side import QuoteSide
from hexdesk_market_making.signal import is_worth_moving, quotes, sizes


class Book:
    """What the strategy keeps of one instrument.

    Attributes:
        terms: How to quote it.
        bid: The buying side.
        ask: The selling side.
        market: Best bid, best ask and position that the targets were found for.
        targets: Prices to bid and to offer at; 0 is none.
        quoted_ns: When the market last said something.
        is_trading: Whether the venue trades it.
        is_watched: Whether a timer waits for the market to fall silent.
    """

    __slots__ = (
        "ask",
        "bid",
        "is_trading",
        "is_watched",
        "market",
        "quoted_ns",
        "targets",
        "terms",
    )

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.bid = QuoteSide(BUY)
        self.ask = QuoteSide(SELL)
        self.market: tuple[PriceRaw, PriceRaw, QtyRaw] = (0, 0, 0)
        self.targets: tuple[PriceRaw, PriceRaw] = (0, 0)
        self.quoted_ns: TimeNs = 0
        self.is_trading = terms.instrument.status is TradingStatus.TRADING
        self.is_watched = False


class MarketMakingStrategy(Strategy):
    """A market maker.

    Raises:
        ConfigError: A quantity does not suit an instrument.
    """

    def __init__(self, context: StrategyContext, settings: MarketMakingSettings) -> None:
        super().__init__(context)
        path = f"strategies.{context.strategy_id}.settings"
        self._interval_ns = settings.refresh_interval_ms * NS_PER_MS
        self._stale_ns = settings.stale_after_ms * NS_PER_MS
        self._books = {
            instrument_id: Book(make_terms(settings, context.instrument(instrument_id), path))
            for instrument_id in context.instrument_ids
        }
        self._sides: dict[str, QuoteSide] = {}

    # --- the market ---------------------------------------------------------------------------

    def on_start(self) -> None:
        """Cancel what an earlier run may have left."""
        self.context.cancel_all()

    def on_stop(self) -> None:
        """Cancel all quotes."""
        self.context.cancel_all()

    def on_quote(self, quote: Quote) -> None:
        """Quote anew where the targets moved."""
        instrument_id = quote.instrument_id
        book = self._books[instrument_id]
        book.quoted_ns = now_ns = self.context.now_ns()
        if not book.is_trading:
            return
        position = self.context.position_quantity(instrument_id)
        market = (quote.bid_price, quote.ask_price, position)
        if market != book.market:  # most quotes change sizes alone
            book.market = market
            book.targets = quotes(*market, book.terms)
        bid, ask = book.targets
        if book.bid.reaches(bid, book.ask):  # free only once the ask has left
            self._aim(book, book.ask, ask, now_ns)
            self._aim(book, book.bid, bid, now_ns)
        else:
            self._aim(book, book.bid, bid, now_ns)
            self._aim(book, book.ask, ask, now_ns)
        if self._stale_ns and not book.is_watched:
            book.is_watched = True
            self.context.set_timer(instrument_id, now_ns + self._stale_ns)

    def on_timer(self, name: str, due_ns: TimeNs) -> None:
        """Pull both quotes if the market fell silent, else look again when it might have."""
        book = self._books[name]
        silent_ns = book.quoted_ns + self._stale_ns
        book.is_watched = silent_ns > self.context.now_ns()
        if book.is_watched:
            self.context.set_timer(name, silent_ns)
        else:
            self._pull_both(book)

    def on_status(self, status: InstrumentStatus) -> None:
        """Pull both quotes unless the instrument trades."""
        book = self._books[status.instrument_id]
        book.is_trading = status.status is TradingStatus.TRADING
        if not book.is_trading:
            self._pull_both(book)

    # --- own orders ---------------------------------------------------------------------------

    def on_order(self, event: OrderEvent) -> None:
        """Note what became of a request; the next quote acts on it."""
        side = self._sides.get(event.client_order_id)
        if side is None:
            return
        match event:
            case OrderUpdated(price=price):
                side.amending = False
                side.price = price
            case AmendRejected(client_order_id=order_id):
                side.amending = False
                side.amendable = False
                order = self.context.order(order_id)
                side.price = order.price if order is not None else side.price
            case CancelRejected():
                side.canceling = False
            case (
                OrderDenied()
                | OrderRejected()
                | OrderCanceled()
                | OrderExpired()
                | OrderAbandoned()
            ):
                self._release(side)
            case _:
                pass

    def on_fill(self, fill: Fill) -> None:
        """Forget an order that is filled."""
        side = self._sides.get(fill.client_order_id)
        if side is not None and self._is_closed(fill.client_order_id):
            self._release(side)

    # --- requests -----------------------------------------------------------------------------

    def _aim(self, book: Book, side: QuoteSide, target: PriceRaw, now_ns: TimeNs) -> None:
        """Bring one side to its target, as far as it is worth it and allowed now."""
        if target == side.price:
            return
        if not target:
            self._pull(side)
            return
        if side.amending or side.canceling or now_ns - side.changed_ns < self._interval_ns:
            return
        if side.reaches(target, book.ask if side is book.bid else book.bid):
            return
        if not side.order_id:
            side.changed_ns = now_ns
            self._submit(book, side, target)
        elif is_worth_moving(side.price, target, book.terms):
            side.changed_ns = now_ns
            self._move(side, target)

    def _submit(self, book: Book, side: QuoteSide, price: PriceRaw) -> None:
        instrument_id = book.terms.instrument.id
        position = self.context.position_quantity(instrument_id)
        order_id = self.context.submit(
            instrument_id,
            side.side,
            sizes(position, book.terms)[side is book.ask],
            LIMIT,
            price,
            post_only=book.terms.post_only,
            tag="bid" if side is book.bid else "ask",
        )
        if not self._is_closed(order_id):  # it may have been denied already
            side.take(order_id, price)
            self._sides[order_id] = side

    def _move(self, side: QuoteSide, price: PriceRaw) -> None:
        if side.amendable and self.context.amend(side.order_id, price=price):
            side.price = price
            side.amending = True
        else:
            self._pull(side)

    def _pull(self, side: QuoteSide) -> None:
        if side.order_id and not side.canceling:
            side.canceling = self.context.cancel(side.order_id)

    def _pull_both(self, book: Book) -> None:
        self._pull(book.bid)
        self._pull(book.ask)

    def _release(self, side: QuoteSide) -> None:
        self._sides.pop(side.order_id, None)
        side.release()

    def _is_closed(self, order_id: str) -> bool:
        order = self.context.order(order_id)
        return order is None or order.life in CLOSED_LIVES
