"""What of the market can be taken, and at which price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.accounts import fee_of
from hexdesk.domain.values import BUY, FOK, IOC, MARKET, SELL, Side
from tests.adapters.sim.exchange import ACCOUNT, Exchange, contract


def test_takers_share_what_a_quote_displays() -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 10)
    first = exchange.submit(BUY, 6)
    second = exchange.submit(BUY, 6)
    assert exchange.story(first) == ["accepted", "taker 6@100"]
    assert exchange.story(second) == ["accepted", "taker 4@100", "canceled NO_LIQUIDITY"]


def test_what_was_taken_comes_back_with_the_next_quote() -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 10, 10)
    exchange.submit(BUY, 10)
    exchange.quote(99, 100, 10, 10)
    assert exchange.story(exchange.submit(BUY, 10)) == ["accepted", "taker 10@100"]


def test_an_unknown_size_is_unlimited() -> None:
    exchange = Exchange()
    exchange.quote(99, 100)
    order = exchange.submit(BUY, 10**30, time_in_force=FOK)
    assert exchange.story(order) == ["accepted", f"taker {10**30}@100"]


def test_a_missing_side_has_no_liquidity() -> None:
    exchange = Exchange(sweep=True)
    exchange.quote(99, 0, 10, 10)
    assert exchange.story(exchange.submit(BUY, 1)) == ["accepted", "canceled NO_LIQUIDITY"]
    assert exchange.story(exchange.submit(BUY, 1, 10**9)) == ["accepted"]
    assert exchange.story(exchange.submit(SELL, 1)) == ["accepted", "taker 1@99"]


@pytest.mark.parametrize("price", [0, -5])
def test_quotes_without_any_price_are_harmless(price: int) -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 100)
    other = exchange.submit(SELL, 1, 200)
    exchange.quote(price, price, 3, 3)
    assert exchange.story(order) == exchange.story(other) == ["accepted"]


def test_a_crossed_quote_is_read_against_us() -> None:
    exchange = Exchange()
    exchange.quote(105, 100)
    assert exchange.story(exchange.submit(BUY, 1)) == ["accepted", "taker 1@105"]
    assert exchange.story(exchange.submit(SELL, 1)) == ["accepted", "taker 1@100"]


def test_a_crossed_quote_fills_no_resting_order_at_its_better_side() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 1, 102)
    exchange.quote(105, 100)
    assert exchange.story(order) == ["accepted"]
    exchange.quote(101, 102)
    assert exchange.story(order) == ["accepted", "maker 1@102"]


def test_a_sweep_takes_the_rest_at_the_last_known_price() -> None:
    exchange = Exchange(sweep=True)
    exchange.quote(99, 100, 1, 1)
    assert exchange.story(exchange.submit(BUY, 5)) == ["accepted", "taker 5@100"]
    assert exchange.story(exchange.submit(BUY, 5)) == ["accepted", "taker 5@100"]


def test_a_sweep_walks_known_depth_first() -> None:
    exchange = Exchange(sweep=True)
    exchange.depth([(99, 1)], [(100, 1), (102, 2)])
    order = exchange.submit(BUY, 9)
    assert exchange.story(order) == ["accepted", "taker 1@100", "taker 8@102"]


@pytest.mark.parametrize("sweep", [True, False])
def test_fill_or_kill_never_counts_on_more_than_is_displayed(sweep: bool) -> None:
    exchange = Exchange(sweep=sweep)
    exchange.depth([(99, 1)], [(100, 1), (102, 2)])
    assert exchange.story(exchange.submit(BUY, 4, time_in_force=FOK)) == [
        "accepted",
        "canceled FOK",
    ]
    assert exchange.story(exchange.submit(BUY, 2, 101, time_in_force=FOK)) == [
        "accepted",
        "canceled FOK",
    ]
    assert exchange.story(exchange.submit(BUY, 3, 102, time_in_force=FOK)) == [
        "accepted",
        "taker 1@100",
        "taker 2@102",
    ]


def test_a_limit_walks_depth_only_to_its_price() -> None:
    exchange = Exchange(sweep=True)
    exchange.depth([(99, 1)], [(100, 1), (101, 1), (102, 5)])
    order = exchange.submit(BUY, 9, 101)
    assert exchange.story(order) == ["accepted", "taker 1@100", "taker 1@101"]
    order = exchange.submit(SELL, 9, 98, time_in_force=IOC)
    assert exchange.story(order) == ["accepted", "taker 1@99", "canceled IOC"]


def test_takers_share_every_level_until_the_book_changes() -> None:
    exchange = Exchange()
    exchange.depth([(99, 1)], [(100, 1), (102, 3)])
    first = exchange.submit(BUY, 2, 102, time_in_force=IOC)
    second = exchange.submit(BUY, 5, 102, time_in_force=IOC)
    assert exchange.story(first) == ["accepted", "taker 1@100", "taker 1@102"]
    assert exchange.story(second) == ["accepted", "taker 2@102", "canceled IOC"]
    exchange.trade(100, 5)
    third = exchange.submit(BUY, 1, 102, time_in_force=IOC)
    assert exchange.story(third) == ["accepted", "canceled IOC"]
    exchange.depth([(98, 1)], snapshot=False)
    fourth = exchange.submit(BUY, 2, 102, time_in_force=IOC)
    assert exchange.story(fourth) == ["accepted", "taker 1@100", "taker 1@102"]


def test_a_book_update_brings_back_what_was_taken_of_a_quoted_market() -> None:
    exchange = Exchange()
    exchange.quote(99, 100, 5, 5)
    exchange.submit(BUY, 5)
    exchange.depth([(99, 1)], [(100, 2)])
    assert exchange.story(exchange.submit(BUY, 5))[1:] == ["taker 2@100", "canceled NO_LIQUIDITY"]


def test_depth_changes_levels_and_forgets_them() -> None:
    exchange = Exchange()
    exchange.depth([(99, 1)], [(100, 1), (101, 1)])
    exchange.depth([], [(100, 0), (101, 7), (103, 0), (-1, 5)], snapshot=False)
    assert exchange.story(exchange.submit(BUY, 9, 200, time_in_force=IOC))[1:] == [
        "taker 7@101",
        "canceled IOC",
    ]
    exchange.depth([], [])
    assert exchange.story(exchange.submit(BUY, 1)) == ["accepted", "canceled NO_LIQUIDITY"]


def test_a_newer_quote_is_the_touch_of_an_older_book() -> None:
    exchange = Exchange()
    exchange.depth([(98, 1)], [(100, 4), (102, 2)])
    exchange.wait(1)
    exchange.quote(100, 101, 1, 3)
    order = exchange.submit(BUY, 9, 103, time_in_force=IOC)
    assert exchange.story(order)[1:] == ["taker 3@101", "taker 2@102", "canceled IOC"]


def test_a_book_update_fills_what_rests() -> None:
    exchange = Exchange()
    order = exchange.submit(BUY, 5, 100)
    exchange.depth([(98, 1)], [(99, 2), (100, 1), (101, 9)])
    assert exchange.story(order) == ["accepted", "maker 3@100"]


def test_without_quotes_the_last_trade_is_the_market() -> None:
    exchange = Exchange()
    exchange.trade(100, 5)
    assert exchange.story(exchange.submit(BUY, 50)) == ["accepted", "taker 50@100"]
    assert exchange.story(exchange.submit(SELL, 50)) == ["accepted", "taker 50@100"]


@pytest.mark.parametrize(
    ("side", "limit", "price"), [(BUY, 0, 10010), (SELL, 0, 9989), (BUY, 10004, 10004)]
)
def test_slippage_is_against_us_on_the_grid_and_inside_the_limit(
    side: Side, limit: int, price: int
) -> None:
    exchange = Exchange(slippage_bps=9.5)
    exchange.quote(9999, 10000)
    order = exchange.submit(side, 1, limit)
    assert exchange.story(order) == ["accepted", f"taker 1@{price}"]


def test_slippage_stays_inside_the_daily_limits() -> None:
    exchange = Exchange(contract(lower_limit="9000", upper_limit="10003"), slippage_bps=50)
    exchange.quote(9999, 10000)
    assert exchange.story(exchange.submit(BUY, 1)) == ["accepted", "taker 1@10003"]
    exchange.quote(9001, 9002)
    assert exchange.story(exchange.submit(SELL, 1)) == ["accepted", "taker 1@9000"]


def test_slippage_never_leaves_positive_prices() -> None:
    exchange = Exchange(slippage_bps=9_999)
    exchange.quote(1, 2)
    assert exchange.story(exchange.submit(SELL, 1)) == ["accepted", "taker 1@1"]


def test_slippage_respects_every_band_of_a_tick_table() -> None:
    exchange = Exchange(contract(tick_bands=(("1000", "5"),)), slippage_bps=10)
    exchange.quote(999, 1000)
    assert exchange.story(exchange.submit(BUY, 1)) == ["accepted", "taker 1@1005"]


def test_own_orders_never_meet_each_other() -> None:
    exchange = Exchange()
    exchange.quote(90, 110)
    buy = exchange.submit(BUY, 1, 105)
    sell = exchange.submit(SELL, 1, 95)
    assert exchange.story(buy) == exchange.story(sell) == ["accepted"]
    assert exchange.story(exchange.submit(SELL, 1)) == ["accepted", "taker 1@90"]


@given(
    quantity=st.integers(1, 10**9),
    price=st.integers(1, 10**9),
    rate=st.integers(-10_000_000, 10_000_000),
    side=st.sampled_from([BUY, SELL]),
)
def test_fees_are_exact_and_leave_the_cash(
    quantity: int, price: int, rate: int, side: Side
) -> None:
    text = f"{'-' if rate < 0 else ''}0.{abs(rate):09d}"
    exchange = Exchange(contract(taker_fee=text))
    exchange.quote(price, price)
    before = exchange.account.cash.balance("USDT").total
    exchange.submit(side, quantity, order_type=MARKET)
    (fill,) = exchange.fills
    assert fill.fee == fee_of(price * quantity, rate, 0, 8)
    assert fill.fee_currency == "USDT"
    assert exchange.venue.balances(ACCOUNT)[0].amount == before - fill.fee
