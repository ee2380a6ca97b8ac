"""A desk at the simulated venue whose reports are lost, late and doubled: the books come right.

Everything is asked through the broker's own queries; its coroutines complete at once, so that a
whole session runs on one virtual clock and a failing seed can be run again.
"""

import logging
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from random import Random
from typing import Any, TypeVar

import pytest

from hexdesk.application.desk import Desk
from hexdesk.application.reconciliation.actions import Action, AdoptExternal, FeedReport
from hexdesk.application.reconciliation.cash import cash_of
from hexdesk.application.reconciliation.findings import Mismatch, Policy
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.reductions import CODES
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import Query, QueryKind, Truth
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import ClearReducing, StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.orders import CancelOrder, NewOrder
from hexdesk.domain.values import (
    BUY,
    CANCELED,
    FILLED,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    REJECTED,
    SELL,
    STOP_MARKET,
    SUBMITTED,
    Side,
)
from hexdesk.plugin import BrokerContext, Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_sim.broker import SimBroker
from hexdesk_sim.settings import (
    AnyFault,
    BustTrade,
    DelayReport,
    DropReport,
    DuplicateReport,
    LoseAnswer,
    LoseRequest,
    ReportKind,
    SimSettings,
)

T = TypeVar("T")
ID = INSTRUMENT.id
DEPOSIT = Money(10**15, "USDT")
STEPS = 60
FAULTY = 40
"""Each report and request of a kind up to this number may have its accident."""
REPORTS: tuple[ReportKind, ...] = (
    "accepted", "rejected", "canceled", "expired", "updated", "cancel_rejected", "amend_rejected",
    "fill",
)  # fmt: skip


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Complete a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("the simulated venue answers at once")


class Session:
    """One desk, one venue with accidents, and the reconciliation between them."""

    def __init__(
        self,
        seed: int,
        faults: tuple[AnyFault, ...],
        latency_ms: float,
        *,
        client_ids: bool = True,
    ) -> None:
        self.chance = Random(seed)
        self.clock = FakeClock()
        self.desk = Desk(
            run_id="SIM",
            instruments=[INSTRUMENT],
            journal=FakeJournal(),
            clock=self.clock,
            limits=WIDE_LIMITS,
        )
        settings = SimSettings(
            faults=faults, submit_latency_ms=latency_ms, amend_latency_ms=latency_ms,
            cancel_latency_ms=latency_ms, report_latency_ms=latency_ms, client_ids=client_ids,
        )  # fmt: skip
        self.broker = SimBroker(
            BrokerContext(
                name="sim",
                account_id="account",
                clock=self.clock,
                reports=self.desk.on_report,
                markets=self.desk.markets,
                instruments={ID: INSTRUMENT},
                deposits=(DEPOSIT,),
                seed=seed,
                logger=logging.getLogger("hexdesk.broker.sim"),
            ),
            settings,
        )
        run(self.broker.connect())
        self.account = Account("account", [INSTRUMENT])
        self.desk.add_broker("sim", self.broker, self.account)
        self.contexts: dict[str, StrategyContext] = {}
        for name in ("a", "b"):
            self.desk.add_strategy(
                name, self._factory(name), broker="sim", instrument_ids=[ID], cancel_on_fault=False
            )
        self.desk.begin_run("sim", "backtest", self.clock.now_ns())
        self.desk.deposit("sim", DEPOSIT, "start", self.clock.now_ns())
        self.desk.command(StartStrategy("", self.clock.now_ns()))
        self.reconciler = Reconciler(
            "sim", self.desk, self.broker.capabilities, ReconciliationSettings()
        )
        self.reconciler.start(self.clock.now_ns())
        self.actions: list[Action] = []
        self._repairs = Repairs(self.desk, "sim")
        self.todo: Callable[[], object] | None = None
        self.bid = BID
        self.quote()

    def _factory(self, name: str) -> Any:
        def make(context: StrategyContext) -> Strategy:
            self.contexts[name] = context
            return _Trader(context, self)

        return make

    # --- the market ------------------------------------------------------------------------

    def quote(self) -> None:
        """Move the market by a few ticks; strategies act on what they see."""
        self.bid += self.chance.randint(-3, 3) * 10
        now = self.clock.now_ns()
        if "OVERFILLED" in self.desk.execution.reducing.get(ID, {}):
            # the answer to an amendment was lost, not the venue's mind: a person lets it go on
            self.desk.command(ClearReducing(ID, "OVERFILLED", "an amendment explains it", now))
        self.desk.on_quote(Quote(ID, self.bid, SIZE, self.bid + ASK - BID, SIZE, now, now))

    def wait(self, seconds: float) -> None:
        """Let time pass, reconciling twice a second."""
        for _ in range(round(seconds * 2)):
            self.clock.advance_by(NS_PER_SECOND // 2)
            self.reconcile()

    def act(self, action: Callable[[], object]) -> None:
        """Let a strategy do something while it is told of a quote."""
        self.todo = action
        self.quote()

    # --- the driver ------------------------------------------------------------------------

    def reconcile(self) -> None:
        """Ask what is due, and do what comes of it."""
        now_ns = self.clock.now_ns()
        self.do(self.reconciler.tick(now_ns))
        for query in self.reconciler.due(now_ns):
            truth = self.ask(query)
            self.do(self.reconciler.answered(query, truth, self.clock.now_ns()))

    def ask(self, query: Query) -> Truth:
        """Make one query at the broker."""
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

    def do(self, actions: list[Action]) -> None:
        """Hand actions to the desk."""
        for action in actions:
            self.actions.append(action)
            self._repairs.do(action, self.clock.now_ns())

    # --- looking ---------------------------------------------------------------------------

    def orders(self) -> list[Order]:
        """All that passed risk."""
        execution = self.desk.execution
        every = (*execution.open.values(), *execution.closed.values())
        return [order for order in every if order.life is not order.life.DENIED]

    def held(self) -> int:
        """Return the net position of all strategies."""
        ledgers = [host.ledgers.get(ID) for host in self.desk.hosts.values()]
        return sum(ledger.position.quantity for ledger in ledgers if ledger is not None)


class _Trader(Strategy):
    """Does at each quote what comes into its head."""

    is_idle = False

    def __init__(self, context: StrategyContext, session: Session) -> None:
        super().__init__(context)
        self._session = session

    def on_quote(self, quote: Quote) -> None:
        session, context = self._session, self.context
        todo, session.todo = session.todo, None
        if todo is not None:
            todo()
        if self.is_idle:
            return
        chance = session.chance
        working = [view.client_order_id for view in context.open_orders(ID)]
        choice = chance.random()
        side: Side = chance.choice([BUY, SELL])
        if choice < 0.5:
            price = quote.bid_price + chance.randint(-4, 5) * 10
            context.submit(ID, side, LOT * chance.randint(1, 5), LIMIT, price)
        elif choice < 0.6:
            context.submit(ID, side, LOT, MARKET)
        elif choice < 0.8 and working:
            context.cancel(chance.choice(working))
        elif working:
            order_id = chance.choice(working)
            price = quote.bid_price + chance.randint(-4, 5) * 10
            context.amend(order_id, quantity=LOT * chance.randint(1, 6), price=price)


def accidents(chance: Random, *, share: float) -> tuple[AnyFault, ...]:
    """Return accidents that strike a share of all reports and requests."""
    faults: list[AnyFault] = []
    for nth in range(1, FAULTY):
        for report in REPORTS:
            draw = chance.random()
            if draw < share:
                faults.append(DropReport(report=report, nth=nth))
            elif draw < share * 1.3:
                faults.append(DuplicateReport(report=report, nth=nth))
            elif draw < share * 1.6:
                delay_ms = chance.choice([50.0, 900.0, 15_000.0])
                faults.append(DelayReport(report=report, nth=nth, delay_ms=delay_ms))
        for request in ("submit", "amend", "cancel"):
            draw = chance.random()
            if draw < share / 2:
                faults.append(LoseAnswer(request=request, nth=nth))
            elif draw < share:
                faults.append(LoseRequest(request=request, nth=nth))
        if chance.random() < share / 3:
            faults.append(
                BustTrade(nth=nth, delay_ms=300, leaves_live=chance.choice([True, False, None]))
            )
    return tuple(faults)


def check_books(session: Session) -> None:
    """Assert that our books are the venue's, order by order, trade by trade, to the last unit."""
    venue = session.broker.venue
    listed = {each.intent.client_order_id for each in venue.open_orders("account")}
    traded = {(fill.client_order_id, fill.trade_id) for fill in venue.fills("account")}
    booked: set[tuple[str, str]] = set()
    for order in session.orders():
        order_id = order.intent.client_order_id
        theirs = venue.order("account", order_id)
        assert order.doubt is None, order
        assert not order.pending_cancels, order
        assert not order.pending_amends, order
        if theirs is None:
            assert order.life is REJECTED or order.intent.tag == "adjusting", order
            continue
        assert (order.life, order.cum_qty) == (theirs.life, theirs.cum_qty), (order, theirs)
        if order.life < FILLED:
            assert (order.quantity, order.price) == (theirs.quantity, theirs.price), order
            listed.discard(order_id)
        busts = order.busts or {}
        booked |= {(order_id, trade_id) for trade_id in order.fills or {} if trade_id not in busts}
    assert not listed
    assert booked == traded
    positions = {each.instrument_id: each.quantity for each in venue.positions("account")}
    assert session.held() == positions.get(ID, 0)
    ledgers = [ledger for host in session.desk.hosts.values() for ledger in host.ledgers.values()]
    cash = cash_of(session.account, ledgers)
    assert cash.unclear or cash.amounts["USDT"] == venue.balances("account")[0].amount


def net_books(session: Session) -> None:
    """Let a person give what strangers traded against strategies to those, however many ask."""
    for incident in session.reconciler.incidents.open:
        assert incident.finding.kind is Mismatch.POSITION_OPPOSED
        resolution = session.reconciler.resolve(
            incident.id, Policy.ADOPT, by="ann", why="by hand", now_ns=session.clock.now_ns()
        )
        assert not resolution.problem
        session.do(resolution.actions)
    held = {name: host.ledgers[ID].position.quantity for name, host in session.desk.hosts.items()}
    nobodys = held.pop("external:sim", 0)
    assert all(quantity * nobodys >= 0 for quantity in held.values())


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("latency_ms", [0.0, 40.0])
def test_after_lost_late_and_doubled_reports_the_books_are_the_venues(
    seed: int, latency_ms: float
) -> None:
    faults = accidents(Random(f"{seed}:faults"), share=0.25)
    session = Session(seed, faults, latency_ms)
    for number in range(STEPS):
        if session.chance.random() < 0.1:
            price = session.chance.choice([0, session.bid - 3_000, session.bid + 10])
            stranger(session, f"WEB{number}", session.chance.choice([BUY, SELL]), price)
        session.quote()
        session.wait(session.chance.choice([0.5, 0.5, 1.0, 4.0]))
    _Trader.is_idle = True
    session.wait(240)
    check_books(session)
    net_books(session)
    session.wait(60)
    check_books(session)
    assert session.reconciler.incidents.open == []
    reasons = session.desk.execution.reducing.get(ID, {})
    assert not CODES & reasons.keys(), reasons
    assert any(isinstance(action, FeedReport) for action in session.actions)


@pytest.mark.parametrize("seed", range(8))
def test_without_our_ids_nothing_is_booked_twice_or_taken_for_another(seed: int) -> None:
    """A venue as kabu STATION: no order in doubt has a twin; what may be two stays in doubt."""
    chance = Random(f"{seed}:answers")
    faults = tuple(
        LoseAnswer(request="submit", nth=nth) for nth in range(1, FAULTY) if chance.random() < 0.5
    )
    session = Session(seed, faults, 40.0, client_ids=False)
    twin = partial(session.contexts["b"].submit, ID, BUY, LOT, LIMIT, BID - 5_000)
    for _ in range(STEPS):
        session.act(twin)
        session.act(twin)
        session.wait(session.chance.choice([0.5, 1.0, 4.0]))
    assert session.desk.counts.denials["ORDER_UNANSWERED"]
    _Trader.is_idle = True
    session.wait(240)
    orders = session.orders()
    doubtful = [order for order in orders if order.doubt is not None]
    assert len(doubtful) < len(faults) / 2, "most are found"
    assert all(order.life is SUBMITTED and not order.fills for order in doubtful)
    if not doubtful:
        check_books(session)
    for order in orders:
        theirs = session.broker.venue.order("account", order.intent.client_order_id)
        assert theirs is not None
        if order.doubt is None:
            assert (order.life, order.cum_qty) == (theirs.life, theirs.cum_qty), (order, theirs)
    assert not any(isinstance(action, AdoptExternal) for action in session.actions)
    assert any(isinstance(action, FeedReport) for action in session.actions)


def test_a_broken_trade_whose_report_is_lost_is_for_a_person() -> None:
    """No query lists it any more: that it was broken is one explanation among several."""
    faults = (BustTrade(nth=1, delay_ms=100, leaves_live=False), DropReport(report="busted", nth=1))
    session = Session(1, faults, 0.0)
    while not session.held():
        session.quote()
    _Trader.is_idle = True
    session.wait(60)
    incidents = session.reconciler.incidents
    assert [each.finding.kind for each in incidents.open] == [Mismatch.FILL_UNKNOWN_TO_VENUE]
    assert "FILL_UNKNOWN_TO_VENUE" in session.desk.execution.reducing[ID]
    resolution = session.reconciler.resolve(
        incidents.open[0].id, Policy.ADOPT, by="ann", why="the venue's notice 17",
        now_ns=session.clock.now_ns(),
    )  # fmt: skip
    session.do(resolution.actions)
    session.wait(60)
    check_books(session)
    assert incidents.open == []
    assert session.desk.execution.reducing == {}


# --------------------------------------------------------------------------------------------------
# What is not ours


def idle_session(latency_ms: float = 0.0) -> Session:
    """Return a session whose strategies only do what a test lets them do."""
    _Trader.is_idle = True
    return Session(1, (), latency_ms)


def stranger(session: Session, order_id: str, side: Side, price: int = 0, **more: Any) -> None:
    """Let somebody else use the account: an app, a person, another program."""
    kind = LIMIT if price else MARKET
    now_ns = session.clock.now_ns()
    intent = NewOrder(
        order_id, "", "account", ID, side, kind, LOT, now_ns, price=price, **more
    )  # fmt: skip
    session.broker.venue.submit(intent)


@pytest.fixture(autouse=True)
def _traders_wake_up() -> Iterator[None]:
    yield
    _Trader.is_idle = False


@pytest.mark.parametrize("order_id", ["WEB1", "web-1/x"])
def test_an_order_of_somebody_else_is_adopted_followed_and_left_alone(order_id: str) -> None:
    session = idle_session()
    stranger(session, order_id, BUY, BID - 5_000)
    session.wait(30)
    adopted = [order for order in session.orders() if order.intent.strategy_id == "external:sim"]
    assert [order.life.name for order in adopted] == ["ACCEPTED"]
    assert session.reconciler.incidents.open == []
    session.broker.venue.cancel("account", CancelOrder(order_id, 1, session.clock.now_ns()))
    session.wait(30)
    assert adopted[0].life is CANCELED
    assert session.broker.venue.open_orders("account") == []


@pytest.mark.parametrize("order_id", ["WEB1", "web-1/x"])
def test_executions_of_somebody_else_are_adopted_and_belong_to_nobody(order_id: str) -> None:
    session = idle_session()
    stranger(session, order_id, BUY)
    session.wait(30)
    assert session.held() == LOT
    assert all(session.desk.hosts[name].ledgers[ID].position.quantity == 0 for name in "ab")
    session.wait(100)
    assert session.reconciler.incidents.open == []
    assert session.desk.execution.reducing == {}


def test_a_protective_order_of_a_position_that_somebody_closed_is_cancelled() -> None:
    session = idle_session()
    context = session.contexts["a"]
    session.act(lambda: context.submit(ID, BUY, LOT, MARKET))
    session.wait(1)
    assert session.held() == LOT
    session.act(lambda: context.submit(ID, SELL, LOT, LIMIT, BID + 5_000, reduce_only=True))
    session.act(lambda: context.submit(ID, SELL, LOT, STOP_MARKET, trigger_price=BID - 5_000))
    session.wait(1)
    session.act(lambda: context.submit(ID, SELL, LOT, MARKET))
    session.wait(60)
    assert session.held() == 0
    assert session.broker.venue.open_orders("account") == []
    check_books(session)


@pytest.mark.parametrize("seed", range(3))
def test_without_accidents_reconciliation_does_nothing(seed: int) -> None:
    session = Session(seed, (), 5.0)
    for _ in range(STEPS):
        session.quote()
        session.wait(1)
    session.wait(100)
    check_books(session)
    assert session.actions == []
