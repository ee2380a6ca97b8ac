"""Limits of the first risk gate, as people write them.

The gate itself is `hexdesk.application.risk_gate`. Numbers are decimal strings in the units that
each attribute names; `unlimited` must be said, it is never a default of silence.
"""

import msgspec

UNLIMITED = "unlimited"


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one instrument, or of all that have none of their own.

    Attributes:
        order_quantity_max: Largest order.
        order_notional_max: Largest order value in the settlement currency.
        position_quantity_max: Largest position of one strategy, open orders counted at worst.
        position_notional_max: The same as a value in the settlement currency.
        collar_pct: How far a limit price may lie on the wrong side of the touch, in percent.
        orders_per_second_max: New orders and amendments of one strategy in any second.
        open_orders_max: Open orders of one strategy.
    """

    order_quantity_max: str = UNLIMITED
    order_notional_max: str = "100000"
    position_quantity_max: str = UNLIMITED
    position_notional_max: str = "250000"
    collar_pct: str = "2"
    orders_per_second_max: str = "10"
    open_orders_max: str = "50"
