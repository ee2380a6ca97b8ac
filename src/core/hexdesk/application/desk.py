"""The desk: one writer, no waiting. Every input is handled to completion before the next.

No `await`, no I/O, no clock, no randomness and no logging inside: time comes with the inputs,
ids from the run and a counter. So equal inputs give equal outputs, bit for bit.

An input that arrives while another is being handled (a simulated venue answers at once) waits in
`_reports` and is handled before the next market event.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from hexdesk.application.alerts import Alert, AlertLog
from hexdesk.application.budget import BudgetGuard
from hexdesk.application.counts import Counts
from hexdesk.application.execution import BURST_MAX, Execution
from hexdesk.application.faults import FAULTS, describe
from hexdesk.application.gate_limits import GateLimits
from hexdesk.application.host import HostState, StrategyFactory, StrategyHost
from hexdesk.application.ids import ClientOrderIds
from hexdesk.application.ledger import Ledger
from hexdesk.application.manual import Outcome
from hexdesk.application.markets import Channel, Handler, Market, Markets
from hexdesk.application.operator import Operator
from hexdesk.application.pulse import Pulse
from hexdesk.application.risk_gate import RiskGate
from hexdesk.application.saves import StrategySaves
from hexdesk.application.strategy_context import DeskContext
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import Command, OpenBooks
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookUpdate, InstrumentStatus, MarketEvent, Quote, Trade
from hexdesk.domain.money import Money
from hexdesk.domain.order_state import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.records import AccountBook, Deposited, RunEnded, RunStarted, StrategyBook
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import PriceRaw, QtyRaw, TimeNs
from hexdesk.errors import InvariantError, require
from hexdesk.ports.broker import Broker
from hexdesk.ports.clock import Clock
from hexdesk.ports.journal import Journal
from hexdesk.ports.strategy import Strategy

REPORTS_MAX = 100_000
"""Reports waiting within one input; more is a venue gone mad: the desk halts visibly."""

_CALLBACKS = {
    "quote": "on_quote",
    "trade": "on_trade",
    "book": "on_book",
    "bar": "on_bar",
    "status": "on_status",
}


class Desk:
    """Orders, positions and strategies of one run.

    Attributes:
        markets: Latest state and channels by instrument.
        pulse: Time and number of the input being handled.
        execution: Orders.
        accounts: By broker name.
        hosts: Strategies by id.
        alerts: What a person should know.
        counts: What happened so far.
        journal: Where inputs and intents go.
        run_id: Start of all order ids of this run.
        mode: Of the run, as it was written down.
        is_virtual: Whether its time is.
        saves: The strategies' own states.
        submit: Takes an order through risk and out; bound, for contexts.
        next_client_order_id: Makes a fresh id; the same.
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
        self.accounts: dict[str, Account] = {}
        self.alerts = AlertLog()
        self.counts = Counts()
        self.journal = journal
        self.run_id = run_id
        self.mode = ""
        self._has_begun = False
        self.is_virtual = True
        self.saves = StrategySaves()
        self._by_id = self.markets.by_id
        self._brokers: dict[str, Broker] = {}
        self._clock = clock
        self._ids = ClientOrderIds(run_id)
        self._stopwatch = stopwatch
        self._budget_ns = strategy_budget_ns
        self._reports: deque[VenueReport] = deque()
        self._busy = False
        self._default_limits = default = limits or RiskLimits()
        own = instrument_limits or {}
        self._limits = {
            market_id: GateLimits(own.get(market_id, default), market.instrument)
            for market_id, market in self._by_id.items()
        }
        self.execution = Execution(
            pulse=self.pulse,
            journal=journal,
            ids=self._ids,
            alerts=self.alerts,
            counts=self.counts,
            fault=self._fault,
            runaway=self._quarantine,
            ask_later=self._look_later,
        )
        self.hosts = self.execution.hosts
        self.submit: Callable[[StrategyHost, NewOrder], None] = self.execution.submit
        self.next_client_order_id = self._ids.next
        self._operator = Operator(self.execution, self, self._ids.next)
        self._owners: dict[Handler, StrategyHost] = {}

    # --- composition -------------------------------------------------------------------------

    def add_broker(self, name: str, broker: Broker, account: Account) -> None:
        """Make a broker and its account known; before strategies that use it."""
        require(name not in self._brokers, f"broker {name!r} is attached twice")
        self._brokers[name] = broker
        self.accounts[name] = account

    def broker_name(self, host: StrategyHost) -> str:
        """Return the section name of the broker that a strategy trades through."""
        return next(name for name, account in self.accounts.items() if account is host.account)

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
        host = self.hosts.get(strategy_id)
        if host is None:
            host = self.add_owner(
                strategy_id,
                broker=broker,
                instrument_ids=instrument_ids,
                cancel_on_fault=cancel_on_fault,
            )
        else:
            require(host.strategy is None, f"strategy {strategy_id!r} is added twice")
            require(
                self.broker_name(host) == broker,
                f"the books of {strategy_id!r} are at {self.broker_name(host)!r}, not {broker!r}",
            )
            self.add_ledgers(host, instrument_ids)
            host.cancel_on_fault = cancel_on_fault
        try:
            host.strategy = factory(DeskContext(self, host, instrument_ids))
        except BaseException:
            self._disconnect(host)
            del self.hosts[strategy_id]
            raise
        return host

    def add_owner(
        self,
        strategy_id: str,
        *,
        broker: str,
        instrument_ids: Iterable[str],
        cancel_on_fault: bool = True,
    ) -> StrategyHost:
        """Make the books of an owner of orders and positions that no strategy moves (yet)."""
        account = self.accounts[broker]
        host = StrategyHost(
            strategy_id,
            broker=self._brokers[broker],
            account=account,
            ledgers={
                each: Ledger(strategy_id, self._by_id[each], account) for each in instrument_ids
            },
            gate=RiskGate(self._brokers[broker].capabilities, self._limits),
            cancel_on_fault=cancel_on_fault,
        )
        self.hosts[strategy_id] = host
        if self._has_begun:
            books = OpenBooks(strategy_id, broker, tuple(host.ledgers), self.pulse.now_ns)
            self.journal.append(books)
        return host

    def add_instrument(self, instrument: Instrument) -> None:
        """Make an instrument known that came up after the desk was made."""
        self._by_id[instrument.id] = Market(instrument)
        self._limits[instrument.id] = GateLimits(self._default_limits, instrument)

    def open_books(self, strategy_id: str, broker: str, instrument_ids: Iterable[str]) -> None:
        """Have books of these instruments for an owner of orders at a broker; idempotent."""
        host = self.hosts.get(strategy_id)
        if host is None:
            self.add_owner(strategy_id, broker=broker, instrument_ids=instrument_ids)
        else:
            self.add_ledgers(host, instrument_ids)

    def add_ledgers(self, host: StrategyHost, instrument_ids: Iterable[str]) -> None:
        """Give an owner the books of more instruments."""
        for each in instrument_ids:
            if each not in host.ledgers:
                host.ledgers[each] = Ledger(host.strategy_id, self._by_id[each], host.account)

    def mark_closing(self, client_order_id: str) -> None:
        """Take an order for one that `flatten` sent."""
        self._operator.mark_closing(client_order_id)

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
        self._has_begun = True
        self.is_virtual = is_virtual
        self.execution.store.closed_max = closed_orders_max
        self.journal.append(
            RunStarted(
                self.run_id,
                name,
                mode,
                tuple(market.instrument for market in self._by_id.values()),
                tuple(
                    AccountBook(broker, account.id, account.position_mode)
                    for broker, account in self.accounts.items()
                ),
                tuple(
                    StrategyBook(host.strategy_id, self.broker_name(host), tuple(host.ledgers))
                    for host in self.hosts.values()
                ),
                continues,
                is_virtual,
                closed_orders_max,
                now_ns,
            )
        )
        self._end()

    def deposit(self, broker: str, money: Money, reason: str, now_ns: TimeNs) -> None:
        """Add money to an account; a negative amount is a withdrawal."""
        self._begin(now_ns)
        self.journal.append(Deposited(broker, money, reason, now_ns))
        self.accounts[broker].deposit(money)
        self._end()

    def end_run(self, state_hash: str, now_ns: TimeNs) -> None:
        """Write down that the run ended in good order, and in which state."""
        self._begin(now_ns)
        self.journal.append(RunEnded(self.run_id, state_hash, now_ns))
        self._end()

    # --- inputs ------------------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        """Handle a quote. This is the hottest method of hexdesk."""
        pulse = self.pulse
        ts_init = quote.ts_init
        if ts_init >= pulse.now_ns:
            pulse.now_ns = ts_init
        else:
            self.counts.time_regressions += 1
        pulse.seq += 1
        try:
            market = self._by_id[quote.instrument_id]
        except KeyError:
            self.counts.unknown_instruments += 1
            return
        market.quote = quote
        channel = market.on_quote
        handler: Handler | None = None
        self._busy = True
        try:
            for handler in channel:
                handler(quote)
        except FAULTS as error:  # a strategy may raise anything; it is quarantined
            self._publish_rest(channel, handler, quote, error)
        if pulse.is_owed:
            self._note_cause(quote)
            self._settle()
        self._busy = False

    def handle(self, event: MarketEvent) -> None:
        """Handle any market event."""
        kind = type(event)
        if kind is Quote:
            self.on_quote(event)  # type: ignore[arg-type]
            return
        self._begin(event.ts_init)
        market = self._by_id.get(event.instrument_id)
        if market is None:
            self.counts.unknown_instruments += 1
        elif isinstance(event, Trade):
            market.trade = event
            self._publish(market.on_trade, event)
        elif isinstance(event, BookUpdate):
            self._publish(market.on_book, event)
        elif isinstance(event, Bar):
            self._publish(market.on_bar, event)
        elif isinstance(event, InstrumentStatus):
            market.status = event.status
            self._publish(market.on_status, event)
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
        outcome = self._operator.handle(command)
        self._end()
        return outcome

    def on_timer(self, fired: TimerFired) -> None:
        """Handle a timer that came due."""
        self._begin(fired.ts_init)
        host = self.hosts.get(fired.strategy_id)
        if host is not None and fired.name in host.timers:
            due_ns, _ = host.timers[fired.name]
            if due_ns == fired.due_ns:  # else it was set anew since
                del host.timers[fired.name]
                self._fire(host, fired)
        self._end()

    def _fire(self, host: StrategyHost, fired: TimerFired) -> None:
        self.journal.append(fired)
        if host.strategy is None or host.state is not HostState.RUNNING:
            return
        if host.timer_ns != fired.ts_init:
            host.timer_ns = fired.ts_init
            host.timer_count = 0
        host.timer_count += 1
        if host.timer_count > BURST_MAX:  # one that sets itself for now would stop time
            self._quarantine(host, f"more than {BURST_MAX} timers at one moment")
        else:
            self._call(host, partial(host.strategy.on_timer, fired.name, fired.due_ns))

    # --- life of strategies --------------------------------------------------------------------

    def start_strategy(self, host: StrategyHost) -> None:
        """Connect a strategy's callbacks and call `on_start`; only within an input."""
        strategy = host.strategy
        if strategy is None or host.state in (HostState.RUNNING, HostState.FAULTED):
            return
        host.state = HostState.RUNNING
        if _overrides(strategy, "on_order"):
            host.on_order = self._timed(host, strategy.on_order)
        if _overrides(strategy, "on_fill"):
            host.on_fill = self.saves.after(host, self._timed(host, strategy.on_fill))
        for kind, name in _CALLBACKS.items():
            if _overrides(strategy, name):
                handler = self._timed(host, getattr(strategy, name))
                if kind == "bar":
                    handler = self.saves.after(host, handler)
                self._owners[handler] = host
                for ledger in host.ledgers.values():
                    ledger.market.add(kind, handler)
        self._call(host, strategy.on_start)

    def stop_strategy(self, host: StrategyHost, *, keep_orders: bool) -> None:
        """Call `on_stop`, disconnect, then cancel or keep open orders; only within an input."""
        if host.strategy is None or host.state is not HostState.RUNNING:
            return
        self._call(host, host.strategy.on_stop)
        self._save(host)
        if host.state is HostState.RUNNING:
            host.state = HostState.STOPPED
        self._disconnect(host)
        if not keep_orders:
            self._operator.cancel_orders(host)

    def restore_strategy(self, host: StrategyHost) -> None:
        """Give a strategy its saved state back, before it is started.

        One that cannot read it is quarantined; its orders stay as they are, and owned.
        """
        self._begin(self.pulse.now_ns)
        try:
            self.saves.restore(host)
        except FAULTS as error:
            self._quarantine(host, f"STATE_UNREADABLE: {describe(error)}", cancels=False)
        self._end()

    def save_strategies(self) -> None:
        """Save the state of every strategy that has changed its own."""
        self._begin(self.pulse.now_ns)
        for host in self.hosts.values():
            self._save(host)
        self._end()

    def _save(self, host: StrategyHost) -> None:
        if not self.saves.is_on or host.state is HostState.FAULTED:
            return
        try:
            saved = self.saves.save(host, self.pulse.now_ns)
        except FAULTS as error:
            self._quarantine(host, f"STATE_UNSAVABLE: {describe(error)}")
        else:
            if saved is not None:
                self.journal.append(saved)

    def _quarantine(self, host: StrategyHost, reason: str, *, cancels: bool = True) -> None:
        if host.state is HostState.FAULTED:
            return
        host.state = HostState.FAULTED
        host.fault = reason
        self._disconnect(host)
        host.on_order = None
        host.on_fill = None
        now_ns = self.pulse.now_ns
        self.journal.append(StrategyFaulted(host.strategy_id, reason, now_ns))
        self.pulse.is_owed = True
        self.alerts.add(Alert("STRATEGY_FAULTED", host.strategy_id, reason, now_ns))
        if host.cancel_on_fault and cancels:
            self._operator.cancel_orders(host)

    def _disconnect(self, host: StrategyHost) -> None:
        for name in list(host.timers):
            self.cancel_timer(host, name)
        for handler in [handler for handler, owner in self._owners.items() if owner is host]:
            del self._owners[handler]
            for ledger in host.ledgers.values():
                ledger.market.remove(handler)

    # --- what contexts ask (host.Services) ------------------------------------------------

    def submit_list(self, host: StrategyHost, intents: Sequence[NewOrder]) -> None:
        """Take linked orders."""
        self.execution.submit_list(host, intents)

    def amend(
        self, order: Order, quantity: QtyRaw, price: PriceRaw, trigger_price: PriceRaw
    ) -> bool:
        """Ask to amend an order."""
        return self.execution.amend(order, quantity, price, trigger_price) > 0

    def cancel(self, order: Order) -> bool:
        """Ask to cancel an order."""
        return self.execution.cancel(order)

    def flatten(self, host: StrategyHost, instrument_id: str) -> int:
        """Cancel a strategy's orders and close its positions."""
        return self._operator.flatten(host, instrument_id)

    def order(self, client_order_id: str) -> Order | None:
        """Return an order, open or closed."""
        return self.execution.order(client_order_id)

    def open_orders(self, host: StrategyHost, instrument_id: str) -> list[Order]:
        """Return a strategy's orders that are not closed, oldest first."""
        return self.execution.open_orders(host, instrument_id)

    def market(self, instrument_id: str) -> Market:
        """Return a market; KeyError if it is unknown."""
        return self._by_id[instrument_id]

    def set_timer(self, host: StrategyHost, name: str, due_ns: TimeNs) -> None:
        """Set a strategy's timer; a same name replaces the earlier one."""
        self.cancel_timer(host, name)

        def fire() -> None:
            now_ns = max(due_ns, self._clock.now_ns())
            self.on_timer(TimerFired(host.strategy_id, name, due_ns, now_ns))

        host.timers[name] = (due_ns, self._clock.call_at(due_ns, fire))

    def cancel_timer(self, host: StrategyHost, name: str) -> None:
        """Forget a strategy's timer; an unknown one is ignored."""
        _, timer = host.timers.pop(name, (0, None))
        if timer is not None:
            timer.cancel()

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
            elif reports:
                execution.on_report(reports.popleft())
                if len(reports) > REPORTS_MAX and not execution.halted:
                    execution.halt("more venue reports within one input than can be")
            elif not execution.deliver_later() and not self._save_due():
                self.pulse.is_owed = False
                execution.commit()
                return

    def _save_due(self) -> bool:
        """Save whom a fill or bar was told to; whether that may have made more to settle."""
        hosts = self.saves.take_due()
        for host in hosts:
            self._save(host)
        return bool(hosts)

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
        host = self._owners.get(failed) if failed is not None else None
        if failed is None or host is None:
            raise InvariantError(f"the venue failed on {event!r}: {error!r}") from error
        self._quarantine(host, describe(error))
        self._publish(channel[channel.index(failed) + 1 :], event)

    def _fault(self, host: StrategyHost, error: BaseException) -> None:
        self._quarantine(host, describe(error))

    def _call(self, host: StrategyHost, callback: Callable[[], None]) -> None:
        try:
            callback()
        except FAULTS as error:
            self._quarantine(host, describe(error))

    def _timed(self, host: StrategyHost, handler: Handler) -> Handler:
        """Return a handler that is held to the time budget, or the bare one without a budget."""
        stopwatch, budget_ns = self._stopwatch, self._budget_ns
        if stopwatch is None or not budget_ns:
            return handler
        return BudgetGuard(host, handler, stopwatch, budget_ns, self._over_budget)

    def _over_budget(self, host: StrategyHost, spent_ns: int, *, is_final: bool) -> None:
        text = f"took {spent_ns} ns, budget {self._budget_ns} ns"
        if is_final:
            self._quarantine(host, f"OVER_BUDGET: {text}")
        else:
            now_ns = self.pulse.now_ns
            self.alerts.add(Alert("OVER_BUDGET", host.strategy_id, text, now_ns))


def _overrides(strategy: Strategy, name: str) -> bool:
    return getattr(type(strategy), name) is not getattr(Strategy, name)
