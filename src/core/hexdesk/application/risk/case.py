"""The numbers that rules ask of a real order: worked out when they are asked for, never before."""

from hexdesk.application.risk.books import Stake
from hexdesk.application.risk.numbers import ONE
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import Position
from hexdesk.domain.values import (
    BUY,
    HELD,
    LIMIT,
    NS_PER_SECOND,
    SUBMITTED,
    MoneyRaw,
    OrderType,
    PriceRaw,
    QtyRaw,
    Side,
    TimeNs,
)
from hexdesk.ports.risk import NONE

MINUTE_NS = 60 * NS_PER_SECOND
_UNKNOWN = NONE


class LiveCase:
    """One order of one strategy; an `OrderCase` whose numbers come from the desk's books.

    Attributes:
        stake: What the order would add to; set by `load`.
    """

    __slots__ = (
        "_down", "_gross", "_messages", "_now_ns", "_open", "_order", "_up", "price", "quantity",
        "stake",
    )  # fmt: skip

    def __init__(self, open_orders: dict[str, Order]) -> None:
        self._open = open_orders
        self.stake: Stake
        self._order: NewOrder
        self.price: PriceRaw = 0
        self.quantity: QtyRaw = 0
        self._now_ns: TimeNs = 0
        self._messages = 0
        self._gross: MoneyRaw = _UNKNOWN
        self._up: MoneyRaw = 0
        self._down: MoneyRaw = 0

    def load(  # noqa: PLR0917 - on the order path: keywords cost
        self, order: NewOrder, stake: Stake, price: PriceRaw, quantity: QtyRaw, now_ns: TimeNs,
        messages: int,
    ) -> None:  # fmt: skip
        """Be about an order from here on."""
        self._order = order
        self.stake = stake
        self.price = price
        self.quantity = quantity
        self._now_ns = now_ns
        self._messages = messages
        self._gross = _UNKNOWN

    def load_plainly(  # noqa: PLR0917 - likewise
        self, order: NewOrder, stake: Stake, price: PriceRaw, quantity: QtyRaw, now_ns: TimeNs,
        messages: int, gross_max: int,
    ) -> bool:  # fmt: skip
        """Do the same; whether the order surely meets none of its account, nor too much exposure.

        The numbers are those below, in one place and without calls; `gross_max` is the limit of the
        account's gross exposure at `RATE_SCALE`. False says nothing yet, and loads nothing.
        """
        ledger = stake.ledger
        if ledger.has_exits or not stake.is_plain or len(stake.pile) > 1:
            return False
        held = ledger.position.quantity
        unit = stake.unit * price
        if order.side is BUY:
            if ledger.open_sell:
                return False
            self._up = gross = (held + ledger.open_buy + quantity) * unit
            self._down = other = -held * unit
        else:
            if ledger.open_buy:
                return False
            self._down = gross = (ledger.open_sell - held + quantity) * unit
            self._up = other = held * unit
        if other > gross:  # noqa: PLR1730 - `max` is a call
            gross = other
        self._order = order
        self.stake = stake
        self.price = price
        self.quantity = quantity
        self._now_ns = now_ns
        self._messages = messages
        self._gross = gross
        account = stake.account
        equity = account.balance.total + account.worth
        return (account.gross - stake.gross + gross) * ONE <= gross_max * equity

    def refresh(self) -> None:
        """Bring the sums of the desk up to date, and forget what was worked out."""
        whole = self.stake.account.whole
        (self.stake.account if whole is None else whole).refresh()
        self._gross = _UNKNOWN

    def admit(self) -> None:
        """Count the order: what follows it before the next look sees it."""
        if self._gross != _UNKNOWN:
            self.stake.expose(self._up, self._down, self._gross)

    # --- what it is ------------------------------------------------------------------------------

    @property
    def side(self) -> Side:
        """FIX 54."""
        return self._order.side

    @property
    def order_type(self) -> OrderType:
        """FIX 40."""
        return self._order.order_type

    @property
    def quantity_scale(self) -> int:
        """Decimals of quantities."""
        return self.stake.instrument.quantity_scale

    @property
    def money_scale(self) -> int:
        """Decimals of money."""
        return self.stake.ledger.balance.scale

    @property
    def value(self) -> MoneyRaw:
        """Price times quantity."""
        return self.stake.value(self.price, self.quantity)

    @property
    def reserve(self) -> MoneyRaw:
        """Margin and fee that it binds."""
        return self.stake.ledger.cash_of(self._order, self.price, self.quantity)

    @property
    def held(self) -> QtyRaw:
        """Position of the strategy before it."""
        return self.stake.ledger.position.quantity

    # --- what it leads to -----------------------------------------------------------------------

    @property
    def equity(self) -> MoneyRaw:
        """Of the account."""
        account = self.stake.account
        return account.balance.total + account.worth

    @property
    def gross(self) -> MoneyRaw:
        """Exposure of the account with it."""
        stake = self.stake
        return stake.account.gross - stake.gross + self._work_out()

    @property
    def net(self) -> MoneyRaw:
        """The same, long and short set off."""
        self._work_out()
        stake, account = self.stake, self.stake.account
        up = account.up - stake.up + self._up
        return max(up, account.down - stake.down + self._down, 0)

    @property
    def desk_equity(self) -> MoneyRaw:
        """Of all accounts."""
        whole = self.stake.account.whole
        return self.equity if whole is None else whole.equity

    @property
    def desk_gross(self) -> MoneyRaw:
        """Exposure of all accounts with it."""
        whole = self.stake.account.whole
        if whole is None:
            return self.gross
        whole.gather()
        own = self._work_out() - self.stake.gross
        return whole.gross + whole.of(own, self.stake.account.balance)

    @property
    def unvalued(self) -> str:
        """Why sums of the desk are unknown; empty where they are known."""
        whole = self.stake.account.whole
        if whole is None:
            return ""
        whole.gather()
        return whole.unvalued

    @property
    def symbol_value(self) -> MoneyRaw:
        """Value of the account's position in the instrument with it, strategies not set off.

        What another strategy holds against it may be closed at any time: that always passes.
        """
        self._work_out()
        up, down = max(self._up, 0), max(self._down, 0)
        for other in self.stake.pile:
            if other is not self.stake:
                up += max(other.value(self.price, other.long_worst), 0)
                down += max(other.value(self.price, other.short_worst), 0)
        return self.stake.gross_of(up, down)

    @property
    def symbol_quantity(self) -> QtyRaw:
        """Quantity of the same."""
        up, down = (max(each, 0) for each in self._worst_quantities())
        for other in self.stake.pile:
            if other is not self.stake:
                up += max(other.long_worst, 0)
                down += max(other.short_worst, 0)
        return self.stake.gross_of(up, down)

    @property
    def position_count(self) -> int:
        """Positions of the account with it."""
        return self.stake.account.count + (self.quantity > 0 and not self.stake.gross)

    @property
    def strategy_gross(self) -> MoneyRaw:
        """Exposure of the strategy with it."""
        own = self._work_out()
        return self.stake.strategy.gross - self.stake.gross + own

    @property
    def strategy_equity(self) -> MoneyRaw:
        """The strategy's capital with its result, or the account's equity."""
        strategy = self.stake.strategy
        return strategy.equity if strategy.has_capital else self.stake.account.equity

    @property
    def available(self) -> MoneyRaw:
        """What its capital still lets it bind, or what others' capital leaves of the account."""
        strategy = self.stake.strategy
        return strategy.available if strategy.has_capital else self.stake.account.left

    @property
    def stop_distance(self) -> MoneyRaw:
        """Loss at its protective stop."""
        return self._distance_to(is_stop=True)

    @property
    def target_distance(self) -> MoneyRaw:
        """Gain at its target."""
        return self._distance_to(is_stop=False)

    # --- what surrounds it ---------------------------------------------------------------------

    @property
    def quote_age_ns(self) -> int:
        """Since the latest quote."""
        quote = self.stake.ledger.market.quote
        return NONE if quote is None else self._now_ns - quote.ts_init

    @property
    def is_crossed(self) -> bool:
        """Whether the latest quote's bid is above its ask."""
        quote = self.stake.ledger.market.quote
        return quote is not None and 0 < quote.ask_price < quote.bid_price

    @property
    def crosses_own(self) -> bool:
        """Whether it would trade with an order of the same account."""
        buys = self._order.side is BUY
        for stake in self.stake.pile:
            ledger = stake.ledger
            if (
                (ledger.open_sell or ledger.closing_sell.total)
                if buys
                else (ledger.open_buy or ledger.closing_buy.total)
            ):
                break
        else:
            return False
        order = self._order
        if order.trigger_price:  # it does not trade now
            return False
        limit = order.price if order.order_type is LIMIT else self._touch()
        return any(
            not limit or not other.price or (other.price <= limit if buys else other.price >= limit)
            for other in self._open.values()
            if other.intent.instrument_id == order.instrument_id
            and other.intent.side is not order.side
            and other.intent.account_id == order.account_id
            and not other.trigger_price
            and other.life is not HELD
            and not other.pending_cancels
        )

    def _touch(self) -> PriceRaw:
        """Return the price that an order without one meets first; 0 without a quote."""
        quote = self.stake.ledger.market.quote
        if quote is None:
            return 0
        return quote.ask_price if self._order.side is BUY else quote.bid_price

    @property
    def equal_open(self) -> int:
        """Open orders of the strategy with the same terms."""
        if not self.stake.ledger.open_count:
            return 0
        order = self._order
        terms = (order.strategy_id, order.instrument_id, order.side, order.order_type)
        return sum(
            other.quantity == order.quantity
            and other.price == order.price
            and other.trigger_price == order.trigger_price
            and not other.pending_cancels
            and (
                other.intent.strategy_id, other.intent.instrument_id,
                other.intent.side, other.intent.order_type,
            ) == terms
            and other.intent.client_order_id != order.client_order_id
            for other in self._open.values()
        )  # fmt: skip

    @property
    def entry_gap_ns(self) -> int:
        """Since the strategy's latest growing order here."""
        entry_ns = self.stake.entry_ns
        return NONE if entry_ns < 0 else self._now_ns - entry_ns

    @property
    def messages(self) -> int:
        """Requests to the venue within a minute."""
        return self._messages

    @property
    def unanswered_close_ns(self) -> int:
        """Since the strategy's latest order of this side here that has no answer."""
        order = self._order
        sent = [
            other.intent.ts_init
            for other in self._open.values()
            if other.life is SUBMITTED
            and other.intent.client_order_id != order.client_order_id
            and other.intent.side is order.side
            and other.intent.instrument_id == order.instrument_id
            and other.intent.strategy_id == order.strategy_id
        ]
        return self._now_ns - max(sent) if sent else NONE

    # --- inside ------------------------------------------------------------------------------

    def _worst_quantities(self) -> tuple[QtyRaw, QtyRaw]:
        stake = self.stake
        worst = stake.ledger.worst(self._order, self.quantity)
        if self._order.side is BUY:
            return worst, stake.short_worst
        return stake.long_worst, worst

    def _work_out(self) -> MoneyRaw:
        """Return the gross exposure of the stake with the order."""
        if self._gross == _UNKNOWN:
            stake = self.stake
            ledger = stake.ledger
            position = ledger.position
            unit = stake.unit
            if type(position) is Position and unit and not ledger.has_exits:  # nearly always
                held = position.quantity
                unit *= self.price
                if self._order.side is BUY:
                    up = (held + ledger.open_buy + self.quantity) * unit
                    down = (ledger.open_sell - held) * unit
                else:
                    up = (held + ledger.open_buy) * unit
                    down = (ledger.open_sell - held + self.quantity) * unit
                self._up = up
                self._down = down
                self._gross = down if down > up else up  # noqa: FURB136 - `max` is a call
            else:
                up, down = self._worst_quantities()
                self._up = stake.value(self.price, up)
                self._down = stake.value(self.price, down)
                self._gross = stake.gross_of(self._up, self._down)
        return self._gross

    def _distance_to(self, *, is_stop: bool) -> MoneyRaw:
        """Return the money between its price and an exit of its list; `NONE` without one.

        An order at the market is taken to fill at the touch: the price that it is reserved at is
        raised by the collar, and would make of every stop a far one.
        """
        order = self._order
        if not order.list_id:
            return NONE
        is_at_market = not (order.price or order.trigger_price)
        price = (self._touch() if is_at_market else 0) or self.price
        for other in self._open.values():
            intent = other.intent
            if intent.parent_id == order.client_order_id and bool(intent.trigger_price) is is_stop:
                away = abs(price - (other.trigger_price or other.price))
                return abs(self.stake.value(away, self.quantity))
        return NONE
