import msgspec
import pytest

from hexdesk.domain.instruments import (
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import InstrumentStatus, Quote
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderUpdated,
)
from hexdesk.domain.values import BUY, CANCELED, NS_PER_MS, REJECTED, SELL, TradingStatus
from hexdesk.plugin import CONTRACT_VERSION
from hexdesk_market_making import hexdesk_strategies
from hexdesk_market_making.settings import MarketMakingSettings
from hexdesk_market_making.strategy import MarketMakingStrategy
from tests.plugins.fakes import FakeContext, Sent

ID = "BTCUSDT-PERP.BINANCE"
INSTRUMENT = make_instrument(
    ID, InstrumentSettings(kind=InstrumentKind.PERPETUAL, quote="USDT", tick="0.1", lot="0.001")
)
SETTINGS = {
    "order_size": "0.01", "max_position": "0.02", "spread_bps": 10.0, "refresh_bps": 0.0,
    "refresh_interval_ms": 100, "stale_after_ms": 1_000,
}  # fmt: skip


class Market:
    """A strategy with both quotes out: 9,995 bid as o1, 10,006 offered as o2."""

    def __init__(self, **changes: object) -> None:
        self.context = FakeContext(INSTRUMENT)
        settings = msgspec.convert({**SETTINGS, **changes}, MarketMakingSettings)
        self.strategy = MarketMakingStrategy(self.context, settings)
        self.strategy.on_start()
        self.context.now = 10**9

    def quote(self, bid: int, ask: int, *, wait_ms: int = 100) -> list[Sent]:
        """Show a quote after a while; return what the strategy sends."""
        self.context.now += wait_ms * NS_PER_MS
        self.strategy.on_quote(Quote(ID, bid, 1, ask, 1, 0, self.context.now))
        return self.context.taken()

    def canceled(self, order_id: str) -> None:
        self.context.close(order_id, CANCELED)
        self.strategy.on_order(OrderCanceled(order_id, "", 0, 0))

    def updated(self, order_id: str) -> None:
        order = self.context.orders[order_id]
        self.strategy.on_order(OrderUpdated(order_id, 1, order.quantity, order.price, 0, 0, 0))


@pytest.fixture
def market() -> Market:
    found = Market()
    found.quote(10_000, 10_001)
    return found


def test_the_hook_offers_the_plugin() -> None:
    (registration,) = hexdesk_strategies()
    assert (registration.name, registration.contract) == ("market_making", CONTRACT_VERSION)
    msgspec.convert(registration.example_settings, registration.settings)


def test_both_sides_are_quoted() -> None:
    """A11: spread analysis and inventory skew decide where."""
    market = Market()
    assert market.quote(10_000, 10_001) == [
        Sent("submit", "o1", BUY, 10, 9_995, post_only=True),
        Sent("submit", "o2", SELL, 10, 10_006, post_only=True),
    ]


def test_quotes_stay_while_the_market_hardly_moves(market: Market) -> None:
    market.strategy.on_order(OrderAccepted("o1", "v", 0, 0))
    assert market.quote(10_000, 10_001) == []


def test_quotes_follow_the_market_and_the_far_side_goes_first(market: Market) -> None:
    up = market.quote(10_100, 10_101)
    assert up == [Sent("amend", "o2", SELL, 0, 10_106), Sent("amend", "o1", BUY, 0, 10_095)]
    market.updated("o1")
    market.updated("o2")
    down = market.quote(10_000, 10_001)
    assert [sent.client_order_id for sent in down] == ["o1", "o2"]


def test_no_second_request_before_the_answer(market: Market) -> None:
    market.quote(10_100, 10_101)
    assert market.quote(10_200, 10_201) == []
    market.updated("o1")
    market.updated("o2")
    assert len(market.quote(10_200, 10_201)) == 2


def test_a_side_changes_at_most_once_an_interval(market: Market) -> None:
    assert market.quote(10_100, 10_101, wait_ms=99) == []
    assert len(market.quote(10_100, 10_101, wait_ms=1)) == 2


def test_a_quote_never_reaches_the_own_order_of_the_other_side(market: Market) -> None:
    market.context.can_amend = False
    assert market.quote(10_100, 10_101) == [Sent("cancel", "o2", SELL)]
    assert market.quote(10_100, 10_101) == []  # o2 may still offer at 10,006
    market.canceled("o2")
    assert market.quote(10_100, 10_101) == [
        Sent("cancel", "o1", BUY),
        Sent("submit", "o3", SELL, 10, 10_106, post_only=True),
    ]


def test_a_venue_that_refuses_amendments_gets_cancels_and_new_orders(market: Market) -> None:
    market.quote(10_002, 10_003)
    market.strategy.on_order(AmendRejected("o1", 1, "VENUE_OTHER", "", 0, 0))
    market.updated("o2")
    assert market.quote(10_006, 10_007) == [
        Sent("cancel", "o1", BUY),
        Sent("amend", "o2", SELL, 0, 10_012),
    ]
    market.canceled("o1")
    assert market.quote(10_006, 10_007) == [Sent("submit", "o3", BUY, 10, 10_001, post_only=True)]


@pytest.mark.parametrize("quote", [(0, 10_001), (10_000, 0), (10_001, 10_000), (9_000, 11_000)])
def test_an_abnormal_market_pulls_both(market: Market, quote: tuple[int, int]) -> None:
    pulled = market.quote(*quote, wait_ms=0)
    assert sorted((sent.kind, sent.client_order_id) for sent in pulled) == [
        ("cancel", "o1"),
        ("cancel", "o2"),
    ]
    assert market.quote(*quote) == []


def test_a_refused_cancel_is_tried_again(market: Market) -> None:
    market.quote(0, 10_001)
    order = market.context.orders["o1"]
    market.context.orders["o1"] = msgspec.structs.replace(
        order, status=market.context.orders["o1"].status.ACCEPTED
    )
    market.strategy.on_order(CancelRejected("o1", 1, "VENUE_OTHER", "", 0, 0))
    assert market.quote(0, 10_001) == [Sent("cancel", "o1", BUY)]


def test_the_side_at_the_limit_is_pulled_and_the_other_moves(market: Market) -> None:
    market.context.positions[ID] = 20
    sent = market.quote(10_000, 10_001)
    assert sent == [Sent("cancel", "o1", BUY), Sent("amend", "o2", SELL, 0, 10_001)]


def test_near_the_limit_less_is_quoted(market: Market) -> None:
    market.context.positions[ID] = 13
    market.context.fill(market.strategy, "o1", 4)
    assert market.context.taken() == []
    market.context.fill(market.strategy, "o1")
    market.context.positions[ID] = 13
    (bid,) = (sent for sent in market.quote(10_000, 10_001) if sent.side is BUY)
    assert bid.quantity == 7


def test_a_filled_quote_is_replaced_with_the_next_market_quote(market: Market) -> None:
    market.context.fill(market.strategy, "o1")
    assert market.context.taken() == []
    sent = market.quote(10_000, 10_001)
    assert ("submit", BUY) in [(each.kind, each.side) for each in sent]


def test_a_rejected_quote_waits_for_a_later_market_quote(market: Market) -> None:
    market.context.close("o1", REJECTED)
    market.strategy.on_order(OrderRejected("o1", "VENUE_POST_ONLY", "", 0, 0))
    assert market.context.taken() == []
    assert market.quote(10_000, 10_001, wait_ms=50) == []
    assert market.quote(10_000, 10_001, wait_ms=50) == [
        Sent("submit", "o3", BUY, 10, 9_995, post_only=True)
    ]


def test_a_denied_quote_is_not_tried_in_a_loop() -> None:
    market = Market()
    market.context.deny = True
    assert len(market.quote(10_000, 10_001)) == 2
    assert market.quote(10_000, 10_001, wait_ms=99) == []
    assert len(market.quote(10_000, 10_001, wait_ms=1)) == 2


def test_a_silent_market_pulls_both(market: Market) -> None:
    assert market.context.timers == {ID: market.context.now + 1_000 * NS_PER_MS}
    market.quote(10_000, 10_001, wait_ms=600)
    market.context.now += 400 * NS_PER_MS
    market.strategy.on_timer(ID, market.context.now)
    assert market.context.taken() == []
    assert market.context.timers == {ID: market.context.now + 600 * NS_PER_MS}
    market.context.now += 600 * NS_PER_MS
    market.strategy.on_timer(ID, market.context.now)
    assert [sent.kind for sent in market.context.taken()] == ["cancel", "cancel"]
    market.canceled("o1")
    market.canceled("o2")
    assert [sent.kind for sent in market.quote(10_000, 10_001)] == ["submit", "submit"]
    assert market.context.timers[ID] == market.context.now + 1_000 * NS_PER_MS


def test_a_halt_pulls_both_until_trading_resumes(market: Market) -> None:
    market.strategy.on_status(InstrumentStatus(ID, TradingStatus.HALTED, 0, 0))
    assert [sent.kind for sent in market.context.taken()] == ["cancel", "cancel"]
    market.canceled("o1")
    market.canceled("o2")
    assert market.quote(10_000, 10_001) == []
    market.strategy.on_status(InstrumentStatus(ID, TradingStatus.TRADING, 0, 0))
    assert len(market.quote(10_000, 10_001)) == 2


def test_the_end_cancels_all(market: Market) -> None:
    market.strategy.on_stop()
    assert [sent.kind for sent in market.context.taken()] == ["cancel", "cancel"]


def test_orders_of_others_are_ignored(market: Market) -> None:
    market.strategy.on_order(OrderCanceled("x", "", 0, 0))
    assert market.quote(10_000, 10_001) == []
