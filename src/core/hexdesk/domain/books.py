"""The books of a read model: what fills come to, by strategy, account, instrument and leg."""

from typing import TypeAlias

from hexdesk.domain.accounts import fee_of
from hexdesk.domain.history import Leg, PositionRow
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import currency_scale, pow10
from hexdesk.domain.positions import Position
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    BUY,
    CLOSING_EFFECTS,
    HEDGING,
    MAKER,
    MoneyRaw,
    PositionEffect,
    PositionMode,
    QtyRaw,
    Side,
    TimeNs,
)

BookKey: TypeAlias = tuple[str, str, str, Leg]
"""Strategy, account, instrument, leg."""


def leg_of(mode: PositionMode, side: Side, effect: PositionEffect) -> Leg:
    """Return the leg that a trade belongs to; as `HedgedPosition.leg`."""
    if mode is not HEDGING:
        return Leg.NET
    closes = effect in CLOSING_EFFECTS
    return Leg.LONG if (side is BUY) is not closes else Leg.SHORT


class Book:
    """A position by average cost with the fees of its fills.

    Without a known instrument only quantities are kept: what they are worth cannot be said.

    Attributes:
        key: Whose and what.
        instrument: None if it is unknown.
    """

    __slots__ = (
        "_fees",
        "_fill_count",
        "_funding",
        "_last_number",
        "_other_fees",
        "_position",
        "_quantity",
        "_ts_last",
        "instrument",
        "key",
    )

    def __init__(self, key: BookKey, instrument: Instrument | None) -> None:
        self.key = key
        self.instrument = instrument
        self._position = None if instrument is None else Position(instrument)
        self._quantity: QtyRaw = 0
        self._fees: MoneyRaw = 0
        self._other_fees: dict[str, MoneyRaw] = {}
        self._funding: MoneyRaw = 0
        self._fill_count = 0
        self._last_number = 0
        self._ts_last: TimeNs = 0

    @classmethod
    def of(cls, row: PositionRow, instrument: Instrument | None) -> "Book":
        """Return the book that a row was made of."""
        key = (row.strategy_id, row.account_id, row.instrument_id, row.leg)
        book = cls(key, instrument if row.cost is not None else None)
        position = book._position
        if position is not None:
            position.quantity = row.quantity
            position.cost = row.cost or 0
            position.realised = row.realised or 0
            position.cash_flow = row.cash_flow or 0
        book._quantity = row.quantity
        book._fees = row.fees
        book._other_fees = dict(row.other_fees)
        book._funding = row.funding
        book._fill_count = row.fill_count
        book._last_number = row.last_number
        book._ts_last = row.ts_last
        return book

    def fee_of(self, fill: Fill) -> tuple[MoneyRaw, str, bool]:
        """Return a fill's fee, its currency, and whether it is estimated by the instrument's rates.

        The ledger of the desk estimates likewise.
        """
        if fill.fee_currency:
            return fill.fee, fill.fee_currency, False
        instrument = self.instrument
        if instrument is None:
            return 0, "", True
        rate = instrument.maker_fee if fill.liquidity is MAKER else instrument.taker_fee
        value = instrument.value(fill.price, fill.quantity)
        scale = currency_scale(instrument.settle)
        return fee_of(value, rate, instrument.value_scale, scale), instrument.settle, True

    def book(self, fill: Fill, effect: PositionEffect, number: int) -> None:
        """Add a fill."""
        if self._position is not None:
            self._position.book(fill.side, fill.quantity, fill.price, effect)
        self._move(fill, 1)
        self._last_number = number
        self._ts_last = fill.ts_init

    def unbook(self, fill: Fill, effect: PositionEffect, number: int, ts_ns: TimeNs) -> None:
        """Take a broken fill back, its fee too."""
        if self._position is not None:
            self._position.unbook(fill.side, fill.quantity, fill.price, effect)
        self._move(fill, -1)
        self._last_number = number
        self._ts_last = ts_ns

    @property
    def quantity(self) -> QtyRaw:
        """What is held; positive is long."""
        return self._quantity

    def receive(self, amount: MoneyRaw, number: int, ts_ns: TimeNs) -> None:
        """Add what came for holding it, in the currency that it settles in."""
        self._funding += amount
        self._last_number = number
        self._ts_last = ts_ns

    def redefine(self, instrument: Instrument) -> bool:
        """Go on with another definition of the instrument; return whether the row changes.

        Raw numbers are brought to its scales; digits that it has no room for are cut.
        """
        before = self.instrument
        position = self._position
        if before is None or position is None:
            return False  # what was booked without a definition has no cost for ever
        self.instrument = instrument
        moved = self._position = Position(instrument)
        digits = instrument.value_scale - before.value_scale
        self._quantity = _rescale(self._quantity, instrument.quantity_scale - before.quantity_scale)
        moved.quantity = self._quantity
        moved.cost = _rescale(position.cost, digits)
        moved.realised = _rescale(position.realised, digits)
        moved.cash_flow = _rescale(position.cash_flow, digits)
        return True

    def row(self) -> PositionRow:
        """Return how it stands."""
        strategy_id, account_id, instrument_id, leg = self.key
        position, instrument = self._position, self.instrument
        settle = instrument.settle if instrument else ""
        return PositionRow(
            strategy_id=strategy_id,
            account_id=account_id,
            instrument_id=instrument_id,
            leg=leg,
            quantity=self._quantity,
            cost=position.cost if position else None,
            realised=position.realised if position else None,
            cash_flow=position.cash_flow if position else None,
            avg_px=position.avg_px if position else 0.0,
            fees=self._fees,
            other_fees=dict(sorted(self._other_fees.items())),
            funding=self._funding,
            fill_count=self._fill_count,
            settle=settle,
            fee_scale=currency_scale(settle),
            value_scale=instrument.value_scale if instrument else None,
            price_scale=instrument.price_scale if instrument else None,
            quantity_scale=instrument.quantity_scale if instrument else None,
            last_number=self._last_number,
            ts_last=self._ts_last,
        )

    def _move(self, fill: Fill, sign: int) -> None:
        self._quantity += sign * fill.side * fill.quantity
        self._fill_count += sign
        amount, currency, _is_estimated = self.fee_of(fill)
        if self.instrument is not None and currency == self.instrument.settle:
            self._fees += sign * amount
        elif currency:
            self._other_fees[currency] = self._other_fees.get(currency, 0) + sign * amount


def _rescale(raw: int, digits: int) -> int:
    if digits >= 0:
        return raw * pow10(digits)
    size = abs(raw) // pow10(-digits)
    return size if raw >= 0 else -size
