"""Where a position would be liquidated, against the equation that says so."""

from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import event, given

from hexdesk.domain.liquidation import Liquidation, liquidation
from hexdesk.domain.money import RATE_SCALE, pow10

ONE = pow10(RATE_SCALE)
POWERS = st.sampled_from([2**twos * 5**fives for twos in range(13) for fives in range(13)])
"""Prices at which an inverse contract is worth a whole number."""
QUANTITY = st.integers(-1_000, 1_000).map(lambda thousands: thousands * 1_000)
PARTS = st.integers(-100, 2_000)
"""Money in thousandths of what is held: up to twice its value."""
RATE = st.integers(0, 500).map(lambda thousandths: thousandths * ONE // 1_000)


def spare_at(
    price: Fraction, mark: int, money: int, quantity: int, extra: int, rate: int, *, inverse: bool
) -> Fraction:
    """Money and result less maintenance at a price, worked out from its definition.

    `extra` is held long and short besides, as a hedging account may.
    """
    scale = 10**12

    def value(at: Fraction) -> Fraction:
        return scale / at if inverse else at

    def result(at: Fraction) -> Fraction:
        gain = (value(at) - value(Fraction(mark))) * quantity
        return -gain if inverse else gain

    due = Fraction(rate, ONE) * value(price) * (abs(quantity) + 2 * extra)
    return money + result(price) - due


@given(
    mark=POWERS, parts=PARTS, more=st.integers(-2, 2), quantity=QUANTITY,
    extra=st.integers(0, 100).map(lambda thousands: thousands * 1_000), rate=RATE,
    inverse=st.booleans(),
)  # fmt: skip
def test_there_the_money_is_the_maintenance_and_nowhere_nearer(
    mark: int, parts: int, more: int, quantity: int, extra: int, rate: int, *, inverse: bool
) -> None:
    value = 10**12 // mark if inverse else mark
    net, gross = quantity * value, (abs(quantity) + 2 * extra) * value
    money = gross // 1_000 * parts + more
    slack = money - rate * gross // ONE
    found = liquidation(mark, slack, net, gross, rate, inverse=inverse)

    event(f"inverse={inverse} found={found is not None} due={slack <= 0}")

    def spare(price: Fraction) -> Fraction:
        return spare_at(price, mark, money, quantity, extra, rate, inverse=inverse)

    assert spare(Fraction(mark)) == slack
    if slack <= 0:
        assert found == Liquidation(mark, 0)
        return
    if found is None:
        assert all(spare(Fraction(mark) * times / 1_000) > 0 for times in (1, 500, 2_000, 10**6))
        return
    away = Fraction(found.distance, ONE)
    nearer = Fraction(found.distance - 1, ONE)
    worse = mark * (1 - away)  # where the legs of a hedge lose depends on their maintenance
    sign = -1 if worse > 0 and spare(worse) < slack else 1
    assert spare(mark * (1 + sign * nearer)) > 0, "nowhere nearer"
    if 1 + sign * away > 0:
        assert spare(mark * (1 + sign * away)) <= 0, "but there"
    assert abs(found.price - mark) <= away * mark, "rounded towards the mark"
    assert abs(found.price - mark) + 1 > nearer * mark
    assert spare(Fraction(found.price)) >= 0


@pytest.mark.parametrize(
    ("slack", "net", "rate", "expected"),
    [
        (10_000 - 4_000, 100_000, "0.04", Liquidation(938, 62_500_000)),
        (10_000 - 4_000, -100_000, "0.04", Liquidation(1_057, 57_692_308)),
        (100_000, 100_000, "0", None),
        (99_000, 100_000, "0", Liquidation(10, 990_000_000)),
        (100_000, -100_000, "0", Liquidation(2_000, ONE)),
        (-1, 100_000, "0.04", Liquidation(1_000, 0)),
        (5, 0, "0", None),
    ],
)
def test_ten_times_by_hand(slack: int, net: int, rate: str, expected: Liquidation | None) -> None:
    """At ten times a long position is closed after a fall of (10 % - 4 %) / (1 - 4 %)."""
    raw = int(Fraction(rate) * ONE)
    assert liquidation(1_000, slack, net, abs(net), raw, inverse=False) == expected
