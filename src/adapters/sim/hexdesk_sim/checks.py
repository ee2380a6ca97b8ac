"""What the venue refuses, and in which words: `CODE` and `key=value expected=...`.

Every check is a pure function of the order, the instrument and what the venue knows; the first
refusal counts.
"""

from typing import TypeAlias

from hexdesk.domain.accounts import Balance
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import format_raw
from hexdesk.domain.orders import NewOrder, order_value_problem
from hexdesk.domain.values import (
    BUY,
    CLOSING_EFFECTS,
    CONDITIONAL_TYPES,
    GTD,
    MoneyRaw,
    PriceRaw,
    QtyRaw,
    Side,
    TimeNs,
    TradingStatus,
)
from hexdesk_sim.holdings import Holding
from hexdesk_sim.order import SimOrder

VENUE_TICK = "VENUE_TICK"
VENUE_LOT = "VENUE_LOT"
VENUE_PRICE_BAND = "VENUE_PRICE_BAND"
VENUE_SESSION = "VENUE_SESSION"
VENUE_DUPLICATE_ID = "VENUE_DUPLICATE_ID"
VENUE_POST_ONLY = "VENUE_POST_ONLY"
VENUE_REDUCE_ONLY = "VENUE_REDUCE_ONLY"
VENUE_OVER_CLOSE = "VENUE_OVER_CLOSE"
VENUE_FUNDS = "VENUE_FUNDS"
VENUE_RATE = "VENUE_RATE"
VENUE_OTHER = "VENUE_OTHER"

NO_LIQUIDITY = "NO_LIQUIDITY"
IOC_REST = "IOC"
FOK_UNFILLED = "FOK"
RESTARTED = "RESTARTED"
"""Codes of cancels that nobody asked for."""

STOPPED = frozenset({TradingStatus.HALTED, TradingStatus.CLOSED})
"""Statuses in which nothing is matched."""

TRADING = TradingStatus.TRADING

Refusal: TypeAlias = tuple[str, str] | None
"""Code and text, or None where there is nothing against it."""


def quantity_refusal(instrument: Instrument, quantity: QtyRaw) -> Refusal:
    """Check a quantity against lot, minimum and maximum."""
    if (
        quantity > 0
        and not quantity % instrument.lot
        and quantity >= instrument.min_quantity
        and (not instrument.max_quantity or quantity <= instrument.max_quantity)
    ):
        return None
    shown = instrument.format_quantity
    if quantity <= 0 or quantity < instrument.min_quantity:
        expected = f"at_least_{shown(max(instrument.min_quantity, instrument.lot))}"
    elif quantity % instrument.lot:
        expected = f"multiple_of_{shown(instrument.lot)}"
    else:
        expected = f"at_most_{shown(instrument.max_quantity)}"
    return VENUE_LOT, f"quantity={shown(quantity)} expected={expected}"


def price_refusal(instrument: Instrument, name: str, price: PriceRaw) -> Refusal:
    """Check a price against the tick of its band and the daily limits."""
    tick = instrument.tick_at(price)
    shown = instrument.format_price
    if price <= 0 or price % tick:
        return VENUE_TICK, f"{name}={shown(price)} expected=multiple_of_{shown(tick)}"
    if instrument.lower_limit and price < instrument.lower_limit:
        return (
            VENUE_PRICE_BAND,
            f"{name}={shown(price)} expected=at_least_{shown(instrument.lower_limit)}",
        )
    if instrument.upper_limit and price > instrument.upper_limit:
        return (
            VENUE_PRICE_BAND,
            f"{name}={shown(price)} expected=at_most_{shown(instrument.upper_limit)}",
        )
    return None


def band_refusal(
    instrument: Instrument, side: Side, price: PriceRaw, touch: PriceRaw, band_pct: float
) -> Refusal:
    """Check that a limit price is not far beyond the touch that it would take."""
    if not touch or not band_pct:
        return None
    margin = int(touch * band_pct) // 100
    worst = touch + margin if side is BUY else touch - margin
    if price <= worst if side is BUY else price >= worst:
        return None
    word = "at_most" if side is BUY else "at_least"
    shown = instrument.format_price
    return VENUE_PRICE_BAND, f"price={shown(price)} expected={word}_{shown(worst)}"


def notional_refusal(instrument: Instrument, price: PriceRaw, quantity: QtyRaw) -> Refusal:
    """Check the value of an order; without any price it passes."""
    if not price or not (instrument.min_notional or instrument.max_notional):
        return None
    value = instrument.value(price, quantity)
    if value < instrument.min_notional:
        expected = f"at_least_{instrument.format_value(instrument.min_notional)}"
    elif instrument.max_notional and value > instrument.max_notional:
        expected = f"at_most_{instrument.format_value(instrument.max_notional)}"
    else:
        return None
    return VENUE_LOT, f"notional={instrument.format_value(value)} expected={expected}"


def terms_refusal(instrument: Instrument, order: NewOrder, now_ns: TimeNs) -> Refusal:
    """Check what only orders with special terms have: stops, icebergs, time limits."""
    problem = order_value_problem(order)
    if problem:
        return VENUE_OTHER, problem
    if order.display_quantity % instrument.lot:
        shown = instrument.format_quantity
        expected = f"multiple_of_{shown(instrument.lot)}"
        return VENUE_LOT, f"display_quantity={shown(order.display_quantity)} expected={expected}"
    if order.time_in_force is GTD and order.expire_ns <= now_ns:
        return VENUE_OTHER, f"expire_ns={order.expire_ns} expected=after_{now_ns}"
    if order.trigger_price and order.order_type in CONDITIONAL_TYPES:
        return price_refusal(instrument, "trigger_price", order.trigger_price)
    return None


def status_refusal(status: TradingStatus, *, reduces: bool) -> Refusal:
    """Check that the instrument takes orders now."""
    if status is TRADING or (status is TradingStatus.CLOSE_ONLY and reduces):
        return None
    return VENUE_SESSION, f"status={status.name} expected=TRADING"


def closing_refusal(instrument: Instrument, holding: Holding, order: SimOrder) -> Refusal:
    """Check an order that may only shrink a position against what there is to close."""
    shown = instrument.format_quantity
    if order.effect in CLOSING_EFFECTS and not order.intent.reduce_only:
        closable = holding.unfrozen(order)
        if order.leaves_qty > closable:
            wanted = f"quantity={shown(order.leaves_qty)} effect={order.effect.name}"
            return VENUE_OVER_CLOSE, f"{wanted} expected=at_most_{shown(max(closable, 0))}"
    elif not holding.closable(order.intent.side, order.effect):
        return VENUE_REDUCE_ONLY, f"side={order.intent.side.name} expected=position_to_reduce"
    return None


def funds_refusal(needed: MoneyRaw, free: MoneyRaw, balance: Balance) -> Refusal:
    """Check that what an order ties up is there; both at the scale of the balance."""
    if needed <= free:
        return None
    shown = [format_raw(amount, balance.scale) for amount in (needed, free)]
    return VENUE_FUNDS, f"needed={shown[0]} free={shown[1]} currency={balance.currency}"
