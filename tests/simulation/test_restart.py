"""A desk with its venue in its own process is killed again and again: the books go on as they were.

What the venue knew dies with the desk. After each restart it must tell what the books tell: the
first rounds of reconciliation find nothing, and what rested goes on.
"""

import logging
from collections.abc import Coroutine, Sequence
from random import Random
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from hexdesk.application.desk import Desk
from hexdesk.application.durability.handover import hand_over
from hexdesk.application.durability.recovery import doubt_unanswered, read_past
from hexdesk.application.durability.replay import Replay
from hexdesk.application.reconciliation.actions import Action, CancelLeftover, FeedReport
from hexdesk.application.reconciliation.cash import cash_of
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import Query, QueryKind, Truth
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.instruments import Instrument, InstrumentKind
from hexdesk.domain.market import Quote
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill, OrderAbandoned
from hexdesk.domain.values import (
    ACCEPTED,
    AUTO,
    BUY,
    CANCELED,
    CLOSE,
    DAY,
    DENIED,
    EXPIRED,
    FILLED,
    GTC,
    GTD,
    HELD,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    NS_PER_MS,
    NS_PER_SECOND,
    OPEN,
    REJECTED,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
    TRIGGERED,
    Side,
    TimeInForce,
)
from hexdesk.plugin import BrokerContext, Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import START_NS, FakeClock
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_sim.broker import SimBroker
from hexdesk_sim.settings import SimSettings

T = TypeVar("T")
SPOT = replace(INSTRUMENT, id="TEST-SPOT.ACME", kind=InstrumentKind.SPOT)
INVERSE = replace(
    INSTRUMENT, id="TEST-INV.ACME", base="COIN", settle="COIN", inverse=True, multiplier=100,
    quantity_scale=0, lot=1, min_quantity=1,
)  # fmt: skip
INSTRUMENTS = (INSTRUMENT, SPOT, INVERSE)
DEPOSITS = (Money(10**15, "USDT"), Money(10**15, "COIN"), Money(10**13, "TEST"))
KINDS = (
    LIMIT, LIMIT, LIMIT, LIMIT, MARKET, STOP_MARKET, STOP_LIMIT, TRAILING_STOP, MARKET_TO_LIMIT,
)  # fmt: skip


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Complete a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("the simulated venue answers at once")


class Trader(Strategy):
    """Does what the crowd tells it at a quote."""

    def __init__(self, context: StrategyContext, life: "Life") -> None:
        super().__init__(context)
        self._life = life

    def on_quote(self, quote: Quote) -> None:
        if self._life.crowd is not None and self.context.strategy_id == self._life.turn:
            self._life.crowd.act(self.context, quote)


class Life:
    """One process: a desk and its venue, from what the journal says to the kill."""

    def __init__(
        self,
        journal: FakeJournal,
        start_ns: int,
        settings: SimSettings,
        *,
        names: Sequence[str] = ("a", "b"),
    ) -> None:
        self.journal = journal
        self.clock = clock = FakeClock(start_ns)
        self.past = past = read_past(journal)
        self.desk = desk = Desk(
            run_id=f"R{start_ns // NS_PER_MS}",
            instruments=INSTRUMENTS,
            journal=journal,
            clock=clock,
            limits=WIDE_LIMITS,
        )
        context = BrokerContext(
            name="sim",
            account_id="account",
            clock=clock,
            reports=desk.on_report,
            markets=desk.markets,
            instruments={each.id: each for each in INSTRUMENTS},
            deposits=DEPOSITS,
            seed=start_ns,
            logger=logging.getLogger("hexdesk.broker.sim"),
        )
        self.broker = SimBroker(context, settings)
        mode = self.broker.capabilities.position_mode
        self.account = Account("account", INSTRUMENTS, position_mode=mode)
        desk.add_broker("sim", self.broker, self.account)
        if past is not None:
            Replay(desk).restore(past.state)
            hand_over(desk, "sim", self.broker)
        self.crowd: Crowd | None = None
        self.turn = ""
        ids = [each.id for each in INSTRUMENTS]
        for name in names:
            if name not in desk.hosts:
                desk.owners.open(name, "sim", ids)
        desk.begin_run("sim", "paper", start_ns, continues=past is not None, is_virtual=False)
        for money in DEPOSITS if past is None else ():
            desk.deposit("sim", money, "start", start_ns)
        for name in names:
            desk.add_strategy(name, self._trader(), broker="sim", instrument_ids=ids)
        run(self.broker.connect())
        self.doubts = doubt_unanswered(desk, start_ns) if past is not None else 0
        self.reconciler = Reconciler(
            "sim", desk, self.broker.capabilities, ReconciliationSettings()
        )
        self.reconciler.start(start_ns, quiet_since_ns=past.latest_ns if past else 0)
        self.actions: list[Action] = []
        self._repairs = Repairs(desk, "sim")
        self.wait(3)
        desk.command(StartStrategy("", clock.now_ns()))

    def _trader(self) -> Any:
        def make(context: StrategyContext) -> Strategy:
            return Trader(context, self)

        return make

    def wait(self, seconds: float) -> None:
        """Let time pass, reconciling twice a second."""
        for _ in range(round(seconds * 2)):
            self.clock.advance_by(NS_PER_SECOND // 2)
            now_ns = self.clock.now_ns()
            self._do(self.reconciler.tick(now_ns))
            for query in self.reconciler.due(now_ns):
                truth = self._ask(query)
                self._do(self.reconciler.answered(query, truth, self.clock.now_ns()))

    def quote(self, bid: int, instrument: Instrument = INSTRUMENT) -> None:
        """Move a market."""
        now = self.clock.now_ns()
        self.desk.on_quote(Quote(instrument.id, bid, SIZE, bid + ASK - BID, SIZE, now, now))

    def kill(self) -> int:
        """Let the process die: what was not committed is gone. Return when."""
        self.journal.pending.clear()
        return self.clock.now_ns()

    def orders(self) -> list[Order]:
        """All orders that are kept."""
        execution = self.desk.execution
        return [*execution.closed.values(), *execution.open.values()]

    def _ask(self, query: Query) -> Truth:
        broker, asked_ns, since_ns = self.broker, query.asked_ns, query.since_ns
        match query.kind:
            case QueryKind.ORDER:
                order = run(broker.query_order(query.client_order_id))
                return Truth(asked_ns=asked_ns, order=order)
            case QueryKind.ORDERS:
                return Truth(asked_ns=asked_ns, orders=run(broker.query_open_orders()))
            case QueryKind.FILLS:
                fills = run(broker.query_fills(since_ns))
                return Truth(asked_ns=asked_ns, since_ns=since_ns, fills=fills)
            case QueryKind.POSITIONS:
                return Truth(asked_ns=asked_ns, positions=run(broker.query_positions()))
            case _:
                return Truth(asked_ns=asked_ns, balances=run(broker.query_balances()))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            self.actions.append(action)
            self._repairs.do(action, self.clock.now_ns())


class Crowd:
    """Does what comes into its head, by a seed, over any number of lives."""

    def __init__(self, seed: int, mode: str) -> None:
        self.chance = Random(seed)
        self.bids = {each.id: BID for each in INSTRUMENTS}
        self.is_hedging = mode == "hedging"

    def trade(self, life: Life, steps: int) -> None:
        """Move markets and trade on them."""
        chance = self.chance
        life.crowd = self
        for _ in range(steps):
            instrument = chance.choice(INSTRUMENTS)
            self.bids[instrument.id] += chance.randint(-6, 6) * 5
            life.turn = chance.choice("ab")
            life.quote(self.bids[instrument.id], instrument)
            life.clock.advance_by(chance.choice([0, 1, 7, 50, 400]) * NS_PER_MS)
        life.crowd = None

    def act(self, context: StrategyContext, quote: Quote) -> None:
        """Decide something at a quote."""
        chance = self.chance
        bid = quote.bid_price
        working = [view.client_order_id for view in context.open_orders(quote.instrument_id)]
        choice = chance.random()
        if choice < 0.65:
            self._submit(context, quote)
        elif choice < 0.72:
            context.submit_bracket(
                INSTRUMENT.id, BUY, LOT * 2, entry_price=bid, stop_price=bid - 300,
                target_price=bid + 300,
            )  # fmt: skip
        elif choice < 0.85 and working:
            context.cancel(chance.choice(working))
        elif working:
            price, quantity = bid + chance.randint(-9, 9) * 5, LOT * chance.randint(1, 6)
            context.amend(chance.choice(working), quantity=quantity, price=price)

    def _submit(self, context: StrategyContext, quote: Quote) -> None:
        chance = self.chance
        kind = chance.choice(KINDS)
        side: Side = chance.choice([BUY, SELL])
        force = chance.choice([GTC, GTC, GTC, GTD, DAY, IOC]) if kind is LIMIT else GTC
        price, trigger = (quote.bid_price + chance.randint(-20, 20) * 5 for _ in range(2))
        shown = LOT if kind is LIMIT and force is GTC and chance.random() < 0.2 else 0
        context.submit(
            quote.instrument_id, side, LOT * chance.randint(1, 5), kind,
            price if kind in {LIMIT, STOP_LIMIT} else 0,
            trigger_price=trigger if kind in {STOP_LIMIT, STOP_MARKET} else 0,
            trailing_offset=50 if kind is TRAILING_STOP else 0,
            time_in_force=force,
            expire_ns=quote.ts_init + 2 * NS_PER_SECOND if force is GTD else 0,
            reduce_only=not self.is_hedging and chance.random() < 0.2,
            position_effect=chance.choice([OPEN, OPEN, CLOSE]) if self.is_hedging else AUTO,
            display_quantity=shown,
        )  # fmt: skip


def check_venue(life: Life) -> None:
    """Assert that every query tells what the books tell."""
    broker, desk = life.broker, life.desk
    open_orders = run(broker.query_open_orders())
    listed = {each.intent.client_order_id: each for each in open_orders}
    fills: dict[str, Fill] = {}
    for order in life.orders():
        order_id = order.intent.client_order_id
        theirs = run(broker.query_order(order_id))
        busts = order.busts or {}
        own = order.fills or {}
        fills |= {trade_id: fill for trade_id, fill in own.items() if trade_id not in busts}
        assert order.doubt is None, order
        if theirs is None:
            assert order.life in {HELD, REJECTED, CANCELED, DENIED}, order
            assert not order.cum_qty
            assert not order.venue_order_id
            continue
        assert (order.life, order.cum_qty) == (theirs.life, theirs.cum_qty), (order, theirs)
        assert order.venue_order_id in {theirs.venue_order_id, ""}
        if order.life < FILLED:
            assert listed.pop(order_id) == theirs
            assert order.quantity == theirs.quantity
    assert not listed
    told = {fill.trade_id: fill for fill in run(broker.query_fills(0))}
    assert {key: _terms(fill) for key, fill in told.items()} == {
        key: _terms(fill) for key, fill in fills.items()
    }
    held = {each.instrument_id: each.quantity for each in run(broker.query_positions())}
    ledgers = [ledger for host in desk.hosts.values() for ledger in host.ledgers.values()]
    for instrument in INSTRUMENTS:
        own_held = sum(
            each.position.quantity for each in ledgers if each.instrument.id == instrument.id
        )
        assert held.get(instrument.id, 0) == own_held
    cash = cash_of(life.account, ledgers)
    for money in run(broker.query_balances()):
        if money.currency not in cash.unclear:
            assert cash.amounts.get(money.currency, 0) == money.amount, money.currency


def _terms(fill: Fill) -> tuple[object, ...]:
    return fill.client_order_id, fill.side, fill.quantity, fill.price, fill.fee, fill.ts_event


def check_found_nothing(life: Life) -> None:
    """Assert that nothing differed: doubts alone were settled, as that nothing had happened.

    A protective order without a position is one with or without a restart.
    """
    for action in life.actions:
        code = getattr(action, "code", "")
        if isinstance(action, CancelLeftover) or code in {"GHOST_ORDER", "DOUBT"}:
            continue
        assert isinstance(action, FeedReport), action
        assert not isinstance(action.report, Fill), action
    abandoned = [each for each in life.actions if _is_absence(each)]
    assert len(abandoned) <= life.doubts
    assert life.reconciler.incidents.open == []
    assert life.desk.execution.reducing == {}
    assert life.reconciler.is_ready


def _is_absence(action: Action) -> bool:
    return isinstance(action, FeedReport) and isinstance(action.report, OrderAbandoned)


DIRECT = {f"{each}_latency_ms": 0.0 for each in ("submit", "amend", "cancel", "report")}


@pytest.mark.parametrize("mode", ["netting", "hedging"])
@pytest.mark.parametrize("latency_ms", [0.0, 5.0])
@pytest.mark.parametrize("seed", range(8))
def test_killed_again_and_again_the_venue_tells_what_the_books_tell(
    seed: int, latency_ms: float, mode: str
) -> None:
    latencies = dict.fromkeys(DIRECT, latency_ms)
    settings = msgspec.convert({"position_mode": mode, **latencies}, SimSettings)
    journal, crowd = FakeJournal(), Crowd(seed, mode)
    now_ns = START_NS
    trade_ids: set[str] = set()
    for downtime_s in (0, 1, 100, 90_000):
        life = Life(journal, now_ns, settings)
        life.wait(20)
        check_found_nothing(life)
        check_venue(life)
        known = {trade_id for order in life.orders() for trade_id in order.fills or {}}
        assert known == trade_ids
        crowd.trade(life, 80)
        now_ns = life.kill() + downtime_s * NS_PER_SECOND
        trade_ids = {trade_id for order in life.orders() for trade_id in order.fills or {}}
    assert len(trade_ids) > 20


DEAF = msgspec.convert({**DIRECT, "faults": [{"action": "drop", "report": "fill"}]}, SimSettings)
PLAIN = msgspec.convert(DIRECT, SimSettings)


class Once(Crowd):
    """Sends one order at the first quote, and nothing more."""

    def __init__(self, **terms: Any) -> None:
        super().__init__(0, "netting")
        self.terms = terms
        self.order_id = ""

    def act(self, context: StrategyContext, quote: Quote) -> None:
        if not self.order_id:
            self.order_id = context.submit(quote.instrument_id, BUY, LOT, **self.terms)


def killed_with(order: Once, settings: SimSettings = PLAIN) -> tuple[FakeJournal, int]:
    """Return the journal of a desk that was killed with an order at work, and when."""
    journal = FakeJournal()
    life = Life(journal, START_NS, settings)
    life.crowd, life.turn = order, "a"
    life.quote(BID)
    assert life.desk.execution.open[order.order_id].life is ACCEPTED
    return journal, life.kill()


def test_what_rested_before_the_kill_fills_after_it() -> None:
    order = Once(order_type=LIMIT, price=BID - 500)
    life = Life(*killed_with(order), PLAIN)
    life.quote(BID - 1_000)
    (fill,) = (life.orders()[-1].fills or {}).values()
    assert (fill.client_order_id, fill.price) == (order.order_id, BID - 500)
    life.wait(100)
    check_found_nothing(life)
    check_venue(life)


def test_a_market_order_whose_executions_nobody_heard_of_ends() -> None:
    order = Once(order_type=STOP_MARKET, trigger_price=ASK + 100)
    journal, now_ns = killed_with(order, DEAF)
    life = Life(journal, now_ns, DEAF)
    life.quote(ASK + 200)
    assert life.desk.execution.open[order.order_id].life is TRIGGERED
    assert life.broker.venue.fills("account")
    again = Life(journal, life.kill(), DEAF)
    ended = again.orders()[-1]
    assert (ended.life, ended.code, ended.cum_qty) == (CANCELED, "RESTARTED", 0)
    again.wait(100)
    check_found_nothing(again)
    check_venue(again)


@pytest.mark.parametrize("force", [DAY, GTD])
def test_what_expired_meanwhile_ends_before_the_first_quote(force: TimeInForce) -> None:
    terms = {"expire_ns": START_NS + 60 * NS_PER_SECOND} if force is GTD else {}
    order = Once(order_type=LIMIT, price=BID - 500, time_in_force=force, **terms)
    journal, now_ns = killed_with(order)
    life = Life(journal, now_ns + 86_400 * NS_PER_SECOND, PLAIN)
    assert life.orders()[-1].life is EXPIRED
    check_found_nothing(life)
    check_venue(life)


def test_a_trailing_stop_follows_anew_from_where_the_market_is() -> None:
    order = Once(order_type=TRAILING_STOP, trailing_offset=50)
    life = Life(*killed_with(order), PLAIN)
    life.quote(BID - 1_000)
    life.quote(BID - 900)
    assert life.orders()[-1].life is FILLED
    check_venue(life)
