"""Broker cases B60-B89: queries agree with reports; reports are sound; runs are repeatable."""

from collections.abc import Sequence

from hexdesk.domain.reports import Fill, OutcomeUnknown
from hexdesk.domain.values import (
    BUY,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    REJECTED,
    SELL,
)
from hexdesk.testing.broker_bench import ASK, BID, LOT, SIZE, BrokerBench
from hexdesk.testing.broker_cases import KitBase
from hexdesk.testing.cases import case, check


class QueryCases(KitBase):
    """What the venue says when asked."""

    @case("B60", "LIMIT", "lookup_key")
    def test_b60_query_order(self, bench: BrokerBench) -> None:
        """A queried order agrees with its reports, open and closed."""
        resting = bench.submit(BUY, LOT, LIMIT, BID - 500)
        filled = bench.submit(BUY, LOT, LIMIT, ASK + 50)
        for order in (resting, filled):
            found = bench.run(bench.broker.query_order(order.intent.client_order_id))
            check(found is not None, "the venue knows the order")
            if found is not None:
                check(found.life is order.life, "life agrees", found)
                check(found.cum_qty == order.cum_qty, "cum_qty agrees", found)
                check(found.quantity == order.quantity, "quantity agrees", found)
                check(found.venue_order_id == order.venue_order_id, "venue id agrees", found)

    @case("B61")
    def test_b61_query_unknown(self, bench: BrokerBench) -> None:
        """A query for an order that never was finds nothing."""
        check(bench.run(bench.broker.query_order("NEVER")) is None, "None is returned")

    @case("B62", "LIMIT")
    def test_b62_open_orders(self, bench: BrokerBench) -> None:
        """Open orders are those that are open, and no others."""
        orders = [bench.submit(BUY, LOT, LIMIT, BID - 100 * number) for number in (5, 6, 7)]
        bench.submit(BUY, LOT, LIMIT, ASK + 50)
        bench.cancel(orders[1])
        found = bench.run(bench.broker.query_open_orders())
        ids = {answer.venue_order_id for answer in found}
        expected = {orders[0].venue_order_id, orders[2].venue_order_id}
        check(ids == expected, "exactly the open orders", ids)
        if bench.broker.capabilities.client_ids:
            named = [bench.orders[answer.intent.client_order_id] for answer in found]
            check({order.venue_order_id for order in named} == ids, "they bear our ids", found)

    @case("B63", "MARKET")
    def test_b63_fills(self, bench: BrokerBench) -> None:
        """Queried fills are the reported fills, from the time asked for."""
        start_ns = bench.clock.now_ns()
        bench.submit(BUY, LOT, MARKET)
        bench.advance(NS_PER_SECOND)
        middle_ns = bench.clock.now_ns()
        bench.submit(SELL, LOT, MARKET)
        everything = bench.run(bench.broker.query_fills(start_ns))
        check(_trades(everything) == _trades(bench.fills), "all fills", everything)
        if bench.broker.capabilities.client_ids:
            named = {fill.client_order_id for fill in everything}
            check(named == set(bench.orders), "they bear our ids", named)
        later = bench.run(bench.broker.query_fills(middle_ns))
        if bench.has_time:
            expected = [fill for fill in bench.fills if fill.ts_event >= middle_ns]
            check(_trades(later) == _trades(expected), "fills since", later)

    @case("B64", "MARKET")
    def test_b64_positions(self, bench: BrokerBench) -> None:
        """Queried positions are what the fills add up to."""
        bench.submit(BUY, LOT * 3, MARKET)
        bench.position(LOT)
        held = {
            position.instrument_id: position.quantity
            for position in bench.run(bench.broker.query_positions())
        }
        check(held == {bench.instrument.id: bench.held}, "the sum of fills", held)

    @case("B65", "MARKET")
    def test_b65_flat(self, bench: BrokerBench) -> None:
        """A flat position is not listed."""
        check(not bench.run(bench.broker.query_positions()), "a new account is flat")

    @case("B66")
    def test_b66_balances(self, bench: BrokerBench) -> None:
        """Balances list the settlement currency."""
        balances = bench.run(bench.broker.query_balances())
        currencies = {money.currency for money in balances}
        check(bench.instrument.settle in currencies, "the settlement currency", currencies)

    @case("B67")
    def test_b67_instruments(self, bench: BrokerBench) -> None:
        """The venue lists the instrument that is traded."""
        listed = {instrument.id for instrument in bench.run(bench.broker.instruments())}
        check(bench.instrument.id in listed, "it is listed", listed)

    @case("B68", "LIMIT", "no_client_ids")
    def test_b68_nameless(self, bench: BrokerBench) -> None:
        """A venue without client order ids makes none up, and lists what an order is known by."""
        resting = bench.submit(BUY, LOT, LIMIT, BID - 500)
        filled = bench.submit(BUY, LOT, LIMIT, ASK + 50)
        (listed,) = bench.run(bench.broker.query_open_orders())
        check(not listed.intent.client_order_id, "it has no id of ours", listed)
        check(listed.venue_order_id == resting.venue_order_id, "it has the venue's", listed)
        told = (listed.intent.instrument_id, listed.intent.side, listed.quantity, listed.price)
        wanted = (bench.instrument.id, BUY, LOT, BID - 500)
        check(told == wanted, "instrument, side, quantity and price", told)
        for fill in bench.run(bench.broker.query_fills(0)):
            check(not fill.client_order_id, "executions neither", fill)
            check(fill.venue_order_id == filled.venue_order_id, "they have the venue's", fill)
        found = bench.run(bench.broker.query_order(resting.intent.client_order_id))
        check(found is None, "an order cannot be looked up by our id", found)


class SoundnessCases(KitBase):
    """What must hold for all reports together."""

    @case("B80", "MARKET", "LIMIT")
    def test_b80_fills_add_up(self, bench: BrokerBench) -> None:
        """Trade ids are unique; cum quantities and the position add up."""
        _trade_for_a_while(bench)
        ids = [(fill.instrument_id, fill.trade_id, fill.side) for fill in bench.fills]
        check(len(ids) == len(set(ids)), "trade ids are unique", ids)
        for order_id, order in bench.orders.items():
            total = sum(fill.quantity for fill in bench.fills if fill.client_order_id == order_id)
            check(order.cum_qty == total, "cum_qty is the sum of fills", order.cum_qty)
            check(order.cum_qty <= order.quantity, "nothing is overfilled", order.cum_qty)

    @case("B81", "MARKET", "LIMIT")
    def test_b81_times(self, bench: BrokerBench) -> None:
        """Times of receipt never go backwards."""
        _trade_for_a_while(bench)
        times = [report.ts_init for report in bench.reports]
        check(times == sorted(times), "ts_init rises", times)
        late = [
            report
            for report in bench.reports
            if not isinstance(report, OutcomeUnknown) and report.ts_event > report.ts_init
        ]
        check(not late or not bench.has_time, "no event is received before it happened", late)

    @case("B82", "MARKET", "LIMIT", "has_time")
    def test_b82_repeatable(self, bench: BrokerBench) -> None:
        """Equal inputs and seeds give equal reports."""
        _trade_for_a_while(bench)
        with self.make_bench().running() as again:
            _trade_for_a_while(again)
            check(again.reports == bench.reports, "both runs are equal")

    @case("B83", "LIMIT")
    def test_b83_close(self, bench: BrokerBench) -> None:
        """`close` can be called twice; later requests are answered, not raised."""
        bench.run(bench.broker.close())
        bench.run(bench.broker.close())
        order = bench.submit(BUY, LOT, LIMIT, BID - 500)
        check(
            order.life is REJECTED or order.doubt is not None,
            "an order after `close` is rejected or in doubt",
            order.life.name,
        )

    @case("B84", "LIMIT")
    def test_b84_many(self, bench: BrokerBench) -> None:
        """Many orders at once are all answered."""
        orders = [bench.send(BUY, LOT, LIMIT, BID - 500) for _ in range(200)]
        bench.settle()
        silent = [order for order in orders if order.life.name == "SUBMITTED"]
        check(not silent, "no order is left without an answer", len(silent))

    @case("B85")
    def test_b85_capabilities(self, bench: BrokerBench) -> None:
        """What is declared does not change while connected."""
        before = bench.broker.capabilities
        bench.submit(BUY, LOT, LIMIT, BID - 500)
        check(bench.broker.capabilities == before, "capabilities are constant")


def _trades(fills: Sequence[Fill]) -> list[tuple[str, str, int, int]]:
    return sorted((fill.trade_id, fill.venue_order_id, fill.quantity, fill.price) for fill in fills)


def _trade_for_a_while(bench: BrokerBench) -> None:
    """Send, fill, cancel in a fixed order."""
    for number in range(6):
        bench.submit(BUY, LOT * (number + 1), LIMIT, BID - 50 * number)
        bench.submit(SELL, LOT, LIMIT, ASK + 50 * number)
        bench.submit(BUY if number % 2 else SELL, SIZE // 2, MARKET)
        bench.move(BID - 100 + 40 * number)
    for order in list(bench.orders.values()):
        if not order.is_closed:
            bench.cancel(order)
