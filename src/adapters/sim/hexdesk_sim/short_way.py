"""The short way of plain orders: what nearly every order needs, and nothing else.

An order is plain when it is a market or limit order, GTC, IOC or FOK, without further terms, right
on the grid, and the market trades. Most plain orders either take all of their quantity at the touch
of an uncrossed quote or rest clear of it; those need no matching at all. The others are matched by
the book. Everything else, and whatever is wrong, goes the long way through `admission`, which also
says why. All ways give the same reports and leave the same state; a property test compares them.
"""

from hexdesk.domain.market import Quote
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted, OrderCanceled
from hexdesk.domain.values import (
    ACCEPTED,
    AUTO,
    BUY,
    CANCELED,
    FILLED,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    TAKER,
    PriceRaw,
    QtyRaw,
)
from hexdesk_sim.book import Book
from hexdesk_sim.checks import TRADING
from hexdesk_sim.floor import Floor
from hexdesk_sim.holdings import Holding, VenueAccount
from hexdesk_sim.order import AHEAD_UNKNOWN, NOWHERE, RESTING, SimOrder

ANYTHING = 1 << 200
"""A maximum where there is none."""


class ShortWay:
    """Takes the plain orders of one book.

    Each method either does all of its work and returns True, or returns False and changes nothing
    that the long way would not.
    """

    __slots__ = (
        "_book",
        "_depth",
        "_floor",
        "_holdings",
        "_instrument_id",
        "_is_valued",
        "_liquidity",
        "_lot",
        "_market",
        "_now_ns",
        "_open_orders_max",
        "_outbox",
        "_price_max",
        "_price_min",
        "_quantity_max",
        "_quantity_min",
        "_settle",
        "_sweeps",
        "_tick",
        "_unit",
        "_value_max",
        "_value_min",
    )

    def __init__(self, book: Book, floor: Floor) -> None:
        self._book = book
        self._floor = floor
        self._market = book.market
        self._liquidity = book.liquidity
        self._depth = book.liquidity.depth
        self._holdings = book.holdings
        self._outbox = floor.outbox
        self._now_ns = floor.now_ns
        self._open_orders_max = floor.settings.open_orders_max
        self._sweeps = floor.settings.sweep
        instrument = book.instrument
        self._instrument_id = instrument.id
        self._settle = instrument.settle
        self._lot = instrument.lot
        self._quantity_min = max(instrument.min_quantity, 1)
        self._quantity_max = instrument.max_quantity or ANYTHING
        self._tick = instrument.ticks[0].tick
        self._price_min = max(instrument.lower_limit, 1)
        self._price_max = instrument.upper_limit or ANYTHING
        self._is_valued = bool(instrument.min_notional or instrument.max_notional)
        self._value_min = instrument.min_notional
        self._value_max = instrument.max_notional or ANYTHING
        self._unit = instrument.multiplier
        if len(instrument.ticks) > 1 or (self._is_valued and instrument.inverse):
            self._quantity_max = -1  # nothing is plain here

    def submit(self, order: NewOrder) -> bool:
        """Take a new order if it is plain."""
        market = self._market
        holding = self._holdings.get(order.account_id)
        if holding is None or market.status is not TRADING:
            return False
        account = holding.account
        kind, price, quantity = order.order_type, order.price, order.quantity
        force = order.time_in_force
        if (
            order.client_order_id in account.orders
            or account.open_count >= self._open_orders_max
            or (force is not GTC and force is not IOC and force is not FOK)
            or order.trigger_price
            or order.trailing_offset
            or order.expire_ns
            or order.display_quantity
            or order.post_only
            or order.reduce_only
            or order.position_effect
            or not self._quantity_min <= quantity <= self._quantity_max
            or quantity % self._lot
        ):
            return False
        if kind is LIMIT:
            if not self._price_min <= price <= self._price_max or price % self._tick:
                return False
        elif kind is not MARKET or price:
            return False
        quote = market.quote
        touch = 0
        if quote is not None and self._depth.update is None:
            bid, ask = quote.bid_price, quote.ask_price
            if 0 < bid <= ask:
                touch = ask if order.side is BUY else bid
        if self._is_valued and not self._is_worth(price or touch, quantity):
            return False
        if quote is None or not touch:
            return self._work(order, account)
        if price and (price < touch if order.side is BUY else price > touch):
            if force is GTC:
                return self._rest(order, account, quote)
        elif self._take(order, holding, quote, touch):
            return True
        return self._work(order, account)

    def _is_worth(self, price: PriceRaw, quantity: QtyRaw) -> bool:
        """Whether the value of an order is inside the bounds; not where the price is unknown."""
        return price > 0 and self._value_min <= price * quantity * self._unit <= self._value_max

    def _rest(self, order: NewOrder, account: VenueAccount, quote: Quote) -> bool:
        """Queue a limit order that does not reach the market."""
        book = self._book
        price = order.price
        ahead = AHEAD_UNKNOWN
        if order.side is BUY:
            ladder = book.buys
            if price == quote.bid_price:
                ahead = quote.bid_size
            elif price > quote.bid_price:
                ahead = 0
            if price > book.ask_low:  # noqa: PLR1730 - a call of max costs four times as much
                book.ask_low = price
        else:
            ladder = book.sells
            if price == quote.ask_price:
                ahead = quote.ask_size
            elif price < quote.ask_price:
                ahead = 0
            if price < book.bid_high:  # noqa: PLR1730 - likewise
                book.bid_high = price
        now = self._now_ns()
        floor = self._floor
        floor.order_count = number = floor.order_count + 1
        client_order_id = order.client_order_id
        venue_order_id = f"V{number}"
        quantity = order.quantity
        working = SimOrder(
            order,
            number,
            venue_order_id,
            LIMIT,
            quantity,
            quantity,
            price,
            now,
            ACCEPTED,
            0,
            RESTING,
            ahead if book.waits else 0,
        )
        account.orders[client_order_id] = working
        account.open_count += 1
        ladder.add(working, price)
        if not book.is_awake:
            book.rebound()
        self._outbox.send(account.deliver, OrderAccepted(client_order_id, venue_order_id, now, now))
        return True

    def _take(self, order: NewOrder, holding: Holding, quote: Quote, price: PriceRaw) -> bool:
        """Fill an order at the touch if it gets all of it there and affects no closing order."""
        if holding.frozen or self._outbox.is_busy:
            return False
        liquidity = self._liquidity
        if liquidity.event is not quote:
            liquidity.look(quote, None)
        side = order.side
        quantity = order.quantity
        left = (liquidity.ask_left if side is BUY else liquidity.bid_left) - quantity
        if left < 0:
            if order.price or not self._sweeps or order.time_in_force is FOK:
                return False
            left = 0
        if side is BUY:
            liquidity.ask_left = left
        else:
            liquidity.bid_left = left
        floor = self._floor
        if floor.slippage:
            price = self._book.pays(side, price, order.price)
        now = self._now_ns()
        if now >= holding.roll_ns:
            holding.roll(now)
        fee = holding.book(side, quantity, price, AUTO, TAKER)
        floor.order_count = number = floor.order_count + 1
        floor.trade_count = trade_number = floor.trade_count + 1
        client_order_id = order.client_order_id
        venue_order_id = f"V{number}"
        account = holding.account
        account.orders[client_order_id] = SimOrder(
            order,
            number,
            venue_order_id,
            order.order_type,
            quantity,
            0,
            order.price,
            now,
            FILLED,
            quantity,
        )
        account.retire(client_order_id)
        fill = Fill(
            client_order_id,
            venue_order_id,
            f"T{trade_number}",
            self._instrument_id,
            side,
            quantity,
            price,
            TAKER,
            fee,
            self._settle,
            now,
            now,
        )
        account.fills.append(fill)
        accepted = OrderAccepted(client_order_id, venue_order_id, now, now)
        self._outbox.send_both(account.deliver, accepted, fill)
        return True

    def _work(self, order: NewOrder, account: VenueAccount) -> bool:
        """Let the book match an order."""
        now = self._now_ns()
        floor = self._floor
        floor.order_count = number = floor.order_count + 1
        client_order_id = order.client_order_id
        venue_order_id = f"V{number}"
        quantity = order.quantity
        account.orders[client_order_id] = working = SimOrder(
            order,
            number,
            venue_order_id,
            order.order_type,
            quantity,
            quantity,
            order.price,
            now,
        )
        account.open_count += 1
        accepted = OrderAccepted(client_order_id, venue_order_id, now, now)
        self._outbox.push(account.deliver, accepted)
        book = self._book
        book.look()
        book.work(working)
        book.settle()
        return True

    def cancel(self, account: VenueAccount, order: SimOrder) -> bool:
        """End an open order that rests, freezes no position and has no timer."""
        if order.place != RESTING or order.reduces or order.expire_ns:
            return False
        book = self._book
        intent = order.intent
        now = self._now_ns()
        (book.buys if intent.side is BUY else book.sells).remove(order, order.price)
        order.place = NOWHERE
        order.life = CANCELED
        order.leaves_qty = 0
        order.ts_event = now
        account.open_count -= 1
        client_order_id = intent.client_order_id
        account.retire(client_order_id)
        book.rebound()
        self._outbox.send(account.deliver, OrderCanceled(client_order_id, "", now, now))
        return True
