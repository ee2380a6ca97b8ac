"""The desk: one writer, no waiting. Every input is handled to completion before the next.

No `await`, no I/O, no clock, no randomness and no logging inside: time comes with the inputs,
ids from the run and a counter. So equal inputs give equal outputs, bit for bit.

An input that arrives while another is being handled (a simulated venue answers at once) waits in
`_reports` and is handled before the next market event.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from hexdesk.application.alerts import AlertLog
from hexdesk.application.clock import VirtualClock
from hexdesk.application.counts import Counts
from hexdesk.application.faults import FAULTS
from hexdesk.application.gate.limit_book import LimitBook
from hexdesk.application.ledgers.trading_days import TradingDays
from hexdesk.application.market.markets import Channel, Handler, Market, Markets
from hexdesk.application.operating.manual import Outcome
from hexdesk.application.operating.operator import Operator
from hexdesk.application.operating.owed import OwedVerbs
from hexdesk.application.orders.execution import Execution
from hexdesk.application.orders.ids import ClientOrderIds
from hexdesk.application.pulse import Pulse
from hexdesk.application.risk.memory import RiskMemory
from hexdesk.application.strategies.host import StrategyFactory, StrategyHost
from hexdesk.application.strategies.lives import StrategyLives
from hexdesk.application.strategies.loading import StrategyLoading
from hexdesk.application.strategies.owners import Owners
from hexdesk.application.strategies.strategy_context import DeskContext
from hexdesk.domain.commands import Command
from hexdesk.domain.inputs import TimerFired
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import InstrumentStatus, MarketEvent, Quote
from hexdesk.domain.money import Money
from hexdesk.domain.order_state import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.plans import StrategyPlan
from hexdesk.domain.records import Deposited, RunEnded, RunStarted
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import PriceRaw, QtyRaw, TimeNs
from hexdesk.errors import InvariantError, require
from hexdesk.ports.clock import Clock
from hexdesk.ports.journal import Journal

T = TypeVar("T")

LIVE_MODE = "live"
"""Mode of a run whose orders move real money: it must be armed to open anything."""
REPORTS_MAX = 100_000
"""Reports waiting within one input; more is a venue gone mad: the desk halts visibly."""


class Desk:
    """Orders, positions and strategies of one run.

    Attributes:
        markets: Latest state and channels by instrument.
        pulse: Time and number of the input being handled.
        execution: Orders.
        accounts: By broker name.
        hosts: Strategies by id.
        owners: Opens their books.
        add_broker: Makes a broker and its account known; before strategies that use it.
        alerts: What a person should know.
        counts: What happened so far.
        journal: Where inputs and intents go.
        begun_after: Number of the journal's last record before this run.
        run_id: Start of all order ids of this run.
        mode: Of the run, as it was written down.
        is_virtual: Whether its time is.
        saves: The strategies' own states.
        plans: Of strategies that were loaded, changed or unloaded while it ran.
        loading: Does that.
        risk: What risk remembers.
        operator: What carries commands out; only within an input.
        owed: Verbs that a broker could not be told; who watches links says which cannot be.
        limits: Of every instrument; the gate's.
        trading_days: Begins them.
        set_timer: Sets a strategy's timer by host, name and time; a same name replaces the earlier.
        cancel_timer: Forgets a timer by host and name; an unknown one is ignored.
        submit: Takes an order through risk and out; bound, for contexts, as those below.
        submit_list: Takes linked orders.
        cancel: Asks to cancel an order.
        order: Returns an order by its id, open or closed.
        open_orders: Returns a strategy's orders that are not closed, oldest first.
        flatten: Cancels a strategy's orders and closes its positions.
        next_client_order_id: Makes a fresh id.
    """

    def __init__(
        self,
        *,
        run_id: str,
        instruments: Iterable[Instrument],
        journal: Journal,
        clock: Clock,
        limits: RiskLimits | None = None,
        instrument_limits: dict[str, RiskLimits] | None = None,
        stopwatch: Callable[[], int] | None = None,
        strategy_budget_ns: int = 0,
    ) -> None:
        self.markets = Markets(instruments)
        self.pulse = Pulse()
        self.alerts = AlertLog()
        self.counts = Counts()
        self.journal = journal
        self.begun_after = journal.sequence
        self.run_id = run_id
        self.mode = ""
        self.is_virtual = True
        self._by_id = self.markets.by_id
        self._clock = clock
        self._ids = ClientOrderIds(run_id)
        self._reports: deque[VenueReport] = deque()
        self._busy = False
        self._no_timers = VirtualClock()
        known = (market.instrument for market in self._by_id.values())
        self.limits = LimitBook(limits or RiskLimits(), instrument_limits or {}, known)
        self._lives = lives = StrategyLives(
            pulse=self.pulse, journal=journal, alerts=self.alerts, clock=clock,
            on_timer=self.on_timer, stopwatch=stopwatch, budget_ns=strategy_budget_ns,
        )  # fmt: skip
        self.saves = lives.saves
        self.plans: dict[str, StrategyPlan] = {}
        self.loading = StrategyLoading(self, lives)
        self.risk = RiskMemory()
        self.set_timer = lives.set_timer
        self.cancel_timer = lives.cancel_timer
        self.execution = Execution(
            pulse=self.pulse, journal=journal, ids=self._ids, alerts=self.alerts,
            counts=self.counts, fault=lives.fault, runaway=lives.quarantine,
            ask_later=self._look_later,
        )  # fmt: skip
        self.execution.standing.on_stage = self.limits.stage
        self.hosts = self.execution.hosts
        self.accounts = self.execution.store.accounts
        self.owners = Owners(self.execution.store, self._by_id, self.limits.gate)
        self.add_broker = self.owners.add_broker
        self.submit: Callable[[StrategyHost, NewOrder], None] = self.execution.submit
        self.submit_list = self.execution.submit_list
        self.cancel = self.execution.cancel
        self.order = self.execution.order
        self.open_orders = self.execution.open_orders
        self.next_client_order_id = self._ids.next
        self.trading_days = TradingDays(self._by_id, self.hosts, journal.append)
        self.owed = OwedVerbs(self.execution, journal, self.alerts, self.owners.broker_name)
        self.execution.reception.on_untold = self.owed.untold
        self.operator = lives.operator = Operator(
            self.execution, lives, self._ids.next, self.owners.open, self.trading_days.roll,
            owed=self.owed,
        )  # fmt: skip
        self.flatten = self.operator.flatten

    # --- composition -------------------------------------------------------------------------

    def add_strategy(
        self,
        strategy_id: str,
        factory: StrategyFactory,
        *,
        broker: str,
        instrument_ids: Sequence[str],
        cancel_on_fault: bool = True,
    ) -> StrategyHost:
        """Make a strategy with its context; it sees nothing until it is started.

        Books that were restored for it before are its own.

        Raises:
            Exception: Whatever the factory raises.
        """
        host = self.owners.take(strategy_id, broker, instrument_ids)
        host.cancel_on_fault = cancel_on_fault
        try:
            host.strategy = factory(DeskContext(self, host, instrument_ids))
        except BaseException:
            self._lives.disconnect(host)
            del self.hosts[strategy_id]
            raise
        return host

    def add_instrument(self, instrument: Instrument) -> None:
        """Make an instrument known that came up after the desk was made."""
        self._by_id[instrument.id] = Market(instrument)
        self.limits.put(instrument)

    # --- the run -----------------------------------------------------------------------------

    def begin_run(
        self,
        name: str,
        mode: str,
        now_ns: TimeNs,
        *,
        continues: bool = False,
        is_virtual: bool = True,
        closed_orders_max: int = 0,
    ) -> None:
        """Write down what the records to come refer to: once, before any other input."""
        self._begin(now_ns)
        self.mode = mode
        self.is_virtual = is_virtual
        self.execution.standing.begin(needs_arming=mode == LIVE_MODE)
        self.execution.store.closed_max = closed_orders_max
        self.journal.append(
            RunStarted(
                self.run_id, name, mode,
                tuple(market.instrument for market in self._by_id.values()),
                *self.owners.begin(), continues, is_virtual, closed_orders_max, now_ns,
            )
        )  # fmt: skip
        self._end()

    def deposit(self, broker: str, money: Money, reason: str, now_ns: TimeNs) -> None:
        """Add money to an account; a negative amount is a withdrawal."""
        self._begin(now_ns)
        self.journal.append(Deposited(broker, money, reason, now_ns))
        self.accounts[broker].deposit(money)
        self._end()

    def end_run(self, ended: RunEnded) -> None:
        """Write down that the run ended in good order, and in which state."""
        self.within(ended.ts_init, lambda: self.journal.append(ended))

    # --- inputs ------------------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        """Handle a quote."""
        self.play((quote,), self._no_timers, self.handle)

    def play(self, events: Iterable[MarketEvent], clock: VirtualClock, other: Handler) -> None:
        """Handle quotes in turn, a clock's timers between them; `other` takes what is none.

        This is the hottest loop of hexdesk.
        """
        pulse, counts, by_id = self.pulse, self.counts, self._by_id
        handler: Handler | None = None
        self._busy = True
        for event in events:
            ts_init = event.ts_init
            if ts_init >= clock.next_due_ns:
                self._busy = False
                clock.advance_to(ts_init)
                self._busy = True
            if type(event) is not Quote:
                self._busy = False
                other(event)
                self._busy = True
                continue
            if ts_init >= pulse.now_ns:
                pulse.now_ns = ts_init
            else:
                counts.time_regressions += 1
            pulse.seq += 1
            try:
                market = by_id[event.instrument_id]
            except KeyError:
                counts.unknown_instruments += 1
                continue
            market.quote = event
            channel = market.on_quote
            try:
                if ts_init >= market.look_ns:
                    handler = None
                    market.look(ts_init)
                for handler in channel:
                    handler(event)
            except FAULTS as error:  # a strategy may raise anything; it is quarantined
                self._publish_rest(channel, handler, event, error)
            if pulse.is_owed:
                self._note_cause(event)
                self._settle()
        self._busy = False

    def handle(self, event: MarketEvent) -> None:
        """Handle any market event."""
        if type(event) is Quote:
            self.on_quote(event)
            return
        self._begin(event.ts_init)
        market = self._by_id.get(event.instrument_id)
        if market is None:
            self.counts.unknown_instruments += 1
        else:
            channel = market.take(event)
            if isinstance(event, InstrumentStatus) and event.trading_day > market.trading_day:
                self.trading_days.begin(event)
            self._publish(channel, event)
        self._note_cause(event)
        self._end()

    def on_report(self, report: VenueReport) -> None:
        """Handle a venue's report: the sink that brokers are given."""
        if self._busy:
            self._reports.append(report)
            self.pulse.is_owed = True
            return
        self._begin(report.ts_init)
        self.execution.on_report(report)
        self._end()

    def command(self, command: Command) -> Outcome:
        """Handle an operator's command and return what it came to."""
        self._begin(command.ts_init)
        self.journal.append(command)
        outcome = self.operator.handle(command)
        self._end()
        return outcome

    def on_timer(self, fired: TimerFired) -> None:
        """Handle a timer that came due."""
        self._begin(fired.ts_init)
        host = self.hosts.get(fired.strategy_id)
        if host is not None:
            self._lives.fire(host, fired)
        self._end()

    def follow_lists(self, now_ns: TimeNs) -> None:
        """Bring linked orders to what holds now: a broker is back, or the journal is read."""
        self._begin(now_ns)
        if not self.execution.halted:
            self.execution.lists.catch_up()
        self._end()

    def pay_owed(self, broker: str, now_ns: TimeNs) -> None:
        """Do the verbs that are owed at a broker: it is back, and the books were compared."""
        self.within(now_ns, lambda: self.operator.pay(broker))

    # --- strategies ----------------------------------------------------------------------------

    def restore_strategy(self, host: StrategyHost) -> None:
        """Give a strategy its saved state back, before it is started."""
        self.within(self.pulse.now_ns, lambda: self._lives.restore(host))

    def save_strategies(self) -> None:
        """Save the state of every strategy that has changed its own."""
        self.within(self.pulse.now_ns, lambda: [*map(self._lives.save, self.hosts.values())])

    def within(self, ts_init: TimeNs, work: Callable[[], T]) -> T:
        """Do something as an input of its own, and return what it gives."""
        self._begin(ts_init)
        try:
            return work()
        finally:
            self._end()

    # --- what contexts ask (host.Services) ------------------------------------------------

    def amend(
        self, order: Order, quantity: QtyRaw, price: PriceRaw, trigger_price: PriceRaw
    ) -> bool:
        """Ask to amend an order."""
        return self.execution.amend(order, quantity, price, trigger_price) > 0

    def market(self, instrument_id: str) -> Market:
        """Return a market; KeyError if it is unknown."""
        return self._by_id[instrument_id]

    # --- inside --------------------------------------------------------------------------------

    def _begin(self, ts_init: TimeNs) -> None:
        require(not self._busy, "an input arrived while another was being handled")
        if ts_init < self.pulse.now_ns:
            self.counts.time_regressions += 1
        self.pulse.beat(ts_init)
        self._busy = True

    def _end(self) -> None:
        self._settle()
        self._busy = False

    def _settle(self) -> None:
        """Send what was decided, handle what came back meanwhile, until nothing is left.

        Ends with everything of this input in the journal, also what asked for nothing to be sent.
        """
        execution = self.execution
        reports = self._reports
        while True:
            if execution.outbox:
                execution.flush()
                if len(reports) > REPORTS_MAX and not execution.halted:
                    execution.halt("more venue reports within one input than can be")
            elif reports:
                execution.on_report(reports.popleft())
            elif execution.store.later:
                execution.deliver_later()
            elif not self.saves.due or not self._lives.save_due():
                self.pulse.is_owed = False
                execution.commit()
                return

    def _note_cause(self, event: MarketEvent) -> None:
        """Write a market event down after the decisions that followed from it."""
        if self.execution.outbox or self.execution.store.later:
            self.journal.append(event)

    def _look_later(self, delay_ns: int) -> None:
        self._clock.call_at(self._clock.now_ns() + delay_ns, self._look_for_answers)

    def _look_for_answers(self) -> None:
        self._begin(self._clock.now_ns())
        for unknown in self.execution.watch.look(self.pulse.now_ns):
            self.execution.on_report(unknown)
        self._end()

    def _publish(self, channel: Channel, event: MarketEvent) -> None:
        handler: Handler | None = None
        try:
            for handler in channel:
                handler(event)
        except FAULTS as error:  # a strategy may raise anything; it is quarantined
            self._publish_rest(channel, handler, event, error)

    def _publish_rest(
        self, channel: Channel, failed: Handler | None, event: MarketEvent, error: BaseException
    ) -> None:
        """Quarantine whose handler raised, then call the handlers after it."""
        host = self._lives.owner_of(failed)
        if failed is None or host is None:
            raise InvariantError(f"the venue failed on {event!r}: {error!r}") from error
        self._lives.fault(host, error)
        self._publish(channel[channel.index(failed) + 1 :], event)
