"""What closes a position where a venue nets its owner with others of the same account."""

from collections.abc import Container, Iterable

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.execution import Execution
from hexdesk.application.strategies.host import StrategyHost, is_external
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.values import BUY, QtyRaw, Side


def is_opposed(execution: Execution, host: StrategyHost, instrument_id: str, side: Side) -> bool:
    """Whether another strategy of the account holds what an order of this side adds to.

    A venue that nets knows the sum alone: what closes one of two opposing books may open there.
    """
    direction = 1 if side is BUY else -1
    return any(
        not isinstance(ledger.position, HedgedPosition) and ledger.position.quantity * direction > 0
        for other, ledger in _books(execution, host, instrument_id)
        if other is not host and _is_alike(other, host)
    )


def left_at_broker(
    execution: Execution,
    host: StrategyHost,
    instrument_id: str,
    place: int,
    closing: Container[str],
) -> QtyRaw:
    """Return how much of a leg, its `place` among the legs, an order can close and open nothing.

    What strategies hold and what is nobody's may be against each other, as after somebody closed a
    strategy's position by hand: the broker has the difference, and `closing` orders take theirs.
    """
    held = host.ledgers[instrument_id].position.legs[place]
    left = against = 0
    for other, ledger in _books(execution, host, instrument_id):
        quantity = ledger.position.legs[place]
        if not _is_alike(other, host):
            against += abs(quantity) if quantity * held < 0 else 0
        elif quantity * held > 0:
            working = sum(
                order.leaves_qty
                for order in execution.open_orders(other, instrument_id)
                if order.intent.client_order_id in closing and order.intent.side * held < 0
            )
            left += max(abs(quantity) - working, 0)
    return max(left - against, 0)


def _books(
    execution: Execution, host: StrategyHost, instrument_id: str
) -> Iterable[tuple[StrategyHost, Ledger]]:
    """Yield who at the same account has books of an instrument."""
    for other in execution.hosts.values():
        ledger = other.ledgers.get(instrument_id)
        if ledger is not None and other.account is host.account:
            yield other, ledger


def _is_alike(host: StrategyHost, other: StrategyHost) -> bool:
    return is_external(host.strategy_id) is is_external(other.strategy_id)
