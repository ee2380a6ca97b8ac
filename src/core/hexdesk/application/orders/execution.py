"""The way out of an order: intent, risk, journal, broker. The way back: `reception`.

Requests leave at the end of the input that made them: first one journal commit, then every
request, so that no byte leaves before its intent is written (law L7) and one input costs one
write.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from hexdesk.application.alerts import AlertLog
from hexdesk.application.counts import Counts
from hexdesk.application.faults import describe
from hexdesk.application.gate.soundness import recordable
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.ledgers.trading_days import close_of_one_day, closes_by_day
from hexdesk.application.orders.amendments import Amendments
from hexdesk.application.orders.answers import AnswerWatch, doubt, refusal
from hexdesk.application.orders.authority import PROTECTION, STRATEGY, Authority
from hexdesk.application.orders.contingent import Contingencies
from hexdesk.application.orders.ghosts import GhostOrders
from hexdesk.application.orders.guarded import GuardedCloses, venue_agrees
from hexdesk.application.orders.ids import ClientOrderIds
from hexdesk.application.orders.order_store import OrderStore
from hexdesk.application.orders.reception import Reception
from hexdesk.application.orders.standing import Standing
from hexdesk.application.orders.working import is_close
from hexdesk.application.pulse import Pulse
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain.commands import Command, Halt, SetReducing
from hexdesk.domain.order import IS_EXTERNAL, IS_SUBMITTED, Order, new_order
from hexdesk.domain.order_state import apply
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import ListChanged, OrderReserved
from hexdesk.domain.reports import (
    OrderCanceled,
    OrderDenied,
    OrderHeld,
    OrderRejected,
)
from hexdesk.domain.values import CLOSE, FILLED, HELD, SUBMITTED, Contingency, QtyRaw
from hexdesk.errors import HexdeskError
from hexdesk.ports.journal import Journal

BURST_MAX = 1_000
"""Requests of one strategy within one input; beyond it the strategy is quarantined."""
UNWRITABLE = "JOURNAL_UNWRITABLE"
NOT_ITS_OWN = ("ORDER_VALUE", "instrument_id: expected one of the strategy's")
RUNNING = HostState.RUNNING


class Execution:
    """Sends what strategies, operators and linked orders of one desk decide.

    Attributes:
        open: Orders that are not closed, by client order id, oldest first.
        closed: The others.
        hosts: Strategies by id.
        standing: What passes at all.
        lists: Linked orders.
        guarded: Closes that the desk alone keeps to what their owner holds.
        store: Where the orders are.
        watch: Finds requests that nobody answers.
        pulse: Time and number of the input being handled.
        closing: Ids of orders that `flatten` sent.
        next_id: Makes a fresh client order id.
        amend: Asks to replace terms.
        outbox: Requests of the input being handled, with what sends them.
        open_orders: Returns a strategy's orders that are not closed.
        dead_letters: Latest reports that fit no order.
        on_report: Takes a venue's report; `reception` does.
        deliver_later: Delivers one event that the desk itself made; False when there is none.
    """

    def __init__(
        self,
        *,
        pulse: Pulse,
        journal: Journal,
        ids: ClientOrderIds,
        alerts: AlertLog,
        counts: Counts,
        fault: Callable[[StrategyHost, BaseException], None],
        runaway: Callable[[StrategyHost, str], None],
        ask_later: Callable[[int], None],
    ) -> None:
        self._store = store = OrderStore(pulse, journal, alerts, counts)
        self.lists = self._lists = Contingencies(self)
        self.guarded = GuardedCloses(self)
        sweeps = (GhostOrders(store, self.cancel, self._lists.settle).look, self.guarded.look)
        self.reception = reception = Reception(
            store, store.record, self._lists.on_change, fault, self.reduce, sweeps=sweeps
        )
        self.store = store
        store.let_list_go = self._lists.let_go
        self.watch = AnswerWatch(store.open, ask_later)
        self.open = store.open
        self.open_orders = store.open_orders
        self.closed = store.closed
        self.hosts = store.hosts
        self.standing = Standing(alerts, pulse)
        self.amend = Amendments(store, self.standing, self._ask, self._count_burst).amend
        self.pulse = pulse
        self.closing = set[str]()
        self.next_id = ids.next
        self.outbox: list[tuple[Callable[[Any], None], Any]] = []
        self.dead_letters = reception.dead_letters
        self.on_report = reception.on_report
        self.deliver_later = reception.deliver_later
        self._journal = journal
        self._record = journal.append
        self._counts = counts
        self._runaway = runaway

    @property
    def halted(self) -> str:
        """Why nothing may leave; empty when trading."""
        return self.standing.halted

    @property
    def reducing(self) -> Mapping[str, Mapping[str, str]]:
        """Instruments of which only reducing orders pass: texts by code, by instrument."""
        return self.standing.reducing

    # --- out -------------------------------------------------------------------------------

    def submit(self, host: StrategyHost, intent: NewOrder, authority: Authority = STRATEGY) -> None:
        """Take an order through risk, and out if it passes."""
        if intent.position_effect is CLOSE:
            for part in closes_by_day(self, host, intent, authority):
                self._counts.orders += 1
                self._send(host, new_order(part), authority)
            return
        self._counts.orders += 1
        order = Order(intent, intent.quantity, intent.price, intent.trigger_price)
        self._send(host, order, authority)

    def submit_list(self, host: StrategyHost, intents: Sequence[NewOrder]) -> None:
        """Take linked orders: those with a parent are held until it fills.

        An exit that could never leave is found out now: the whole list is denied rather than a
        position entered that cannot be protected.
        """
        self._counts.orders += len(intents)
        intents = [close_of_one_day(intent, host) for intent in intents]
        if self._deny_list(host, intents):
            return
        self._lists.add(intents)
        for intent in intents:
            if intent.parent_id:
                self._hold(host, intent)
        for intent in intents:
            if not intent.parent_id:
                self._send(host, new_order(intent), STRATEGY)
        if intents[0].contingency is Contingency.OCO:
            self._withdraw_half(host, intents)
        self._lists.on_change(intents[0].list_id)

    def cancel(self, order: Order, authority: Authority = STRATEGY) -> bool:
        """Ask to cancel; a held order ends at once. Cancels always pass risk."""
        intent = order.intent
        if intent.list_id and authority is not PROTECTION:
            self._lists.give_up(intent)
        if order.life >= FILLED or order.pending_cancels:
            return False
        host = self.hosts[intent.strategy_id]
        now_ns = self.pulse.now_ns
        if order.life is HELD:
            canceled = OrderCanceled(intent.client_order_id, "", now_ns, now_ns)
            self._store.decide(host, order, canceled)
            return True
        if order.request_count and authority is STRATEGY:
            self._count_burst(host)
        order.request_count = request_id = order.request_count + 1
        order.pending_cancels |= 1 << request_id
        self._counts.cancels += 1
        request = CancelOrder(intent.client_order_id, request_id, now_ns, authority)
        self._ask(host.broker.cancel, request)
        return True

    def preview(
        self, host: StrategyHost, order: Order, ledger: Ledger, authority: Authority = STRATEGY
    ) -> tuple[str, str] | None:
        """Return why a new order would be denied now, or None; nothing is counted or sent."""
        intent = order.intent
        denial = self.standing.denial(host, intent, ledger, intent.quantity, authority)
        if denial is not None:
            return denial
        if authority is STRATEGY:
            return host.gate.preview(order, ledger, self.pulse.now_ns, host.open_count)
        return host.gate.check_close(order, ledger)

    def flush(self) -> None:
        """Commit the journal, then send every request of this input.

        A journal that cannot be written halts the desk; what has not left is rejected by us.
        """
        outbox = self.outbox
        if not self.commit():
            self.outbox = []
            for _send, request in outbox:
                self.on_report(refusal(request, UNWRITABLE, self.halted, self.pulse.now_ns))
            return
        if not self.watch.is_armed:
            self.watch.arm()
        for send, request in outbox:
            try:
                send(request)
            except Exception as error:  # noqa: BLE001 - against its port; it may have left
                text = describe(error)
                self.halt(f"BROKER_FAILED: {text}")  # it is not trusted any more
                self.on_report(doubt(request, text, self.pulse.now_ns))
        outbox.clear()

    def commit(self) -> bool:
        """Write what this input decided; a journal that cannot be written halts the desk."""
        try:
            self._journal.commit()
        except (OSError, HexdeskError) as error:
            reason = f"{UNWRITABLE}: " + str(error).partition("\n")[0]  # what to do, its alarm says
            if self.halted != reason:
                self.halt(reason)
            return False
        return True

    def adopt(self, intent: NewOrder) -> None:
        """Take an order into the books that we did not send; one that is known stays as it is.

        Its quantity counts as able to be filled; the venue alone reserves for it.
        """
        if self.order(intent.client_order_id) is not None:
            return
        order = new_order(intent)
        order.facts |= IS_EXTERNAL
        host = self.hosts[intent.strategy_id]
        ledger = host.ledgers[intent.instrument_id]
        self._store.add(host, ledger, order)
        ledger.take(order)

    def halt(self, reason: str) -> None:
        """Let nothing but cancels and an operator's closes leave until re-armed."""
        self._record(Halt(reason, self.pulse.now_ns))
        self.standing.halt(reason)

    def reduce(self, instrument_id: str, code: str, reason: str) -> None:
        """Let only reducing orders of an instrument pass, until a person says otherwise."""
        if code not in self.reducing.get(instrument_id, {}):
            change = SetReducing(instrument_id, code, reason, self.pulse.now_ns)
            self._record(change)
            self.standing.reduce(change)

    def rearm(self, reason: str) -> None:
        """End a halt, and send the exits that came due meanwhile."""
        if self.halted:
            self.standing.rearm(reason)
            self._lists.catch_up()

    def refuse(self, command: Command, why: str) -> None:
        """Tell that a command was not carried out."""
        self._store.alert("COMMAND_REFUSED", type(command).__name__, why)

    # --- what linked orders ask (contingent.ExitDesk) ------------------------------------------

    def alert(self, code: str, scope: str, text: str) -> None:
        """Tell a person."""
        self._store.alert(code, scope, text)

    def note(self, change: ListChanged) -> None:
        """Write down how a list now stands."""
        self._record(change)

    def order(self, client_order_id: str) -> Order | None:
        """Return an order, open or closed."""
        return self._store.find(client_order_id)

    def release(self, order: Order, quantity: QtyRaw) -> None:
        """Send a held order for a quantity."""
        intent = order.intent
        order.intent = replace(
            intent,
            quantity=quantity,
            price=order.price,
            trigger_price=order.trigger_price,
            ts_init=self.pulse.now_ns,
            causation_id=self.pulse.seq,
        )
        order.quantity = quantity
        host = self.hosts[intent.strategy_id]
        self._store.remove(host, host.ledgers[intent.instrument_id], order)
        self._send(host, order, PROTECTION)

    def can_amend(self, order: Order) -> bool:
        """Whether its broker amends orders."""
        return self.hosts[order.intent.strategy_id].broker.capabilities.amend

    def resize(self, order: Order, quantity: QtyRaw) -> int:
        """Ask to amend a total quantity; return the request's number, 0 if it was not asked."""
        return self.amend(order, quantity, 0, 0, PROTECTION)

    def recall(self, order: Order) -> bool:
        """Cancel an exit that has nothing to exit, or the wrong size."""
        return self.cancel(order, PROTECTION)

    def replace(self, order: Order, quantity: QtyRaw) -> str:
        """Send a closed exit's terms anew; half of a pair that may open is checked as at first."""
        client_order_id = self.next_id()
        intent = replace(
            order.intent,
            client_order_id=client_order_id,
            quantity=quantity,
            price=order.price,
            trigger_price=order.trigger_price,
            ts_init=self.pulse.now_ns,
            causation_id=self.pulse.seq,
        )
        closes = bool(intent.parent_id) or is_close(intent)
        self.submit(self.hosts[intent.strategy_id], intent, PROTECTION if closes else STRATEGY)
        return client_order_id

    # --- inside ----------------------------------------------------------------------------

    def _send(self, host: StrategyHost, order: Order, authority: Authority) -> None:
        intent = order.intent
        pulse = self.pulse
        if authority is STRATEGY:
            if host.burst_seq == pulse.seq:
                self._count_burst(host)
            else:
                host.burst_seq = pulse.seq
                host.burst_count = 1
        ledger = host.ledgers.get(intent.instrument_id)
        if ledger is None:
            self._deny(host, order, *NOT_ITS_OWN)
            return
        denial = None
        if self.standing.is_restricted or not host.entries_allowed or host.state is not RUNNING:
            denial = self.standing.denial(host, intent, ledger, intent.quantity, authority)
        if denial is None:
            if authority is STRATEGY:
                denial = host.gate.check(order, ledger, pulse.now_ns, host.open_count)
            else:
                denial = host.gate.check_close(order, ledger)
        if denial is not None:
            self._deny(host, order, *denial)
            return
        if intent.reduce_only and not venue_agrees(self.hosts, host, intent):
            order.intent = intent = replace(intent, reduce_only=False, desk_reduce_only=True)
        order.facts |= IS_SUBMITTED
        order.life = SUBMITTED
        self.open[intent.client_order_id] = order
        host.open_count += 1
        ledger.open_count += 1
        ledger.take(order)
        self._record(intent)
        if order.reserve_price != intent.price:
            self._record(OrderReserved(intent.client_order_id, order.reserve_price))
        self.outbox.append((host.send, intent))
        pulse.is_owed = True

    def _ask(self, send: Callable[[Any], None], request: AmendOrder | CancelOrder) -> None:
        self._record(request)
        self.outbox.append((send, request))
        self.pulse.is_owed = True

    def _count_burst(self, host: StrategyHost) -> None:
        """Count a request of a strategy within one input; too many and it has run away."""
        if host.burst_seq != self.pulse.seq:
            host.burst_seq = self.pulse.seq
            host.burst_count = 0
        host.burst_count += 1
        if host.burst_count > BURST_MAX:
            self._runaway(host, f"more than {BURST_MAX} requests within one input")

    def _deny_list(self, host: StrategyHost, intents: Sequence[NewOrder]) -> bool:
        """Deny every order of a list of which one could never leave; return whether that was so."""
        for intent in intents:
            ledger = host.ledgers.get(intent.instrument_id)
            if ledger is None:
                denial: tuple[str, str] | None = NOT_ITS_OWN
            else:
                denial = host.gate.check_terms(intent, ledger)
            if denial is not None:
                code, text = denial
                for each in intents:
                    self._deny(host, new_order(each), code, f"{text} of={intent.client_order_id}")
                return True
        return False

    def _withdraw_half(self, host: StrategyHost, intents: Sequence[NewOrder]) -> None:
        """Take back what has not left yet of a pair whose other order was denied."""
        orders = [self.open.get(intent.client_order_id) for intent in intents]
        if None not in orders:
            return
        now_ns = self.pulse.now_ns
        for order in orders:
            if order is not None:
                intent = order.intent
                self.outbox = [each for each in self.outbox if each[1] is not intent]
                event = OrderRejected(
                    intent.client_order_id, "PAIR_DENIED", "its other order was denied",
                    now_ns, now_ns,
                )  # fmt: skip
                self._store.decide(host, order, event)

    def _deny(self, host: StrategyHost, order: Order, code: str, text: str) -> None:
        order.intent = intent = recordable(order.intent)
        order.reserved = order.reserve_price = 0
        self._counts.denials[code] += 1
        event = OrderDenied(intent.client_order_id, code, f"{code}: {text}", self.pulse.now_ns)
        self._record(intent)
        self._record(event)
        apply(order, event)
        self._store.put_closed(order)
        self._store.tell_later(host, event)
        if self._lists.has(intent.list_id):
            if intent.parent_id:
                self._store.alert("PROTECTION_DENIED", intent.client_order_id, event.text)
            self._lists.on_change(intent.list_id)

    def _hold(self, host: StrategyHost, intent: NewOrder) -> None:
        order = new_order(intent)
        event = OrderHeld(intent.client_order_id, self.pulse.now_ns)
        self._record(intent)
        self._record(event)
        apply(order, event)
        self._store.add(host, host.ledgers[intent.instrument_id], order)
