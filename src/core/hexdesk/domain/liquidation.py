"""How far a margined position is from its liquidation, exact.

A venue closes what is held where the money behind it is worth no more than the maintenance margin:

    money + result(price) = maintenance rate * value(price)

For linear contracts both sides go with the price, for inverse ones with 1 / price; so the price is
a quotient of integers, and no search. Fees of a liquidation are for the rate to cover.
"""

from typing import NamedTuple

from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.domain.values import PriceRaw

_ONE = pow10(RATE_SCALE)


class Liquidation(NamedTuple):
    """Where a position would be liquidated.

    Attributes:
        price: Raw, rounded towards the mark.
        distance: From the mark to there as a part of the mark, at `RATE_SCALE`, rounded up; 0 where
            the mark is there already.
    """

    price: PriceRaw
    distance: int


def liquidation(
    mark: PriceRaw, slack: int, net: int, gross: int, rate: int, *, inverse: bool
) -> Liquidation | None:
    """Return where a position would be liquidated; None where no price would do it.

    Args:
        mark: Price that the values are at; above 0.
        slack: Money behind the position with its result, less the maintenance margin at the mark.
            Money of other positions and their maintenance may be in it: they are taken to stand.
        net: Signed value of the position at the mark, in the scale of `slack`.
        gross: Value that maintenance is due for: both legs where long and short are held apart.
        rate: Of maintenance, at `RATE_SCALE`.
        inverse: Whether the contract's value goes with 1 / price.
    """
    if slack <= 0:
        return Liquidation(mark, 0)
    spare = slack * _ONE
    if inverse:  # u = mark / price: slack falls by (u - 1) * (net + rate * gross)
        lost = net * _ONE + rate * gross
        whole = lost + spare
        up, down = mark * lost, whole
    else:  # x = price / mark: slack falls by (1 - x) * (net - rate * gross)
        lost = net * _ONE - rate * gross
        whole = lost
        up, down = mark * (lost - spare), lost
    if up * down <= 0:  # there is nothing to lose, or the price would be 0 or less
        return None
    is_long = lost > 0
    price = -(-up // down) if is_long else up // down
    return Liquidation(price, -(-spare * _ONE // abs(whole)))
