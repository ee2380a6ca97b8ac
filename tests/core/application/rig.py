"""A desk with strategies that do what a test says, at a venue that says nothing of its own."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hexdesk.application.desk import Desk
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookUpdate, FundingRate, InstrumentStatus, Quote, Trade
from hexdesk.domain.money import Money, parse_money
from hexdesk.domain.order import Order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderEvent,
    OrderRejected,
    OrderUpdated,
    VenueReport,
)
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import MAKER, Aggressor, OrderType, PositionMode, TimeInForce
from hexdesk.plugin import BrokerContext, Strategy, StrategyContext
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.journal import JournalRecord
from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.strategy import WIDE_LIMITS

T = TypeVar("T")
Request = NewOrder | AmendOrder | CancelOrder
DEPOSIT = parse_money("10000000 USDT")
ALL_CAPABILITIES = Capabilities(
    order_types=frozenset(OrderType),
    times_in_force=frozenset(TimeInForce),
    post_only=True,
    reduce_only=True,
    display_quantity=True,
    amend=True,
    position_effects=True,
)


class Puppet(Strategy):
    """Notes all it is told; a hook set by a test runs inside the callback of its name."""

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self.seen: list[tuple[str, Any]] = []
        self.hooks: dict[str, Callable[[Any], object]] = {}

    def of(self, name: str) -> list[Any]:
        """What one callback was told, in order."""
        return [what for callback, what in self.seen if callback == name]

    def _note(self, name: str, what: object) -> None:
        self.seen.append((name, what))
        hook = self.hooks.get(name)
        if hook is not None:
            hook(what)

    def on_start(self) -> None:
        self._note("on_start", None)

    def on_stop(self) -> None:
        self._note("on_stop", None)

    def on_quote(self, quote: Quote) -> None:
        self._note("on_quote", quote)

    def on_trade(self, trade: Trade) -> None:
        self._note("on_trade", trade)

    def on_book(self, book: BookUpdate) -> None:
        self._note("on_book", book)

    def on_bar(self, bar: Bar) -> None:
        self._note("on_bar", bar)

    def on_status(self, status: InstrumentStatus) -> None:
        self._note("on_status", status)

    def on_funding(self, funding: FundingRate) -> None:
        self._note("on_funding", funding)

    def on_order(self, event: OrderEvent) -> None:
        self._note("on_order", event)

    def on_fill(self, fill: Fill) -> None:
        self._note("on_fill", fill)

    def on_timer(self, name: str, due_ns: int) -> None:
        self._note("on_timer", (name, due_ns))


class ScriptedBroker(FakeBroker):
    """Takes requests and stays silent, unless a test gave it an answer.

    Attributes:
        early: Requests that came before their intent was committed; law L7 wants none.
        answer: Called with each request; what it returns is reported at once.
    """

    def __init__(
        self, context: BrokerContext, capabilities: Capabilities, journal: FakeJournal
    ) -> None:
        super().__init__(context)
        self.early: list[Request] = []
        self.answer: Callable[[Request], Sequence[VenueReport]] = lambda _request: ()
        self._declared = capabilities
        self._journal = journal
        self._sink = context.reports

    @property
    def capabilities(self) -> Capabilities:
        return self._declared

    def submit(self, order: NewOrder) -> None:
        self._take(order)

    def amend(self, request: AmendOrder) -> None:
        self._take(request)

    def cancel(self, request: CancelOrder) -> None:
        self._take(request)

    def _take(self, request: Request) -> None:
        self.requests.append(request)
        if not any(record is request for record in reversed(self._journal.committed)):
            self.early.append(request)
        for report in self.answer(request):
            self._sink(report)


class Rig:
    """Drives one desk: strategies by name, one scripted venue, one account."""

    def __init__(
        self,
        *names: str,
        limits: RiskLimits = WIDE_LIMITS,
        capabilities: Capabilities = ALL_CAPABILITIES,
        instruments: Sequence[Instrument] = (INSTRUMENT,),
        cancel_on_fault: bool = True,
        stopwatch: Callable[[], int] | None = None,
        budget_ns: int = 0,
        closed_orders_max: int = 0,
        mode: str = "backtest",
    ) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.instruments = tuple(instruments)
        self.desk = Desk(
            run_id="TEST",
            instruments=instruments,
            journal=self.journal,
            clock=self.clock,
            limits=limits,
            stopwatch=stopwatch,
            strategy_budget_ns=budget_ns,
        )
        context = BrokerContext(
            name="venue",
            account_id="account",
            clock=self.clock,
            reports=self.desk.on_report,
            markets=self.desk.markets,
            instruments={instrument.id: instrument for instrument in instruments},
            deposits=(DEPOSIT,),
            seed=1,
            logger=logging.getLogger("hexdesk.broker.venue"),
        )
        self.broker = ScriptedBroker(context, capabilities, self.journal)
        position_mode: PositionMode = capabilities.position_mode
        self.account = Account("account", instruments, position_mode=position_mode)
        self.deposit = DEPOSIT
        self.deposits: list[Money] = []
        self.desk.add_broker("venue", self.broker, self.account)
        self.puppets: dict[str, Puppet] = {}
        for name in names or ("a",):
            self.add(name, cancel_on_fault=cancel_on_fault)
        self._trades = 0
        self.desk.begin_run("rig", mode, self.now(), closed_orders_max=closed_orders_max)
        self.desk.deposit("venue", DEPOSIT, "start", self.now())

    def add(self, name: str, *, cancel_on_fault: bool = True) -> None:
        """Add a strategy for every instrument."""

        def factory(context: StrategyContext) -> Strategy:
            self.puppets[name] = Puppet(context)
            return self.puppets[name]

        self.desk.add_strategy(
            name,
            factory,
            broker="venue",
            instrument_ids=[instrument.id for instrument in self.instruments],
            cancel_on_fault=cancel_on_fault,
        )

    def deposit_more(self, money: Money) -> None:
        """Add an amount of another currency."""
        self.deposits.append(money)
        self.desk.deposit("venue", money, "more", self.now())

    # --- inputs --------------------------------------------------------------------------------

    def now(self) -> int:
        """A moment later."""
        self.clock.advance_by(1_000)
        return self.clock.now_ns()

    def start(self, bid: int = BID, ask: int = ASK) -> "Rig":
        """Start every strategy and show a quote."""
        self.desk.command(StartStrategy("", self.now()))
        self.quote(bid, ask)
        return self

    def quote(self, bid: int = BID, ask: int = ASK, instrument: Instrument = INSTRUMENT) -> None:
        """Show a quote; 0 is a missing side."""
        now = self.now()
        self.desk.on_quote(Quote(instrument.id, bid, SIZE, ask, SIZE, now, now))

    def trade(self) -> None:
        """Show a public trade."""
        self._trades += 1
        now = self.now()
        aggressor = Aggressor.BUYER
        self.desk.handle(Trade(INSTRUMENT.id, ASK, 10, aggressor, f"P{self._trades}", now, now))

    def act(self, action: Callable[[StrategyContext], T], name: str = "a") -> T:
        """Let a strategy do something while it is told of a public trade."""
        puppet = self.puppets[name]
        results: list[T] = []
        puppet.hooks["on_trade"] = lambda _trade: results.append(action(puppet.context))
        self.trade()
        puppet.hooks.pop("on_trade", None)
        return results[0]

    def report(self, report: VenueReport) -> None:
        """Let the venue say something."""
        self.desk.on_report(report)

    def accept(self, order_id: str) -> None:
        """Let the venue accept an order."""
        now = self.now()
        self.report(OrderAccepted(order_id, f"V-{order_id}", now, now))

    def fill(self, order_id: str, quantity: int = 0, price: int = ASK, trade_id: str = "") -> Fill:
        """Let the venue fill an order, to its end if no quantity is given."""
        now = self.now()
        order = self.order(order_id)
        intent = order.intent
        fill = Fill(
            order_id, f"V-{order_id}", trade_id or f"T{now}", intent.instrument_id, intent.side,
            quantity or order.leaves_qty, price, MAKER, 7, "USDT", now, now,
        )  # fmt: skip
        self.report(fill)
        return fill

    def bust(self, order_id: str, trade_id: str, *, live: bool | None = False) -> None:
        """Let the venue break a trade."""
        now = self.now()
        self.report(FillBusted(order_id, trade_id, live, now, now))

    def canceled(self, order_id: str) -> None:
        """Let the venue end an order."""
        now = self.now()
        self.report(OrderCanceled(order_id, "", now, now))

    def rejected(self, order_id: str, code: str = "VENUE_OTHER") -> None:
        """Let the venue refuse an order."""
        now = self.now()
        self.report(OrderRejected(order_id, code, "no", now, now))

    def confirm(self, request: Request) -> None:
        """Let the venue do what a request asks, short of filling it."""
        for report in agreeable(request):
            self.report(report)

    def refuse(self, request: AmendOrder | CancelOrder) -> None:
        """Let the venue refuse a request."""
        self.report(refusal(request, self.now()))

    # --- looking -------------------------------------------------------------------------------

    @property
    def requests(self) -> list[Request]:
        """All that left, in order."""
        return self.broker.requests

    @property
    def sent(self) -> list[NewOrder]:
        """Orders that left."""
        return [request for request in self.requests if isinstance(request, NewOrder)]

    @property
    def cancels(self) -> list[str]:
        """Ids whose cancel left."""
        return [each.client_order_id for each in self.requests if isinstance(each, CancelOrder)]

    @property
    def amends(self) -> list[AmendOrder]:
        """Amendments that left."""
        return [request for request in self.requests if isinstance(request, AmendOrder)]

    @property
    def records(self) -> list[JournalRecord]:
        """All that is in the journal, committed."""
        return self.journal.committed

    @property
    def alerts(self) -> list[str]:
        """Codes of all alerts."""
        return [alert.code for alert in self.desk.alerts.recent]

    def host(self, name: str = "a") -> StrategyHost:
        """A strategy's place in the desk."""
        return self.desk.hosts[name]

    def order(self, order_id: str) -> Order:
        """An order, open or closed."""
        order = self.desk.execution.order(order_id)
        assert order is not None, order_id
        return order

    def held(self, name: str = "a", instrument: Instrument = INSTRUMENT) -> int:
        """A strategy's net position."""
        return self.host(name).ledgers[instrument.id].position.quantity

    def denials(self, name: str = "a") -> list[OrderDenied]:
        """Denials that a strategy was told of."""
        return [event for event in self.puppets[name].of("on_order") if type(event) is OrderDenied]


def agreeable(request: Request) -> Sequence[VenueReport]:
    """Return what a venue answers that does as it is asked, and fills nothing."""
    order_id, now = request.client_order_id, request.ts_init
    match request:
        case NewOrder():
            return [OrderAccepted(order_id, f"V-{order_id}", now, now)]
        case CancelOrder():
            return [OrderCanceled(order_id, "", now, now)]
        case AmendOrder():
            return [
                OrderUpdated(
                    order_id, request.request_id, request.quantity, request.price,
                    request.trigger_price, now, now,
                )
            ]  # fmt: skip


def refusal(request: AmendOrder | CancelOrder, now: int) -> VenueReport:
    """Return a venue's refusal of a request."""
    kind = AmendRejected if isinstance(request, AmendOrder) else CancelRejected
    return kind(request.client_order_id, request.request_id, "VENUE_OTHER", "too late", now, now)
