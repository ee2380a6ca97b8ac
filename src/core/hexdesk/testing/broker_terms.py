"""Broker cases B30-B59: times in force, special terms, conditional orders."""

import pytest

from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    CANCELED,
    CLOSE,
    DAY,
    EXPIRED,
    FILLED,
    FOK,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    NS_PER_SECOND,
    OPEN,
    PARTIALLY_FILLED,
    REJECTED,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
)
from hexdesk.testing.broker_bench import ASK, BID, LOT, SIZE, BrokerBench
from hexdesk.testing.broker_cases import KitBase, check_closed_unfilled, check_refused
from hexdesk.testing.cases import case, check

DAY_AND_HOUR_NS = 25 * 3600 * NS_PER_SECOND


class TermsCases(KitBase):
    """Times in force and special terms."""

    @case("B30", "LIMIT", "IOC")
    def test_b30_ioc_nothing(self, bench: BrokerBench) -> None:
        """An IOC order that nothing fills ends at once."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500, time_in_force=IOC)
        check_closed_unfilled(order, "it ends at once")

    @case("B31", "LIMIT", "IOC", "has_sizes")
    def test_b31_ioc_part(self, bench: BrokerBench) -> None:
        """An IOC order takes what is there and ends."""
        order = bench.submit(BUY, SIZE * 3, LIMIT, ASK, time_in_force=IOC)
        check(order.life in (CANCELED, EXPIRED), "the rest ends at once", order.life.name)
        check(0 < order.cum_qty < SIZE * 3, "a part is filled", order.cum_qty)

    @case("B32", "LIMIT", "FOK", "has_sizes")
    def test_b32_fok_too_large(self, bench: BrokerBench) -> None:
        """A FOK order that cannot be filled whole is not filled."""
        order = bench.submit(BUY, SIZE * 3, LIMIT, ASK, time_in_force=FOK)
        check_closed_unfilled(order, "all or nothing: nothing")

    @case("B33", "LIMIT", "FOK")
    def test_b33_fok_fits(self, bench: BrokerBench) -> None:
        """A FOK order that fits is filled whole."""
        order = bench.submit(BUY, LOT, LIMIT, ASK + 50, time_in_force=FOK)
        check(order.life is FILLED, "all or nothing: all", order.life.name)

    @case("B34", "LIMIT", "GTD", "has_time")
    def test_b34_gtd(self, bench: BrokerBench) -> None:
        """A GTD order lives until its time and not longer."""
        end_ns = bench.clock.now_ns() + 60 * NS_PER_SECOND
        order = bench.submit(BUY, LOT, LIMIT, BID - 500, time_in_force=GTD, expire_ns=end_ns)
        bench.advance(50 * NS_PER_SECOND)
        check(order.life is ACCEPTED, "it rests before its time", order.life.name)
        bench.advance(11 * NS_PER_SECOND)
        check(order.life in (EXPIRED, CANCELED), "it ends at its time", order.life.name)

    @case("B35", "LIMIT", "DAY", "has_time")
    def test_b35_day(self, bench: BrokerBench) -> None:
        """A DAY order ends with the trading day."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500, time_in_force=DAY)
        check(order.life is ACCEPTED, "it rests during the day", order.life.name)
        bench.advance(DAY_AND_HOUR_NS)
        check(order.life in (EXPIRED, CANCELED), "it ends with the day", order.life.name)

    @case("B36", "LIMIT", "post_only")
    def test_b36_post_only_rests(self, bench: BrokerBench) -> None:
        """A post-only order that would rest is accepted."""
        order = bench.submit(BUY, LOT, LIMIT, BID, post_only=True)
        check(order.life is ACCEPTED, "it rests", order.life.name)

    @case("B37", "LIMIT", "post_only")
    def test_b37_post_only_takes(self, bench: BrokerBench) -> None:
        """A post-only order that would take is refused."""
        order = bench.submit(BUY, LOT, LIMIT, ASK, post_only=True)
        check_refused(order, "VENUE_POST_ONLY", "it takes nothing")

    @case("B38", "MARKET", "reduce_only")
    def test_b38_reduce_nothing(self, bench: BrokerBench) -> None:
        """A reduce-only order without a position is refused."""
        order = bench.submit(SELL, LOT, MARKET, reduce_only=True)
        check_refused(order, "VENUE_REDUCE_ONLY", "there is nothing to reduce")

    @case("B39", "MARKET", "reduce_only")
    def test_b39_reduce_only(self, bench: BrokerBench) -> None:
        """A reduce-only order never turns a position."""
        bench.position(LOT)
        order = bench.submit(SELL, LOT * 3, MARKET, reduce_only=True)
        check(order.is_closed, "it ends", order.life.name)
        check(bench.held >= 0, "the position is not turned", bench.held)

    @case("B40", "LIMIT", "display_quantity")
    def test_b40_iceberg(self, bench: BrokerBench) -> None:
        """An iceberg is accepted and filled whole."""
        order = bench.submit(BUY, LOT * 4, LIMIT, BID - 500, display_quantity=LOT)
        check(order.life is ACCEPTED, "it rests", order.life.name)
        bench.move(BID - 1_000)
        bench.move(BID - 1_000)
        check(order.cum_qty == LOT * 4, "hidden quantity is filled as well", order.cum_qty)

    @case("B41", "MARKET", "position_effects")
    def test_b41_effects(self, bench: BrokerBench) -> None:
        """What was opened can be closed, and not more."""
        opened = bench.submit(BUY, LOT, MARKET, position_effect=OPEN)
        closed = bench.submit(SELL, LOT, MARKET, position_effect=CLOSE)
        check(opened.life is closed.life is FILLED, "both are filled", closed.life.name)
        over = bench.submit(SELL, LOT, MARKET, position_effect=CLOSE)
        check_refused(over, "VENUE_OVER_CLOSE", "there is nothing left to close")

    @case("B42", "MARKET")
    def test_b42_one_sided(self, bench: BrokerBench) -> None:
        """Without a counterparty a market order is not filled."""
        bench.quote(BID, 0)
        order = bench.submit(BUY, LOT, MARKET)
        check(order.cum_qty == 0, "nothing is filled", order.cum_qty)

    @case("B43", "LIMIT")
    @pytest.mark.parametrize(("bid", "ask"), [(ASK, ASK), (ASK, BID), (0, 0), (0, ASK), (BID, 0)])
    def test_b43_irregular(self, bench: BrokerBench, bid: int, ask: int) -> None:
        """Locked, crossed and empty markets do no harm."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        bench.quote(bid, ask)
        bench.submit(SELL, LOT, LIMIT, ASK + 500)
        check(order.life is ACCEPTED, "an order far away still rests", order.life.name)


class StopCases(KitBase):
    """Conditional orders."""

    @case("B50", "STOP_MARKET")
    @pytest.mark.parametrize("side", [BUY, SELL])
    def test_b50_stop_market(self, bench: BrokerBench, side: int) -> None:
        """A stop-market order waits for its trigger, then is filled."""
        step = 300 if side == BUY else -300
        order = bench.submit(
            BUY if side == BUY else SELL, LOT, STOP_MARKET, trigger_price=BID + step
        )
        check(order.life is ACCEPTED, "it waits", order.life.name)
        bench.move(BID + step // 2)
        check(not bench.fills, "it waits for its trigger")
        bench.move(BID + 2 * step)
        check(order.life is FILLED, "it is triggered and filled", order.life.name)
        check(
            all((fill.price - BID) * step >= step * step for fill in bench.fills),
            "at the market beyond the trigger",
            bench.fills,
        )

    @case("B51", "STOP_LIMIT")
    def test_b51_stop_limit(self, bench: BrokerBench) -> None:
        """A stop-limit order is triggered, then rests at its limit."""
        order = bench.submit(BUY, LOT, STOP_LIMIT, BID + 200, trigger_price=BID + 300)
        bench.move(BID + 600)
        check(not order.is_closed, "it is open", order.life.name)
        check(not bench.fills, "it is not filled beyond its limit", bench.fills)
        bench.move(BID + 100)
        check(order.life is FILLED, "it is filled at its limit", order.life.name)
        check(all(fill.price <= BID + 200 for fill in bench.fills), "not worse than its limit")

    @case("B52", "STOP_MARKET")
    def test_b52_cancel_stop(self, bench: BrokerBench) -> None:
        """A waiting stop can be canceled."""
        order = bench.submit(SELL, LOT, STOP_MARKET, trigger_price=BID - 300)
        bench.cancel(order)
        check(order.life is CANCELED, "it is canceled", order.life.name)
        bench.move(BID - 600)
        check(not bench.fills, "it never fires")

    @case("B53", "TRAILING_STOP")
    def test_b53_trailing(self, bench: BrokerBench) -> None:
        """A trailing stop follows the best price and fires at its distance."""
        order = bench.submit(SELL, LOT, TRAILING_STOP, trailing_offset=200)
        bench.move(BID + 500)
        bench.move(BID + 400)
        check(not bench.fills, "it waits within its distance")
        bench.move(BID + 200)
        check(order.life is FILLED, "it fires beyond its distance", order.life.name)

    @case("B54", "MARKET_TO_LIMIT", "has_sizes")
    def test_b54_market_to_limit(self, bench: BrokerBench) -> None:
        """What a market-to-limit order does not take rests."""
        order = bench.submit(BUY, SIZE * 3, MARKET_TO_LIMIT)
        check(order.life is PARTIALLY_FILLED, "a part is filled, the rest rests", order.life.name)
        worst = max(fill.price for fill in bench.fills)
        bench.move(ASK + 500)
        check(
            max(fill.price for fill in bench.fills) == worst, "the rest does not chase the market"
        )

    @case("B55", "STOP_MARKET")
    def test_b55_stop_behind(self, bench: BrokerBench) -> None:
        """A stop whose trigger lies behind the market is refused or fires at once."""
        order = bench.submit(SELL, LOT, STOP_MARKET, trigger_price=BID + 500)
        check(order.life in (FILLED, REJECTED, CANCELED), "it does not wait", order.life.name)
