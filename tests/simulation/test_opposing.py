"""Two strategies against each other on one account that its venue nets, with stops (ADR 12).

The venue knows their sum and refuses, or drops, what does not reduce it; what a strategy holds is
protected all the same, and no close ever turns its position round. Ids of seed systems: C4, C24.
"""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hexdesk.application.desk import Desk
from hexdesk.application.durability.state import capture, encode_state
from hexdesk.application.orders.working import is_close
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import Flatten, StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    BUY,
    FILLED,
    HELD,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    SELL,
    STOP_MARKET,
    OrderType,
    Side,
)
from hexdesk.plugin import BrokerContext, Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_sim.broker import SimBroker
from hexdesk_sim.settings import SimSettings
from tests.core.application.replayed import assert_same, replayed

ID = INSTRUMENT.id
NAMES = ("a", "b")
TICK = 5
DEPOSIT = Money(10**15, "USDT")
names = st.sampled_from(NAMES)
sides = st.sampled_from([BUY, SELL])


class Trader(Strategy):
    """Does what it is told to at the next quote, and remembers closes that went too far."""

    def __init__(self, context: StrategyContext, pit: "Pit") -> None:
        super().__init__(context)
        self._pit = pit
        self._meanwhile = Counter[tuple[Side, int]]()

    def on_quote(self, quote: Quote) -> None:
        """Do what is to be done."""
        del quote
        todo = self._pit.todo.pop(self.context.strategy_id, None)
        if todo is not None:
            todo(self.context)

    def on_fill(self, fill: Fill) -> None:
        """Look whether a close turned the position round.

        It may by as much as another order of its owner closed at the very same moment.
        """
        at = (fill.side, fill.ts_init)
        order = self._pit.desk.order(fill.client_order_id)
        beyond = self.context.position_quantity(ID) * fill.side
        if order is not None and is_close(order.intent) and beyond > self._meanwhile[at]:
            self._pit.turned.append(fill)
        self._meanwhile[at] += fill.quantity


class Pit:
    """A desk with two strategies at a simulated venue that answers at once."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.desk = Desk(
            run_id="PIT", instruments=[INSTRUMENT], journal=self.journal, clock=self.clock,
            limits=WIDE_LIMITS,
        )  # fmt: skip
        self.broker = SimBroker(
            BrokerContext(
                name="sim", account_id="account", clock=self.clock, reports=self.desk.on_report,
                markets=self.desk.markets, instruments={ID: INSTRUMENT}, deposits=(DEPOSIT,),
                seed=1, logger=logging.getLogger("hexdesk.broker.sim"),
            ),
            SimSettings(submit_latency_ms=0, amend_latency_ms=0, cancel_latency_ms=0,
                        report_latency_ms=0),
        )  # fmt: skip
        self.account = Account("account", [INSTRUMENT])
        self.desk.add_broker("sim", self.broker, self.account)
        self.todo: dict[str, Callable[[StrategyContext], object]] = {}
        self.turned: list[Fill] = []
        for name in NAMES:
            self.desk.add_strategy(name, self._make, broker="sim", instrument_ids=[ID])
        self.desk.begin_run("pit", "backtest", self.clock.now_ns())
        self.desk.deposit("sim", DEPOSIT, "start", self.clock.now_ns())
        self.desk.command(StartStrategy("", self.clock.now_ns()))
        self.bid = BID
        self.move(0)

    def _make(self, context: StrategyContext) -> Strategy:
        return Trader(context, self)

    def move(self, ticks: int) -> None:
        """Move the market."""
        self.bid = max(self.bid + ticks * TICK, BID // 2)
        self.clock.advance_by(NS_PER_SECOND)
        now = self.clock.now_ns()
        ask = self.bid + ASK - BID
        self.desk.on_quote(Quote(ID, self.bid, SIZE, ask, SIZE, now, now))

    def act(self, name: str, todo: Callable[[StrategyContext], object]) -> None:
        """Let a strategy do something, at prices as they are."""
        self.todo[name] = todo
        self.move(0)

    def held(self, name: str) -> int:
        """Return what a strategy holds."""
        return self.desk.hosts[name].ledgers[ID].position.quantity

    def orders(self, name: str) -> list[Order]:
        """Return a strategy's open orders that are at the venue."""
        every = self.desk.open_orders(self.desk.hosts[name], ID)
        return [order for order in every if order.life is not HELD]

    def enter(self, name: str, side: Side, lots: int, stop_ticks: int = 20) -> None:
        """Enter at the market, with a stop."""
        stop = self.bid - side * stop_ticks * TICK
        self.act(
            name, lambda context: context.submit_bracket(ID, side, lots * LOT, stop_price=stop)
        )

    def venue_position(self) -> Any:
        """Return what the venue says that the account holds."""
        book = self.broker.venue.book(ID)
        assert book is not None
        return book.holdings["account"].position


class OpposingMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.pit = Pit()

    # --- what strategies and people do ----------------------------------------------------------

    @rule(name=names, side=sides, lots=st.integers(1, 3), stop=st.integers(5, 40),
          aim=st.sampled_from([0, 0, 15, 30]), limit=st.booleans())  # fmt: skip
    def enter(self, *, name: str, side: Side, lots: int, stop: int, aim: int, limit: bool) -> None:
        bid = self.pit.bid
        self.pit.act(
            name,
            lambda context: context.submit_bracket(
                ID, side, lots * LOT, entry_price=bid if limit else 0,
                stop_price=bid - side * stop * TICK,
                target_price=bid + side * aim * TICK if aim else 0,
            ),
        )  # fmt: skip

    @rule(name=names, side=sides, lots=st.integers(1, 4), ticks=st.integers(-10, 10),
          limit=st.booleans())  # fmt: skip
    def trade(self, *, name: str, side: Side, lots: int, ticks: int, limit: bool) -> None:
        kind, price = (LIMIT, self.pit.bid + ticks * TICK) if limit else (MARKET, 0)
        self.pit.act(name, lambda context: context.submit(ID, side, lots * LOT, kind, price))

    @rule(name=names, lots=st.integers(1, 4), kind=st.sampled_from([MARKET, LIMIT, STOP_MARKET]),
          ticks=st.integers(1, 20))  # fmt: skip
    def close(self, *, name: str, lots: int, kind: OrderType, ticks: int) -> None:
        """Close what is free to be closed: the venue must never have a word against it."""
        pit = self.pit
        held = pit.held(name)
        side = SELL if held > 0 else BUY
        closing = sum(order.leaves_qty for order in pit.orders(name) if is_close(order.intent))
        quantity = min(lots * LOT, abs(held) - closing)
        if quantity <= 0:
            return
        away = pit.bid - side * ticks * TICK
        before = len(self._sent(name))
        pit.act(
            name,
            lambda context: context.submit(
                ID, side, quantity, kind, away if kind is LIMIT else 0, reduce_only=True,
                trigger_price=pit.bid + side * ticks * TICK if kind is STOP_MARKET else 0,
            ),
        )  # fmt: skip
        sent = self._sent(name)[before:]
        assert [order.code for order in sent] == [""], "refused"
        if kind is MARKET:
            assert sent[0].life is FILLED
            assert abs(pit.held(name)) == abs(held) - quantity

    @rule(name=names, choice=st.integers(0, 9), lots=st.integers(1, 4))
    def amend(self, *, name: str, choice: int, lots: int) -> None:
        orders = self.pit.orders(name)
        if orders:
            order_id = orders[choice % len(orders)].intent.client_order_id
            self.pit.act(name, lambda context: context.amend(order_id, quantity=lots * LOT))

    @rule(name=names, choice=st.integers(0, 9))
    def cancel(self, *, name: str, choice: int) -> None:
        orders = self.pit.orders(name)
        if orders:
            order_id = orders[choice % len(orders)].intent.client_order_id
            self.pit.act(name, lambda context: context.cancel(order_id))

    @rule(name=names, by_person=st.booleans())
    def flatten(self, *, name: str, by_person: bool) -> None:
        pit = self.pit
        if by_person:
            pit.desk.command(Flatten(name, "test", pit.clock.now_ns()))
        else:
            pit.act(name, lambda context: context.flatten())
        assert not pit.held(name), "a flatten closes, whatever the other holds"

    @rule(ticks=st.integers(-60, 60))
    def move(self, ticks: int) -> None:
        self.pit.move(ticks)

    # --- laws -----------------------------------------------------------------------------------

    @invariant()
    def no_close_turns_a_position_round(self) -> None:
        assert not self.pit.turned

    @invariant()
    def nobody_closes_more_than_it_holds(self) -> None:
        for name in NAMES:
            held = self.pit.held(name)
            closing: dict[str, int] = {}
            for order in self.pit.orders(name):
                intent = order.intent
                if is_close(intent):
                    assert held * intent.side < 0, "it would open"
                    key = intent.list_id or intent.client_order_id
                    closing[key] = max(closing.get(key, 0), order.leaves_qty)
            assert sum(closing.values()) <= abs(held)

    @invariant()
    def the_venue_has_no_word_against_a_close(self) -> None:
        for order in self.pit.desk.execution.closed.values():
            assert order.code not in {"VENUE_REDUCE_ONLY", "VENUE_OVER_CLOSE"}, order

    @invariant()
    def ledgers_are_the_account(self) -> None:
        pit = self.pit
        book = pit.broker.venue.book(ID)
        if book is None or "account" not in book.holdings:
            return
        theirs = book.holdings["account"]
        assert sum(pit.held(name) for name in NAMES) == theirs.position.quantity
        mark = pit.desk.market(ID).mark
        ours = pit.account.balance("USDT")
        ledgers = [pit.desk.hosts[name].ledgers[ID] for name in NAMES]
        digits = 10 ** (ours.scale - INSTRUMENT.value_scale)
        open_result = sum(each.position.unrealised(mark) for each in ledgers)
        cash = theirs.balance
        assert ours.total + open_result * digits == (
            cash.total + theirs.position.unrealised(mark) * digits
        )

    def teardown(self) -> None:
        """What was written down gives the same state again."""
        if hasattr(self, "pit"):
            found = replayed(self.pit.journal.committed)
            assert_same(found, encode_state(capture(self.pit.desk)))

    def _sent(self, name: str) -> list[Order]:
        execution = self.pit.desk.execution
        every = (*execution.closed.values(), *execution.open.values())
        found = {order.intent.client_order_id: order for order in every
                 if order.intent.strategy_id == name}  # fmt: skip
        return [found[each] for each in sorted(found, key=lambda text: (len(text), text))]


OpposingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOpposing = OpposingMachine.TestCase


@pytest.mark.parametrize("other", [1, 2, 3])
def test_a_stop_protects_whatever_the_other_strategy_holds_against_it(other: int) -> None:
    """The account is long, flat or short: the stop of two lots closes two lots."""
    pit = Pit()
    pit.enter("a", BUY, 2)
    pit.enter("b", SELL, other, stop_ticks=100)
    pit.move(-30)
    assert pit.held("a") == 0
    assert pit.held("b") == -other * LOT
    assert pit.venue_position().quantity == -other * LOT
    pit.move(200)
    assert (pit.held("a"), pit.held("b"), pit.venue_position().quantity) == (0, 0, 0)
    assert not pit.desk.execution.open


def test_a_stop_shrinks_with_what_its_owner_holds() -> None:
    pit = Pit()
    pit.enter("a", BUY, 3)
    pit.enter("b", SELL, 3)
    pit.act("a", lambda context: context.submit(ID, SELL, LOT))
    assert [order.leaves_qty for order in pit.orders("a")] == [2 * LOT]
    pit.move(-30)
    assert pit.held("a") == 0


def test_alone_the_venue_keeps_a_close_reduce_only() -> None:
    """Nobody is netted with it: its venue is told, and ends it by itself."""
    pit = Pit()
    pit.desk.hosts["b"].ledgers.clear()
    pit.enter("a", BUY, 1)
    (stop,) = pit.orders("a")
    assert stop.intent.reduce_only
    assert not stop.intent.desk_reduce_only


def test_a_stop_that_the_venue_dropped_by_its_sum_is_sent_anew() -> None:
    """It was sent while nobody else traded there; then somebody did, against it."""
    pit = Pit()
    ledgers = dict(pit.desk.hosts["b"].ledgers)
    pit.desk.hosts["b"].ledgers.clear()
    pit.enter("a", BUY, 1)
    pit.desk.hosts["b"].ledgers.update(ledgers)
    pit.act("b", lambda context: context.submit(ID, SELL, LOT))
    (stop,) = pit.orders("a")
    assert stop.intent.desk_reduce_only
    assert stop.leaves_qty == LOT
    pit.move(-30)
    assert (pit.held("a"), pit.held("b")) == (0, -LOT)
