"""From journal records to the rows of a read model. Pure: the same records give the same rows.

A `Projection` keeps what later records may still change: open orders, the latest closed ones and
the books of positions. Whoever keeps the rows hands older orders back when a record names them.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, get_args

import msgspec

from hexdesk.domain.books import Book, BookKey, leg_of
from hexdesk.domain.cash import PAID_IN, CashMoved, shares
from hexdesk.domain.commands import AdoptOrder, Command
from hexdesk.domain.history import (
    BODY_LENGTH_MAX,
    Category,
    EventRow,
    FillRow,
    OrderRow,
    PositionRow,
)
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookUpdate, FundingRate, InstrumentStatus, Quote, Trade
from hexdesk.domain.money import currency_scale, format_raw
from hexdesk.domain.order_state import ALERTING, Outcome
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.plans import StrategyPlanned
from hexdesk.domain.records import (
    Deposited,
    ListChanged,
    OrderReserved,
    RunEnded,
    RunStarted,
    StrategySaved,
    VerbOwed,
)
from hexdesk.domain.reports import Fill, FillBusted, OrderEvent
from hexdesk.domain.risk import CapitalSet, RiskChanged, RiskNoted, RiskStepped
from hexdesk.domain.tracked import TrackedOrder, fold
from hexdesk.domain.values import FILLED, HELD, NETTING, PositionMode, TimeNs

CLOSED_KEPT = 4_096
"""Closed orders kept whole, for late reports; up to twice as many are. Others are loaded again."""
CLOSED_IDS_MAX = 65_536
"""Closed orders known by id where a run keeps all of them."""

_encode = msgspec.json.Encoder().encode
_BOOKED = frozenset({Outcome.APPLIED.name, *(each.name for each in ALERTING)}) - {"INVALID"}
_PARKED = Outcome.PARKED.name
_ALERTING = frozenset(each.name for each in ALERTING)
_QUIET = (
    Quote, Trade, BookUpdate, Bar, InstrumentStatus, FundingRate, TimerFired, ListChanged,
    OrderReserved, StrategySaved, RiskNoted,
)  # fmt: skip
"""Kinds that only a replay needs: no question is about them."""
_TAGS: dict[type[msgspec.Struct], str] = {
    kind: str(kind.__struct_config__.tag)
    for kind in (NewOrder, AdoptOrder, AmendOrder, CancelOrder, *get_args(OrderEvent))
}
_CATEGORIES: dict[type, Category] = {
    StrategyFaulted: Category.FAULT,
    RunStarted: Category.RUN,
    RunEnded: Category.RUN,
    Deposited: Category.CASH,
    RiskStepped: Category.ALERT,
    VerbOwed: Category.ALERT,
    RiskChanged: Category.COMMAND,
    CapitalSet: Category.COMMAND,
    StrategyPlanned: Category.COMMAND,
    **dict.fromkeys(get_args(Command), Category.COMMAND),
}

Record = Any
"""A journal record whose kind has been looked at."""
LoadOrder = Callable[[str], TrackedOrder | None]


OrderEventValues: TypeAlias = tuple[int, int, str, str, TimeNs, str]


class Changes(msgspec.Struct):
    """What a batch of records did.

    Attributes:
        orders: Rows as they now stand, new ones and others.
        order_events: New rows of `OrderEventRow`, as values behind the number of their order.
        fills: New rows.
        busts: Number of a fill, number of the record that broke it.
        positions: Rows as they now stand.
        events: New rows.
        instruments: As they now are defined.
        accounts: How they now net, by id.
        floor: Number of the latest run that began with empty books, 0 if none did in this batch.
            Earlier positions are gone before `positions` come, earlier orders no longer open.
    """

    orders: list[OrderRow]
    order_events: list[OrderEventValues]
    fills: list[FillRow]
    busts: list[tuple[int, int]]
    positions: list[PositionRow]
    events: list[EventRow]
    instruments: list[Instrument]
    accounts: dict[str, PositionMode]
    floor: int = 0


def no_order(_client_order_id: str) -> TrackedOrder | None:
    """Know no older order: for a projection that has seen every record itself."""
    return None


class Projection:
    """Folds records, in order, into changes of rows.

    Attributes:
        now_ns: Time of the latest record that had one.
        floor: Number of the latest run that began with empty books: orders before it are history.
        closed_max: Closed orders that the desk remembers, 0 for all. Reports on others it takes for
            dead letters; what they would mean comes by reconciliation, so they must not count here.
    """

    def __init__(self, load: LoadOrder = no_order, *, closed_kept: int = CLOSED_KEPT) -> None:
        self.now_ns: TimeNs = 0
        self.floor = 0
        self.closed_max = 0
        self._load = load
        self._closed_kept = closed_kept
        self._orders: dict[str, TrackedOrder] = {}
        self._closed: OrderedDict[str, None] = OrderedDict()
        self._closed_count = 0
        self._lists: Counter[str] = Counter()
        self._books: dict[BookKey, Book] = {}
        self._instruments: dict[str, Instrument] = {}
        self._modes: dict[str, PositionMode] = {}
        self._dirty_orders: dict[int, TrackedOrder] = {}
        self._dirty_books: dict[BookKey, Book] = {}
        self._changes = _no_changes()
        self._handlers: dict[type, Callable[[int, Any], object]] = {
            NewOrder: self._intend,
            AdoptOrder: self._adopt,
            AmendOrder: self._report,
            CancelOrder: self._report,
            Fill: self._fill,
            FillBusted: self._bust,
            CashMoved: self._move_cash,
            RunStarted: self._run,
            **dict.fromkeys(_QUIET, _ignore),
        }
        for kind in get_args(OrderEvent):
            self._handlers.setdefault(kind, self._report)

    # --- what is kept elsewhere, given back ------------------------------------------------------

    def restore(
        self,
        *,
        now_ns: TimeNs,
        floor: int,
        closed_max: int,
        instruments: Sequence[Instrument],
        accounts: dict[str, PositionMode],
        positions: Sequence[PositionRow],
        open_orders: Sequence[TrackedOrder],
        closed_ids: Iterable[str],
    ) -> None:
        """Go on from rows that an earlier projection made; closed ids by `closed_number`."""
        self.now_ns = now_ns
        self.floor = floor
        self.closed_max = closed_max
        self._closed = OrderedDict.fromkeys(closed_ids)
        self._instruments = {each.id: each for each in instruments}
        self._modes = dict(accounts)
        for tracked in open_orders:
            self._orders[tracked.order.intent.client_order_id] = tracked
            self._lists[tracked.order.intent.list_id] += 1
        for row in positions:
            book = Book.of(row, self._instruments.get(row.instrument_id))
            self._books[book.key] = book

    # --- records in, changes out -----------------------------------------------------------------

    def add(self, number: int, record: msgspec.Struct) -> None:
        """Take the next record."""
        handler = self._handlers.get(type(record), self._note)
        self.now_ns = getattr(record, "ts_init", self.now_ns)
        handler(number, record)

    def take(self) -> Changes:
        """Return what changed since the last call, and let old closed orders go."""
        changes, self._changes = self._changes, _no_changes()
        changes.orders = [each.row() for each in self._dirty_orders.values()]
        changes.positions = [each.row() for each in self._dirty_books.values()]
        self._dirty_orders.clear()
        self._dirty_books.clear()
        if self._closed_count > self._closed_kept:
            self._let_go()
        return changes

    # --- orders ----------------------------------------------------------------------------------

    def _intend(self, number: int, intent: NewOrder) -> None:
        """Take a new order, or the release of a held one under its own id."""
        tracked = self._orders.get(intent.client_order_id)
        if tracked is None or tracked.order.life >= FILLED:
            self._begin(number, intent, intent)
            return
        outcome = "" if tracked.order.life is HELD else Outcome.INVALID.name
        fold(tracked, number, intent)
        self._log(number, tracked, intent, outcome)

    def _adopt(self, number: int, record: AdoptOrder) -> None:
        """Take in an order that others sent; one that is known stays as it is."""
        tracked = self._find(record.intent.client_order_id)
        if tracked is None:
            tracked = self._begin(number, record, record.intent)
        self._event(
            number, record, Category.COMMAND, kind="adopt", text=record.reason, tracked=tracked
        )

    def _begin(self, number: int, record: NewOrder | AdoptOrder, intent: NewOrder) -> TrackedOrder:
        instrument = self._instruments.get(intent.instrument_id)
        tracked = TrackedOrder.begin(number, record, instrument)
        self._orders[intent.client_order_id] = tracked
        self._closed.pop(intent.client_order_id, None)
        self._lists[intent.list_id] += 1
        self._log(number, tracked, record, "")
        return tracked

    def _take(self, number: int, record: Record) -> tuple[TrackedOrder, str] | None:
        """Let an order take what is about it; None where nobody knows the order."""
        tracked = self._find(record.client_order_id)
        if tracked is None:
            self._alert(number, record, "DEAD_LETTER", None)
            return None
        outcome = fold(tracked, number, record)
        self._log(number, tracked, record, outcome)
        return tracked, outcome

    def _report(self, number: int, record: Record) -> tuple[TrackedOrder, str] | None:
        """Take anything else that is about one order."""
        taken = self._take(number, record)
        if taken is not None and taken[1] in _ALERTING:
            self._alert(number, record, taken[1], taken[0])
        return taken

    def _fill(self, number: int, fill: Fill) -> None:
        taken = self._report(number, fill)
        if taken is None:
            return
        tracked, outcome = taken
        is_booked = outcome in _BOOKED
        if is_booked or outcome == _PARKED:
            book = self._book(tracked)
            fee = book.fee_of(fill)
            if is_booked:
                book.book(fill, tracked.order.intent.position_effect, number)
                self._dirty_books[book.key] = book
            self._changes.fills.append(_fill_row(number, tracked, fill, fee, parked=not is_booked))

    def _bust(self, number: int, bust: FillBusted) -> None:
        taken = self._take(number, bust)
        if taken is None:
            return
        tracked, outcome = taken
        if outcome not in _BOOKED:
            if outcome in _ALERTING:
                self._alert(number, bust, outcome, tracked)
            return
        order = tracked.order
        fill = (order.fills or {})[bust.trade_id]
        book = self._book(tracked)
        book.unbook(fill, order.intent.position_effect, number, bust.ts_init)
        self._dirty_books[book.key] = book
        self._changes.busts.append((tracked.fill_numbers[bust.trade_id], number))
        self._alert(number, bust, "FILL_BUSTED", tracked)

    def _let_go(self) -> None:
        """Keep only the latest closed orders whole."""
        closed = [name for name, each in self._orders.items() if each.closed_number]
        for client_order_id in closed[: len(closed) - self._closed_kept]:
            del self._orders[client_order_id]
        self._closed_count = 0

    def _find(self, client_order_id: str) -> TrackedOrder | None:
        """Return an order that the desk remembers, too."""
        tracked = self._orders.get(client_order_id)
        if tracked is None:
            tracked = self._load(client_order_id)
            if tracked is None or tracked.number < self.floor:
                return None
            self._orders[client_order_id] = tracked
        if tracked.closed_number and self.closed_max and client_order_id not in self._closed:
            list_id = tracked.order.intent.list_id
            if not list_id or not self._lists[list_id]:
                return None
        return tracked

    def _log(self, number: int, tracked: TrackedOrder, record: Record, outcome: str) -> None:
        """Add a record to an order's history, and note whether the order may be forgotten."""
        began = tracked.number
        body = _encode(record).decode()
        values = (began, number, _TAGS[type(record)], outcome, record.ts_init, body)
        self._changes.order_events.append(values)
        self._dirty_orders[began] = tracked
        client_order_id = tracked.order.intent.client_order_id
        if tracked.order.life >= FILLED:
            if not tracked.closed_number or client_order_id not in self._closed:
                self._close(number, tracked)
        elif tracked.closed_number:
            tracked.closed_number = 0
            self._closed.pop(client_order_id, None)
            self._lists[tracked.order.intent.list_id] += 1

    def _close(self, number: int, tracked: TrackedOrder) -> None:
        """Take an order to the closed ones."""
        intent = tracked.order.intent
        if not tracked.closed_number:
            self._lists[intent.list_id] -= 1
            if not self._lists[intent.list_id]:
                del self._lists[intent.list_id]
        tracked.closed_number = number
        self._closed_count += 1
        self._closed[intent.client_order_id] = None
        self._trim()

    def _trim(self) -> None:
        """Forget the oldest closed orders, as the desk does."""
        while len(self._closed) > (self.closed_max or CLOSED_IDS_MAX):
            self._closed.popitem(last=False)

    def _book(self, tracked: TrackedOrder) -> Book:
        intent = tracked.order.intent
        mode = self._modes.get(intent.account_id, NETTING)
        leg = leg_of(mode, intent.side, intent.position_effect)
        key = (intent.strategy_id, intent.account_id, intent.instrument_id, leg)
        book = self._books.get(key)
        if book is None:
            book = self._books[key] = Book(key, self._instruments.get(intent.instrument_id))
        return book

    # --- everything else -------------------------------------------------------------------------

    def _run(self, number: int, run: RunStarted) -> None:
        """Learn what the records of a run refer to."""
        if not run.continues:
            self._begin_empty(number)
        self.closed_max = run.closed_orders_max
        self._trim()
        for instrument in run.instruments:
            if self._instruments.get(instrument.id) != instrument:
                self._instruments[instrument.id] = instrument
                self._changes.instruments.append(instrument)
                for book in self._books.values():
                    if book.key[2] == instrument.id and book.redefine(instrument):
                        self._dirty_books[book.key] = book
        for account in run.accounts:
            if self._modes.get(account.account_id) is not account.position_mode:
                self._modes[account.account_id] = account.position_mode
                self._changes.accounts[account.account_id] = account.position_mode
        text = f"run {run.run_id} of {run.name}, {run.mode}"
        self._event(number, run, Category.RUN, kind="run", text=text)

    def _begin_empty(self, number: int) -> None:
        """Leave what earlier runs held behind."""
        self.floor = self._changes.floor = number
        self._orders.clear()
        self._closed.clear()
        self._lists.clear()
        self._books.clear()
        self._dirty_books.clear()

    def _move_cash(self, number: int, moved: CashMoved) -> None:
        """Take cash that moved without a trade; as the desk's books do, for who held then."""
        if moved.cash_kind not in PAID_IN:
            holders = self._holders(moved)
            held = {name: sum(each.quantity for each in own) for name, own in holders.items()}
            for strategy_id, share in shares(moved.amount, held).items():
                book = max(holders[strategy_id], key=lambda each: abs(each.quantity))
                book.receive(share, number, moved.ts_init)
                self._dirty_books[book.key] = book
        amount = format_raw(moved.amount, currency_scale(moved.currency))
        text = f"{moved.cash_kind.value} {amount} {moved.currency}"
        self._event(number, moved, Category.CASH, kind="cash", text=text)

    def _holders(self, moved: CashMoved) -> dict[str, list[Book]]:
        """Return the books of an account that cash may be for, by strategy."""
        instrument = self._instruments.get(moved.instrument_id)
        found: dict[str, list[Book]] = {}
        if instrument is None or instrument.settle != moved.currency:
            return found
        for key in sorted(self._books):
            strategy_id, account_id, instrument_id, _leg = key
            if (account_id, instrument_id) == (moved.account_id, moved.instrument_id):
                found.setdefault(strategy_id, []).append(self._books[key])
        return found

    def _note(self, number: int, record: msgspec.Struct) -> None:
        """Take a record that is about no order; one of an unknown kind, too."""
        category = _CATEGORIES.get(type(record), Category.OTHER)
        kind = record.__struct_config__.tag or type(record).__name__
        text = getattr(record, "reason", "") or getattr(record, "text", "")
        self._event(number, record, category, kind=str(kind), text=str(text))

    def _alert(self, number: int, record: Record, code: str, tracked: TrackedOrder | None) -> None:
        """Note a report that a person should know of."""
        tag = str(record.__struct_config__.tag)
        self._event(number, record, Category.ALERT, kind=code, text=tag, tracked=tracked)

    def _event(
        self,
        number: int,
        record: Record,
        category: Category,
        *,
        kind: str,
        text: str,
        tracked: TrackedOrder | None = None,
    ) -> None:
        body = _encode(record)
        intent = None if tracked is None else tracked.order.intent
        self._changes.events.append(
            EventRow(
                number=number,
                ts_ns=self.now_ns,
                category=category,
                kind=kind,
                strategy_id=intent.strategy_id if intent else getattr(record, "strategy_id", ""),
                instrument_id=intent.instrument_id
                if intent
                else getattr(record, "instrument_id", ""),
                client_order_id=intent.client_order_id
                if intent
                else getattr(record, "client_order_id", ""),
                text=text,
                body=body.decode() if len(body) <= BODY_LENGTH_MAX else "",
            )
        )


def _ignore(_number: int, _record: Record) -> None:
    """Do nothing."""


def _no_changes() -> Changes:
    return Changes([], [], [], [], [], [], [], {})


def _fill_row(
    number: int, tracked: TrackedOrder, fill: Fill, fee: tuple[int, str, bool], *, parked: bool
) -> FillRow:
    intent = tracked.order.intent
    amount, currency, is_estimated = fee
    return FillRow(
        number=number,
        order_number=tracked.number,
        client_order_id=fill.client_order_id,
        venue_order_id=fill.venue_order_id,
        trade_id=fill.trade_id,
        strategy_id=intent.strategy_id,
        account_id=intent.account_id,
        instrument_id=fill.instrument_id,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        liquidity=fill.liquidity,
        fee=amount,
        fee_currency=currency,
        fee_scale=currency_scale(currency),
        fee_is_estimated=is_estimated,
        busted_number=number if parked else 0,
        ts_event=fill.ts_event,
        ts_init=fill.ts_init,
        price_scale=tracked.price_scale,
        quantity_scale=tracked.quantity_scale,
    )
