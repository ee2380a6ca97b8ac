"""Settings of the EMA cross."""

from typing import Annotated, Literal

import msgspec

Period = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class EmaCrossSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to trade, and when.

    Attributes:
        quantity: Held after a cross, as a decimal string: a multiple of the instrument's lot.
        fast_period: Prices that the fast average looks back on; its factor is 2 / (period + 1).
        slow_period: The same of the slow average; more than `fast_period`.
        warm_up: Prices before the first trade; 0 takes `slow_period`.
        price: `mid` of every two-sided quote, or `close` of every bar.
        mode: `long_short` turns the position at each cross, `long_flat` never sells short.
    """

    quantity: str
    fast_period: Period = 20
    slow_period: Period = 50
    warm_up: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    price: Literal["mid", "close"] = "mid"
    mode: Literal["long_short", "long_flat"] = "long_short"

    def __post_init__(self) -> None:
        if self.fast_period >= self.slow_period:
            raise ValueError(
                f"expected fast_period below slow_period, was {self.fast_period} and"
                f" {self.slow_period}"
            )
