"""Positions by average cost, exact.

A position keeps a non-negative cost pool at the instrument's full product scale. Closing releases
`cost * closed // held`, the remainder stays, and a flat position has cost 0. So

    cash flow + value held = realised + unrealised        (law L11)

holds to the last integer for any history; fees are kept apart. Source: orders.md section 6.
"""

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.values import (
    BUY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    CLOSING_EFFECTS,
    PositionEffect,
    PriceRaw,
    QtyRaw,
    Side,
    ValueRaw,
)
from hexdesk.errors import require


class Position:
    """What one owner holds of one instrument, netted.

    Attributes:
        quantity: Signed; positive is long.
        today: Part of the absolute quantity that was opened on this trading day.
        cost: What the held quantity cost, never negative (`value_scale`).
        realised: Result of what was closed, before fees (`value_scale`).
        cash_flow: Sales less purchases (linear), the other way round (inverse).
    """

    __slots__ = (
        "_direction",
        "_instrument",
        "_unit",
        "cash_flow",
        "cost",
        "quantity",
        "realised",
        "today",
    )

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._unit = 0 if instrument.inverse else instrument.multiplier
        self._direction = -1 if instrument.inverse else 1
        self.quantity: QtyRaw = 0
        self.today: QtyRaw = 0
        self.cost: ValueRaw = 0
        self.realised: ValueRaw = 0
        self.cash_flow: ValueRaw = 0

    def book(
        self,
        side: Side,
        quantity: QtyRaw,
        price: PriceRaw,
        effect: PositionEffect = PositionEffect.AUTO,
    ) -> ValueRaw:
        """Book a trade and return what it realised, before fees.

        A trade through zero closes what is held and opens the rest. `effect` only says which
        trading day's quantity a closing trade takes; by default yesterday's goes first.
        """
        unit = self._unit
        value = price * quantity * unit if unit else self._instrument.value(price, quantity)
        flow = value if unit else -value
        held = self.quantity
        if side is BUY:
            self.cash_flow -= flow
            self.quantity = held + quantity
            size = -held
        else:
            self.cash_flow += flow
            self.quantity = held - quantity
            size = held
        if size <= 0:
            self.cost += value
            self.today += quantity
            return 0
        cost = self.cost
        if quantity < size:
            released = cost * quantity // size
            gain = value - released
            self.cost = cost - released
            self._take_from_days(quantity, size, effect)
        else:
            closed_value = value * size // quantity
            gain = closed_value - cost
            self.cost = value - closed_value
            self.today = quantity - size
        if (held > 0) is not (unit > 0):  # a short gains what a long loses, and so does an inverse
            gain = -gain
        self.realised += gain
        return gain

    def unbook(
        self,
        side: Side,
        quantity: QtyRaw,
        price: PriceRaw,
        effect: PositionEffect = PositionEffect.AUTO,
    ) -> ValueRaw:
        """Take a broken trade back by its opposite; realised + unrealised come out exactly.

        What a broken opening brought leaves today's quantity first. What a broken close took comes
        back as yesterday's, unless `effect` says that it was today's.
        """
        held, today = self.quantity, self.today
        gain = self.book(Side.SELL if side is BUY else BUY, quantity, price, CLOSE_TODAY)
        if held * self.quantity >= 0 and self.today > today and effect is not CLOSE_TODAY:
            self.today = today
        return gain

    def unrealised(self, mark: PriceRaw) -> ValueRaw:
        """Return the result that closing at a price would realise; 0 when flat."""
        held = self.quantity
        if not held:
            return 0
        value = self._instrument.value(mark, abs(held))
        gain = value - self.cost if held > 0 else self.cost - value
        return gain * self._direction

    def held_value(self, mark: PriceRaw) -> ValueRaw:
        """Return the signed value held at a price, with the sign that L11 adds it with."""
        value = self._instrument.value(mark, abs(self.quantity))
        return value * self._direction if self.quantity > 0 else -value * self._direction

    @property
    def legs(self) -> tuple[QtyRaw, ...]:
        """What is held, signed: one net leg."""
        return (self.quantity,)

    @property
    def yesterday(self) -> QtyRaw:
        """Part of the absolute quantity that was opened before this trading day."""
        return abs(self.quantity) - self.today

    @property
    def avg_px(self) -> float:
        """Average raw entry price, for display; 0.0 when flat."""
        held = abs(self.quantity)
        if not held or not self.cost:
            return 0.0
        if self._unit:
            return self.cost / (held * self._unit)
        instrument = self._instrument
        return held * instrument.multiplier * instrument.inverse_factor / self.cost

    def leg(self, _side: Side, _effect: PositionEffect) -> "Position":
        """Return the leg that a trade belongs to: a netted position has one."""
        return self

    def closable(self, effect: PositionEffect) -> QtyRaw:
        """Return how much an order of this effect can close at the most."""
        if effect is PositionEffect.CLOSE_TODAY:
            return self.today
        if effect is PositionEffect.CLOSE_YESTERDAY:
            return self.yesterday
        return abs(self.quantity)

    def to_close(self, side: Side, effect: PositionEffect) -> QtyRaw:
        """Return how much an order of a side and effect can close: 0 where it would open."""
        closes = self.quantity < 0 if side is BUY else self.quantity > 0
        return self.closable(effect) if closes else 0

    def roll_trading_day(self) -> None:
        """Make today's quantity yesterday's."""
        self.today = 0

    def _take_from_days(self, quantity: QtyRaw, size: QtyRaw, effect: PositionEffect) -> None:
        old = size - self.today
        if effect is PositionEffect.CLOSE_TODAY:
            self.today = max(self.today - quantity, 0)
        elif quantity > old:
            self.today -= quantity - old


class HedgedPosition:
    """Long and short of one instrument apart, as hedging accounts and CTP keep them.

    An OPEN trade goes to the leg of its side, a closing one to the other leg.
    """

    __slots__ = ("long", "short")

    def __init__(self, instrument: Instrument) -> None:
        self.long = Position(instrument)
        self.short = Position(instrument)

    def leg(self, side: Side, effect: PositionEffect) -> Position:
        """Return the leg that a trade belongs to."""
        closes = effect in CLOSING_EFFECTS
        return self.long if (side is BUY) is not closes else self.short

    def book(
        self, side: Side, quantity: QtyRaw, price: PriceRaw, effect: PositionEffect
    ) -> ValueRaw:
        """Book a trade in its leg and return what it realised, before fees."""
        return self.leg(side, effect).book(side, quantity, price, effect)

    def unbook(
        self, side: Side, quantity: QtyRaw, price: PriceRaw, effect: PositionEffect
    ) -> ValueRaw:
        """Take a broken trade out of its leg."""
        return self.leg(side, effect).unbook(side, quantity, price, effect)

    def to_close(self, side: Side, effect: PositionEffect) -> QtyRaw:
        """Return how much an order of a side and effect can close: 0 where it would open."""
        return self.leg(side, effect).closable(effect) if effect in CLOSING_EFFECTS else 0

    @property
    def legs(self) -> tuple[QtyRaw, ...]:
        """What is held, signed: long and short apart."""
        return self.long.quantity, self.short.quantity

    @property
    def quantity(self) -> QtyRaw:
        """Long less short."""
        return self.long.quantity + self.short.quantity

    @property
    def realised(self) -> ValueRaw:
        """Result of both legs before fees."""
        return self.long.realised + self.short.realised

    @property
    def avg_px(self) -> float:
        """Average raw entry price of the larger leg, for display; 0.0 when flat."""
        long, short = self.long, self.short
        return long.avg_px if long.quantity >= -short.quantity else short.avg_px

    @property
    def cash_flow(self) -> ValueRaw:
        """Cash flow of both legs."""
        return self.long.cash_flow + self.short.cash_flow

    @property
    def cost(self) -> ValueRaw:
        """Cost pools of both legs."""
        return self.long.cost + self.short.cost

    def unrealised(self, mark: PriceRaw) -> ValueRaw:
        """Return the open result of both legs at a price."""
        return self.long.unrealised(mark) + self.short.unrealised(mark)

    def held_value(self, mark: PriceRaw) -> ValueRaw:
        """Return the signed value of both legs at a price."""
        return self.long.held_value(mark) + self.short.held_value(mark)

    def roll_trading_day(self) -> None:
        """Make today's quantities yesterday's."""
        self.long.roll_trading_day()
        self.short.roll_trading_day()


def split_close(
    position: Position, quantity: QtyRaw, *, frozen_yesterday: QtyRaw = 0
) -> list[tuple[PositionEffect, QtyRaw]]:
    """Return the orders that close a quantity where each trading day's is closed apart.

    SHFE and INE want CLOSE_YESTERDAY for what was held before today and CLOSE_TODAY for the rest
    (orders.md section 6). Yesterday's goes first, as `Position.book` takes it, less what orders
    that already work close of it. The quantity is not more than what is held.
    """
    require(0 <= quantity <= abs(position.quantity), "a close is larger than what is held")
    old = min(quantity, max(position.yesterday - frozen_yesterday, 0))
    parts = ((CLOSE_YESTERDAY, old), (CLOSE_TODAY, quantity - old))
    return [(effect, part) for effect, part in parts if part]
