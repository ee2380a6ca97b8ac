"""The signal: what to quote at which prices, and when a quote is worth moving.

Integers throughout, no state.
"""

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, ceil_div, pow10
from hexdesk.domain.values import PriceRaw, QtyRaw
from hexdesk_market_making.settings import Terms

ONE = pow10(RATE_SCALE)


def sizes(position: QtyRaw, terms: Terms) -> tuple[QtyRaw, QtyRaw]:
    """Return how much to bid and to offer: no fill may break the position limits."""
    return (
        _size(terms.max_position - position, terms),
        _size(position - terms.min_position, terms),
    )


def quotes(
    bid: PriceRaw, ask: PriceRaw, position: QtyRaw, terms: Terms
) -> tuple[PriceRaw, PriceRaw]:
    """Return the bid and the ask to quote in a market; 0 where nothing should be quoted.

    The reservation price is the market's middle, moved against the position; half the spread lies
    on each side of it, rounded away to the grid. Both are 0 in a market that is one-sided, locked,
    crossed or too wide; one is 0 where `sizes` leaves nothing.
    """
    middle2 = bid + ask  # this and what follows are twice what they are called
    if not 0 < bid < ask or 2 * (ask - bid) * ONE > middle2 * terms.max_spread:
        return 0, 0
    instrument = terms.instrument
    least2 = 2 * terms.min_spread_ticks * instrument.tick_at(ask)
    spread2 = max(middle2 * terms.spread // ONE, least2)
    reservation2 = middle2 - spread2 * terms.skew * position // (terms.max_position * ONE)
    own_bid = instrument.floor_price((2 * reservation2 - spread2) // 4)
    own_ask = instrument.ceil_price(ceil_div(2 * reservation2 + spread2, 4))
    if terms.post_only:
        own_bid = min(own_bid, instrument.floor_price(ask - 1))
        own_ask = max(own_ask, instrument.ceil_price(bid + 1))
    bid_size, ask_size = sizes(position, terms)
    return (
        own_bid if bid_size and _is_allowed(own_bid, instrument) else 0,
        own_ask if ask_size and _is_allowed(own_ask, instrument) else 0,
    )


def is_worth_moving(price: PriceRaw, target: PriceRaw, terms: Terms) -> bool:
    """Whether a quote is so far from its target that its place in the queue is worth giving up."""
    move = abs(target - price)
    least = terms.refresh_ticks * terms.instrument.tick_at(price)
    return move >= least and move * ONE >= price * terms.refresh


def _size(room: QtyRaw, terms: Terms) -> QtyRaw:
    size = terms.instrument.floor_quantity(min(terms.order_size, room))
    return size if size >= terms.min_quantity else 0


def _is_allowed(price: PriceRaw, instrument: Instrument) -> bool:
    """Whether a price is positive and within the limits of the day."""
    if price <= 0 or price < instrument.lower_limit:
        return False
    return not instrument.upper_limit or price <= instrument.upper_limit
