"""Follows a desk's journal and keeps what operators ask for: events, order numbers, fills, denials.

Nothing of it is done while the desk handles an input: a commit only notes its records, and
`catch_up` does the rest when the loop is free, or before a query is answered.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

from hexdesk.application.control.facts import FACTS, fact_of
from hexdesk.application.control.numbered import Numbered
from hexdesk.application.control.ring import EventRing
from hexdesk.application.control.sight import Sight
from hexdesk.application.desk import Desk
from hexdesk.domain.cash import CashMoved
from hexdesk.domain.commands import (
    Command,
    OpenBooks,
    ResumeEntries,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.domain.inputs import StrategyFaulted
from hexdesk.domain.plans import StrategyPlanned
from hexdesk.domain.reports import Fill, FillBusted, OrderDenied
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control_events import Event, EventKind, EventPayload
from hexdesk.ports.control_views import AlertInfo, CommandInfo
from hexdesk.ports.journal import JournalRecord

COMMITS_MAX = 4_096
"""Commits noted before they are taken in at once, whether the loop is free or not."""
FILLS_MAX = 10_000
DENIALS_MAX = 10_000
ORDERS_MAX = 1_000_000

_COMMANDS = frozenset(Command.__args__)
_OF_STRATEGIES = frozenset(
    {
        StopEntries, ResumeEntries, StartStrategy, StopStrategy, OpenBooks, StrategyFaulted,
        StrategyPlanned,
    }
)  # fmt: skip
_NAMES: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in _COMMANDS}


class Chronicle:
    """What happened on one desk since the control plane came up.

    Attributes:
        ring: Events.
        orders: Client order ids in the order of decision.
        fills: Latest fills as (client order id, fill).
        denials: Latest denials as (client order id, denial).
        strategy_versions: Changes of each strategy's life so far.
        on_news: Called whenever something was taken in.
    """

    def __init__(
        self, desk: Desk, sight: Sight, ring: EventRing, later: Callable[[Callable[[], None]], None]
    ) -> None:
        """Begin to follow a desk.

        Args:
            desk: Whose journal to follow.
            sight: Shows its resources.
            ring: Takes the events.
            later: Calls something once the desk's thread is free.
        """
        self.ring = ring
        self.orders = Numbered[str](ORDERS_MAX)
        self.fills = Numbered[tuple[str, Fill]](FILLS_MAX)
        self.denials = Numbered[tuple[str, OrderDenied]](DENIALS_MAX)
        self._desk = desk
        self._sight = sight
        self._later = later
        self._commits: deque[Sequence[JournalRecord]] = deque()
        self._is_due = False
        self._alert_count = 0
        self._now_ns: TimeNs = 0
        self._was_halted = ""
        self._was_armed_until_ns: TimeNs = 0
        self._touched: dict[str, None] = {}
        self._booked: dict[tuple[str, str], None] = {}
        self._moved: dict[str, None] = {}
        self._changed: dict[str, None] = {}
        self._shows: dict[EventKind, Callable[[Any], EventPayload | None]] = {
            EventKind.ORDER: sight.order_by_id,
            EventKind.ORDER_REPORT: self._show_report,
            EventKind.FILL: self._show_fill,
            EventKind.POSITION: sight.position_by_key,
            EventKind.ACCOUNT: sight.account_by_name,
            EventKind.STRATEGY: sight.strategy_by_id,
            EventKind.DESK: sight.desk_info,
            EventKind.ALERT: _itself,
            EventKind.COMMAND: _itself,
        }
        self.on_news: Callable[[], None] = _nothing
        self._take_in_what_is_there()
        desk.journal.follow(self._note)

    def catch_up(self) -> None:
        """Take in what was committed since the last time, and wake those who wait."""
        self._is_due = False
        commits = self._commits
        if not commits and self._alert_count == self._desk.alerts.count:
            return
        while commits:
            for record in commits.popleft():
                self._take(record)
        self._finish()
        self._sight.event_sequence = self.ring.sequence
        self.ring.wake()

    def show(self, event: Event) -> Event:
        """Return an event whose payload is made, unless what it is about is gone."""
        if event.payload is None:
            event.payload = payload = self._shows[event.kind](event.subject)
            if payload is not None:
                event.subject = None  # it is not needed any more
        return event

    # --- inside --------------------------------------------------------------------------------

    def _note(self, _first: int, records: Sequence[JournalRecord]) -> None:
        self._commits.append(records)
        if not self._is_due:
            self._is_due = True
            self._later(self.catch_up)
        elif len(self._commits) > COMMITS_MAX:
            self.catch_up()

    def _take_in_what_is_there(self) -> None:
        """Begin with what an earlier run left."""
        execution = self._desk.execution
        orders = [*execution.closed.values(), *execution.open.values()]
        orders.sort(key=lambda order: order.intent.ts_init)
        for order in orders:
            self.orders.add(order.intent.client_order_id)
            self._sight.touch(order.intent.client_order_id)
        fills = [
            (order.intent.client_order_id, fill)
            for order in orders
            for fill in (order.fills or {}).values()
        ]
        for each in sorted(fills, key=lambda pair: pair[1].ts_init):
            self.fills.add(each)
        self._was_halted = execution.halted
        self._was_armed_until_ns = execution.standing.armed_until_ns

    def _take(self, record: Any) -> None:  # noqa: ANN401 - any record of a journal
        kind = cast("type[object]", type(record))
        if kind in FACTS:
            self._take_fact(record)
        elif isinstance(record, CashMoved):
            self._take_cash(record)
        elif kind in _COMMANDS:
            self._take_command(record, _NAMES[kind])
        elif isinstance(record, StrategyPlanned):
            self._take_command(record, f"strategy_{record.change.value}")
        if kind in _OF_STRATEGIES:
            self._take_change(str(getattr(record, "strategy_id", "")))

    def _take_fact(self, record: Any) -> None:  # noqa: ANN401 - any record about an order
        client_order_id = record.client_order_id
        order = self._desk.execution.order(client_order_id)
        if order is None:
            return
        strategy_id = order.intent.strategy_id
        self._now_ns = max(self._now_ns, record.ts_init)
        if self._sight.version_of(client_order_id) == 0:
            self.orders.add(client_order_id)  # ours, or adopted from the broker
        if isinstance(record, OrderDenied):
            self.denials.add((client_order_id, record))
        self._sight.touch(client_order_id)
        self._touched[client_order_id] = None
        ring, now_ns = self.ring, self._now_ns
        ring.add(now_ns, EventKind.ORDER_REPORT, strategy_id, record)
        if isinstance(record, Fill | FillBusted):
            trade = (order.fills or {}).get(record.trade_id)
            if trade is None:
                return
            if isinstance(record, Fill):
                self.fills.add((client_order_id, record))
            ring.add(now_ns, EventKind.FILL, strategy_id, (client_order_id, trade))
            self._booked[strategy_id, order.intent.instrument_id] = None

    def _take_cash(self, moved: CashMoved) -> None:
        """Note the account, and the positions that it may be for."""
        self._now_ns = max(self._now_ns, moved.ts_init)
        for name, account in self._desk.accounts.items():
            if account.id == moved.account_id:
                self._moved[name] = None
        for strategy_id, host in self._desk.hosts.items():
            if host.account.id == moved.account_id and moved.instrument_id in host.ledgers:
                self._booked[strategy_id, moved.instrument_id] = None

    def _take_command(self, record: Any, name: str) -> None:  # noqa: ANN401 - any command
        self._now_ns = max(self._now_ns, record.ts_init)
        strategy_id = getattr(record, "strategy_id", "")
        info = CommandInfo(
            command=name,
            strategy_id=strategy_id,
            reason=getattr(record, "reason", ""),
        )
        self.ring.add(self._now_ns, EventKind.COMMAND, strategy_id, info)

    def _take_change(self, strategy_id: str) -> None:
        for each in (strategy_id,) if strategy_id else tuple(self._desk.hosts):
            self._changed[each] = None

    def _finish(self) -> None:
        """Add one event for each resource that is another now."""
        ring, now_ns, sight = self.ring, self._now_ns, self._sight
        for client_order_id in self._touched:
            order = self._desk.execution.order(client_order_id)
            if order is not None:
                strategy_id = order.intent.strategy_id
                ring.add(now_ns, EventKind.ORDER, strategy_id, client_order_id)
        accounts = self._moved
        for key in self._booked:
            ring.add(now_ns, EventKind.POSITION, key[0], key)
            accounts[sight.account_name(key[0])] = None
        for name in accounts:
            ring.add(now_ns, EventKind.ACCOUNT, "", name)
        for strategy_id in self._changed:
            sight.touch_strategy(strategy_id)
            ring.add(now_ns, EventKind.STRATEGY, strategy_id, strategy_id)
        self._add_alerts()
        halted = self._desk.execution.halted
        armed_until_ns = self._desk.execution.standing.armed_until_ns
        is_armed_anew = armed_until_ns != self._was_armed_until_ns
        if halted != self._was_halted or is_armed_anew or self._changed:
            self._was_halted = halted
            self._was_armed_until_ns = armed_until_ns
            ring.add(now_ns, EventKind.DESK, "", None)
        self.on_news()
        sight.forget_orders()
        for noted in (self._touched, self._booked, self._moved, self._changed):
            noted.clear()

    def _add_alerts(self) -> None:
        alerts = self._desk.alerts
        fresh = min(alerts.count - self._alert_count, len(alerts.recent))
        first = alerts.count - fresh + 1
        for number, alert in enumerate(list(alerts.recent)[-fresh:] if fresh else (), first):
            info = AlertInfo(
                number=number,
                code=alert.code,
                scope=alert.scope,
                text=alert.text,
                create_ns=alert.ts_init,
            )
            self.ring.add(alert.ts_init, EventKind.ALERT, "", info)
        self._alert_count = alerts.count

    def _show_report(self, record: Any) -> Any:  # noqa: ANN401 - the ring's callback
        order = self._desk.execution.order(record.client_order_id)
        if order is None:
            return None
        instrument = self._desk.markets.by_id[order.intent.instrument_id].instrument
        return fact_of(record, instrument.price_scale, instrument.quantity_scale)

    def _show_fill(self, subject: Any) -> Any:  # noqa: ANN401 - the ring's callback
        client_order_id, fill = subject
        return self._sight.fill(client_order_id, fill)


def _nothing() -> None:
    """Nobody wants to know."""


def _itself(subject: Any) -> Any:  # noqa: ANN401 - the ring's callback
    return subject
