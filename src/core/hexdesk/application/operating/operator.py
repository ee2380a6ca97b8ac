"""What an operator's commands do. Separate verbs, each idempotent."""

from collections.abc import Callable, Iterable
from typing import Protocol

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.operating.closing import is_opposed, left_at_broker
from hexdesk.application.operating.incident_notes import IncidentNotes
from hexdesk.application.operating.manual import DONE, ManualOrders, Outcome
from hexdesk.application.operating.owed import OwedVerbs
from hexdesk.application.orders.authority import OPERATOR, PROTECTION, Authority
from hexdesk.application.orders.execution import Execution
from hexdesk.application.orders.resending import send_again
from hexdesk.application.orders.resolving import reports_of
from hexdesk.application.orders.working import is_protective
from hexdesk.application.strategies.host import HostState, StrategyHost, is_external
from hexdesk.domain.commands import (
    AdoptOrder,
    ArmLive,
    CancelAll,
    ClearReducing,
    Command,
    DisarmLive,
    Flatten,
    Halt,
    NoteIncident,
    OpenBooks,
    OperatorAmend,
    OperatorCancel,
    OperatorSubmit,
    Rearm,
    ResendOrder,
    ResolveOrder,
    ResumeEntries,
    RollTradingDay,
    SetReducing,
    StartStrategy,
    StopEntries,
    StopStrategy,
    StrategyCommand,
)
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.records import Verb, VerbOwed
from hexdesk.domain.risk import (
    AllocateCapital,
    ChangeRule,
    RearmRule,
    RiskCommand,
    SwitchGroup,
)
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    HELD,
    MARKET,
    SELL,
    PositionEffect,
    QtyRaw,
    Side,
)


class StrategyLives(Protocol):
    """Starting and stopping; see `hexdesk.application.strategies.lives`."""

    def start_strategy(self, host: StrategyHost) -> None:
        """Start."""
        ...

    def stop_strategy(self, host: StrategyHost, *, keep_orders: bool) -> None:
        """Stop."""
        ...


class Operator:
    """Carries commands out on one desk.

    Attributes:
        owed: Verbs that a broker could not be told.
        incidents: What reconciliation asked persons about.
        on_risk: Carries out what is about rules; returns why it did not, or nothing.
    """

    __slots__ = (
        "_closing",
        "_execution",
        "_lives",
        "_manual",
        "_next_id",
        "_open_books",
        "_roll_trading_day",
        "incidents",
        "on_risk",
        "owed",
    )

    def __init__(
        self,
        execution: Execution,
        lives: StrategyLives,
        next_id: Callable[[], str],
        open_books: Callable[[str, str, Iterable[str]], object],
        roll_trading_day: Callable[[RollTradingDay], None],
        *,
        owed: OwedVerbs,
    ) -> None:
        self.owed = owed
        self.incidents = IncidentNotes()
        self._execution = execution
        self._lives = lives
        self._open_books = open_books
        self._roll_trading_day = roll_trading_day
        self._next_id = next_id
        self._closing = execution.closing
        self._manual = ManualOrders(execution, next_id)
        self.on_risk: Callable[[RiskCommand], str] = _no_rules

    def mark_closing(self, client_order_id: str) -> None:
        """Take an order for one that `flatten` sent."""
        self._closing.add(client_order_id)

    def handle(self, command: Command) -> Outcome:
        """Do what a command says; one for an unknown strategy does nothing."""
        match command:
            case OperatorSubmit() | OperatorAmend() | OperatorCancel():
                return self._manual.handle(command)
            case OpenBooks():
                self._open_books(command.strategy_id, command.broker, command.instrument_ids)
            case RearmRule() | ChangeRule() | SwitchGroup() | AllocateCapital():
                return Outcome(refusal=self.on_risk(command))
            case Halt(reason=reason):
                if not self._execution.halted:
                    self._execution.standing.halt(reason or "by the operator")
            case Rearm(reason=reason):
                if reason:
                    self._execution.rearm(reason)
                else:
                    self._execution.refuse(command, "a reason is needed")
            case AdoptOrder():
                self._execution.adopt(command.intent)
            case ResolveOrder() | ResendOrder() | NoteIncident():
                return self._settle(command)
            case RollTradingDay():
                self._roll_trading_day(command)
            case ArmLive() | DisarmLive():
                self._execution.standing.arm(command)
            case SetReducing() | ClearReducing():
                self._execution.standing.reduce(command)
            case _:
                for host in self._chosen(command.strategy_id):
                    self._handle_for(host, command)
        return DONE

    def _settle(self, command: ResolveOrder | ResendOrder | NoteIncident) -> Outcome:
        """Do what ends a doubt or a difference, or may end it."""
        if isinstance(command, NoteIncident):
            self.incidents.take(command)
            return DONE
        execution, order_id = self._execution, command.client_order_id
        if isinstance(command, ResendOrder):
            return Outcome(order_id, send_again(execution, command))
        order = execution.order(order_id)
        for report in reports_of(command, order) if order is not None else ():
            execution.on_report(report)  # type: ignore[arg-type]
        return DONE

    def _handle_for(self, host: StrategyHost, command: StrategyCommand) -> None:
        match command:
            case StopEntries():
                host.entries_allowed = False
            case ResumeEntries():
                if self._execution.halted:
                    self._execution.refuse(command, "the desk is halted")
                else:
                    host.entries_allowed = True
            case CancelAll():
                self.owed.call_off_flatten(host.strategy_id, command.instrument_id)
                self.cancel_orders(host, command.instrument_id, closing_too=True)
            case Flatten():
                self.flatten(host, "", OPERATOR)
            case StartStrategy():
                note_run_flag(host, command)
                if not host.is_stopped:
                    self._lives.start_strategy(host)
                elif host.state is HostState.LOADED:
                    host.state = HostState.STOPPED
            case StopStrategy():
                note_run_flag(host, command)
                self._lives.stop_strategy(host, keep_orders=command.keep_orders)
                if host.strategy is None and not command.keep_orders:
                    self.cancel_orders(host)  # a person's own orders end with the rest

    def cancel_orders(
        self, host: StrategyHost, instrument_id: str = "", *, closing_too: bool = False
    ) -> int:
        """Cancel a strategy's open orders, of one instrument or all; return how many.

        What `flatten` sent goes on, unless `closing_too` says otherwise.
        """
        execution = self._execution
        orders = [
            order
            for order in execution.open_orders(host, instrument_id)
            if closing_too or order.intent.client_order_id not in self._closing
        ]
        return self._cancel(host, instrument_id, orders, Verb.CANCEL_ALL)

    def withdraw(self, host: StrategyHost) -> int:
        """Cancel the open orders of a strategy that ends, but for what protects its positions.

        Stops and targets go with their position, not with their strategy; nor does this end what
        `flatten` sent.
        """
        orders = [
            order
            for order in self._execution.open_orders(host, "")
            if order.intent.client_order_id not in self._closing and not _is_needed(host, order)
        ]
        return self._cancel(host, "", orders, Verb.WITHDRAW)

    def _cancel(
        self, host: StrategyHost, instrument_id: str, orders: list[Order], verb: Verb
    ) -> int:
        """Cancel orders for a verb; it is owed for those that the broker cannot be told of."""
        owed = self.owed
        if owed.is_cut_off(host):
            held = [order for order in orders if order.life is HELD]
            if len(held) < len(orders):
                owed.add(host, instrument_id, verb, CUT_OFF)
            orders = held
        owed.forget_closed()
        owed.asked.update((order.intent.client_order_id, verb) for order in orders)
        return sum(self._execution.cancel(order, OPERATOR) for order in orders)

    def flatten(
        self, host: StrategyHost, instrument_id: str, authority: Authority = PROTECTION
    ) -> int:
        """Cancel a strategy's orders and close its positions at the market.

        Closing orders already on their way are taken into account, so asking twice closes once.
        With an operator's authority it works while the desk is halted too, and while the broker
        cannot be reached: then it is owed.
        """
        execution = self._execution
        self._closing.intersection_update(execution.open)  # in place: it is the execution's
        is_persons = authority is OPERATOR
        if is_persons and self.owed.is_cut_off(host):
            if any(self._held(host, instrument_id)) or execution.open_orders(host, instrument_id):
                self.owed.add(host, instrument_id, Verb.FLATTEN, CUT_OFF)
                self.cancel_orders(host, instrument_id)
            return 0
        self.cancel_orders(host, instrument_id)
        known = set(self._closing)
        sent = 0
        for ledger in host.ledgers.values():
            if instrument_id in ("", ledger.instrument.id):
                for place, quantity in enumerate(ledger.position.legs):
                    sent += self._close_leg(host, ledger, place, quantity, authority)
        if is_persons and sent:
            made = self._closing - known
            self.owed.closes.update(made)
            left = sum(each in execution.open for each in made)
            text = f"flatten: {left} of {len(made)} closes pass, past limits, levels and links"
            execution.alert(BYPASS, host.strategy_id, text)
        return sent

    def pay(self, broker: str) -> None:
        """Do what is owed at a broker that is back, by the books of now."""
        for owed in self.owed.of(broker):
            host = self._execution.hosts[owed.strategy_id]
            held = self._held(host, owed.instrument_id)
            if not self.owed.is_cut_off(host) and self.owed.due(owed, held):
                if owed.verb is Verb.FLATTEN:
                    self.flatten(host, owed.instrument_id, OPERATOR)
                else:
                    self._cancel_older(host, owed)

    def _cancel_older(self, host: StrategyHost, owed: VerbOwed) -> None:
        """Cancel what was open when that was asked, and not what came since."""
        for order in self._execution.open_orders(host, owed.instrument_id):
            is_kept = owed.verb is Verb.WITHDRAW and _is_needed(host, order)
            if owed.verb is not None and order.intent.ts_init <= owed.ts_init and not is_kept:
                self.owed.asked[order.intent.client_order_id] = owed.verb
                self._execution.cancel(order, OPERATOR)

    @staticmethod
    def _held(host: StrategyHost, instrument_id: str) -> tuple[QtyRaw, ...]:
        """Return what a strategy holds, leg by leg, in one instrument or all."""
        return tuple(
            quantity
            for ledger in host.ledgers.values()
            if instrument_id in ("", ledger.instrument.id)
            for quantity in ledger.position.legs
        )

    def _close_leg(
        self,
        host: StrategyHost,
        ledger: Ledger,
        place: int,
        quantity: QtyRaw,
        authority: Authority,
    ) -> int:
        """Close what of a leg no order closes yet, in parts that the venue takes."""
        instrument = ledger.instrument
        side = SELL if quantity > 0 else BUY
        rest = abs(quantity) - sum(
            order.leaves_qty
            for order in self._execution.open_orders(host, instrument.id)
            if order.intent.client_order_id in self._closing and order.intent.side is side
        )
        if rest > 0:
            left = left_at_broker(self._execution, host, instrument.id, place, self._closing)
            if left < rest:
                self._tell_of_opposed(host, ledger, rest - left)
                rest = left
        effect = _effect(ledger, host)
        if effect is CLOSE and is_opposed(self._execution, host, instrument.id, side):
            effect = AUTO
        reduce_only = host.broker.capabilities.reduce_only and effect is AUTO
        sent = 0
        largest = instrument.floor_quantity(instrument.max_quantity) or rest
        while rest > 0 and sent < CLOSES_MAX:
            part = min(rest, largest)
            intent = self._closing_order(
                host, instrument.id, side, part, effect, reduce_only=reduce_only
            )
            self._execution.submit(host, intent, authority)
            rest -= part
            sent += 1
        return sent

    def _tell_of_opposed(self, host: StrategyHost, ledger: Ledger, quantity: QtyRaw) -> None:
        instrument = ledger.instrument
        what = f"{instrument.format_quantity(quantity)} {instrument.id}"
        other = "strategies hold" if is_external(host.strategy_id) else "nobody's books hold"
        text = f"flatten: {what} is left: {other} as much against it, the broker has none of it"
        self._execution.alert(OPPOSED, host.strategy_id, text)

    def _closing_order(
        self,
        host: StrategyHost,
        instrument_id: str,
        side: Side,
        quantity: QtyRaw,
        effect: PositionEffect,
        *,
        reduce_only: bool,
    ) -> NewOrder:
        pulse = self._execution.pulse
        client_order_id = self._next_id()
        self._closing.add(client_order_id)
        return NewOrder(
            client_order_id,
            host.strategy_id,
            host.account.id,
            instrument_id,
            side,
            MARKET,
            quantity,
            pulse.now_ns,
            reduce_only=reduce_only,
            position_effect=effect,
            tag=FLATTEN_TAG,
            causation_id=pulse.seq,
        )

    def _chosen(self, strategy_id: str) -> Iterable[StrategyHost]:
        hosts = self._execution.hosts
        if not strategy_id:
            return list(hosts.values())
        return [hosts[strategy_id]] if strategy_id in hosts else []


def note_run_flag(host: StrategyHost, command: StartStrategy | StopStrategy) -> None:
    """Remember that a person stopped a strategy, or started it; a session does so for all."""
    if command.strategy_id:
        host.is_stopped = isinstance(command, StopStrategy)


FLATTEN_TAG = "flatten"
CUT_OFF = "the broker cannot be reached"
RISK_OFF = "RISK_OFF"
BYPASS = "RISK_BYPASS"
"""Closes that a person, or a level of the ladder, sends whatever forbids it."""
OPPOSED = "FLATTEN_OPPOSED"
"""What the broker does not have cannot be closed, only be netted, by `hexdesk reconcile`."""
CLOSES_MAX = 1_000
"""Most orders that one leg is closed with at once; asking again sends the rest."""


def _no_rules(_command: RiskCommand) -> str:
    return f"{RISK_OFF}: no rule is on"


def _is_needed(host: StrategyHost, order: Order) -> bool:
    """Whether an order protects what is held."""
    intent = order.intent
    return is_protective(intent) and any(host.ledgers[intent.instrument_id].position.legs)


def _effect(ledger: Ledger, host: StrategyHost) -> PositionEffect:
    """Return the position effect of what closes."""
    if isinstance(ledger.position, HedgedPosition):
        return CLOSE
    return CLOSE if host.broker.capabilities.position_effects else AUTO
