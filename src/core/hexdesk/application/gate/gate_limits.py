"""Limits and grid of one instrument as raw integers, ready for the risk gate to compare with."""

from copy import copy

from hexdesk.application.gate.soundness import RAW_MAX
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, SCALE_MAX, parse_raw, pow10
from hexdesk.domain.risk import UNLIMITED, RiskLimits

NO_LIMIT = 2**200
"""Larger than any quantity or value; comparing with it costs no branch."""
_PERCENT = pow10(2)


class GateLimits:
    """`RiskLimits` and grid of one instrument as raw integers, ready to compare with.

    Attributes:
        collar: Part of the touch, at `RATE_SCALE`; `NO_LIMIT` is off.
        market_markup: What a market order to buy is valued above the touch; 0 without a collar.
        sells_base: Whether a sale needs what it sells, and no cash: spot and equity.
        tick: Of the lowest price band.
        unit: Value of one raw price times one raw quantity; 0 where values or ticks are not that
            plain: inverse contracts, several price bands.
    """

    __slots__ = (
        "collar",
        "lot",
        "market_markup",
        "open_orders_max",
        "order_notional_max",
        "order_quantity_max",
        "orders_per_second_max",
        "position_notional_max",
        "position_quantity_max",
        "price_min",
        "quantity_max",
        "quantity_min",
        "sells_base",
        "tick",
        "unit",
        "upper_limit",
        "value_min",
    )

    def __init__(self, limits: RiskLimits, instrument: Instrument) -> None:
        quantity_scale = instrument.quantity_scale
        value_scale = instrument.value_scale

        def raw(name: str, scale: int) -> int:
            return _limit(name, str(getattr(limits, name)), scale)

        self.order_quantity_max = raw("order_quantity_max", quantity_scale)
        self.order_notional_max = min(
            raw("order_notional_max", value_scale), instrument.max_notional or NO_LIMIT
        )
        self.position_quantity_max = raw("position_quantity_max", quantity_scale)
        self.position_notional_max = raw("position_notional_max", value_scale)
        self.orders_per_second_max = raw("orders_per_second_max", 0)
        self.open_orders_max = raw("open_orders_max", 0)
        collar = raw("collar_pct", RATE_SCALE)
        self.collar = collar // _PERCENT if collar != NO_LIMIT else NO_LIMIT
        self.market_markup = self.collar if collar != NO_LIMIT else 0
        self.lot = instrument.lot
        has_bands = len(instrument.ticks) > 1
        self.unit = 0 if instrument.inverse or has_bands else instrument.multiplier
        self.tick = instrument.ticks[0].tick
        self.sells_base = not instrument.is_margined
        self.price_min = max(instrument.lower_limit, 1)
        self.upper_limit = instrument.upper_limit or RAW_MAX
        self.quantity_min = max(instrument.min_quantity, 1)
        self.quantity_max = min(instrument.max_quantity or RAW_MAX, self.order_quantity_max)
        self.value_min = instrument.min_notional

    def alone(self, name: str) -> "GateLimits":
        """Return the same with one limit only; for self-tests."""
        other = copy(self)
        other.value_min = 0
        for each in _COMPARED:
            if each != name:
                setattr(other, each, NO_LIMIT)
        return other


_COMPARED = (
    "collar", "open_orders_max", "order_notional_max", "order_quantity_max",
    "orders_per_second_max", "position_notional_max", "position_quantity_max",
)  # fmt: skip


def _limit(name: str, text: str, scale: int) -> int:
    """Return the largest raw number within a limit: one limit serves instruments of any scale."""
    if text == UNLIMITED:
        return NO_LIMIT
    try:
        raw = parse_raw(text, max(scale, SCALE_MAX)) // pow10(max(SCALE_MAX - scale, 0))
    except ValueError as error:
        message = f"{name}: {error}, or {UNLIMITED!r}"
        raise ValueError(message) from error
    if raw < 0:
        message = f"{name}: expected 0 or more, or {UNLIMITED!r}, was {text!r}"
        raise ValueError(message)
    return raw
