"""Our side of a comparison: a view of what the desk holds at one broker, and since when.

The desk satisfies the protocols by its shape; nothing here is called on the order path.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Protocol

import msgspec

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.reconciliation.actions import Action, FeedReport
from hexdesk.application.reconciliation.cash import cash_of, is_flat
from hexdesk.application.strategies.host import is_external
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import format_raw
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    FILLED,
    HELD,
    INITIALIZED,
    SUBMITTED,
    MoneyRaw,
    QtyRaw,
    TimeNs,
)

CLOSED_MAX = 500
"""Latest closed orders that are looked at unasked: for late fills, and doubts about broken trades.

Older ones are looked at when the broker names them."""


class HostBooks(Protocol):
    """What is read of a strategy's place in the desk."""

    @property
    def account(self) -> Account:
        """Whose money it moves."""
        ...

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """By instrument id."""
        ...


class OrderBooks(Protocol):
    """What is read of the desk's orders."""

    @property
    def open(self) -> dict[str, Order]:
        """By client order id, oldest first."""
        ...

    @property
    def closed(self) -> dict[str, Order]:
        """The others, in the order in which they closed."""
        ...

    @property
    def halted(self) -> str:
        """Why nothing may leave; empty when trading."""
        ...

    @property
    def reducing(self) -> Mapping[str, Mapping[str, str]]:
        """Why instruments may only shrink: texts by code, by instrument."""
        ...


class DeskBooks(Protocol):
    """What is read of a desk. `hexdesk.application.desk.Desk` is one."""

    @property
    def accounts(self) -> Mapping[str, Account]:
        """By broker name."""
        ...

    @property
    def hosts(self) -> Mapping[str, HostBooks]:
        """Strategies by id; what is not a strategy's is under a host too."""
        ...

    @property
    def execution(self) -> OrderBooks:
        """Orders."""
        ...


class Holding(msgspec.Struct, frozen=True, gc=False):
    """What one strategy holds of one instrument.

    Attributes:
        legs: What it holds, signed: one net leg, or long and short apart.
        price: Average raw entry price, 0.0 if flat.
        fill_count: Executions booked so far.
    """

    legs: tuple[QtyRaw, ...]
    price: float
    fill_count: int

    @property
    def quantity(self) -> QtyRaw:
        """Net, signed."""
        return sum(self.legs)

    @property
    def is_flat(self) -> bool:
        """Whether no leg of it holds anything."""
        return not any(self.legs)

    def against(self, other: "Holding") -> QtyRaw:
        """Return what this one would have to trade so as not to hold against another; signed.

        Of legs that are kept apart, the first of which both hold against each other.
        """
        pairs = zip(self.legs, other.legs, strict=True)
        opposed = ((ours, theirs) for ours, theirs in pairs if ours * theirs < 0)
        ours, theirs = next(opposed, (0, 0))
        return max(-ours, theirs) if ours > 0 else min(-ours, theirs)


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Our side, at one moment.

    Attributes:
        orders: By client order id: all open ones, the latest closed ones, and those asked for.
        holdings: By strategy and instrument.
        instruments: By id, all that the broker's strategies trade.
        balances: Cash by currency, as the broker counts it, at the currency's scale.
        unclear_cash: Currencies in which our cash cannot be said as the broker counts it.
        changed_ns: By key (order id, instrument, currency), when it was first seen as it is.
        modes: What the account should be set to, by name.
        late: Instruments of which executions came late, so that the broker counts otherwise.
    """

    orders: Mapping[str, Order]
    holdings: Mapping[tuple[str, str], Holding]
    instruments: Mapping[str, Instrument] = {}
    balances: Mapping[str, MoneyRaw] = {}
    unclear_cash: frozenset[str] = frozenset()
    changed_ns: Mapping[str, TimeNs] = {}
    modes: Mapping[str, str] = {}
    late: frozenset[str] = frozenset()

    def held(self, instrument_id: str) -> QtyRaw:
        """Return the net quantity over all strategies."""
        return sum(
            holding.quantity
            for (_, held_id), holding in self.holdings.items()
            if held_id == instrument_id
        )

    def nobodys(self, instrument_id: str) -> Holding | None:
        """Return what is held of an instrument and is no strategy's."""
        for (owner, held_id), holding in self.holdings.items():
            if held_id == instrument_id and is_external(owner):
                return holding
        return None

    def is_flat(self, instrument_id: str) -> bool:
        """Whether nobody holds anything of an instrument, on any side."""
        return all(
            holding.is_flat
            for (_, held_id), holding in self.holdings.items()
            if held_id == instrument_id
        )

    def quantity_text(self, instrument_id: str, quantity: QtyRaw) -> str:
        """Return a quantity as people write it."""
        instrument = self.instruments.get(instrument_id)
        return format_raw(quantity, 0 if instrument is None else instrument.quantity_scale)

    def busy_instruments(self) -> set[str]:
        """Return the instruments with anything in flight or in doubt."""
        return {order.intent.instrument_id for order in self.orders.values() if is_in_flight(order)}


def is_in_flight(order: Order) -> bool:
    """Whether something about an order is unanswered or in doubt."""
    if order.doubt is not None:
        return True
    if order.life >= FILLED:
        return False
    return order.life is SUBMITTED or bool(order.pending_cancels or order.pending_amends)


def is_at_venue(order: Order) -> bool:
    """Whether the broker should list an order as open."""
    return order.life < FILLED and order.life not in (INITIALIZED, HELD, SUBMITTED)


def orders_of(desk: DeskBooks, broker: str) -> dict[str, Order]:
    """Return all open orders at a broker and the latest closed ones, by client order id."""
    execution = desk.execution
    recent = islice(reversed(execution.closed.values()), CLOSED_MAX)
    return _at(desk, broker, (*execution.open.values(), *recent))


def ledgers_of(desk: DeskBooks, broker: str) -> list[Ledger]:
    """Return all ledgers at a broker."""
    account = desk.accounts[broker]
    hosts = [host for host in desk.hosts.values() if host.account is account]
    return [ledger for host in hosts for ledger in host.ledgers.values()]


def books_of(
    desk: DeskBooks,
    broker: str,
    changes: "Changes",
    *,
    named: Iterable[tuple[str, str]] = (),
    modes: Mapping[str, str] | None = None,
    now_ns: TimeNs,
) -> Books:
    """Return the view of a desk at one broker, and note in `changes` what is new.

    Orders `named` by client order id and the broker's id are in it if they are ours, however long
    closed.
    """
    account = desk.accounts[broker]
    orders = orders_of(desk, broker)
    older = _older(desk, broker, orders, named)
    holdings: dict[tuple[str, str], Holding] = {}
    instruments: dict[str, Instrument] = {}
    for strategy_id, host in desk.hosts.items():
        if host.account is account:
            for instrument_id, ledger in host.ledgers.items():
                holdings[strategy_id, instrument_id] = _holding(ledger)
                instruments[instrument_id] = ledger.instrument
    ledgers = ledgers_of(desk, broker)
    changes.late -= {each for each in changes.late if is_flat(ledgers, each)}
    cash = cash_of(account, ledgers, changes.late)
    changes.observe(orders, holdings, cash.amounts, now_ns)
    return Books(
        orders={**orders, **older},
        holdings=holdings,
        instruments=instruments,
        balances=cash.amounts,
        unclear_cash=cash.unclear,
        changed_ns=changes.seen_ns,
        modes=modes or {},
        late=frozenset(changes.late),
    )


def _at(desk: DeskBooks, broker: str, orders: Iterable[Order]) -> dict[str, Order]:
    account, hosts = desk.accounts[broker], desk.hosts
    found: dict[str, Order] = {}
    for order in orders:
        host = hosts.get(order.intent.strategy_id)
        if host is not None and host.account is account:
            found[order.intent.client_order_id] = order
    return found


def _older(
    desk: DeskBooks, broker: str, known: Mapping[str, Order], named: Iterable[tuple[str, str]]
) -> dict[str, Order]:
    """Return closed orders that a broker names; by its own id alone means walking through all."""
    closed = desk.execution.closed
    by_id: list[Order] = []
    at_venue: set[str] = set()
    for client_order_id, venue_order_id in named:
        if client_order_id in closed:
            by_id.append(closed[client_order_id])
        elif not client_order_id and venue_order_id:
            at_venue.add(venue_order_id)
    at_venue -= {order.venue_order_id for order in known.values()}
    if at_venue:
        by_id += [order for order in closed.values() if order.venue_order_id in at_venue]
    return _at(desk, broker, by_id)


def _holding(ledger: Ledger) -> Holding:
    position = ledger.position
    return Holding(position.legs, position.avg_px, ledger.fill_count)


class Changes:
    """Since when each key has been as it is: when a look first found it so.

    That is never earlier than the change itself, so waiting from then on is safe, and nothing has
    to be written down on the order path.

    Attributes:
        seen_ns: By key; what vanishes is forgotten.
        late: Instruments of which executions came late, until the account is flat in them.
    """

    def __init__(self) -> None:
        self.seen_ns: dict[str, TimeNs] = {}
        self.late: set[str] = set()
        self._marks: dict[str, object] = {}

    def observe(
        self,
        orders: Mapping[str, Order],
        holdings: Mapping[tuple[str, str], Holding],
        balances: Mapping[str, MoneyRaw],
        now_ns: TimeNs,
    ) -> None:
        """Compare every key with how it was at the last look."""
        marks: dict[str, object] = {key: _mark(order) for key, order in orders.items()}
        for (strategy_id, instrument_id), holding in holdings.items():
            held = (strategy_id, holding.quantity, holding.fill_count)
            marks[instrument_id] = (marks.get(instrument_id), held)
        marks.update(balances)
        seen, before = self.seen_ns, self._marks
        for key, mark in marks.items():
            if key not in seen or before[key] != mark:
                seen[key] = now_ns
        for key in before.keys() - marks.keys():
            del seen[key]
        self._marks = marks

    def date_back(self, quiet_since_ns: TimeNs) -> None:
        """Say that nothing seen so far has changed since a time, as a replayed journal knows."""
        for key in self.seen_ns:
            self.seen_ns[key] = quiet_since_ns

    def note_late(self, actions: Iterable[Action]) -> None:
        """Note of which instruments executions come later than others that are booked."""
        self.late |= {
            action.report.instrument_id
            for action in actions
            if isinstance(action, FeedReport) and isinstance(action.report, Fill)
        }


def _mark(order: Order) -> tuple[object, ...]:
    """Return what changes with everything that happens to an order."""
    return (
        order.life,
        order.facts,
        order.cum_qty,
        order.quantity,
        order.price,
        order.trigger_price,
        order.request_count,
        order.pending_cancels,
        order.pending_amends,
        order.doubt,
        len(order.fills or ()),
        len(order.busts or ()),
    )
