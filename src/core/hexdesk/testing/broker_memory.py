"""Broker cases B90-B99: a broker that dies with its desk goes on where the books end."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from hexdesk.domain.accounts import Balance
from hexdesk.domain.money import currency_scale
from hexdesk.domain.order import Order
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.values import (
    ACCEPTED,
    BUY,
    CLOSE,
    FILLED,
    HEDGING,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    REJECTED,
    SELL,
    STOP_MARKET,
    SUBMITTED,
)
from hexdesk.ports.broker import ForgetfulBroker, VenueOrder
from hexdesk.testing.broker_bench import ASK, BID, LOT, BrokerBench
from hexdesk.testing.broker_cases import KitBase
from hexdesk.testing.cases import case, check


class MemoryCases(KitBase):
    """What is left of an account when the process that kept it was killed."""

    @contextmanager
    def restarted(self, bench: BrokerBench) -> Generator[BrokerBench]:
        """Make a new broker that is told the books of one that died, and connect it."""
        again = self.make_bench()
        again.clock.advance_by(bench.clock.now_ns() + NS_PER_SECOND - again.clock.now_ns())
        broker = again.broker
        check(isinstance(broker, ForgetfulBroker), "it takes books up")
        if isinstance(broker, ForgetfulBroker):
            again.orders = bench.orders
            answered = [order for order in bench.orders.values() if order.life is not SUBMITTED]
            answered.sort(key=lambda order: order.life < FILLED)
            money = bench.run(bench.broker.query_balances())
            cash = [
                Balance(each.currency, currency_scale(each.currency), each.amount) for each in money
            ]
            broker.take_up(answered, {bench.instrument.id: _position(bench)}, cash, ())
        with again.running():
            yield again
            check(not again.problems, "every report fits the order's state", again.problems)

    @case("B90", "forgetful", "MARKET", "LIMIT")
    def test_b90_same_answers(self, bench: BrokerBench) -> None:
        """Every query tells after a restart what it told before."""
        _trade(bench)
        before = _truth(bench)
        with self.restarted(bench) as again:
            for query, told in _truth(again).items():
                check(told == before[query], f"{query} is as before: {before[query]}", told)

    @case("B91", "forgetful", "LIMIT")
    def test_b91_working(self, bench: BrokerBench) -> None:
        """A resting order works on, can be canceled and filled, and is counted once."""
        fills, ends = (bench.submit(BUY, LOT, LIMIT, BID - 500) for _ in range(2))
        with self.restarted(bench) as again:
            again.cancel(ends)
            again.move(BID - 1_000)
            check((fills.life, fills.cum_qty) == (FILLED, LOT), "it fills", fills)
            check((ends.is_closed, ends.cum_qty) == (True, 0), "it is canceled", ends)
            held = again.run(again.broker.query_positions())
            check([each.quantity for each in held] == [LOT], "its fill is held", held)

    @case("B92", "forgetful", "LIMIT")
    def test_b92_unanswered(self, bench: BrokerBench) -> None:
        """What nobody answered never arrived."""
        order = bench.prepare(BUY, LOT, LIMIT, BID - 500)
        with self.restarted(bench) as again:
            found = again.run(again.broker.query_order(order.intent.client_order_id))
            check(found is None, "it is not found", found)

    @case("B93", "forgetful", "MARKET", "LIMIT")
    def test_b93_new_ids(self, bench: BrokerBench) -> None:
        """No id of an order or execution is given a second time."""
        _trade(bench)
        with self.restarted(bench) as again:
            before = {order.venue_order_id for order in again.orders.values()}
            order = again.submit(SELL, LOT, MARKET)
            check(order.venue_order_id not in before, "another order id", order.venue_order_id)
            ids = [fill.trade_id for fill in (*bench.fills, *again.fills)]
            check(len(ids) == len(set(ids)), "other trade ids", ids)

    @case("B94", "forgetful", "STOP_MARKET")
    def test_b94_stops(self, bench: BrokerBench) -> None:
        """A stop waits on for its trigger."""
        bench.position(LOT)
        stop = bench.submit(SELL, LOT, STOP_MARKET, trigger_price=BID - 500, **_closing(bench))
        check(stop.life is ACCEPTED, "it waits", stop)
        with self.restarted(bench) as again:
            check(stop.life is ACCEPTED, "it waits on", stop)
            again.move(BID - 1_000)
            check(stop.life is FILLED, "it is triggered and filled", stop)
            check(not again.run(again.broker.query_positions()), "the account is flat")


def _closing(bench: BrokerBench) -> dict[str, Any]:
    """Return the terms of an order that only closes."""
    if bench.broker.capabilities.position_mode is HEDGING:
        return {"position_effect": CLOSE}
    return {"reduce_only": True} if bench.broker.capabilities.reduce_only else {}


def _position(bench: BrokerBench) -> Position | HedgedPosition:
    """Return what the reported executions add up to."""
    hedging = bench.broker.capabilities.position_mode is HEDGING
    position = HedgedPosition(bench.instrument) if hedging else Position(bench.instrument)
    for fill in bench.fills:
        effect = bench.orders[fill.client_order_id].intent.position_effect
        position.book(fill.side, fill.quantity, fill.price, effect)
    return position


def _truth(bench: BrokerBench) -> dict[str, list[tuple[object, ...]]]:
    """Return all that the broker knows and the books tell, by query."""
    broker, run = bench.broker, bench.run
    orders = [run(broker.query_order(order_id)) for order_id in bench.orders]
    return {
        "order": [_terms(order) for order in orders if order is not None],
        "open_orders": [_terms(order) for order in run(broker.query_open_orders())],
        "fills": [
            (fill.trade_id, fill.client_order_id, fill.quantity, fill.price, fill.ts_event)
            for fill in run(broker.query_fills(0))
        ],
        "positions": [
            (held.instrument_id, held.quantity) for held in run(broker.query_positions())
        ],
        "balances": sorted(
            (money.currency, money.amount) for money in run(broker.query_balances())
        ),
    }


def _terms(order: VenueOrder) -> tuple[object, ...]:
    """Return how an order stands; of a rejected one nobody was told the venue's id."""
    venue_order_id = "" if order.life is REJECTED else order.venue_order_id
    terms = (order.quantity, order.price, order.trigger_price)
    return (order.intent.client_order_id, venue_order_id, order.life.name, *terms, order.cum_qty)


def _trade(bench: BrokerBench) -> list[Order]:
    """Fill, part-fill, rest, amend, cancel and refuse."""
    orders = [bench.submit(BUY, LOT * number, LIMIT, BID - 500 * number) for number in range(1, 5)]
    orders += [bench.submit(SELL, LOT, LIMIT, ASK + 700 * number) for number in range(1, 4)]
    bench.submit(BUY, LOT * 3, MARKET)
    bench.move(BID - 600)
    if bench.broker.capabilities.amend:
        bench.amend(orders[1], quantity=LOT * 5, price=BID - 1_500)
    bench.cancel(orders[2])
    bench.submit(SELL, LOT * 2, MARKET)
    bench.submit(BUY, 1, LIMIT, BID - 3)
    return orders
