"""Brings a desk to what its journal says: nothing is decided anew, nothing is sent.

Strategies, quotes and brokers are not asked: intents are taken as they were written, reports go the
way they went, and what the desk decided besides is in its notes (`hexdesk.domain.records`). So the
same records give the same state, byte for byte (law L6), whatever configuration reads them.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from hexdesk.application.clock import VirtualClock
from hexdesk.application.desk import Desk
from hexdesk.application.durability.detached import DetachedBroker
from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.application.durability.state import BalanceState, DeskState, LedgerState, load_legs
from hexdesk.application.operating.operator import FLATTEN_TAG, note_run_flag
from hexdesk.application.orders.reception import Reception
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account, Balance
from hexdesk.domain.commands import (
    AdoptOrder,
    ArmLive,
    ClearReducing,
    DisarmLive,
    Halt,
    NoteIncident,
    OpenBooks,
    Rearm,
    ResumeEntries,
    RollTradingDay,
    SetReducing,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import pow10
from hexdesk.domain.order import IS_SUBMITTED, Order, new_order
from hexdesk.domain.order_state import apply
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.plans import PlanChange, StrategyPlanned, follow, keeps_state
from hexdesk.domain.records import (
    AccountBook,
    Deposited,
    ListChanged,
    OrderReserved,
    RunStarted,
    StrategyBook,
    StrategySaved,
    VerbOwed,
)
from hexdesk.domain.reports import OrderAbandoned, OrderDenied, OrderHeld, VenueReport
from hexdesk.domain.risk import RiskNote
from hexdesk.domain.values import HELD, SUBMITTED, PositionMode, TimeNs
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord

Standing: TypeAlias = Halt | Rearm | SetReducing | ClearReducing | StopEntries | ResumeEntries
_REPORTS = (*VenueReport.__args__, OrderAbandoned)
_COMPLETING = frozenset({OrderReserved, OrderHeld, OrderDenied})
"""What may follow an intent and say what became of it."""
_TIMELESS = frozenset({OrderReserved, ListChanged})
"""Notes without a time of their own."""

AS_BEFORE = "configure it as before, or begin with another state folder"


def empty_desk(run: RunStarted) -> Desk:
    """Return a desk with the books of a run, nobody to fill them and nowhere to send anything."""
    desk = _bare_desk(run.run_id, run.instruments)
    Replay(desk).read((run,))
    return desk


def restored_desk(state: DeskState) -> Desk:
    """Return a desk that knows what a snapshot says, and nothing else.

    Raises:
        DataError: The snapshot contradicts itself.
    """
    desk = _bare_desk("", state.instruments)
    for account in state.accounts:
        book = account.book
        made = Account(book.account_id, position_mode=PositionMode(book.position_mode))
        for each in account.balances:
            made.balances[each.currency] = Balance(each.currency, each.scale)
        desk.add_broker(book.broker, DetachedBroker(), made)
    Replay(desk).restore(state)
    return desk


def read_life(records: Iterable[JournalRecord], state: DeskState | None = None) -> Desk | None:
    """Return the desk that the last run left, from records and a snapshot before them.

    Nothing but records is needed: neither configuration nor plugins. A run that continued none
    begins anew; what was before it is left behind.

    Raises:
        DataError: Records contradict each other.
    """
    desk = None if state is None else restored_desk(state)
    replay = None if desk is None else Replay(desk)
    read_one = None if replay is None else replay.read_one
    for record in records:
        if type(record) is RunStarted and not record.continues:
            desk = empty_desk(record)
            replay = Replay(desk)
            read_one = replay.read_one
            continue
        if read_one is None:
            message = "the journal does not begin with a run, and there is no snapshot before it"
            raise DataError(message, remedy="use a journal whose first segments are still there")
        read_one(record)
    if replay is not None:
        replay.finish()
    return desk


def _bare_desk(run_id: str, instruments: Iterable[Instrument]) -> Desk:
    return Desk(
        run_id=run_id, instruments=instruments, journal=MemoryJournal(), clock=VirtualClock()
    )


class Replay:
    """Reads records into a desk whose strategies have not been started.

    Attributes:
        desk: What is brought up to date.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._execution = execution = desk.execution
        self._store = execution.store
        self._reception = Reception(self._store, _ignore, _ignore, _fail, _ignore, sweeps=())
        self._intent: NewOrder | None = None
        self._reserve_price: int | None = None
        self._pulse = desk.pulse
        self._hosts = desk.hosts
        self._open_orders = execution.open
        self._takers: dict[type, Callable[[Any], None]] = {
            **dict.fromkeys(_REPORTS, self._reception.on_report),
            **dict.fromkeys(Standing.__args__, self._command),
            NewOrder: self._new,
            CancelOrder: self._cancel,
            AmendOrder: self._amend,
            OrderReserved: self._reserve,
            ListChanged: execution.lists.restore,
            Deposited: self._deposit,
            StrategySaved: self._save,
            StrategyPlanned: self._plan,
            OpenBooks: self._open,
            RunStarted: self._run,
            AdoptOrder: self._adopt,
            StartStrategy: self._run_flag,
            StopStrategy: self._run_flag,
            RollTradingDay: desk.trading_days.roll,
            NoteIncident: desk.operator.incidents.take,
            ArmLive: execution.standing.arm,
            DisarmLive: execution.standing.arm,
            **dict.fromkeys(RiskNote.__args__, desk.risk.take),
            VerbOwed: desk.owed.take,
        }

    def restore(self, state: DeskState) -> None:
        """Begin with a snapshot.

        Raises:
            DataError: It does not fit the desk's brokers or instruments.
        """
        desk, execution = self.desk, self._execution
        desk.mode = state.mode
        desk.is_virtual = state.is_virtual
        self._check_books(state.instruments, [account.book for account in state.accounts])
        finer = {
            balance: factor
            for account in state.accounts
            for each in account.balances
            for balance, factor in (_load_balance(desk.accounts[account.book.broker], each),)
        }
        for account in state.accounts:
            desk.accounts[account.book.broker].cash_ids = dict.fromkeys(account.cash_ids)
        for host in state.hosts:
            self._open_books(host.book)
            known_host = desk.hosts[host.book.strategy_id]
            known_host.entries_allowed = host.entries_allowed
            known_host.is_stopped = host.is_stopped
            if host.saved is not None:
                desk.saves.latest[host.book.strategy_id] = host.saved
            for ledger in host.ledgers:
                _load_ledger(known_host, ledger)
        for order in state.open:
            owner = desk.hosts[order.intent.strategy_id]
            ledger_of = owner.ledgers[order.intent.instrument_id]
            order.reserved *= finer.get(ledger_of.balance, 1)
            self._store.add(owner, ledger_of, order)
            ledger_of.resume(order)
        self._store.closed_max = state.closed_orders_max
        execution.closed.update({order.intent.client_order_id: order for order in state.closed})
        for change in state.lists:
            execution.lists.restore(change)
        standing = execution.standing
        standing.halted = state.halted
        standing.armed_until_ns = state.armed_until_ns
        standing.reducing.update(state.reducing)
        standing.look()
        desk.limits.stage(state.stage_pct)
        for instrument_id, trading_day in state.trading_days.items():
            desk.markets.by_id[instrument_id].trading_day = trading_day
        for incident in state.incidents:
            desk.operator.incidents.take(incident)
        for note in state.risk:
            desk.risk.take(note)
        for owed in state.owed:
            desk.owed.take(owed)
        desk.plans.update({plan.latest.strategy_id: plan for plan in state.plans})

    def read(self, records: Iterable[JournalRecord]) -> None:
        """Read records, oldest first; may be called again with those that follow.

        Raises:
            DataError: They do not fit the desk's brokers or instruments, or each other.
        """
        read_one = self.read_one
        for record in records:
            read_one(record)
        self.finish()

    def read_one(self, record: JournalRecord) -> None:
        """Read one record; call `finish` after the last."""
        kind = type(record)
        if kind not in _TIMELESS:
            ts_init: TimeNs = record.ts_init  # type: ignore[union-attr]
            if ts_init > self._pulse.now_ns:  # noqa: PLR1730 - `max` costs as much as the rest
                self._pulse.now_ns = ts_init
        intent = self._intent
        if intent is not None:
            if kind in _COMPLETING and self._completes(record, intent):
                return
            self._submit(intent)
        take = self._takers.get(kind)
        if take is not None:  # what else happened changed nothing, or its effects are written down
            take(record)

    def finish(self) -> None:
        """Take what waited for a record after it."""
        if self._intent is not None:
            self._submit(self._intent)

    def _new(self, intent: NewOrder) -> None:
        """Wait for the record behind an intent: it may say that the order did not leave."""
        self._intent = intent
        self._reserve_price = None

    def _cancel(self, request: CancelOrder) -> None:
        order = self._order(request.client_order_id)
        order.request_count = request.request_id
        order.pending_cancels |= 1 << request.request_id

    def _reserve(self, note: OrderReserved) -> None:
        self._order(note.client_order_id).reserve_price = note.price

    def _deposit(self, deposited: Deposited) -> None:
        self.desk.accounts[deposited.broker].deposit(deposited.money)

    def _save(self, saved: StrategySaved) -> None:
        self.desk.saves.latest[saved.strategy_id] = saved

    def _plan(self, planned: StrategyPlanned) -> None:
        desk, strategy_id = self.desk, planned.strategy_id
        self._open_books(StrategyBook(strategy_id, planned.broker, planned.instrument_ids))
        plan = desk.plans.get(strategy_id)
        if not keeps_state(plan, planned):
            desk.saves.latest.pop(strategy_id, None)
        if planned.change in {PlanChange.LOADED, PlanChange.UNLOADED}:
            self._hosts[strategy_id].is_stopped = True
        desk.plans[strategy_id] = follow(plan, planned)

    def _run(self, run: RunStarted) -> None:
        self._store.closed_max = run.closed_orders_max
        self.desk.mode = run.mode
        self.desk.is_virtual = run.is_virtual
        self._check_books(run.instruments, run.accounts)
        for book in run.strategies:
            self._open_books(book)

    def _adopt(self, command: AdoptOrder) -> None:
        self._execution.adopt(command.intent)

    def _open(self, command: OpenBooks) -> None:
        books = (command.strategy_id, command.broker, command.instrument_ids)
        self._open_books(StrategyBook(*books))

    def _completes(self, record: Any, intent: NewOrder) -> bool:  # noqa: ANN401 - one of `_COMPLETING`
        """Take what was written right after an intent and says what became of it."""
        if record.client_order_id != intent.client_order_id:
            return False
        if type(record) is OrderReserved:
            self._reserve_price = record.price
            self._submit(intent)
            return True
        self._intent = None
        order = self._begin(intent)
        apply(order, record)
        if type(record) is OrderHeld:
            host = self._host(intent)
            self._store.add(host, host.ledgers[intent.instrument_id], order)
        else:
            self._store.put_closed(order)
        return True

    def _submit(self, intent: NewOrder) -> None:
        """Take an intent that left, or a held order that was released."""
        self._intent = None
        client_order_id = intent.client_order_id
        host = self._hosts.get(intent.strategy_id) or self._host(intent)
        ledger = host.ledgers[intent.instrument_id]
        if client_order_id in self._open_orders:
            order = self._begin(intent)
        else:
            order = Order(intent, intent.quantity, intent.price, intent.trigger_price)
        price = self._reserve_price
        order.reserve_price = price = intent.price if price is None else price
        order.reserved = ledger.reserve_of(price, order.quantity)
        order.facts |= IS_SUBMITTED
        order.life = SUBMITTED
        self._open_orders[client_order_id] = order
        host.open_count += 1
        ledger.open_count += 1
        ledger.take(order)
        if intent.tag == FLATTEN_TAG:
            self.desk.operator.mark_closing(client_order_id)

    def _begin(self, intent: NewOrder) -> Order:
        """Return the order of an intent: a new one, or the one that was held until now."""
        order = self._execution.open.get(intent.client_order_id)
        if order is None or order.life is not HELD:
            return new_order(intent)
        host = self._host(intent)
        self._store.remove(host, host.ledgers[intent.instrument_id], order)
        order.intent = intent
        order.quantity = intent.quantity
        return order

    def _amend(self, request: AmendOrder) -> None:
        order = self._order(request.client_order_id)
        host = self._host(order.intent)
        ledger = host.ledgers[order.intent.instrument_id]
        order.request_count = request.request_id
        order.pending_amends |= 1 << request.request_id
        rest = request.quantity - order.cum_qty - order.dead_qty
        ledger.work(order, max(order.working_qty, rest))

    def _command(self, command: Standing) -> None:
        standing = self._execution.standing
        match command:
            case Halt(reason=reason):
                if not standing.halted:
                    standing.halt(reason or "by the operator")
            case Rearm(reason=reason):
                if reason:
                    standing.rearm(reason)
            case SetReducing() | ClearReducing():
                standing.reduce(command)
            case StopEntries() | ResumeEntries():
                if isinstance(command, ResumeEntries) and standing.halted:
                    return
                for host in self.desk.hosts.values():
                    if command.strategy_id in ("", host.strategy_id):
                        host.entries_allowed = isinstance(command, ResumeEntries)

    def _run_flag(self, command: StartStrategy | StopStrategy) -> None:
        host = self._hosts.get(command.strategy_id)
        if host is not None:
            note_run_flag(host, command)

    # --- books ---------------------------------------------------------------------------------

    def _check_books(
        self, instruments: Iterable[Instrument], accounts: Iterable[AccountBook]
    ) -> None:
        """Make instruments known; refuse a journal whose numbers would mean something else now."""
        for instrument in instruments:
            market = self.desk.markets.by_id.get(instrument.id)
            if market is None:
                self.desk.add_instrument(instrument)
            elif _scales(market.instrument) != _scales(instrument):
                message = (
                    f"instrument {instrument.id!r} has other scales, multiplier or currency than"
                    " in the journal: its quantities and prices would mean something else"
                )
                raise DataError(message, remedy=AS_BEFORE)
        for book in accounts:
            account = self.desk.accounts.get(book.broker)
            if account is None:
                account = Account(
                    book.account_id, instruments, position_mode=PositionMode(book.position_mode)
                )
                self.desk.add_broker(book.broker, DetachedBroker(), account)
            elif account.position_mode is not book.position_mode:
                message = f"broker {book.broker!r} nets in another way than in the journal"
                raise DataError(message, remedy=AS_BEFORE)

    def _open_books(self, book: StrategyBook) -> None:
        """Have an owner with these ledgers, configured or not."""
        owners = self.desk.owners
        host = self._hosts.get(book.strategy_id)
        where = owners.broker_name(host) if host is not None else book.broker
        if where != book.broker:
            message = (
                f"strategy {book.strategy_id!r} trades through {where!r},"
                f" but in the journal it has books at {book.broker!r}"
            )
            raise DataError(message, remedy="give the strategy another name")
        owners.open(book.strategy_id, book.broker, book.instrument_ids)

    def _host(self, intent: NewOrder) -> StrategyHost:
        host = self.desk.hosts.get(intent.strategy_id)
        if host is None:
            message = f"order {intent.client_order_id} is of {intent.strategy_id!r}, not in its run"
            raise DataError(message)
        return host

    def _order(self, client_order_id: str) -> Order:
        order = self._store.find(client_order_id)
        if order is None:
            message = f"a record names order {client_order_id}, which no record made"
            raise DataError(message)
        return order


def _load_ledger(host: StrategyHost, state: LedgerState) -> None:
    ledger = host.ledgers[state.instrument_id]
    load_legs(ledger.position, state.legs)
    ledger.fees = state.fees
    ledger.other_fees.update(state.other_fees)
    ledger.fill_count = state.fill_count
    ledger.funding = state.funding
    ledger.bind_margin()


def _load_balance(account: Account, state: BalanceState) -> tuple[Balance, int]:
    """Let a balance be what it was; return it and by how much finer it is kept now."""
    balance = account.balance(state.currency)  # its used margin is bound with the positions
    if state.scale > balance.scale:
        decimals = f"{state.scale} decimals, not {balance.scale}"
        message = f"the journal keeps {state.currency} with {decimals}"
        raise DataError(message, remedy=AS_BEFORE)
    factor = pow10(balance.scale - state.scale)
    balance.total = state.total * factor
    balance.reserved = state.reserved * factor
    balance.deposited = state.deposited * factor
    balance.unassigned = state.unassigned * factor
    return balance, factor


def _scales(instrument: Instrument) -> tuple[object, ...]:
    return (
        instrument.price_scale,
        instrument.quantity_scale,
        instrument.multiplier,
        instrument.inverse,
        instrument.settle,
    )


def _ignore(*_: object) -> None:
    """Leave out what is in the journal already."""


def _fail(host: StrategyHost, error: BaseException) -> None:
    """No strategy runs while a journal is read."""
    raise error from RuntimeError(host.strategy_id)
