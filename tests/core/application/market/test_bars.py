"""Bars in place of quotes: what a market shows of which only bars were recorded."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.market.bars import BarQuotes
from hexdesk.application.market.markets import Market
from hexdesk.domain.market import Bar, Quote
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT

MINUTE_NS = 60_000_000_000


def bar(number: int = 0, *, prices: tuple[int, int, int, int] = (50, 60, 45, 55)) -> Bar:
    begun = number * MINUTE_NS
    ended = begun + MINUTE_NS
    return Bar(INSTRUMENT.id, 60, *prices, 1, begun, ended, ended + 7)


def shown(shape: BarQuotes, market: Market, event: Bar) -> list[int]:
    """The mids of the quotes of a bar, each made the market's latest as the desk does."""
    quotes = shape.of(event, market)
    for quote in quotes:
        market.quote = quote
    return [quote.bid_price for quote in quotes]


@pytest.mark.parametrize(
    ("prices", "path"),
    [
        ((50, 60, 45, 55), [50, 45, 60, 55]),
        ((50, 53, 40, 41), [50, 53, 40, 41]),
        ((50, 50, 50, 50), [50, 50, 50, 50]),
        ((5, 6, 0, 5), []),
    ],
)
def test_a_bar_is_shown_as_its_open_its_range_and_its_close(
    prices: tuple[int, int, int, int], path: list[int]
) -> None:
    assert shown(BarQuotes(), Market(INSTRUMENT), bar(prices=prices)) == path


def test_a_market_with_quotes_of_its_own_keeps_them() -> None:
    market, shape = Market(INSTRUMENT), BarQuotes()
    assert shown(shape, market, bar())
    market.quote = Quote(INSTRUMENT.id, BID, 1, ASK, 1, 9, 9)
    assert shown(shape, market, bar(1)) == []


def test_a_day_after_its_minutes_says_nothing_new_the_next_day_does() -> None:
    market, shape = Market(INSTRUMENT), BarQuotes()
    assert shown(shape, market, bar(5))
    day = msgspec.structs.replace(bar(0), step_s=86_400, ts_event=9 * MINUTE_NS)
    assert shown(shape, market, day) == []
    later = msgspec.structs.replace(day, ts_open=9 * MINUTE_NS, ts_event=18 * MINUTE_NS)
    assert shown(shape, market, later)


@given(st.lists(st.integers(1, 10**12), min_size=4, max_size=4))
def test_no_quote_is_outside_its_bar_or_before_its_end(prices: list[int]) -> None:
    low, opened, closed, high = min(prices), prices[0], prices[1], max(prices)
    event = bar(prices=(opened, high, low, closed))
    quotes = BarQuotes().of(event, Market(INSTRUMENT))
    assert [quotes[0].bid_price, quotes[-1].ask_price] == [opened, closed]
    assert {quote.bid_price for quote in quotes} == set(prices[:2]) | {low, high}
    assert {quote.ts_init for quote in quotes} == {event.ts_init}
    assert all(quote.bid_price == quote.ask_price and not quote.bid_size for quote in quotes)
