"""Orders that a person submits, amends or cancels; anybody's orders, under the desk's rules."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from hexdesk.application.orders.authority import OPERATOR, STRATEGY
from hexdesk.application.orders.execution import Execution
from hexdesk.application.orders.working import is_close
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain.commands import OperatorAmend, OperatorCancel, OperatorSubmit, OrderCommand
from hexdesk.domain.order import Order
from hexdesk.domain.reports import AmendRejected

UNKNOWN_ORDER = "ORDER_UNKNOWN"
NOT_OPEN = "ORDER_NOT_OPEN"


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a command came to.

    Attributes:
        client_order_id: Order that it made or concerned; empty for none.
        refusal: Why it was not carried out, as `CODE: ...`; empty where it was. An order that risk
            denied is no refusal: it exists and says so itself.
    """

    client_order_id: str = ""
    refusal: str = ""


DONE = Outcome()


class ManualOrders:
    """Carries out the orders of operators on one desk."""

    __slots__ = ("_execution", "_next_id")

    def __init__(self, execution: Execution, next_id: Callable[[], str]) -> None:
        self._execution = execution
        self._next_id = next_id

    def handle(self, command: OrderCommand) -> Outcome:
        """Do what a command says."""
        match command:
            case OperatorSubmit():
                return self._submit(command)
            case OperatorAmend():
                return self._amend(command)
            case OperatorCancel():
                return self._cancel(command)

    def _submit(self, command: OperatorSubmit) -> Outcome:
        """Take an order through risk: all of it, unless it can only close what is held."""
        execution = self._execution
        host = execution.hosts.get(command.intent.strategy_id)
        if host is None:
            return Outcome(refusal=f"BOOKS_CLOSED: strategy={command.intent.strategy_id!r}")
        take_charge(host)
        intent = replace(
            command.intent,
            client_order_id=self._next_id(),
            ts_init=execution.pulse.now_ns,
            causation_id=execution.pulse.seq,
        )
        execution.submit(host, intent, OPERATOR if is_close(intent) else STRATEGY)
        return Outcome(intent.client_order_id)

    def _amend(self, command: OperatorAmend) -> Outcome:
        execution = self._execution
        order = execution.order(command.client_order_id)
        refusal = _not_open(command.client_order_id, order)
        if order is None or refusal:
            return Outcome(command.client_order_id, refusal)
        terms = (command.quantity, command.price, command.trigger_price)
        authority = OPERATOR if is_close(order.intent) else STRATEGY
        if not execution.amend(order, *terms, authority):
            refusal = self._why_not_amended(order)
        return Outcome(command.client_order_id, refusal)

    def _why_not_amended(self, order: Order) -> str:
        if order.pending_cancels or order.doubt is not None:
            return f"{NOT_OPEN}: status={order.reported_status.name}"
        later = self._execution.store.later
        event = later[-1][1] if later else None
        if isinstance(event, AmendRejected):
            return f"{event.code}: {event.text}"
        return f"{NOT_OPEN}: it cannot be amended now"

    def _cancel(self, command: OperatorCancel) -> Outcome:
        order = self._execution.order(command.client_order_id)
        refusal = _not_open(command.client_order_id, order)
        if order is not None and not refusal:
            self._execution.cancel(order, OPERATOR)
        return Outcome(command.client_order_id, refusal)


def take_charge(host: StrategyHost) -> None:
    """Let books that nobody but a person moves take orders."""
    if host.strategy is None:
        host.state = HostState.RUNNING


def _not_open(client_order_id: str, order: Order | None) -> str:
    if order is None:
        return f"{UNKNOWN_ORDER}: client_order_id={client_order_id}"
    if order.is_closed:
        return f"{NOT_OPEN}: status={order.reported_status.name}"
    return ""
