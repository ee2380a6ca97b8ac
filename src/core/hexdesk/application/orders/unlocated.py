"""Orders of ours that nobody has found at the venue yet, where it keeps no client order ids.

Such a venue may have one unanswered order of a fingerprint at a time (orders.md section 3, rule 4):
then an unknown order of that fingerprint is ours.
"""

from collections.abc import Iterable

from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import (
    FILLED,
    PRICED_TYPES,
    SUBMITTED,
    Operation,
    PriceRaw,
    QtyRaw,
    Side,
)

Fingerprint = tuple[str, Side, QtyRaw, PriceRaw]


def fingerprint_of(intent: NewOrder) -> Fingerprint:
    """Return what tells an order from others where no id does."""
    price = intent.price if intent.order_type in PRICED_TYPES else 0
    return intent.instrument_id, intent.side, intent.quantity, price


def fingerprints_of(order: Order) -> set[Fingerprint]:
    """Return what an order of ours may look like at the venue: as sent, and as amended since."""
    intent = order.intent
    price = order.price if intent.order_type in PRICED_TYPES else 0
    return {fingerprint_of(intent), (intent.instrument_id, intent.side, order.quantity, price)}


def is_unlocated(order: Order) -> bool:
    """Whether nobody knows yet which of the venue's orders an order is."""
    doubt = order.doubt
    in_doubt = doubt is not None and doubt.operation is Operation.SUBMIT
    return (
        not order.venue_order_id and order.life < FILLED and (order.life is SUBMITTED or in_doubt)
    )


def equal_unlocated(intent: NewOrder, orders: Iterable[Order]) -> str:
    """Return the id of an equal order of the account that an order must wait for, or nothing."""
    wanted = fingerprint_of(intent)
    for order in orders:
        other = order.intent
        if (
            is_unlocated(order)
            and other.account_id == intent.account_id
            and other.client_order_id != intent.client_order_id
            and wanted in fingerprints_of(order)
        ):
            return other.client_order_id
    return ""
