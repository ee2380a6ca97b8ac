from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.money import RATE_SCALE
from hexdesk_market_making.settings import Terms
from hexdesk_market_making.signal import is_worth_moving, quotes, sizes

ONE = 10**RATE_SCALE
INSTRUMENT = Instrument(
    id="A.B", kind=InstrumentKind.PERPETUAL, base="A", quote="USD", settle="USD",
    price_scale=1, quantity_scale=0, ticks=(TickBand(0, 1),), lot=1,
)  # fmt: skip
BANDS = replace(INSTRUMENT, ticks=(TickBand(0, 1), TickBand(3_000, 5), TickBand(30_000, 50)))
TERMS = Terms(
    instrument=INSTRUMENT, order_size=2, min_quantity=1, max_position=10, min_position=-10,
    spread=ONE // 1_000, min_spread_ticks=1, skew=ONE // 2, max_spread=ONE // 100,
    refresh_ticks=1, refresh=0, post_only=True,
)  # fmt: skip

many_terms = st.builds(
    Terms,
    instrument=st.sampled_from([INSTRUMENT, BANDS, replace(INSTRUMENT, lot=3)]),
    order_size=st.integers(3, 100).map(lambda lots: 3 * lots),
    min_quantity=st.just(3),
    max_position=st.integers(100, 1_000).map(lambda lots: 3 * lots),
    min_position=st.sampled_from([-3_000, -300, 0]),
    spread=st.integers(1, ONE // 10),
    min_spread_ticks=st.integers(1, 20),
    skew=st.integers(0, 3 * ONE),
    max_spread=st.integers(ONE // 10_000, ONE),
    refresh_ticks=st.integers(1, 5),
    refresh=st.integers(0, ONE // 100),
    post_only=st.booleans(),
)
prices = st.integers(0, 10**7)
positions = st.integers(-4_000, 4_000)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (0, (9_995, 10_006)),  # middle 10,000.5, spread 10.0005, rounded away from each other
        (10, (0, 10_001)),  # full: no bid; the ask at the middle
        (-10, (10_000, 0)),
        (5, (9_993, 10_003)),
        (9, (9_991, 10_001)),
    ],
)
def test_quotes_move_against_the_position(position: int, expected: tuple[int, int]) -> None:
    assert quotes(10_000, 10_001, position, TERMS) == expected


@pytest.mark.parametrize(
    ("bid", "ask"), [(0, 100), (100, 0), (0, 0), (100, 100), (101, 100), (9_900, 10_100)]
)
def test_an_abnormal_market_is_not_quoted(bid: int, ask: int) -> None:
    assert quotes(bid, ask, 0, TERMS) == (0, 0)


def test_post_only_quotes_do_not_reach_the_other_side() -> None:
    skewed = replace(TERMS, skew=2 * ONE)
    assert quotes(10_000, 10_010, -10, replace(skewed, post_only=False))[0] == 10_020
    assert quotes(10_000, 10_010, -10, skewed)[0] == 10_009


def test_quotes_stay_within_the_limits_of_the_day() -> None:
    limited = replace(INSTRUMENT, lower_limit=9_996, upper_limit=10_005)
    assert quotes(10_000, 10_001, 0, replace(TERMS, instrument=limited)) == (0, 0)


@given(prices, prices, positions, many_terms)
def test_quotes_never_cross_and_lie_on_the_grid(
    bid: int, ask: int, position: int, terms: Terms
) -> None:
    own_bid, own_ask = quotes(bid, ask, position, terms)
    assert own_bid >= 0
    assert own_ask >= 0
    assert terms.instrument.is_on_grid(own_bid)
    assert terms.instrument.is_on_grid(own_ask)
    if own_bid and own_ask:
        least = terms.min_spread_ticks * terms.instrument.tick_at(ask)
        assert own_bid + least <= own_ask
    if terms.post_only:
        assert own_bid < ask or not own_bid
        assert own_ask > bid or not own_ask


@given(prices, st.integers(1, 1_000), st.lists(positions, min_size=2, max_size=6), many_terms)
def test_a_longer_position_never_raises_a_quote(
    bid: int, spread: int, held: list[int], terms: Terms
) -> None:
    found = [quotes(bid, bid + spread, position, terms) for position in sorted(held)]
    for side in (0, 1):
        own = [pair[side] for pair in found if pair[side]]
        assert all(shorter >= longer for shorter, longer in pairwise(own))


@given(positions, many_terms)
def test_no_fill_breaks_the_limits(position: int, terms: Terms) -> None:
    bid_size, ask_size = sizes(position, terms)
    for size in (bid_size, ask_size):
        assert size == 0 or terms.min_quantity <= size <= terms.order_size
        assert size % terms.instrument.lot == 0
    assert not bid_size or position + bid_size <= terms.max_position
    assert not ask_size or position - ask_size >= terms.min_position


@given(st.integers(1, 10**6), positions, many_terms)
def test_a_side_at_its_limit_is_not_quoted(bid: int, position: int, terms: Terms) -> None:
    assume(terms.min_position > -3_000)
    own_bid, own_ask = quotes(bid, bid + 1, position, terms)
    assert not own_bid or position < terms.max_position
    assert not own_ask or position > terms.min_position


def test_a_quote_is_moved_from_both_thresholds_on() -> None:
    terms = replace(TERMS, refresh_ticks=3, refresh=ONE // 1_000)
    assert not is_worth_moving(1_000, 1_002, terms)
    assert is_worth_moving(1_000, 997, terms)
    assert not is_worth_moving(10_000, 10_009, terms)
    assert is_worth_moving(10_000, 10_010, terms)
