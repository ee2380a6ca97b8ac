"""The book-keeping of one strategy in one instrument: position, working orders, money.

Strategies on one instrument keep separate ledgers; their sum is the account. Every method here is
on the order path: integers only.
"""

from hexdesk.application.ledgers.base_asset import BoundBase
from hexdesk.application.market.markets import Market
from hexdesk.application.orders.working import Alternatives, Closing, is_alternative, is_close
from hexdesk.domain.accounts import Account, fee_of
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, currency_scale, pow10
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    BUY,
    HEDGING,
    MAKER,
    OPEN,
    SELL,
    MoneyRaw,
    PriceRaw,
    QtyRaw,
    Side,
    ValueRaw,
)

_RATE_ONE = pow10(RATE_SCALE)


class Ledger:
    """What one strategy holds, works and has earned in one instrument.

    Attributes:
        strategy_id: The owner.
        market: Where it trades.
        position: Netted, or by leg in a hedging account.
        open_buy: Quantity that working buy orders may grow the position by; alternatives once.
        open_sell: The same for sells.
        closing_buy: What working buy orders that only close are about to close.
        closing_sell: The same for sells.
        is_closing: Whether anything works that only closes.
        has_exits: The same, or an exit of which the desk alone sees that it only closes.
        balance: Of the settlement currency.
        reserve_rate: What a value of 1 binds while it works: margin and fee.
        open_count: Orders that are not closed, held ones included.
        fees: Paid so far in the settlement currency, at that currency's scale.
        funding: Received less paid for what was held, likewise: funding, dividends and the like.
        other_fees: The same in other currencies.
        fill_count: Fills booked.
        reserved: Its part of what the account keeps back for open orders.
    """

    __slots__ = (
        "_account",
        "_alternatives",
        "_base",
        "_cash_factor",
        "_fee_factor",
        "_instrument",
        "_margin_rate",
        "_margined",
        "_money_scale",
        "_netted",
        "_plain",
        "_settle",
        "_unit",
        "_used",
        "balance",
        "closing_buy",
        "closing_sell",
        "fees",
        "fill_count",
        "funding",
        "has_exits",
        "is_closing",
        "market",
        "open_buy",
        "open_count",
        "open_sell",
        "other_fees",
        "position",
        "reserve_rate",
        "reserved",
        "strategy_id",
    )

    def __init__(self, strategy_id: str, market: Market, account: Account) -> None:
        instrument = market.instrument
        self.strategy_id = strategy_id
        self.market = market
        self._netted = account.position_mode is not HEDGING
        self.position = Position(instrument) if self._netted else HedgedPosition(instrument)
        self.open_count = 0
        self.open_buy: QtyRaw = 0
        self.open_sell: QtyRaw = 0
        self.closing_buy = Closing()
        self.closing_sell = Closing()
        self.is_closing = False
        self.has_exits = False
        self.fees: MoneyRaw = 0
        self.funding: MoneyRaw = 0
        self.other_fees: dict[str, MoneyRaw] = {}
        self.fill_count = 0
        self.reserved: MoneyRaw = 0
        self._account = account
        self._alternatives = Alternatives()
        self._instrument = instrument
        self._margined = instrument.is_margined
        self._plain = self._margined and self._netted
        self._settle = instrument.settle
        self.balance = account.balance(instrument.settle)
        self._money_scale = currency_scale(instrument.settle)
        self._fee_factor = pow10(self.balance.scale - self._money_scale)
        self._cash_factor = pow10(self.balance.scale - instrument.value_scale)
        self._unit = 0 if instrument.inverse else instrument.multiplier
        self._used: MoneyRaw = 0
        self._base = BoundBase(account, instrument)
        self._margin_rate = instrument.margin * self._cash_factor
        rate = instrument.margin if self._margined else _RATE_ONE
        self.reserve_rate = (rate + max(instrument.taker_fee, 0)) * self._cash_factor

    @property
    def instrument(self) -> Instrument:
        """What it trades."""
        return self._instrument

    @property
    def bound(self) -> MoneyRaw:
        """What the position binds: margin, or what was paid for what is owned outright."""
        if self._margined:
            return self._used
        return self.position.cost * self._cash_factor if self.position.quantity > 0 else 0

    @property
    def booked(self) -> MoneyRaw:
        """Realised result less fees, plus funding, at the scale of the settlement balance."""
        paid = self.fees - self.funding
        return self.position.realised * self._cash_factor - paid * self._fee_factor

    @property
    def open_result(self) -> MoneyRaw:
        """Open result at the market's mark, at the balance's scale; 0 while there is no mark."""
        return self.unrealised() * self._cash_factor

    @property
    def available(self) -> MoneyRaw:
        """What new orders may still reserve, at the balance's scale."""
        return self.balance.available

    # --- what would be ------------------------------------------------------------------------

    def reserve_of(self, price: PriceRaw, quantity: QtyRaw) -> MoneyRaw:
        """Return the cash that working a quantity at a price binds, rounded up.

        That is margin and fee, or price and fee of a purchase that is paid in full.
        """
        unit = self._unit
        value = price * quantity * unit if unit else self._instrument.value(price, quantity)
        return -(-value * self.reserve_rate // _RATE_ONE)

    def cash_of(self, order: NewOrder, price: PriceRaw, quantity: QtyRaw) -> MoneyRaw:
        """Return the same for an order: a close binds none, nor does a sale of what is owned."""
        if is_close(order) or (order.side is SELL and not self._margined):
            return 0
        return self.reserve_of(price, quantity)

    def cash_short(
        self, order: NewOrder, price: PriceRaw, quantity: QtyRaw
    ) -> tuple[MoneyRaw, MoneyRaw] | None:
        """Return the cash needed and available to work an order, None if there is enough."""
        needed = self.cash_of(order, price, quantity)
        if is_alternative(order):
            needed = max(needed - self._alternatives.others(order)[1], 0)
        available = self.available
        return (needed, available) if needed > available else None

    def base_short(self, order: NewOrder, quantity: QtyRaw) -> tuple[MoneyRaw, MoneyRaw] | None:
        """Return the base asset needed and available to work an order, None if there is enough.

        What is paid in full can only be sold if it is there: bought by this strategy before, or
        else in the account, where no other strategy has bound it.
        """
        if self._margined or order.side is BUY:
            return None
        return self._base.lacks(max(self.worst(order, quantity), 0))

    def worst(self, order: NewOrder, quantity: QtyRaw) -> QtyRaw:
        """Return the position on an order's side if all that works there and it were filled."""
        if is_alternative(order):
            quantity = max(quantity - self._alternatives.others(order)[0], 0)
        return self._worst(order.side) + quantity

    def closable(self, order: NewOrder) -> QtyRaw:
        """Return what an order can close of what is held, whatever else works."""
        return self.position.to_close(order.side, order.position_effect)

    def free_to_close(self, order: NewOrder) -> QtyRaw:
        """Return what an order can close beside the orders that already work to close."""
        closing = self.closing_buy if order.side is BUY else self.closing_sell
        free = closing.free(self.position, order.side, order.position_effect)
        if is_alternative(order):
            free += self._alternatives.others(order)[0]
        return max(free, 0)

    def is_reducing(self, order: NewOrder, quantity: QtyRaw) -> bool:
        """Whether filling a quantity of an order, after all that works, only shrinks what is held.

        What an order says of itself counts: a close does, whatever the other leg holds; an opening
        never does. That a close is not larger than what it closes is another rule.
        """
        if is_close(order):
            return True
        if order.position_effect is OPEN or not self.position.quantity:
            return False
        if type(quantity) is not int:  # asked before anybody has checked a plugin's order
            return False
        return self.worst(order, quantity) <= 0

    def is_purchase(self, order: NewOrder) -> bool:
        """Whether an order costs its whole value: one that buys back what was sold does, too."""
        return not self._margined and order.side is BUY and not is_close(order)

    # --- what works ---------------------------------------------------------------------------

    def take(self, order: Order) -> None:
        """Begin to work an order whose `reserved` the risk gate has set."""
        intent = order.intent
        if order.reserve_price and not intent.list_id and self._margined:  # a close is valued at 0
            order.working_qty = quantity = order.quantity
            if intent.side is BUY:
                self.open_buy += quantity
            else:
                self.open_sell += quantity
            self.balance.reserved += order.reserved
            self.reserved += order.reserved
        else:
            order.reserved = 0
            self._bind(order, order.quantity)

    def resume(self, order: Order) -> None:
        """Work an order again that a snapshot holds: the account's reserve has it already."""
        quantity, reserved = order.working_qty, order.reserved
        order.working_qty = order.reserved = 0
        self.reserved += self._count(order, quantity, reserved)
        self.bind_margin()

    def bind_margin(self) -> None:
        """Bind what a position needs that a snapshot held: margin, at the rate that holds now."""
        if self._margined:
            used = -(-self.position.cost * self._margin_rate // _RATE_ONE)
            self.balance.used += used - self._used
            self._used = used
        else:
            self._base.resume(*self._short())

    def release(self, order: Order) -> None:
        """Stop to work an order: exactly what is left goes back."""
        intent = order.intent
        if order.reserve_price and not intent.list_id and self._margined:
            if intent.side is BUY:
                self.open_buy -= order.working_qty
            else:
                self.open_sell -= order.working_qty
            self.balance.reserved -= order.reserved
            self.reserved -= order.reserved
            order.working_qty = 0
            order.reserved = 0
        else:
            self._bind(order, 0)

    def work(self, order: Order, quantity: QtyRaw) -> None:
        """Count another quantity of an order as able to be filled, and bind what that takes."""
        if quantity:
            self._bind(order, quantity)
        else:
            self.release(order)

    def _bind(self, order: Order, quantity: QtyRaw) -> None:
        """Do the same for any order."""
        reserved = self.cash_of(order.intent, order.reserve_price, quantity)
        more = self._count(order, quantity, reserved)
        self.balance.reserved += more
        self.reserved += more
        if not self._margined:
            self._base.bind(*self._short())

    def _count(self, order: Order, quantity: QtyRaw, reserved: MoneyRaw) -> MoneyRaw:
        """Set what an order works and reserves, and return how much more cash that binds.

        Orders that can only close freeze what they close; the others count as open.
        """
        intent = order.intent
        if is_alternative(intent):
            more, money = self._alternatives.change(order, quantity, reserved)
        else:
            more, money = quantity - order.working_qty, reserved - order.reserved
            order.working_qty = quantity
            order.reserved = reserved
        if is_close(intent):
            closing = self.closing_buy if intent.side is BUY else self.closing_sell
            closing.add(intent.position_effect, more)
            self.is_closing = bool(self.closing_buy.total or self.closing_sell.total)
        elif intent.side is BUY:
            self.open_buy += more
        else:
            self.open_sell += more
        self.has_exits = self.is_closing or bool(self._alternatives)
        return money

    def _worst(self, side: Side) -> QtyRaw:
        """Return the position on a side, negative on the other, if all that works were filled.

        First what only closes, as far as there is something to close, then what may grow it.
        """
        held = self.position.leg(side, OPEN).quantity
        if side is BUY:
            closing = self.closing_buy.total
            working = self.open_buy
        else:
            held = -held
            closing = self.closing_sell.total
            working = self.open_sell
        return working + (min(held + closing, 0) if held < 0 else held)

    def _short(self) -> tuple[QtyRaw, QtyRaw]:
        """Return of which quantity the strategy is short at worst, and short now."""
        sold = -self.position.leg(SELL, OPEN).quantity
        return max(self._worst(SELL), 0), max(sold, 0)

    # --- what was done ------------------------------------------------------------------------

    def book(self, order: Order, fill: Fill) -> None:
        """Book a fill: position, result, margin, fee."""
        position = self.position
        effect = order.intent.position_effect
        balance = self.balance
        if self._plain:
            gain = position.book(fill.side, fill.quantity, fill.price, effect)
            used = -(-position.cost * self._margin_rate // _RATE_ONE)
            fee = fill.fee if fill.fee_currency == self._settle else self._foreign_fee(fill)
            balance.total += gain * self._cash_factor - fee * self._fee_factor
            balance.used += used - self._used
            self._used = used
            self.fees += fee
        else:
            gain = position.book(fill.side, fill.quantity, fill.price, effect)
            self._pay(gain, fill.side, fill)
            fee = fill.fee if fill.fee_currency == self._settle else self._foreign_fee(fill)
            balance.total -= fee * self._fee_factor
            self.fees += fee
        self.fill_count += 1

    def unbook(self, order: Order, fill: Fill) -> None:
        """Take a broken trade back: its opposite at its own price, its fee returned."""
        effect = order.intent.position_effect
        gain = self.position.unbook(fill.side, fill.quantity, fill.price, effect)
        self._pay(gain, SELL if fill.side is BUY else BUY, fill)
        fee = fill.fee if fill.fee_currency == self._settle else self._foreign_fee(fill, sign=-1)
        self.balance.total += fee * self._fee_factor
        self.fees -= fee
        self.fill_count -= 1

    def unrealised(self) -> int:
        """Return the open result at the market's mark; 0 while there is none."""
        mark = self.market.mark
        return self.position.unrealised(mark) if mark else 0

    def _pay(self, gain: ValueRaw, side: Side, fill: Fill) -> None:
        """Move the cash of a trade: its result and margin, or its whole value."""
        balance = self.balance
        if self._margined:
            used = -(-self.position.cost * self._margin_rate // _RATE_ONE)
            balance.total += gain * self._cash_factor
            balance.used += used - self._used
            self._used = used
        else:
            value = self._instrument.value(fill.price, fill.quantity) * self._cash_factor
            balance.total += -value if side is BUY else value
            self._base.bind(*self._short())

    def _foreign_fee(self, fill: Fill, *, sign: int = 1) -> MoneyRaw:
        """Return a fee in the settlement currency that the venue did not say; book another one.

        A fee in another currency is taken from that currency's balance, and 0 is returned.
        """
        currency = fill.fee_currency
        if currency:
            self.other_fees[currency] = self.other_fees.get(currency, 0) + sign * fill.fee
            self._account.pay_fee(sign * fill.fee, currency)
            return 0
        instrument = self._instrument
        rate = instrument.maker_fee if fill.liquidity is MAKER else instrument.taker_fee
        value = instrument.value(fill.price, fill.quantity)
        return fee_of(value, rate, instrument.value_scale, self._money_scale)
