"""The orders of one instrument at the venue: where they are, and how they are filled and end."""

from functools import partial

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.reports import Fill, FillBusted, OrderCanceled, OrderExpired
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    CANCELED,
    CLOSING_EFFECTS,
    CONDITIONAL_TYPES,
    EXPIRED,
    FILLED,
    PARTIALLY_FILLED,
    TRIGGERED,
    Life,
    Liquidity,
    PriceRaw,
    QtyRaw,
)
from hexdesk.ports.clock import TimerHandle
from hexdesk_sim.checks import VENUE_OVER_CLOSE, VENUE_REDUCE_ONLY
from hexdesk_sim.floor import Floor
from hexdesk_sim.holdings import Holding, VenueAccount
from hexdesk_sim.ladder import Ladder
from hexdesk_sim.order import NOWHERE, RESTING, WAITING, SimOrder
from hexdesk_sim.stops import Stops


class Orders:
    """Resting and waiting orders of one instrument, and what their owners hold.

    Attributes:
        instrument: What is traded.
        buys: Resting limit orders.
        sells: The same.
        stops: Untriggered conditional orders.
        holdings: By account id.
    """

    __slots__ = ("_floor", "_timers", "buys", "holdings", "instrument", "sells", "stops")

    def __init__(self, instrument: Instrument, floor: Floor) -> None:
        self.instrument = instrument
        self.buys = Ladder(1)
        self.sells = Ladder(-1)
        self.stops = Stops()
        self.holdings: dict[str, Holding] = {}
        self._floor = floor
        self._timers: dict[int, TimerHandle] = {}

    def hold(self, account: VenueAccount) -> Holding:
        """Return what an account holds, opened flat if it is new."""
        holding = self.holdings.get(account.id)
        if holding is None:
            balance = account.cash.balance(self.instrument.settle)
            holding = Holding(account, self.instrument, balance, self._floor.day_end_ns)
            self.holdings[account.id] = account.holdings[self.instrument.id] = holding
        return holding

    def open(self, order: SimOrder, holding: Holding) -> None:
        """Count an order as open, and time its end."""
        holding.account.open_count += 1
        if order.reduces:
            holding.frozen[order.sequence] = order
        if order.expire_ns:
            timer = self._floor.clock.call_at(order.expire_ns, partial(self._expire, order))
            self._timers[order.sequence] = timer

    def fill(
        self, order: SimOrder, quantity: QtyRaw, price: PriceRaw, liquidity: Liquidity
    ) -> None:
        """Execute a part of an order; one that may only shrink the position never flips it."""
        intent = order.intent
        side = intent.side
        holding = self.holdings[intent.account_id]
        floor = self._floor
        now = floor.now_ns()
        if now >= holding.roll_ns:
            holding.roll(now)
        is_capped = False
        if order.reduces:
            closable = holding.closable(side, order.effect)
            is_capped = quantity > closable
            quantity = min(quantity, closable)
            if not quantity:
                self.cancel(order, _reducing_code(order))
                return
        fee = holding.book(side, quantity, price, order.effect, liquidity)
        order.cum_qty += quantity
        order.leaves_qty -= quantity
        order.ts_event = now
        if order.leaves_qty:
            order.life = PARTIALLY_FILLED
        else:
            order.life = CANCELED if order.dead_qty else FILLED
            self.close(order)
        floor.trade_count = number = floor.trade_count + 1
        account = holding.account
        fill = Fill(
            intent.client_order_id,
            order.venue_order_id,
            f"T{number}",
            intent.instrument_id,
            side,
            quantity,
            price,
            liquidity,
            fee,
            self.instrument.settle,
            now,
            now,
        )
        account.fills.append(fill)
        floor.outbox.push(account.deliver, fill)
        if is_capped and order.leaves_qty:
            self.cancel(order, _reducing_code(order))
        if holding.frozen:
            self._release(holding)

    def cancel(self, order: SimOrder, code: str = "") -> None:
        """End an order; the code says why nobody had to ask."""
        now = self._floor.now_ns()
        order.life = CANCELED
        order.leaves_qty = 0
        order.ts_event = now
        self.close(order)
        account = self.holdings[order.intent.account_id].account
        report = OrderCanceled(order.intent.client_order_id, code, now, now)
        self._floor.outbox.push(account.deliver, report)

    def detach(self, order: SimOrder) -> None:
        """Take an order out of whatever book it is in."""
        place = order.place
        if place == RESTING:
            ladder = self.buys if order.intent.side is BUY else self.sells
            ladder.remove(order, order.price)
        elif place == WAITING:
            self.stops.remove(order)
        order.place = NOWHERE

    def close(self, order: SimOrder) -> None:
        """Count an order as closed; it must have its last life already."""
        if order.place:
            self.detach(order)
        intent = order.intent
        holding = self.holdings[intent.account_id]
        account = holding.account
        account.open_count -= 1
        account.retire(intent.client_order_id)
        if order.expire_ns:
            timer = self._timers.pop(order.sequence, None)
            if timer is not None:
                timer.cancel()
        if order.reduces:
            holding.frozen.pop(order.sequence, None)

    def unfill(self, order: SimOrder, fill: Fill, *, leaves_live: bool | None) -> None:
        """Break an execution; quantity that is live again is left to the caller to match."""
        now = self._floor.now_ns()
        holding = self.holdings[order.intent.account_id]
        holding.unbook(fill, order.effect)
        holding.account.fills.remove(fill)
        order.cum_qty -= fill.quantity
        order.ts_event = now
        if leaves_live:
            order.leaves_qty += fill.quantity
            if order.life is FILLED:
                self.open(order, holding)
            order.life = PARTIALLY_FILLED if order.cum_qty else _unfilled_life(order)
        else:
            order.dead_qty += fill.quantity
            if order.life is FILLED:
                order.life = CANCELED
            elif order.life is PARTIALLY_FILLED and not order.cum_qty:
                order.life = _unfilled_life(order)
        report = FillBusted(order.intent.client_order_id, fill.trade_id, leaves_live, now, now)
        self._floor.outbox.push(holding.account.deliver, report)

    def settle(self) -> None:
        """Do what the end of an operation asks for; books do more."""
        self._floor.outbox.flush()

    def _expire(self, order: SimOrder) -> None:
        if order.is_closed:
            return
        now = self._floor.now_ns()
        order.life = EXPIRED
        order.leaves_qty = 0
        order.ts_event = now
        self.close(order)
        account = self.holdings[order.intent.account_id].account
        report = OrderExpired(order.intent.client_order_id, now, now)
        self._floor.outbox.push(account.deliver, report)
        self.settle()

    def _release(self, holding: Holding) -> None:
        """Cancel what could only shrink a position that is gone."""
        for order in list(holding.frozen.values()):
            if order.leaves_qty and not holding.closable(order.intent.side, order.effect):
                self.cancel(order, _reducing_code(order))


def _unfilled_life(order: SimOrder) -> Life:
    return TRIGGERED if order.intent.order_type in CONDITIONAL_TYPES else ACCEPTED


def _reducing_code(order: SimOrder) -> str:
    closes = order.intent.position_effect in CLOSING_EFFECTS and not order.intent.reduce_only
    return VENUE_OVER_CLOSE if closes else VENUE_REDUCE_ONLY
