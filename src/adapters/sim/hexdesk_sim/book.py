"""One instrument's matching: own orders against the market, never against each other.

A tick that can neither fill nor trigger anything costs two comparisons, four while stops wait: the
bounds between which bid and ask must stay are kept beside the orders.
"""

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import BookUpdate, Quote, Trade
from hexdesk.domain.reports import Fill, OrderTriggered, OrderUpdated
from hexdesk.domain.values import (
    BUY,
    CANCELED,
    CONDITIONAL_TYPES,
    FILLED,
    FOK,
    IOC,
    LIMIT,
    MAKER,
    MARKET,
    NS_PER_MS,
    SELL,
    STOP_LIMIT,
    TAKER,
    TRIGGERED,
    Aggressor,
    PriceRaw,
    QtyRaw,
    Side,
    TimeNs,
)
from hexdesk.ports.market_data import MarketView
from hexdesk_sim.checks import FOK_UNFILLED, IOC_REST, NO_LIQUIDITY, STOPPED, TRADING
from hexdesk_sim.floor import Floor, Slippage
from hexdesk_sim.ladder import Ladder
from hexdesk_sim.liquidity import UNLIMITED, Liquidity
from hexdesk_sim.order import RESTING, WAITING, SimOrder
from hexdesk_sim.orders import Orders
from hexdesk_sim.stops import FAR, NEAR

LINGER_NS = 100 * NS_PER_MS
IMMEDIATE = frozenset({IOC, FOK})
HANDFUL = 32
"""Orders looked at in one go when a touch may not suffice for all that rest at a price."""


class Book(Orders):
    """Matches the orders of one instrument.

    Attributes:
        market: Latest public state; the venue's own, or that of the desk it lives in.
        liquidity: What the market offers.
        ask_low: While asks stay above it, nothing rests or waits that they reach.
        bid_high: While bids stay below it, the same.
        is_awake: Whether it asked for events.
        waits: Whether resting orders join the back of the queue at their price.
    """

    __slots__ = (
        "_ask_high",
        "_bid_low",
        "_is_dozing",
        "_quotes_trigger",
        "_slippage",
        "_waiting",
        "ask_low",
        "bid_high",
        "is_awake",
        "liquidity",
        "market",
        "waits",
    )

    def __init__(self, instrument: Instrument, market: MarketView, floor: Floor) -> None:
        super().__init__(instrument, floor)
        self.market = market
        self.liquidity = Liquidity()
        self.ask_low = NEAR
        self.bid_high = FAR
        self.is_awake = False
        self.waits = floor.settings.queue == "back"
        self._ask_high = FAR
        self._bid_low = NEAR
        self._is_dozing = False
        self._quotes_trigger = floor.settings.trigger != "trade"
        self._slippage = Slippage(instrument, floor.slippage)
        self._waiting = self.stops.waiting

    # ----------------------------------------------------------------------------------------------
    # Market events

    def on_quote(self, quote: Quote) -> None:
        """Match against a new touch."""
        ask, bid = quote.ask_price, quote.bid_price
        if (
            ask <= self.ask_low
            or bid >= self.bid_high
            or (self._waiting and not (self._bid_low < bid and ask < self._ask_high))
        ):
            self._meet(quote)

    def on_trade(self, trade: Trade) -> None:
        """Match against a public trade."""
        price = trade.price
        if self.ask_low < price < self.bid_high and not (
            self._waiting and not self._bid_low < price < self._ask_high
        ):
            return
        if self.market.status in STOPPED or trade.price <= 0:
            return
        self.liquidity.look(self.market.quote, trade)
        self._join_trade(BUY, self.buys, trade)
        self._join_trade(SELL, self.sells, trade)
        if self._floor.settings.trigger != "quote":
            self._trigger(trade.price, trade.price)
        self.settle()

    def on_book(self, update: BookUpdate) -> None:
        """Keep the level-2 book, and match against its touch."""
        self.liquidity.apply(update)
        depth = self.liquidity.depth
        ask, bid = depth.asks.best, depth.bids.best
        if self.is_awake and (
            ask <= self.ask_low
            or bid >= self.bid_high
            or (self._waiting and not (self._bid_low < bid and ask < self._ask_high))
        ):
            self._meet(self.market.quote)

    def now_ns(self) -> TimeNs:
        """Return the venue's time."""
        return self._floor.now_ns()

    def look(self) -> Liquidity:
        """Return what the market offers now."""
        liquidity = self.liquidity
        liquidity.look(self.market.quote, self.market.trade)
        return liquidity

    # ----------------------------------------------------------------------------------------------
    # Requests; the venue has checked them and calls `look` before and `settle` after

    def enter(self, order: SimOrder) -> None:
        """Work an accepted order: match what can be matched, then wait, rest or end."""
        if order.kind in CONDITIONAL_TYPES:
            self._wait(order)
        elif self.market.status not in STOPPED:
            self.work(order)
        else:
            self._rest(order)

    def replace(self, order: SimOrder, draft: SimOrder, request_id: int) -> None:
        """Give an open order a draft's terms; a better place in the queue is never won by it."""
        keeps_place = (
            draft.price == order.price
            and draft.trigger_price == order.trigger_price
            and draft.quantity <= order.quantity
            and draft.leaves_qty > 0
        )
        if not keeps_place:
            self.detach(order)
        now = self._floor.now_ns()
        order.quantity = quantity = draft.quantity
        order.leaves_qty = draft.leaves_qty
        order.price = price = draft.price
        order.trigger_price = trigger = draft.trigger_price
        order.ts_event = now
        client_order_id = order.intent.client_order_id
        report = OrderUpdated(client_order_id, request_id, quantity, price, trigger, now, now)
        account = self.holdings[order.intent.account_id].account
        self._floor.outbox.push(account.deliver, report)
        if keeps_place:
            order.tip_qty = min(order.tip_qty, order.leaves_qty)
        elif order.leaves_qty:
            self.enter(order)
        else:
            order.life = FILLED if order.cum_qty >= quantity else CANCELED
            self.close(order)

    def bust(self, order: SimOrder, fill: Fill, *, leaves_live: bool | None) -> None:
        """Break an execution; only quantity of an order that could rest comes back."""
        can_live = order.kind is LIMIT and order.intent.time_in_force not in IMMEDIATE
        is_working = order.life is FILLED or not order.is_closed
        is_over = 0 < order.expire_ns <= self._floor.clock.now_ns()
        if leaves_live and (is_over or not (can_live and is_working)):
            leaves_live = False
        self.unfill(order, fill, leaves_live=leaves_live)
        if leaves_live and not order.place:
            self.enter(order)

    def settle(self) -> None:
        """Renew the bounds, ask for events, and deliver what happened."""
        self.rebound()
        self._floor.outbox.flush()

    # ----------------------------------------------------------------------------------------------
    # Matching

    def rebound(self) -> None:
        """Find the prices between which nothing can happen; ask for events while there are any."""
        buys, sells = self.buys.keys, self.sells.keys
        if self._waiting:
            self._rebound_stops()
        else:
            self.ask_low = buys[-1] if buys else NEAR
            self.bid_high = -sells[-1] if sells else FAR
            if not (buys or sells):
                if self.is_awake and not self._is_dozing:
                    self._doze()
                return
        if not self.is_awake:
            self.is_awake = True
            self._floor.watch(self.instrument.id)

    def _doze(self) -> None:
        """End the watch some time after the last order, so that a storm of orders keeps it on."""
        self._is_dozing = True
        clock = self._floor.clock
        clock.call_at(clock.now_ns() + LINGER_NS, self._sleep)

    def _sleep(self) -> None:
        self._is_dozing = False
        if not (self.buys.keys or self.sells.keys or self._waiting):
            self.is_awake = False
            self._floor.unwatch(self.instrument.id)

    def _rebound_stops(self) -> None:
        self._bid_low, bid_high, ask_low, self._ask_high = self.stops.bounds()
        if self.buys.keys:
            ask_low = max(ask_low, self.buys.keys[-1])
        if self.sells.keys:
            bid_high = min(bid_high, -self.sells.keys[-1])
        self.ask_low = ask_low
        self.bid_high = bid_high

    def _meet(self, quote: Quote | None) -> None:
        status = self.market.status
        if status is not TRADING and status in STOPPED:
            return
        liquidity = self.liquidity
        liquidity.look(quote, self.market.trade)
        ask, bid = liquidity.ask, liquidity.bid
        buys, sells = self.buys, self.sells
        if ask and buys.keys and buys.keys[-1] >= ask:
            self._join_touch(BUY, buys, ask)
        if bid and sells.keys and sells.keys[-1] >= -bid:
            self._join_touch(SELL, sells, -bid)
        if self._waiting and self._quotes_trigger and not liquidity.is_crossed:
            self._trigger(bid, ask)
        self.rebound()
        self._floor.outbox.flush()

    def _join_touch(self, side: Side, ladder: Ladder, reach: int) -> None:
        """Fill resting orders that the opposite touch has come to, at their own prices."""
        keys = ladder.keys
        take = self.liquidity.take
        while keys and keys[-1] >= reach:
            for order in ladder.first(HANDFUL):
                wanted = order.tip_qty or order.leaves_qty
                if not wanted:
                    continue
                got = take(side, order.price, wanted)
                if not got:
                    return
                if order.tip_qty:
                    self._fill_resting(ladder, order, got)
                else:
                    self.fill(order, got, order.price, MAKER)
                if got < wanted:
                    return

    def _join_trade(self, side: Side, ladder: Ladder, trade: Trade) -> None:
        """Fill resting orders that a public trade went through, then those in its queue."""
        keys = ladder.keys
        key = trade.price * ladder.sign
        budget = trade.size or UNLIMITED
        while budget and keys and keys[-1] > key:
            for order in ladder.first():
                order.ahead_qty = 0
                part = min(order.leaves_qty, budget)
                if part:
                    budget -= part
                    self._fill_resting(ladder, order, part)
        if keys and keys[-1] == key and trade.aggressor is not _SAME_SIDE[side]:
            self._join_queue(side, ladder, budget)

    def _join_queue(self, side: Side, ladder: Ladder, budget: QtyRaw) -> None:
        """Let traded volume pass along the queue at the best price of a side."""
        price = ladder.keys[-1] * ladder.sign
        while budget and ladder.keys and ladder.keys[-1] * ladder.sign == price:
            passed = filled = 0
            for order in ladder.first():
                if self.waits:
                    if order.ahead_qty < 0:
                        order.ahead_qty = max(self.liquidity.displayed(side, price), 0)
                    others = min(max(order.ahead_qty - passed, 0), budget)
                    passed += others
                    budget -= others
                    order.ahead_qty = max(order.ahead_qty - passed, 0)
                part = min(order.tip_qty or order.leaves_qty, budget)
                if part:
                    budget -= part
                    filled += part
                    self._fill_resting(ladder, order, part)
            if not filled:
                return

    def _fill_resting(self, ladder: Ladder, order: SimOrder, quantity: QtyRaw) -> None:
        """Fill as maker; an iceberg whose tip is gone shows the next at the end of the queue."""
        tip = order.tip_qty
        self.fill(order, quantity, order.price, MAKER)
        if not order.intent.display_quantity or not order.leaves_qty:
            return
        if tip > quantity:
            order.tip_qty = tip - quantity
            return
        order.tip_qty = min(order.intent.display_quantity, order.leaves_qty)
        order.ahead_qty = self._ahead(order)
        ladder.requeue(order, order.price)

    def _trigger(self, bid: PriceRaw, ask: PriceRaw) -> None:
        stops = self.stops
        stops.follow(bid, ask)
        for order in stops.due(bid, ask):
            if order.place != WAITING:
                continue  # ended by one before it
            self.detach(order)
            now = self._floor.now_ns()
            order.kind = LIMIT if order.kind is STOP_LIMIT else MARKET
            order.life = TRIGGERED
            order.ts_event = now
            account = self.holdings[order.intent.account_id].account
            report = OrderTriggered(order.intent.client_order_id, now, now)
            self._floor.outbox.push(account.deliver, report)
            self.work(order)

    def _wait(self, order: SimOrder) -> None:
        liquidity = self.liquidity
        trade = self.market.trade
        bid, ask = liquidity.bid, liquidity.ask
        if not self._quotes_trigger:
            bid = ask = trade.price if trade is not None else 0
        self.stops.add(order, ask if order.intent.side is BUY else bid)
        order.place = WAITING
        can_trigger = not (self._quotes_trigger and liquidity.is_crossed)
        if can_trigger and self.market.status not in STOPPED:
            self._trigger(bid, ask)

    def work(self, order: SimOrder) -> None:
        """Take what is there, then rest, or cancel what cannot."""
        side = order.intent.side
        force = order.intent.time_in_force
        if order.kind is not LIMIT and order.kind is not MARKET:  # market to limit
            order.price = self.liquidity.ask if side is BUY else self.liquidity.bid
            order.kind = LIMIT if order.price else MARKET
        if force is FOK and not self._can_fill_all(order):
            self.cancel(order, FOK_UNFILLED)
            return
        if order.kind is MARKET or self.liquidity.reaches(side, order.price):
            self._take(order)
        if not order.leaves_qty:
            return
        if force in IMMEDIATE:
            self.cancel(order, IOC_REST)
        elif order.kind is MARKET:
            self.cancel(order, NO_LIQUIDITY)
        else:
            self._rest(order)

    def _can_fill_all(self, order: SimOrder) -> bool:
        side = order.intent.side
        wanted = order.leaves_qty
        if order.reduces:
            holding = self.holdings[order.intent.account_id]
            if holding.closable(side, order.effect) < wanted:
                return False
        return self.liquidity.available(side, order.price) >= wanted

    def _take(self, order: SimOrder) -> None:
        """Walk the levels; the last one takes all the rest where a market order may sweep."""
        side = order.intent.side
        limit = order.price
        liquidity = self.liquidity
        sweeps = not limit and self._floor.settings.sweep and order.intent.time_in_force is not FOK
        beyond = liquidity.beyond(side)
        wanted = order.leaves_qty
        if side is BUY:
            price, free = liquidity.ask, liquidity.ask_left
            part = wanted if wanted < free or (sweeps and not beyond) else free
            liquidity.ask_left = free - part if part < free else 0
        else:
            price, free = liquidity.bid, liquidity.bid_left
            part = wanted if wanted < free or (sweeps and not beyond) else free
            liquidity.bid_left = free - part if part < free else 0
        if price and part:
            self._pay(order, part, price, limit)
        for level in beyond:
            price, free = level
            part = order.leaves_qty
            if not part or (limit and (price > limit if side is BUY else price < limit)):
                return
            if part > free and not (sweeps and level is beyond[-1]):
                part = free
            if part:
                level[1] = max(free - part, 0)
                self._pay(order, part, price, limit)

    def _pay(self, order: SimOrder, quantity: QtyRaw, price: PriceRaw, limit: PriceRaw) -> None:
        """Fill as taker."""
        self.fill(order, quantity, self.pays(order.intent.side, price, limit), TAKER)

    def pays(self, side: Side, price: PriceRaw, limit: PriceRaw) -> PriceRaw:
        """Return a taker's price at a displayed one, never beyond its limit; 0 is none."""
        price = self._slippage.worsen(side, price)
        if limit and (price > limit if side is BUY else price < limit):
            return limit
        return price

    def _rest(self, order: SimOrder) -> None:
        (self.buys if order.intent.side is BUY else self.sells).add(order, order.price)
        order.place = RESTING
        order.tip_qty = min(order.intent.display_quantity, order.leaves_qty)
        order.ahead_qty = self._ahead(order)

    def _ahead(self, order: SimOrder) -> QtyRaw:
        if not self.waits:
            return 0
        return self.liquidity.displayed(order.intent.side, order.price)


_SAME_SIDE = {BUY: Aggressor.BUYER, SELL: Aggressor.SELLER}
"""Who of the public takes on our side, and so does not meet our orders."""
