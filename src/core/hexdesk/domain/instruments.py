"""What can be traded, on which grid, and what a quantity of it is worth.

Raw integers: price at `price_scale`, quantity at `quantity_scale`, value (price x quantity x
multiplier, in the settlement currency) at `value_scale`. A tick is never a unit: Japan's tick
changes with the price band, so tick tables only validate and round.
"""

from bisect import bisect_left
from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise

import msgspec

from hexdesk.domain.money import (
    RATE_SCALE,
    SCALE_MAX,
    currency_scale,
    format_raw,
    parse_raw,
    pow10,
)
from hexdesk.domain.values import PriceRaw, QtyRaw, TradingStatus, ValueRaw

INVERSE_EXTRA_SCALE = 4
"""Decimals beyond the settlement currency's at which an inverse contract's value is floored."""


class InstrumentKind(StrEnum):
    """What holding a quantity means for the account."""

    SPOT = "spot"
    EQUITY = "equity"
    FUTURE = "future"
    PERPETUAL = "perpetual"


class MarginMode(StrEnum):
    """Which money stands behind a margined position."""

    CROSS = "cross"
    ISOLATED = "isolated"


MARGINED_KINDS = frozenset({InstrumentKind.FUTURE, InstrumentKind.PERPETUAL})


class TickBand(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The tick of prices above a floor (exclusive), up to the next band's floor (inclusive)."""

    floor: PriceRaw
    tick: PriceRaw


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable contract.

    Attributes:
        id: `SYMBOL.VENUE`.
        kind: Spot and equity are paid in full; futures and perpetuals are margined.
        base: What is bought, as `BTC`.
        quote: Currency of prices.
        settle: Currency of profit, loss and fees.
        price_scale: Decimals of raw prices.
        quantity_scale: Decimals of raw quantities.
        ticks: Bands by ascending floor; the first floor is 0.
        lot: Quantities are multiples of it.
        multiplier: Units of base (linear) or of quote (inverse) in a quantity of 1.
        multiplier_scale: Decimals of `multiplier`.
        inverse: Whether value is quantity x multiplier / price, in the base currency.
        min_quantity: Smallest order.
        max_quantity: Largest order; 0 is unlimited.
        min_notional: Smallest order value at `value_scale`; 0 is none.
        max_notional: Largest order value at `value_scale`; 0 is unlimited.
        lower_limit: Lowest price of the day; 0 is none.
        upper_limit: Highest price of the day; 0 is none.
        maker_fee: Rate at `RATE_SCALE`; negative is a rebate.
        taker_fee: Rate at `RATE_SCALE`.
        margin: Initial margin as a part of the value, at `RATE_SCALE`; 1.0 is paid in full.
        closes_by_day: Whether today's and yesterday's positions are closed apart (SHFE, INE).
        status: At start; later ones come as `InstrumentStatus` events.
        maintenance_margin: Part of the value below which a venue liquidates, at `RATE_SCALE`.
        margin_mode: Cross: all of the account's money stands behind a position; isolated: its own
            initial margin alone.
    """

    id: str
    kind: InstrumentKind
    base: str
    quote: str
    settle: str
    price_scale: int
    quantity_scale: int
    ticks: tuple[TickBand, ...]
    lot: QtyRaw
    multiplier: int = 1
    multiplier_scale: int = 0
    inverse: bool = False
    min_quantity: QtyRaw = 0
    max_quantity: QtyRaw = 0
    min_notional: ValueRaw = 0
    max_notional: ValueRaw = 0
    lower_limit: PriceRaw = 0
    upper_limit: PriceRaw = 0
    maker_fee: int = 0
    taker_fee: int = 0
    margin: int = 10**RATE_SCALE
    closes_by_day: bool = False
    status: TradingStatus = TradingStatus.TRADING
    maintenance_margin: int = 0
    margin_mode: MarginMode = MarginMode.CROSS

    @property
    def venue(self) -> str:
        """The part of the id after the last dot."""
        return self.id.rpartition(".")[2]

    @property
    def is_margined(self) -> bool:
        """Whether only margin and result are booked in cash, not the whole value."""
        return self.kind in MARGINED_KINDS

    @property
    def value_scale(self) -> int:
        """Decimals of raw values: exact for linear contracts, fixed for inverse ones."""
        if self.inverse:
            return currency_scale(self.settle) + INVERSE_EXTRA_SCALE
        return self.price_scale + self.quantity_scale + self.multiplier_scale

    @property
    def inverse_factor(self) -> int:
        """What quantity x multiplier is multiplied by before division by price."""
        return pow10(self.inverse_exponent)

    @property
    def inverse_exponent(self) -> int:
        """Digits by which `inverse_factor` brings an inverse value to `value_scale`."""
        return self.value_scale + self.price_scale - self.quantity_scale - self.multiplier_scale

    def value(self, price: PriceRaw, quantity: QtyRaw) -> ValueRaw:
        """Return what a quantity is worth at a price, in the settlement currency.

        Linear: exact. Inverse: `quantity * multiplier * 10**k // price`, k fixed per instrument;
        0 at price 0.
        """
        if self.inverse:
            return quantity * self.multiplier * self.inverse_factor // price if price else 0
        return price * quantity * self.multiplier

    def tick_at(self, price: PriceRaw) -> PriceRaw:
        """Return the tick of the band that a price lies in."""
        ticks = self.ticks
        if len(ticks) == 1:
            return ticks[0].tick
        return ticks[max(bisect_left(ticks, price, key=_floor) - 1, 0)].tick

    def is_on_grid(self, price: PriceRaw) -> bool:
        """Whether a price is a multiple of the tick of its band."""
        return price % self.tick_at(price) == 0

    def floor_price(self, price: PriceRaw) -> PriceRaw:
        """Return the highest price on the grid that is not above a price."""
        return price - price % self.tick_at(price)

    def ceil_price(self, price: PriceRaw) -> PriceRaw:
        """Return the lowest price on the grid that is not below a price."""
        tick = self.tick_at(price)
        raised = price + -price % tick
        return raised if self.is_on_grid(raised) else self.ceil_price(raised + 1)

    def floor_quantity(self, quantity: QtyRaw) -> QtyRaw:
        """Return the largest multiple of the lot that is not above a quantity."""
        return quantity - quantity % self.lot

    def parse_quantity(self, text: str) -> QtyRaw:
        """Return the raw quantity of an order that a decimal string names.

        Raises:
            ValueError: Not a number, off the lot, or below the smallest order.
        """
        try:
            quantity = parse_raw(text, self.quantity_scale)
        except ValueError:
            quantity = 0
        smallest = max(self.min_quantity, self.lot)
        if quantity < smallest or quantity % self.lot:
            message = (
                f"expected a multiple of {self.format_quantity(self.lot)}, at least"
                f" {self.format_quantity(smallest)}, of {self.id}, was {text!r}"
            )
            raise ValueError(message)
        return quantity

    def format_price(self, price: PriceRaw) -> str:
        """Return a raw price as a decimal string."""
        return format_raw(price, self.price_scale)

    def format_quantity(self, quantity: QtyRaw) -> str:
        """Return a raw quantity as a decimal string."""
        return format_raw(quantity, self.quantity_scale)

    def format_value(self, value: ValueRaw) -> str:
        """Return a raw value as a decimal string."""
        return format_raw(value, self.value_scale)


class InstrumentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instrument as people write it: decimal strings, as in `[instruments."X.Y"]`.

    Attributes:
        kind: spot, equity, future or perpetual.
        base: What is bought; may be left empty.
        quote: Currency of prices.
        settle: Currency of results; empty means base for inverse contracts, else quote.
        tick: Tick, or tick of the lowest band.
        tick_bands: Further bands as `[floor, tick]`, ascending.
        lot: Quantities are multiples of it.
        price_scale: Decimals of raw prices; -1 takes those of the ticks.
        quantity_scale: Decimals of raw quantities; -1 takes those of the lot.
        multiplier: Contract size.
        inverse: Whether value is quantity x multiplier / price.
        min_quantity: Empty means one lot.
        max_quantity: Empty means unlimited.
        min_notional: Empty means none.
        max_notional: Empty means unlimited.
        lower_limit: Lowest price of the day; empty means none.
        upper_limit: Highest price of the day; empty means none.
        maker_fee: Rate, as `0.0002`.
        taker_fee: Rate.
        margin: Initial margin as a part of the value.
        maintenance_margin: The same of the margin below which the venue liquidates.
        margin_mode: cross or isolated: what stands behind a position.
        closes_by_day: See `Instrument`.
    """

    kind: InstrumentKind
    quote: str
    tick: str
    lot: str
    base: str = ""
    settle: str = ""
    tick_bands: tuple[tuple[str, str], ...] = ()
    price_scale: int = -1
    quantity_scale: int = -1
    multiplier: str = "1"
    inverse: bool = False
    min_quantity: str = ""
    max_quantity: str = ""
    min_notional: str = ""
    max_notional: str = ""
    lower_limit: str = ""
    upper_limit: str = ""
    maker_fee: str = "0"
    taker_fee: str = "0"
    margin: str = "1"
    maintenance_margin: str = "0"
    margin_mode: MarginMode = MarginMode.CROSS
    closes_by_day: bool = False


def make_instrument(instrument_id: str, settings: InstrumentSettings) -> Instrument:
    """Return the instrument that settings describe.

    Raises:
        ValueError: A number is malformed, off its scale, not positive where it must be, the bands
            do not ascend, or the id is not `SYMBOL.VENUE`.
    """
    _check_id(instrument_id)
    bands = (("0", settings.tick), *settings.tick_bands)
    price_scale = settings.price_scale
    if price_scale < 0:
        price_scale = max(_decimals(part) for band in bands for part in band)
    quantity_scale = (
        settings.quantity_scale if settings.quantity_scale >= 0 else _decimals(settings.lot)
    )
    multiplier_scale = _decimals(settings.multiplier)
    if max(price_scale, quantity_scale, multiplier_scale) > SCALE_MAX:
        message = f"expected at most {SCALE_MAX} decimals"
        raise ValueError(message)
    lot = _positive("lot", settings.lot, quantity_scale)
    draft = Instrument(
        id=instrument_id,
        kind=settings.kind,
        base=settings.base,
        quote=settings.quote,
        settle=settings.settle or (settings.base if settings.inverse else settings.quote),
        price_scale=price_scale,
        quantity_scale=quantity_scale,
        ticks=_tick_table(bands, price_scale),
        lot=lot,
        multiplier=_positive("multiplier", settings.multiplier, multiplier_scale),
        multiplier_scale=multiplier_scale,
        inverse=settings.inverse,
        min_quantity=_optional("min_quantity", settings.min_quantity, quantity_scale) or lot,
        max_quantity=_optional("max_quantity", settings.max_quantity, quantity_scale),
        lower_limit=_optional("lower_limit", settings.lower_limit, price_scale),
        upper_limit=_optional("upper_limit", settings.upper_limit, price_scale),
        maker_fee=_number("maker_fee", settings.maker_fee, RATE_SCALE),
        taker_fee=_number("taker_fee", settings.taker_fee, RATE_SCALE),
        margin=_positive("margin", settings.margin, RATE_SCALE),
        maintenance_margin=_optional("maintenance_margin", settings.maintenance_margin, RATE_SCALE),
        margin_mode=settings.margin_mode,
        closes_by_day=settings.closes_by_day,
    )
    _check_currencies(draft)
    made = msgspec.structs.replace(
        draft,
        min_notional=_optional("min_notional", settings.min_notional, draft.value_scale),
        max_notional=_optional("max_notional", settings.max_notional, draft.value_scale),
    )
    _check_bounds(made)
    return made


def _tick_table(bands: Iterable[tuple[str, str]], price_scale: int) -> tuple[TickBand, ...]:
    ticks = tuple(
        TickBand(_number("tick_bands", floor, price_scale), _positive("tick", tick, price_scale))
        for floor, tick in bands
    )
    for below, band in pairwise(ticks):
        if band.floor <= below.floor:
            message = "expected tick_bands by ascending floor"
            raise ValueError(message)
        if band.floor % below.tick or band.floor % band.tick:  # else rounding would miss a price
            message = (
                "expected tick_bands whose floors lie on both grids,"
                f" was {format_raw(band.floor, price_scale)!r}"
            )
            raise ValueError(message)
    return ticks


def _check_currencies(instrument: Instrument) -> None:
    message = ""
    if not instrument.quote:
        message = "expected a quote currency"
    elif not instrument.settle:
        message = "expected settle or base for an inverse contract"
    elif instrument.inverse and instrument.inverse_exponent < 0:
        message = "expected fewer decimals in lot and multiplier of an inverse contract"
    if message:
        raise ValueError(message)


def _check_bounds(instrument: Instrument) -> None:
    for low, high in _BOUNDS:
        if getattr(instrument, low) > getattr(instrument, high) > 0:
            message = f"expected {low} up to {high}"
            raise ValueError(message)


_BOUNDS = (
    ("min_quantity", "max_quantity"),
    ("min_notional", "max_notional"),
    ("lower_limit", "upper_limit"),
    ("maintenance_margin", "margin"),
)
"""Attributes of which the second is 0 (unlimited) or not below the first."""


def _check_id(instrument_id: str) -> None:
    symbol, dot, venue = instrument_id.rpartition(".")
    if not (symbol and dot and venue) or not instrument_id.isascii() or " " in instrument_id:
        message = (
            f"expected an instrument id as in 'BTCUSDT-PERP.BINANCE', was {instrument_id[:60]!r}"
        )
        raise ValueError(message)


def _floor(band: TickBand) -> PriceRaw:
    return band.floor


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _number(name: str, text: str, scale: int) -> int:
    try:
        return parse_raw(text, scale)
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from error


def _positive(name: str, text: str, scale: int) -> int:
    raw = _number(name, text, scale)
    if raw <= 0:
        message = f"expected a {name} above 0, was {text!r}"
        raise ValueError(message)
    return raw


def _optional(name: str, text: str, scale: int) -> int:
    if not text:
        return 0
    raw = _number(name, text, scale)
    if raw < 0:
        message = f"{name}: expected 0 or more, was {text!r}"
        raise ValueError(message)
    return raw
