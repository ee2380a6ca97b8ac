"""Sending an order once more under its own id: what still has to hold when it is about to leave.

Whether two sends can make two orders is decided before (`reconciliation.resends`).
"""

from hexdesk.application.orders.authority import PROTECTION, STRATEGY
from hexdesk.application.orders.execution import Execution
from hexdesk.application.orders.working import is_close
from hexdesk.domain.commands import ResendOrder
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import SUBMITTED, Operation


def send_again(execution: Execution, command: ResendOrder) -> str:
    """Send an order again and doubt it anew; return why not, or nothing.

    The doubt's time is that of the latest send: only a look-up after it can prove absence.
    """
    order_id, now_ns = command.client_order_id, command.ts_init
    order = execution.order(order_id)
    if order is None or order.life is not SUBMITTED:
        return f"ORDER_NOT_OPEN: client_order_id={order_id} expected=submitted"
    if order.request_count:
        return f"ORDER_NOT_OPEN: client_order_id={order_id} expected=no later request"
    intent = order.intent
    host = execution.hosts[intent.strategy_id]
    closes = is_close(intent) or bool(intent.parent_id)
    denial = execution.standing.denial(
        host,
        intent,
        host.ledgers[intent.instrument_id],
        order.leaves_qty,
        PROTECTION if closes else STRATEGY,
    )
    if denial is not None:
        return f"{denial[0]}: {denial[1]}"
    text = f"sent again, retry {command.attempt}"
    execution.on_report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, text, now_ns))
    execution.outbox.append((host.send, intent))
    execution.pulse.is_owed = True
    return ""
