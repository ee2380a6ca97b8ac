"""The simulated venue: accounts, instruments, requests, market events, and the truth.

It is synchronous and deterministic: time comes from a clock, randomness from a seed, and reports
leave through each account's own sink. It knows nothing of the desk; a desk in the same process and
a server in front of many desks use it alike.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from hexdesk.domain.cash import CashKind, CashMoved, funding_of
from hexdesk.domain.instruments import Instrument, InstrumentKind
from hexdesk.domain.market import BookUpdate, FundingRate, InstrumentStatus, Quote, Trade
from hexdesk.domain.money import Money, currency_scale, rescale_down
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderRejected,
    VenueReport,
)
from hexdesk.domain.values import (
    AUTO,
    CLOSE,
    CLOSE_YESTERDAY,
    CLOSING_EFFECTS,
    DAY,
    FILLED,
    HEDGING,
    NETTING,
    REJECTED,
    PositionMode,
    TimeNs,
)
from hexdesk.errors import require
from hexdesk.ports.broker import ReportSink, VenueOrder, VenuePosition
from hexdesk.ports.clock import Clock
from hexdesk.ports.market_data import MarketView
from hexdesk_sim import checks
from hexdesk_sim.admission import amend_refusal, order_refusal
from hexdesk_sim.book import Book
from hexdesk_sim.checks import RESTARTED, TRADING
from hexdesk_sim.floor import Floor, Market
from hexdesk_sim.funds import unpaid
from hexdesk_sim.holdings import Holding, VenueAccount, next_day_end
from hexdesk_sim.order import NOWHERE, SimOrder, amended
from hexdesk_sim.settings import MatchSettings
from hexdesk_sim.short_way import ShortWay


def watch_nothing(_instrument_id: str) -> None:
    """Ignore which books need events."""


class Venue:
    """A venue with any number of accounts.

    Market state is the venue's own, fed through `on_quote` and its siblings, unless `markets`
    names that of somebody else; then a book needs events only between `watch` and `unwatch`,
    which are called with its instrument's id. Without `short_ways` every order goes the long way,
    to the same end.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        settings: MatchSettings,
        *,
        seed: int = 0,
        markets: Callable[[str], MarketView | None] | None = None,
        watch: Callable[[str], None] = watch_nothing,
        unwatch: Callable[[str], None] = watch_nothing,
        short_ways: bool = True,
    ) -> None:
        self._instruments = instruments
        self._floor = Floor(clock, settings, watch, unwatch)
        self._outbox = self._floor.outbox
        self._settings = settings
        self._markets = markets
        self._accounts: dict[str, VenueAccount] = {}
        self._books: dict[str, Book] = {}
        self._short_ways: dict[str, ShortWay] = {}
        self._funded: dict[str, TimeNs] = {}
        self._is_strict = bool(
            settings.reject_rate or settings.check_funds or settings.price_band_pct
        )
        self._has_short_ways = short_ways and not self._is_strict
        self._chance = Random(f"{seed}:rejects")

    # ----------------------------------------------------------------------------------------------
    # Set-up

    @property
    def position_mode(self) -> PositionMode:
        """How the venue nets."""
        return HEDGING if self._settings.position_mode == "hedging" else NETTING

    @property
    def day_end_ns(self) -> TimeNs:
        """End of the trading day, from midnight UTC."""
        return self._floor.day_end_ns

    def now_ns(self) -> TimeNs:
        """Return the venue's time."""
        return self._floor.now_ns()

    def count_from(self, number: int) -> None:
        """Number orders and executions after this: ids never meet those of an earlier life."""
        self._floor.order_count = self._floor.trade_count = number

    def open_account(
        self, account_id: str, deliver: ReportSink, deposits: Iterable[Money] = ()
    ) -> VenueAccount:
        """Open an account, whose reports go to `deliver`; it must not raise.

        Raises:
            InvariantError: It is open already.
        """
        require(account_id not in self._accounts, f"account {account_id} is open already")
        account = VenueAccount(
            account_id,
            deliver,
            self._instruments.values(),
            mode=self.position_mode,
            history_max=self._settings.history_max,
        )
        for money in deposits:
            account.cash.deposit(money)
        self._accounts[account_id] = account
        return account

    def end_unworkable(self, account_id: str) -> None:
        """Cancel what was put back and can be nowhere: orders for immediate execution."""
        for order in list(self._accounts[account_id].orders.values()):
            book = self._books.get(order.intent.instrument_id)
            if book is not None and order.place == NOWHERE and not order.is_closed:
                book.cancel(order, RESTARTED)
                book.settle()

    def book(self, instrument_id: str) -> Book | None:
        """Return the book of an instrument, None if the venue does not list it."""
        book = self._books.get(instrument_id)
        if book is not None:
            return book
        instrument = self._instruments.get(instrument_id)
        if instrument is None:
            return None
        market = Market(instrument) if self._markets is None else self._markets(instrument_id)
        if market is None:
            return None
        book = self._books[instrument_id] = Book(instrument, market, self._floor)
        if self._has_short_ways:
            self._short_ways[instrument_id] = ShortWay(book, self._floor)
        return book

    def set_effect(self, order: SimOrder, book: Book) -> None:
        """Say what a closing order closes.

        At exchanges that close by day a plain CLOSE means yesterday's position (CTP:
        THOST_FTDC_OF_Close at SHFE and INE). A reduce-only order of a hedging account closes.
        """
        effect = order.intent.position_effect
        reduces = order.intent.reduce_only
        if effect is CLOSE and book.instrument.closes_by_day:
            effect = CLOSE_YESTERDAY
        elif effect is AUTO and reduces and self.position_mode is HEDGING:
            effect = CLOSE
        order.effect = effect
        order.reduces = reduces or effect in CLOSING_EFFECTS

    # ----------------------------------------------------------------------------------------------
    # Requests; the account must be open

    def submit(self, order: NewOrder) -> None:
        """Take a new order."""
        short = self._short_ways.get(order.instrument_id)
        if short is None or not short.submit(order):
            self._submit(order)

    def _submit(self, order: NewOrder) -> None:
        """Take an order the long way."""
        account = self._accounts[order.account_id]
        now = self._floor.now_ns()
        if order.client_order_id in account.orders:
            self._answer_again(account, order, now)
            return
        self._floor.order_count = number = self._floor.order_count + 1
        quantity = order.quantity
        working = SimOrder(
            order, number, f"V{number}", order.order_type, quantity, quantity, order.price, now
        )
        account.orders[order.client_order_id] = working
        book = self.book(order.instrument_id)
        if book is None:
            text = f"instrument={order.instrument_id} expected=listed"
            self._reject(account, working, (checks.VENUE_OTHER, text))
            return
        working.trigger_price = order.trigger_price
        working.expire_ns = order.expire_ns
        if order.time_in_force is DAY:
            working.expire_ns = next_day_end(now, self._floor.day_end_ns)
        self.set_effect(working, book)
        holding = book.hold(account)
        refusal = order_refusal(book, holding, working, self._settings)
        if refusal is None and self._is_strict:
            refusal = self._strict_refusal(book, holding, working)
        if refusal is not None:
            self._reject(account, working, refusal)
            return
        book.open(working, holding)
        report = OrderAccepted(order.client_order_id, working.venue_order_id, now, now)
        self._outbox.push(account.deliver, report)
        book.enter(working)
        book.settle()

    def _answer_again(self, account: VenueAccount, order: NewOrder, now: TimeNs) -> None:
        """Answer an id that is known: the same order is not made twice, another is refused."""
        known = account.orders[order.client_order_id]
        if known.intent == order:
            order_id = order.client_order_id
            report: VenueReport = OrderAccepted(order_id, known.venue_order_id, now, now)
            if known.life is REJECTED:
                report = OrderRejected(order_id, known.code, "as before", now, now)
            self._outbox.send(account.deliver, report)
            return
        text = f"client_order_id={order.client_order_id} expected=unused"
        rejected = OrderRejected(order.client_order_id, checks.VENUE_DUPLICATE_ID, text, now, now)
        self._outbox.send(account.deliver, rejected)

    def amend(self, account_id: str, request: AmendOrder) -> None:
        """Take an amendment; a quantity, price or trigger of 0 stays as it is."""
        account = self._accounts[account_id]
        order = account.orders.get(request.client_order_id)
        now = self._floor.now_ns()
        refusal = _closed_refusal(order)
        if order is not None and refusal is None:
            book = self._books[order.intent.instrument_id]
            holding = book.holdings[account_id]
            draft = amended(order, request)
            refusal = amend_refusal(book, holding, order, draft, self._settings)
            if refusal is None and self._settings.check_funds:
                refusal = unpaid(self._books.values(), book, holding, draft)
            if refusal is None:
                book.replace(order, draft, request.request_id)
                book.settle()
                return
        code, text = refusal or ("", "")
        report = AmendRejected(request.client_order_id, request.request_id, code, text, now, now)
        self._outbox.send(account.deliver, report)

    def cancel(self, account_id: str, request: CancelOrder) -> None:
        """Take a cancel; always possible while the order is open, in a halt too."""
        account = self._accounts[account_id]
        order = account.orders.get(request.client_order_id)
        if order is not None and order.life < FILLED:
            instrument_id = order.intent.instrument_id
            short = self._short_ways.get(instrument_id)
            if short is None or not short.cancel(account, order):
                book = self._books[instrument_id]
                book.cancel(order)
                book.settle()
            return
        now = self._floor.now_ns()
        code, text = _closed_refusal(order) or ("", "")
        report = CancelRejected(request.client_order_id, request.request_id, code, text, now, now)
        self._outbox.send(account.deliver, report)

    def bust(self, account_id: str, trade_id: str, *, leaves_live: bool | None) -> bool:
        """Break an execution; False if there is none of this id.

        `leaves_live` asks for its quantity to come back to the book; the report says whether it
        did, or nothing where it is None.
        """
        account = self._accounts[account_id]
        for fill in reversed(account.fills):
            if fill.trade_id == trade_id:
                break
        else:
            return False
        order = account.orders.get(fill.client_order_id)
        if order is None:
            return False
        book = self._books[fill.instrument_id]
        book.look()
        book.bust(order, fill, leaves_live=leaves_live)
        book.settle()
        return True

    # ----------------------------------------------------------------------------------------------
    # Market events, for a venue that owns its market state

    def on_quote(self, quote: Quote) -> None:
        """Take a quote; one of an unlisted instrument is ignored."""
        book = self._fed(quote.instrument_id)
        if book is not None and isinstance(book.market, Market):
            book.market.quote = quote
            book.on_quote(quote)

    def on_trade(self, trade: Trade) -> None:
        """Take a public trade."""
        book = self._fed(trade.instrument_id)
        if book is not None and isinstance(book.market, Market):
            book.market.trade = trade
            book.on_trade(trade)

    def on_book(self, update: BookUpdate) -> None:
        """Take level-2 changes."""
        book = self._fed(update.instrument_id)
        if book is not None:
            book.on_book(update)

    def on_status(self, status: InstrumentStatus) -> None:
        """Take a change of trading status; what rests is matched again when trading resumes."""
        book = self._fed(status.instrument_id)
        if book is not None and isinstance(book.market, Market):
            book.market.status = status.status
            if status.status is TRADING and book.market.quote is not None:
                book.on_quote(book.market.quote)

    def on_funding(self, funding: FundingRate) -> None:
        """Let holders of a perpetual pay each other, at the mark, once for each funding time.

        Without a mark nothing can be valued, and nothing is paid.
        """
        instrument_id, time_ns = funding.instrument_id, funding.ts_event
        book = self._fed(instrument_id)
        if book is None or book.instrument.kind is not InstrumentKind.PERPETUAL:
            return
        mark = book.market.mark
        if not mark or time_ns <= self._funded.get(instrument_id, 0):
            return
        self._funded[instrument_id] = time_ns
        settle, now = book.instrument.settle, self._floor.now_ns()
        for account_id, holding in book.holdings.items():
            held = holding.position.quantity
            amount = funding_of(book.instrument, held, mark, funding.rate)
            account, cash_id = holding.account, f"F{instrument_id}:{time_ns}"
            if amount and account.cash.is_new(cash_id):
                account.cash.receive(amount, settle)
                kind = CashKind.FUNDING
                moved = CashMoved(
                    account_id, cash_id, kind, amount, settle, instrument_id, time_ns, now
                )
                self._outbox.push(account.deliver, moved)
        self._outbox.flush()

    # ----------------------------------------------------------------------------------------------
    # The truth

    def order(self, account_id: str, client_order_id: str) -> VenueOrder | None:
        """Return an order, open or closed; None if it never arrived."""
        order = self._accounts[account_id].orders.get(client_order_id)
        return order.snapshot() if order is not None else None

    def working(self, account_id: str, client_order_id: str) -> SimOrder | None:
        """Return an order itself, open or closed, for an owner that keeps the venue's state."""
        return self._accounts[account_id].orders.get(client_order_id)

    def open_orders(self, account_id: str) -> list[VenueOrder]:
        """Return the open orders of an account by arrival."""
        found = [
            order
            for book in self._books.values()
            for group in (book.buys, book.sells, book.stops)
            for order in group
            if order.intent.account_id == account_id
        ]
        found.sort(key=_arrival)
        return [order.snapshot() for order in found]

    def fills(self, account_id: str, since_ns: TimeNs = 0) -> list[Fill]:
        """Return executions at or after a time, oldest first, without busted ones."""
        found: list[Fill] = []
        for fill in reversed(self._accounts[account_id].fills):
            if fill.ts_event < since_ns:
                break
            found.append(fill)
        found.reverse()
        return found

    def positions(self, account_id: str) -> Sequence[VenuePosition]:
        """Return net positions that are not flat."""
        holdings = self._accounts[account_id].holdings
        is_netting = self.position_mode is NETTING  # else there is a price for each leg
        return [
            VenuePosition(
                instrument_id,
                holding.position.quantity,
                holding.position.avg_px if is_netting else 0.0,
            )
            for instrument_id, holding in holdings.items()
            if holding.position.quantity
        ]

    def balances(self, account_id: str) -> Sequence[Money]:
        """Return cash by currency, rounded down to what the currency is booked with."""
        return [
            Money(rescale_down(balance.total, balance.scale, currency_scale(currency)), currency)
            for currency, balance in self._accounts[account_id].cash.balances.items()
        ]

    # ----------------------------------------------------------------------------------------------

    def _fed(self, instrument_id: str) -> Book | None:
        return self._books.get(instrument_id) or self.book(instrument_id)

    def _strict_refusal(self, book: Book, holding: Holding, order: SimOrder) -> checks.Refusal:
        rate = self._settings.reject_rate
        if rate and self._chance.random() < rate:
            return checks.VENUE_OTHER, "rejected at random, as reject_rate asks"
        if self._settings.check_funds:
            return unpaid(self._books.values(), book, holding, order)
        return None

    def _reject(self, account: VenueAccount, order: SimOrder, refusal: tuple[str, str]) -> None:
        order.life = REJECTED
        order.leaves_qty = 0
        account.retire(order.intent.client_order_id)
        code, text = refusal
        order.code = code
        now = order.ts_event
        report = OrderRejected(order.intent.client_order_id, code, text, now, now)
        self._outbox.send(account.deliver, report)


def _closed_refusal(order: SimOrder | None) -> checks.Refusal:
    if order is None:
        return checks.VENUE_OTHER, "order=unknown expected=open"
    if order.is_closed:
        return checks.VENUE_OTHER, f"order={order.life.name} expected=open"
    return None


def _arrival(order: SimOrder) -> int:
    return order.sequence
