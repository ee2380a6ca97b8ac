"""Settings of the market maker."""

from typing import Annotated

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.errors import ConfigError

BPS = pow10(RATE_SCALE) // 10_000
"""A basis point at `RATE_SCALE`."""

ORDERS_HELD = 10
"""Of how many orders the longest position is where nothing is said."""

Bps = Annotated[float, msgspec.Meta(gt=0, le=10_000)]


class MarketMakingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to quote.

    Attributes:
        order_size: Quantity of each quote, as a decimal string: a multiple of the lot.
        max_position: No quote may take the position beyond it, long or short: near it quotes get
            smaller, at it only the other side is quoted. As `order_size`; empty is ten of them.
        spread_bps: From own bid to own ask, in basis points of the market's middle.
        min_spread_ticks: Own bid and ask are never closer than this.
        inventory_skew: How far the middle of the quotes moves against a full position, as a part
            of the spread: at 0.5 the side that reduces it stands at the market's middle.
        max_spread_bps: Quotes are pulled while the market's own spread is wider.
        refresh_ticks: A quote stays until its target has moved so far ...
        refresh_bps: ... and so far, in basis points of its price.
        refresh_interval_ms: A side is changed at most once within this time; pulling never waits.
        stale_after_ms: Quotes are pulled when the market said nothing for so long; 0 never pulls.
        post_only: Never take liquidity: a quote that would is moved to the next free price.
    """

    order_size: str
    max_position: str = ""
    spread_bps: Bps = 2.0
    min_spread_ticks: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    inventory_skew: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.5
    max_spread_bps: Bps = 50.0
    refresh_ticks: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    refresh_bps: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0.2
    refresh_interval_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)] = 200
    stale_after_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 5_000
    post_only: bool = True


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Settings as raw integers of one instrument; rates at `RATE_SCALE`.

    Attributes:
        instrument: Whose grid prices lie on.
        order_size: Quantity of a quote where the position leaves room for it.
        min_quantity: Smallest quantity that the venue takes.
        max_position: Longest position.
        min_position: Shortest position: 0 where nothing can be sold short.
        spread: Rate of the middle.
        min_spread_ticks: Least distance of the quotes.
        skew: Rate of the spread by which a full position moves the middle.
        max_spread: Rate of the middle.
        refresh_ticks: Least move of a quote.
        refresh: Rate of the price.
        post_only: Whether quotes must not reach the other side of the market.
    """

    instrument: Instrument
    order_size: int
    min_quantity: int
    max_position: int
    min_position: int
    spread: int
    min_spread_ticks: int
    skew: int
    max_spread: int
    refresh_ticks: int
    refresh: int
    post_only: bool


def make_terms(settings: MarketMakingSettings, instrument: Instrument, path: str) -> Terms:
    """Return what settings mean for an instrument.

    Spot and equity positions stay long: such quotes never sell more than is held.

    Raises:
        ConfigError: A quantity is no number, off the lot, or too small; `path` is put before its
            key.
    """
    order_size = _quantity(settings.order_size, instrument, f"{path}.order_size")
    max_position = order_size * ORDERS_HELD
    if settings.max_position:
        max_position = _quantity(settings.max_position, instrument, f"{path}.max_position")
    if max_position < order_size:
        raise ConfigError(
            f"expected at least order_size, {settings.order_size}, was {settings.max_position}",
            path=f"{path}.max_position",
        )
    return Terms(
        instrument=instrument,
        order_size=order_size,
        min_quantity=max(instrument.min_quantity, instrument.lot),
        max_position=max_position,
        min_position=-max_position if instrument.is_margined else 0,
        spread=round(settings.spread_bps * BPS),
        min_spread_ticks=settings.min_spread_ticks,
        skew=round(settings.inventory_skew * pow10(RATE_SCALE)),
        max_spread=round(settings.max_spread_bps * BPS),
        refresh_ticks=settings.refresh_ticks,
        refresh=round(settings.refresh_bps * BPS),
        post_only=settings.post_only,
    )


def _quantity(text: str, instrument: Instrument, path: str) -> int:
    try:
        return instrument.parse_quantity(text)
    except ValueError as error:
        raise ConfigError(str(error), path=path) from error
