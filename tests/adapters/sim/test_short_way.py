"""The short way of plain orders: which orders take it, and that it ends where the long way does."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hexdesk.application.clock import VirtualClock
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import BookLevel, BookUpdate, Quote
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted, OrderCanceled, VenueReport
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    DAY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    NETTING,
    OPEN,
    SELL,
    STOP_MARKET,
    Aggressor,
    Contingency,
    TradingStatus,
)
from hexdesk_sim.book import Book
from hexdesk_sim.engine import watch_nothing
from hexdesk_sim.floor import Floor, Market
from hexdesk_sim.holdings import Holding, VenueAccount
from hexdesk_sim.settings import MatchSettings
from hexdesk_sim.short_way import ShortWay
from tests.adapters.sim.exchange import ACCOUNT, START_NS, Exchange, contract

Step = Callable[[Exchange], object]
SPECIAL: tuple[dict[str, Any], ...] = (
    {"reduce_only": True},
    {"position_effect": CLOSE},
    {"post_only": True},
    {"display_quantity": 1},
    {"time_in_force": DAY},
    {"order_type": STOP_MARKET, "trigger_price": 100},
    {"order_type": MARKET_TO_LIMIT},
    {"client_order_id": "O1"},
)

# --------------------------------------------------------------------------------------------------
# Both ways end alike


def steps(chance: Random, count: int) -> Iterator[Step]:
    """Yield a random history: mostly uncrossed quotes and plain orders, and all that disturbs."""
    kinds = (_quote, _order, _order, _order, _special, _cancel, _cancel, _amend, _disturb)
    for _ in range(count):
        yield chance.choice(kinds)(chance)


def _quote(chance: Random) -> Step:
    bid = chance.randrange(96, 105)
    ask = chance.choice([bid + 1, bid + 1, bid + 1, bid + 2, bid, bid, bid - 1, 0])
    bid_size, ask_size = chance.randrange(20), chance.randrange(20)
    return lambda exchange: exchange.quote(bid, ask, bid_size, ask_size)


def _order(chance: Random) -> Step:
    side, quantity = chance.choice([BUY, SELL]), chance.randrange(10)
    price = chance.choice([0, chance.randrange(95, 106), chance.randrange(95, 106)])
    force = chance.choice([GTC, GTC, GTC, IOC, FOK])
    return lambda exchange: exchange.submit(side, quantity, price, time_in_force=force)


def _special(chance: Random) -> Step:
    side, quantity, price = chance.choice([BUY, SELL]), 1 + chance.randrange(9), _price(chance)
    terms = chance.choice(SPECIAL)
    limit = 0 if "order_type" in terms else price
    return lambda exchange: exchange.submit(side, quantity, limit, **terms)


def _cancel(chance: Random) -> Step:
    back = chance.randrange(8)
    return lambda exchange: exchange.cancel(_recent(exchange, back))


def _amend(chance: Random) -> Step:
    back, quantity, price = chance.randrange(8), chance.randrange(9), _price(chance)
    return lambda exchange: exchange.amend(_recent(exchange, back), quantity, price)


def _disturb(chance: Random) -> Step:
    price, size, aggressor = _price(chance), chance.randrange(9), chance.choice(list(Aggressor))
    status = chance.choice([*[TradingStatus.TRADING] * 4, *TradingStatus])
    leaves_live = chance.choice([True, False, None])
    return chance.choice(
        (
            lambda exchange: exchange.trade(price, size, aggressor),
            lambda exchange: exchange.trade(price, size, aggressor),
            lambda exchange: exchange.status(status),
            lambda exchange: exchange.status(TradingStatus.TRADING),
            lambda exchange: exchange.wait(43_200 * 10**9),
            lambda exchange: _bust(exchange, size, leaves_live=leaves_live),
        )
    )


def _price(chance: Random) -> int:
    return chance.randrange(96, 105)


def _recent(exchange: Exchange, back: int) -> str:
    known = list(exchange.account.orders) or ["O1"]
    return known[-1 - back % len(known)]


def _bust(exchange: Exchange, back: int, *, leaves_live: bool | None) -> None:
    fills = exchange.venue.fills(ACCOUNT)
    if fills:
        trade_id = fills[-1 - back % len(fills)].trade_id
        exchange.venue.bust(ACCOUNT, trade_id, leaves_live=leaves_live)


CONTRACTS = st.sampled_from(
    [
        contract(),
        contract(kind="spot"),
        contract(min_notional="500", max_quantity="10"),
        contract(inverse=True, quote="USD", base="USDT", lower_limit="97"),
        contract(tick_bands=(("100", "2"),)),
        contract(tick="2"),
        contract(lot="2"),
    ]
)


class Chatty(Exchange):
    """Answers its first fills at once with orders of its own, while reports are being delivered."""

    def __init__(
        self, replies: int, instrument: Instrument, *, short_ways: bool, **settings: Any
    ) -> None:
        super().__init__(instrument, short_ways=short_ways, **settings)
        self._replies = replies
        self.account.deliver = self._take

    def _take(self, report: VenueReport) -> None:
        self.reports.append(report)
        if isinstance(report, Fill) and self._replies:
            self._replies -= 1
            side = SELL if report.side is BUY else BUY
            self.submit(side, report.quantity, report.price if self._replies % 2 else 0)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    length=st.integers(20, 300),
    depth_at=st.one_of(st.none(), st.integers(0, 100)),
    instrument=CONTRACTS,
    queue=st.sampled_from(["front", "back"]),
    sweep=st.booleans(),
    slippage_bps=st.sampled_from([0, 0, 60]),
    mode=st.sampled_from(["netting", "netting", "hedging"]),
    open_orders_max=st.sampled_from([2, 1000]),
    history_max=st.sampled_from([3, 1000]),
    replies=st.integers(0, 20),
)
def test_both_ways_give_the_same_reports_and_the_same_truth(
    *,
    seed: int,
    length: int,
    depth_at: int | None,
    instrument: Instrument,
    replies: int,
    mode: str,
    **terms: Any,
) -> None:
    short, long = (
        Chatty(replies, instrument, short_ways=is_short, position_mode=mode, **terms)
        for is_short in (True, False)
    )
    for number, step in enumerate(steps(Random(seed), length)):
        for exchange in (short, long):
            exchange.wait(1)
            if number == depth_at:
                exchange.depth([(99, 5)], [(101, 5)])
            step(exchange)
        assert short.reports == long.reports
        assert _truth(short) == _truth(long)
    assert _left(short) == _left(long)


def _truth(exchange: Exchange) -> object:
    venue, account = exchange.venue, exchange.account
    book = venue.book(exchange.instrument.id)
    assert book is not None
    holding = account.holdings.get(exchange.instrument.id)
    return (
        account.orders,
        account.open_count,
        venue.open_orders(ACCOUNT),
        venue.fills(ACCOUNT),
        venue.positions(ACCOUNT),
        venue.balances(ACCOUNT),
        account.cash.balance("USDT").total,
        holding and (_today(holding), holding.position.realised, sorted(holding.frozen)),
        [order.sequence for order in book.buys],
        [order.sequence for order in book.sells],
        book.is_awake,
        exchange.clock.waiting_count - exchange.clock.canceled_count,
    )


def _today(holding: Holding) -> tuple[int, int]:
    legs = [holding.position.leg(side, OPEN) for side in (BUY, SELL)]
    return legs[0].today, legs[1].today


def _left(exchange: Exchange) -> tuple[int, int]:
    """What the next taker would find; looking at it is left to the end, lest it repair anything."""
    book = exchange.venue.book(exchange.instrument.id)
    assert book is not None
    liquidity = book.look()
    return liquidity.bid_left, liquidity.ask_left


# --------------------------------------------------------------------------------------------------
# Which orders take it


class Site:
    """A book with a market of 99 to 100, ten each, and one account that holds nothing."""

    def __init__(self, instrument: Instrument | None = None, **changes: object) -> None:
        self.instrument = instrument or contract()
        self.reports: list[VenueReport] = []
        clock = VirtualClock(START_NS)
        rules = msgspec.convert({"slippage_bps": 0} | changes, MatchSettings)
        floor = Floor(clock, rules, watch_nothing, watch_nothing)
        self.market = Market(self.instrument)
        self.market.quote = Quote(self.instrument.id, 99, 10, 100, 10, START_NS, START_NS)
        self.book = Book(self.instrument, self.market, floor)
        self.account = VenueAccount(
            ACCOUNT, self.reports.append, [self.instrument], mode=NETTING, history_max=10
        )
        self.holding = self.book.hold(self.account)
        self.way = ShortWay(self.book, floor)

    def submit(self, quantity: int = 1, price: int = 0, **terms: object) -> bool:
        """Offer a buy order to the short way; say whether it took it."""
        order = NewOrder(
            f"O{len(self.account.orders)}",
            "s",
            ACCOUNT,
            self.instrument.id,
            BUY,
            LIMIT if price else MARKET,
            quantity,
            START_NS,
            price,
        )
        return self.way.submit(replace(order, **terms))


@pytest.mark.parametrize(
    "terms",
    [
        {"quantity": 10},
        {"quantity": 10, "time_in_force": IOC},
        {"quantity": 10, "price": 100},
        {"quantity": 10, "price": 100, "time_in_force": IOC},
        {"quantity": 11, "price": 99},
        {"quantity": 1, "price": 1},
        {"quantity": 1, "side": SELL, "price": 10**9},
        {"quantity": 1, "contingency": Contingency.OCO, "list_id": "L", "tag": "why"},
        {"quantity": 11},
        {"quantity": 10, "time_in_force": FOK},
    ],
)
def test_plain_orders_take_the_short_way(terms: dict[str, Any]) -> None:
    site = Site()
    assert site.submit(**terms)
    kinds = [type(report) for report in site.reports]
    is_resting = kinds == [OrderAccepted]
    assert is_resting or kinds == [OrderAccepted, Fill]
    assert site.account.open_count == is_resting


@pytest.mark.parametrize(
    ("terms", "end"),
    [
        ({"quantity": 11, "price": 100}, Fill),
        ({"quantity": 11, "price": 100, "time_in_force": IOC}, OrderCanceled),
        ({"quantity": 11, "time_in_force": FOK}, OrderCanceled),
        ({"price": 99, "time_in_force": IOC}, OrderCanceled),
    ],
)
def test_plain_orders_that_need_matching_are_matched(
    terms: dict[str, Any], end: type[VenueReport]
) -> None:
    site = Site()
    assert site.submit(**terms)
    assert isinstance(site.reports[0], OrderAccepted)
    assert isinstance(site.reports[-1], end)
    (order,) = site.account.orders.values()
    assert site.account.open_count == (not order.is_closed)


def test_so_are_they_in_a_market_that_is_not_plain() -> None:
    for bid, ask in ((0, 100), (99, 0), (101, 100), (-1, 100)):
        site = Site()
        site.market.quote = Quote(site.instrument.id, bid, 10, ask, 10, START_NS, START_NS)
        assert site.submit()
        assert [type(report) for report in site.reports] == [
            OrderAccepted,
            Fill if ask else OrderCanceled,
        ]
    site = Site()
    site.market.quote = None
    assert site.submit(price=99)
    site.book.on_book(_update(site, (BookLevel(105, 1),)))
    assert site.submit()
    assert [type(report) for report in site.reports] == [OrderAccepted, OrderAccepted, Fill]


@pytest.mark.parametrize(
    "terms",
    [
        {"quantity": 0},
        {"quantity": -1, "price": 99},
        {"price": -1},
        {"price": 0, "order_type": LIMIT},
        {"price": 99, "order_type": MARKET},
        {"price": 99, "order_type": STOP_MARKET},
        {"order_type": MARKET_TO_LIMIT},
        {"price": 99, "post_only": True},
        {"reduce_only": True},
        {"position_effect": OPEN},
        {"price": 99, "display_quantity": 1},
        {"price": 99, "expire_ns": START_NS + 1},
        {"price": 99, "trigger_price": 99},
        {"price": 99, "trailing_offset": 1},
        {"account_id": "unknown"},
    ],
)
def test_other_orders_are_left_to_the_long_way_untouched(terms: dict[str, Any]) -> None:
    site = Site()
    assert not site.submit(**terms)
    assert not site.reports
    assert not site.account.orders
    liquidity = site.book.look()
    assert (liquidity.bid_left, liquidity.ask_left) == (10, 10)


def test_the_long_way_is_taken_where_the_market_does_not_trade() -> None:
    for status in set(TradingStatus) - {TradingStatus.TRADING}:
        site = Site()
        site.market.status = status
        assert not site.submit()


def test_the_long_way_is_taken_where_a_value_counts_and_no_price_is_known() -> None:
    site = Site(contract(max_notional="500"))
    site.book.on_book(_update(site, (BookLevel(105, 1),)))
    assert not site.submit()
    assert site.submit(price=99)


def test_the_long_way_is_taken_where_the_account_is_full() -> None:
    site = Site(open_orders_max=1)
    assert site.submit(price=99)
    assert not site.submit(price=99)
    assert not site.submit()


def _update(site: Site, asks: tuple[BookLevel, ...]) -> BookUpdate:
    return BookUpdate(
        site.instrument.id, (), asks, snapshot=True, ts_event=START_NS, ts_init=START_NS
    )


@pytest.mark.parametrize(
    ("changes", "quantity", "price", "is_plain"),
    [
        ({"lot": "2"}, 2, 99, True),
        ({"lot": "2"}, 3, 99, False),
        ({"min_quantity": "3"}, 2, 99, False),
        ({"max_quantity": "3"}, 4, 99, False),
        ({"tick": "3"}, 1, 99, True),
        ({"tick": "3"}, 1, 98, False),
        ({"lower_limit": "99"}, 1, 98, False),
        ({"upper_limit": "98"}, 1, 99, False),
        ({"min_notional": "198"}, 2, 99, True),
        ({"min_notional": "198"}, 1, 99, False),
        ({"max_notional": "198"}, 2, 99, True),
        ({"max_notional": "198"}, 2, 0, False),
        ({"tick_bands": (("100", "5"),)}, 1, 99, False),
        ({"inverse": True, "quote": "USD", "base": "USDT"}, 1, 99, True),
        ({"inverse": True, "quote": "USD", "base": "USDT", "max_notional": "9"}, 1, 99, False),
    ],
)
def test_the_grid_decides(
    changes: dict[str, object], quantity: int, price: int, is_plain: bool
) -> None:
    assert Site(contract(**changes)).submit(quantity, price) is is_plain
