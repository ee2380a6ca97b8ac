"""The simulated venue as a broker in the desk's process."""

import asyncio
import logging

import msgspec
import pytest

from hexdesk.application.clock import VirtualClock
from hexdesk.application.market.markets import Market, Markets
from hexdesk.domain.accounts import Balance
from hexdesk.domain.cash import CashMoved
from hexdesk.domain.market import BookLevel, BookUpdate, FundingRate, Quote, Trade
from hexdesk.domain.money import Money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.positions import Position
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    HEDGING,
    LIMIT,
    MARKET,
    NETTING,
    REJECTED,
    Aggressor,
    OrderType,
    TimeInForce,
    TradingStatus,
)
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Broker, VenuePosition
from hexdesk_sim.book import LINGER_NS
from hexdesk_sim.broker import SimBroker
from hexdesk_sim.settings import SimSettings
from tests.adapters.sim.exchange import ACCOUNT, START_NS, contract

INSTRUMENT = contract()
DIRECT: dict[str, object] = {
    "submit_latency_ms": 0,
    "amend_latency_ms": 0,
    "cancel_latency_ms": 0,
    "report_latency_ms": 0,
    "slippage_bps": 0,
}


class Pit:
    """A broker beside a desk's markets."""

    def __init__(self, **settings: object) -> None:
        self.clock = VirtualClock(START_NS)
        self.markets = Markets([INSTRUMENT])
        self.market: Market = self.markets.by_id[INSTRUMENT.id]
        self.reports: list[VenueReport] = []
        context = BrokerContext(
            name="sim",
            account_id=ACCOUNT,
            clock=self.clock,
            reports=self.reports.append,
            markets=self.markets,
            instruments={INSTRUMENT.id: INSTRUMENT},
            deposits=(Money(1_000 * 10**8, "USDT"),),
            seed=1,
            logger=logging.getLogger("test"),
        )
        self.broker = SimBroker(context, msgspec.convert(settings, SimSettings))
        asyncio.run(self.broker.connect())

    def quote(self, bid: int, ask: int) -> None:
        """Show a touch, as a desk does."""
        now = self.clock.now_ns()
        quote = self.market.quote = Quote(INSTRUMENT.id, bid, 0, ask, 0, now, now)
        for handler in self.market.on_quote:
            handler(quote)

    def wait(self, duration_ns: int) -> None:
        """Let time pass."""
        self.clock.advance_to(self.clock.now_ns() + duration_ns)

    def submit(self, order_id: str, price: int = 0, quantity: int = 1) -> None:
        """Send a buy order."""
        kind = LIMIT if price else MARKET
        now = self.clock.now_ns()
        self.broker.submit(
            NewOrder(order_id, "s", ACCOUNT, INSTRUMENT.id, BUY, kind, quantity, now, price)
        )

    @property
    def watches(self) -> tuple[int, int, int]:
        """How many watch quotes, trades and books."""
        market = self.market
        return len(market.on_quote), len(market.on_trade), len(market.on_book)

    @property
    def kinds(self) -> list[str]:
        """Kinds of reports that arrived."""
        return [str(type(report).__struct_config__.tag) for report in self.reports]


def test_it_is_a_broker() -> None:
    broker: Broker = Pit().broker
    assert broker.capabilities.order_types == frozenset(OrderType)
    assert broker.capabilities.times_in_force == frozenset(TimeInForce)


def test_an_instrument_is_watched_while_orders_are_there_and_a_moment_longer() -> None:
    pit = Pit(**DIRECT)
    pit.quote(99, 101)
    assert pit.watches == (0, 0, 1)
    pit.submit("O1", 100)
    assert pit.watches == (1, 1, 1)
    pit.quote(98, 99)
    assert pit.kinds == ["accepted", "fill"]
    pit.wait(LINGER_NS - 1)
    assert pit.watches == (1, 1, 1)
    pit.wait(1)
    assert pit.watches == (0, 0, 1)
    pit.submit("O2", 90)
    pit.broker.cancel(CancelOrder("O2", 1, START_NS))
    pit.quote(80, 81)
    pit.wait(LINGER_NS)
    assert pit.watches == (0, 0, 1)
    assert pit.kinds[2:] == ["accepted", "canceled"]


def test_an_order_that_follows_soon_finds_the_watch_still_on() -> None:
    pit = Pit(**DIRECT)
    pit.submit("O1", 100)
    pit.quote(98, 99)
    pit.wait(LINGER_NS // 2)
    pit.submit("O2", 90)
    pit.wait(LINGER_NS * 9)
    assert pit.watches == (1, 1, 1)
    pit.quote(89, 90)
    assert pit.kinds == ["accepted", "fill", "accepted", "fill"]
    pit.wait(LINGER_NS)
    assert pit.watches == (0, 0, 1)


def test_an_order_that_never_rests_is_never_watched() -> None:
    pit = Pit(**DIRECT)
    pit.quote(99, 101)
    pit.submit("O1")
    assert pit.kinds == ["accepted", "fill"]
    assert pit.watches == (0, 0, 1)


def test_public_trades_reach_resting_orders() -> None:
    pit = Pit(**DIRECT)
    pit.quote(99, 101)
    pit.submit("O1", 100)
    trade = Trade(INSTRUMENT.id, 99, 5, Aggressor.SELLER, "", START_NS, START_NS)
    for handler in pit.market.on_trade:
        handler(trade)
    assert pit.kinds == ["accepted", "fill"]


@pytest.mark.parametrize("depth", [True, False])
def test_books_are_kept_from_the_start_where_wanted(depth: bool) -> None:
    pit = Pit(**DIRECT, depth=depth)
    asks = (BookLevel(100, 1), BookLevel(101, 1))
    update = BookUpdate(INSTRUMENT.id, (), asks, snapshot=True, ts_event=START_NS, ts_init=START_NS)
    for handler in pit.market.on_book:
        handler(update)
    pit.submit("O1", 101, 2)
    assert pit.kinds == (["accepted", "fill", "fill"] if depth else ["accepted"])


def test_the_desks_status_halts_the_venue() -> None:
    pit = Pit(**DIRECT)
    pit.submit("O1", 100)
    pit.market.status = TradingStatus.HALTED
    pit.submit("O2", 100)
    pit.quote(90, 91)
    assert pit.kinds == ["accepted", "rejected"]
    pit.market.status = TradingStatus.TRADING
    pit.quote(90, 91)
    assert pit.kinds == ["accepted", "rejected", "fill"]


def test_by_default_everything_takes_a_few_milliseconds() -> None:
    pit = Pit()
    pit.quote(99, 101)
    pit.submit("O1", 100)
    assert pit.reports == []
    assert asyncio.run(pit.broker.query_order("O1")) is None
    pit.clock.advance_to(START_NS + 10_000_000)
    assert pit.kinds == ["accepted"]
    pit.broker.amend(AmendOrder("O1", 1, 2, 0, 0, START_NS))
    pit.broker.cancel(CancelOrder("O1", 2, START_NS))
    pit.clock.advance_to(START_NS + 20_000_000)
    assert pit.kinds == ["accepted", "updated", "canceled"]


def test_queries_tell_the_venues_truth() -> None:
    pit = Pit(**DIRECT)
    pit.quote(9, 10)
    pit.submit("O1", 5, 3)
    pit.submit("O2", quantity=2)
    pit.broker.amend(AmendOrder("O1", 1, 4, 0, 0, START_NS))

    async def ask() -> None:
        broker = pit.broker
        order = await broker.query_order("O1")
        assert order is not None
        assert (order.life, order.quantity, order.cum_qty) == (ACCEPTED, 4, 0)
        assert await broker.query_open_orders() == [order]
        assert await broker.query_order("O3") is None
        (fill,) = await broker.query_fills(START_NS)
        assert (fill.client_order_id, fill.quantity, fill.price) == ("O2", 2, 10)
        assert await broker.query_fills(START_NS + 1) == []
        assert await broker.query_positions() == [VenuePosition(INSTRUMENT.id, 2, 10.0)]
        assert await broker.query_balances() == [Money(1_000 * 10**8 - fill.fee, "USDT")]
        assert await broker.instruments() == [INSTRUMENT]
        assert await broker.query_modes() == {"position_mode": "netting"}

    asyncio.run(ask())


def test_a_query_tells_why_an_order_was_rejected() -> None:
    pit = Pit(**DIRECT)
    pit.quote(9, 10)
    pit.submit("O1", 5, 0)
    order = asyncio.run(pit.broker.query_order("O1"))
    assert order is not None
    assert (order.life, order.code) == (REJECTED, "VENUE_LOT")


def test_close_lets_requests_arrive_and_ends_every_watch() -> None:
    pit = Pit()
    pit.submit("O1", 100)
    asyncio.run(pit.broker.close())
    asyncio.run(pit.broker.close())
    assert pit.kinds == ["accepted"]
    assert pit.watches == (0, 0, 0)


def test_after_close_every_request_is_refused() -> None:
    pit = Pit(**DIRECT)
    pit.submit("O1", 100)
    asyncio.run(pit.broker.close())
    pit.submit("O2", 100)
    pit.broker.amend(AmendOrder("O1", 1, 2, 0, 0, START_NS))
    pit.broker.cancel(CancelOrder("O1", 2, START_NS))
    assert pit.kinds == ["accepted", "rejected", "amend_rejected", "cancel_rejected"]


def test_capabilities_follow_the_settings() -> None:
    assert Pit().broker.capabilities.position_mode is NETTING
    assert Pit(position_mode="hedging").broker.capabilities.position_mode is HEDGING
    assert Pit(**DIRECT).broker.capabilities.visibility_delay_ms == 0
    assert Pit(submit_latency_ms=2.5).broker.capabilities.visibility_delay_ms == 3


def test_funding_that_was_told_before_a_restart_is_not_paid_again() -> None:
    """A feed may repeat the latest rate when it comes back; the desk would call it a mismatch."""
    pit = Pit(**DIRECT)
    pit.quote(99, 101)
    pit.submit("O1")
    rate = FundingRate(INSTRUMENT.id, 100_000, START_NS, START_NS)
    pit.broker.venue.on_funding(rate)
    (paid,) = [each for each in pit.reports if isinstance(each, CashMoved)]
    position, balances = Position(INSTRUMENT), [Balance("USDT", 8, 900 * 10**8)]
    position.book(BUY, 1, 101)
    again = Pit(**DIRECT)
    again.broker.take_up([], {INSTRUMENT.id: position}, balances, [paid.cash_id])
    again.quote(99, 101)
    again.broker.venue.on_funding(rate)
    assert not again.reports
    again.broker.venue.on_funding(msgspec.structs.replace(rate, ts_event=START_NS + 1))
    assert again.kinds == ["cash"]
