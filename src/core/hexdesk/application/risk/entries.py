"""When strategies entered last, as their orders tell: `entry_interval` asks after a restart."""

from collections.abc import Iterable

from hexdesk.application.orders.working import is_close
from hexdesk.application.risk.books import NEVER, Stake
from hexdesk.domain.order import Order
from hexdesk.domain.values import DENIED, TimeNs


def recall_entries(stakes: Iterable[Stake], orders: Iterable[Order]) -> None:
    """Let each stake know when it grew, or tried to, last.

    An order that only reduced by its side counts, too: what was held when it left is not known any
    more. So the next entry may wait longer than it must, and never comes too early.
    """
    latest: dict[tuple[str, str], TimeNs] = {}
    for order in orders:
        intent = order.intent
        if order.life is not DENIED and not is_close(intent):
            place = intent.strategy_id, intent.instrument_id
            latest[place] = max(intent.ts_init, latest.get(place, NEVER))
    for stake in stakes:
        stake.entry_ns = latest.get((stake.ledger.strategy_id, stake.instrument.id), NEVER)
