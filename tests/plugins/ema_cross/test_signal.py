import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk_ema_cross.signal import EmaCross

PRICES = st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=60)
PERIODS = st.integers(min_value=1, max_value=30)


def averages(prices: list[int], period: int) -> list[float]:
    """Return the exponential moving average after each price, as textbooks write it."""
    factor = 2.0 / (period + 1)
    found = [float(prices[0])]
    for price in prices[1:]:
        found.append(found[-1] + factor * (price - found[-1]))
    return found


def crosses(prices: list[int], fast_period: int, slow_period: int, warm_up: int) -> list[int]:
    fast, slow = averages(prices, fast_period), averages(prices, slow_period)
    found: list[int] = []
    side = 0
    for number, (first, second) in enumerate(zip(fast, slow, strict=True), start=1):
        now = 0 if number < warm_up else (first > second) - (first < second)
        found.append(now if now and side and now != side else 0)
        side = now or side
    return found


@given(PRICES, PERIODS, PERIODS, st.integers(min_value=0, max_value=20))
def test_it_finds_the_crosses_of_the_textbook(
    prices: list[int], fast_period: int, longer: int, warm_up: int
) -> None:
    signal = EmaCross(fast_period, fast_period + longer, warm_up)
    found = [signal.update(price) for price in prices]
    assert found == crosses(prices, fast_period, fast_period + longer, warm_up)
    assert signal.fast == averages(prices, fast_period)[-1]
    assert signal.slow == averages(prices, fast_period + longer)[-1]


@given(PRICES, PERIODS)
def test_crosses_alternate(prices: list[int], fast_period: int) -> None:
    signal = EmaCross(fast_period, fast_period + 5, 1)
    found = [side for side in map(signal.update, prices) if side]
    assert all(earlier == -later for earlier, later in pairwise(found))


@given(PRICES, PERIODS)
def test_twice_the_price_crosses_at_the_same_time(prices: list[int], fast_period: int) -> None:
    once, twice = EmaCross(fast_period, 40, 3), EmaCross(fast_period, 40, 3)
    assert [once.update(price) for price in prices] == [twice.update(2 * p) for p in prices]


def test_prices_that_do_not_move_never_cross() -> None:
    signal = EmaCross(2, 5, 3)
    assert {signal.update(100) for _ in range(50)} == {0}
    assert signal.side == 0


def test_the_first_side_is_no_cross() -> None:
    signal = EmaCross(2, 5, 2)
    assert [signal.update(price) for price in (100, 101, 102)] == [0, 0, 0]
    assert signal.side == 1
    assert signal.update(50) == -1


@pytest.mark.parametrize("warm_up", [0, 1])
def test_averages_start_at_the_first_price(warm_up: int) -> None:
    signal = EmaCross(2, 5, warm_up)
    assert math.isnan(signal.fast)
    signal.update(100)
    assert (signal.fast, signal.slow) == (100, 100)
