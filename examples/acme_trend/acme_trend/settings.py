"""Settings, as in `plugins.toml`."""

from typing import Annotated

import msgspec


class TrendSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to trade.

    Attributes:
        quantity: Position held in a trend, as a decimal number.
        window: How many quotes a high or a low must top.
    """

    quantity: str
    window: Annotated[int, msgspec.Meta(ge=2, le=10_000)] = 50
