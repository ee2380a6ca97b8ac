"""Broker cases B01-B29: an order's life at the venue."""

from collections.abc import Iterator

import pytest

from hexdesk.domain.market import Quote
from hexdesk.domain.order_state import Order
from hexdesk.domain.reports import AmendRejected, CancelRejected, OrderRejected
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    CANCELED,
    EXPIRED,
    FILLED,
    LIMIT,
    MARKET,
    PARTIALLY_FILLED,
    REJECTED,
    SELL,
    OrderType,
    TimeInForce,
    TradingStatus,
)
from hexdesk.ports.broker import ForgetfulBroker
from hexdesk.testing.broker_bench import ASK, BID, LOT, SIZE, BrokerBench
from hexdesk.testing.cases import case, check, skip_undeclared

FLAGS = (
    "amend", "post_only", "reduce_only", "display_quantity", "position_effects",
    "client_ids", "dedupes_client_id", "lookup_key",
)  # fmt: skip


def declared(bench: BrokerBench) -> set[str]:
    """Return what a broker and its bench offer, in the words that cases need."""
    known = bench.broker.capabilities
    words = {kind.name for kind in known.order_types}
    words |= {force.name for force in known.times_in_force}
    words |= {flag for flag in FLAGS if getattr(known, flag)}
    if not known.client_ids:
        words.add("no_client_ids")
    if isinstance(bench.broker, ForgetfulBroker):
        words.add("forgetful")
    return words | {
        flag
        for flag in ("has_time", "has_sizes", "has_status", "has_funds")
        if getattr(bench, flag)
    }


def check_closed_unfilled(order: Order, why: str) -> None:
    """Fail unless an order ended without a fill."""
    check(order.life in (REJECTED, CANCELED, EXPIRED), why, order.life.name)
    check(order.cum_qty == 0, f"{why}: without a fill", order.cum_qty)


def check_refused(order: Order, code: str, why: str) -> None:
    """Fail unless an order was rejected for a reason, or ended at once without a fill."""
    check_closed_unfilled(order, why)
    if order.life is REJECTED:
        check(order.code == code, f"{why}: rejected as {code}", order.code)


class KitBase:
    """What all broker cases share: a fresh, connected bench, and honesty at the end."""

    def make_bench(self) -> BrokerBench:
        """Return a bench with a new broker and an empty account."""
        raise NotImplementedError("override make_bench: return BrokerBench(make_my_broker)")

    @pytest.fixture
    def bench(self, request: pytest.FixtureRequest) -> Iterator[BrokerBench]:
        """Yield a connected bench; fail if the broker reported anything dishonest."""
        bench = self.make_bench()
        try:
            skip_undeclared(request, declared(bench))
            yield bench.open()
        finally:
            bench.close()
        check(not bench.problems, "every report fits the order's state", bench.problems)


class LifeCases(KitBase):
    """Acceptance, fills, amendments, cancels."""

    @case("B01", "LIMIT")
    def test_b01_rests(self, bench: BrokerBench) -> None:
        """A limit order away from the market rests."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        check(order.life is ACCEPTED, "the order is accepted and rests", order.life.name)
        check(order.venue_order_id, "an accepted order has a venue_order_id")
        check(order.leaves_qty == LOT, "nothing is filled", order.leaves_qty)

    @case("B02", "LIMIT")
    @pytest.mark.parametrize("side", [BUY, SELL])
    def test_b02_takes(self, bench: BrokerBench, side: int) -> None:
        """A limit order through the market is filled, never worse than its limit."""
        limit = ASK + 50 if side == BUY else BID - 50
        order = bench.submit(BUY if side == BUY else SELL, LOT, LIMIT, limit)
        check(order.life is FILLED, "the order is filled", order.life.name)
        for fill in bench.fills:
            better = fill.price <= limit if side == BUY else fill.price >= limit
            check(better, "fills are not worse than the limit", fill.price)

    @case("B03", "MARKET")
    @pytest.mark.parametrize("side", [BUY, SELL])
    def test_b03_market(self, bench: BrokerBench, side: int) -> None:
        """A market order is filled at the touch or worse."""
        order = bench.submit(BUY if side == BUY else SELL, LOT, MARKET)
        check(order.life is FILLED, "the order is filled", order.life.name)
        for fill in bench.fills:
            fair = fill.price >= ASK if side == BUY else fill.price <= BID
            check(fair, "fills are not better than the touch", fill.price)

    @case("B04", "LIMIT")
    def test_b04_resting_fill(self, bench: BrokerBench) -> None:
        """A resting order is filled when the market comes to it."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        bench.move(BID - 1_000)
        check(order.life is FILLED, "the order is filled", order.life.name)
        check(all(fill.price <= BID - 500 for fill in bench.fills), "at its limit or better")

    @case("B05", "LIMIT", "has_sizes")
    def test_b05_partial_fill(self, bench: BrokerBench) -> None:
        """A larger order than there is at its limit is filled in part."""
        order = bench.submit(BUY, SIZE * 3, LIMIT, ASK)
        check(order.life is PARTIALLY_FILLED, "it is partially filled", order.life.name)
        check(0 < order.cum_qty < SIZE * 3, "a part is filled", order.cum_qty)
        bench.cancel(order)
        check(order.life is CANCELED, "the rest can be canceled", order.life.name)
        check(order.cum_qty + order.canceled_qty == SIZE * 3, "quantities add up")

    @case("B06", "LIMIT")
    def test_b06_cancel(self, bench: BrokerBench) -> None:
        """A cancel ends a resting order."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        bench.cancel(order)
        check(order.life is CANCELED, "the order is canceled", order.life.name)
        check(not order.pending_cancels, "no request is left unanswered")
        bench.move(BID - 1_000)
        check(not bench.fills, "a canceled order is not filled")

    @case("B07", "LIMIT")
    def test_b07_cancel_unknown(self, bench: BrokerBench) -> None:
        """A cancel of an order unknown to the venue is refused by its request id."""
        order = bench.prepare(BUY, LOT, LIMIT, BID - 500)  # never sent
        bench.cancel(order)
        answers = [report for report in bench.reports if isinstance(report, CancelRejected)]
        check([answer.request_id for answer in answers] == [1], "one CancelRejected", answers)
        check(not order.pending_cancels, "no request is left unanswered")

    @case("B08", "LIMIT")
    def test_b08_cancel_closed(self, bench: BrokerBench) -> None:
        """A cancel of a closed order is refused and changes nothing."""
        order = bench.submit(BUY, LOT, LIMIT, ASK)
        check(order.life is FILLED, "the order is filled", order.life.name)
        bench.cancel(order)
        answers = [report for report in bench.reports if isinstance(report, CancelRejected)]
        check(len(answers) == 1, "one CancelRejected", answers)
        check(order.life is FILLED, "the order stays filled", order.life.name)

    @case("B09", "LIMIT")
    def test_b09_cancel_races_fill(self, bench: BrokerBench) -> None:
        """Cancel and fill at once end in one of both, with quantities that add up."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        now = bench.clock.now_ns()
        bench.publish(Quote(bench.instrument.id, BID - 1_000, SIZE, BID - 990, SIZE, now, now))
        bench.cancel(order)
        check(order.life in (FILLED, CANCELED), "filled or canceled", order.life.name)
        check(order.cum_qty + order.canceled_qty == LOT, "quantities add up")
        check(not order.pending_cancels, "no request is left unanswered")

    @case("B10", "LIMIT", "amend")
    def test_b10_amend_price(self, bench: BrokerBench) -> None:
        """Amending the price of a resting order moves it."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        bench.amend(order, price=BID - 300)
        check(order.price == BID - 300, "the price is the new one", order.price)
        check(order.life is ACCEPTED, "the order still rests", order.life.name)
        check(not order.pending_amends, "no request is left unanswered")
        bench.move(BID - 400)
        check(order.life is FILLED, "it is filled at its new price", order.life.name)

    @case("B11", "LIMIT", "amend")
    def test_b11_amend_quantity(self, bench: BrokerBench) -> None:
        """Amending the quantity changes the total, not the rest."""
        order = bench.submit(BUY, LOT * 3, LIMIT, BID - 500)
        bench.amend(order, quantity=LOT * 2)
        check(order.quantity == LOT * 2, "the quantity is the new one", order.quantity)
        bench.move(BID - 1_000)
        check(order.cum_qty == LOT * 2, "not more than the new total is filled", order.cum_qty)

    @case("B12", "LIMIT", "amend")
    def test_b12_amend_through(self, bench: BrokerBench) -> None:
        """Amending to a price through the market takes."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        bench.amend(order, price=ASK + 50)
        check(order.life is FILLED, "the order is filled", order.life.name)

    @case("B13", "LIMIT", "amend")
    def test_b13_amend_closed(self, bench: BrokerBench) -> None:
        """An amendment of an unknown or closed order is refused."""
        order = bench.submit(BUY, LOT, LIMIT, ASK)
        bench.amend(order, price=BID)
        bench.amend(bench.prepare(BUY, LOT, LIMIT, BID), price=BID - 5)
        answers = [report for report in bench.reports if isinstance(report, AmendRejected)]
        check(len(answers) == 2, "two AmendRejected", answers)  # noqa: PLR2004 - two requests
        check(order.life is FILLED, "the order stays filled", order.life.name)

    @case("B14", "LIMIT", "dedupes_client_id")
    def test_b14_duplicate(self, bench: BrokerBench) -> None:
        """A client order id sent twice makes one order."""
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        bench.broker.submit(order.intent)
        bench.settle()
        check(order.life is ACCEPTED, "the first order lives on", order.life.name)
        open_orders = bench.run(bench.broker.query_open_orders())
        check(len(open_orders) == 1, "the venue has one order", open_orders)

    @case("B15")
    @pytest.mark.parametrize("kind", list(OrderType))
    def test_b15_undeclared_type(self, bench: BrokerBench, kind: OrderType) -> None:
        """An undeclared order type is rejected, never taken for another."""
        if kind in bench.broker.capabilities.order_types:
            pytest.skip(f"B15: {kind.name} is declared; its own case tries it")
        order = bench.submit(
            BUY,
            LOT,
            kind,
            BID if kind in (LIMIT, OrderType.STOP_LIMIT) else 0,
            trigger_price=ASK if kind in (OrderType.STOP_MARKET, OrderType.STOP_LIMIT) else 0,
            trailing_offset=100 if kind is OrderType.TRAILING_STOP else 0,
        )
        check(order.life is REJECTED, "the order is rejected", order.life.name)

    @case("B16", "LIMIT")
    @pytest.mark.parametrize("force", list(TimeInForce))
    def test_b16_undeclared_force(self, bench: BrokerBench, force: TimeInForce) -> None:
        """An undeclared time in force is rejected, never taken for another."""
        if force in bench.broker.capabilities.times_in_force:
            pytest.skip(f"B16: {force.name} is declared; its own case tries it")
        expire_ns = bench.clock.now_ns() + 10**12 if force is TimeInForce.GTD else 0
        order = bench.submit(BUY, LOT, LIMIT, BID - 500, time_in_force=force, expire_ns=expire_ns)
        check(order.life is REJECTED, "the order is rejected", order.life.name)

    @case("B17", "LIMIT")
    def test_b17_off_tick(self, bench: BrokerBench) -> None:
        """A price off the tick grid is rejected as VENUE_TICK."""
        check_refused(bench.submit(BUY, LOT, LIMIT, BID - 1), "VENUE_TICK", "off the grid")

    @case("B18", "LIMIT")
    @pytest.mark.parametrize("quantity", [LOT + 1, 5])
    def test_b18_off_lot(self, bench: BrokerBench, quantity: int) -> None:
        """A quantity off the lot, or below the minimum, is rejected as VENUE_LOT."""
        check_refused(bench.submit(BUY, quantity, LIMIT, BID), "VENUE_LOT", "off the lot")

    @case("B19", "LIMIT")
    def test_b19_unknown_instrument(self, bench: BrokerBench) -> None:
        """An order for an unknown instrument is rejected."""
        order = bench.submit(BUY, LOT, LIMIT, BID, instrument_id="NONE.ACME")
        check(order.life is REJECTED, "the order is rejected", order.life.name)

    @case("B20", "LIMIT")
    def test_b20_reject_says_why(self, bench: BrokerBench) -> None:
        """A rejected order has a code and a text."""
        bench.submit(BUY, LOT, LIMIT, BID - 1)
        for report in bench.reports:
            if isinstance(report, OrderRejected):
                check(report.code and report.text, "a reject says why", report)

    @case("B21", "LIMIT", "has_status")
    def test_b21_halted(self, bench: BrokerBench) -> None:
        """While the instrument is halted, orders are rejected."""
        bench.status(TradingStatus.HALTED)
        check_refused(bench.submit(BUY, LOT, LIMIT, BID), "VENUE_SESSION", "halted")
        bench.status(TradingStatus.TRADING)
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        check(order.life is ACCEPTED, "afterwards they are accepted", order.life.name)

    @case("B22", "LIMIT", "has_funds")
    def test_b22_funds(self, bench: BrokerBench) -> None:
        """An order that the account cannot pay is refused; smaller ones still pass."""
        large = bench.submit(BUY, LOT * 10**9, LIMIT, BID - 500)
        check_refused(large, "VENUE_FUNDS", "beyond the account's funds")
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        check(order.life is ACCEPTED, "an order within them is accepted", order.life.name)
