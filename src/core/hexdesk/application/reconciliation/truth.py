"""What is asked of a broker, and what it answered."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from hexdesk.domain.money import Money
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import TimeNs
from hexdesk.ports.broker import VenueOrder, VenuePosition


class QueryKind(StrEnum):
    """Which of the broker's queries; one query is one call."""

    ORDER = "order"
    """`query_order(client_order_id)`."""
    ORDERS = "orders"
    """`query_open_orders()`."""
    FILLS = "fills"
    """`query_fills(since_ns)`."""
    POSITIONS = "positions"
    """`query_positions()`, and `query_modes()` of a broker that has it."""
    BALANCES = "balances"
    """`query_balances()`."""


class Query(msgspec.Struct, frozen=True, gc=False):
    """One call to make now; it must end in `answered` or `failed`."""

    kind: QueryKind
    asked_ns: TimeNs
    client_order_id: str = ""
    since_ns: TimeNs = 0


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker said, in answer to one query or to several; None was not asked.

    Attributes:
        asked_ns: When we began to ask.
        since_ns: From when on executions were asked for.
        order: One order, answer to `ORDER`; None is not found.
        orders: Every open order.
        fills: Executions since `since_ns`.
        positions: Net positions that are not flat.
        modes: What the account is set to, by name, where the broker says it.
        balances: Cash by currency.
    """

    asked_ns: TimeNs
    since_ns: TimeNs = 0
    order: VenueOrder | None = None
    orders: Sequence[VenueOrder] | None = None
    fills: Sequence[Fill] | None = None
    positions: Sequence[VenuePosition] | None = None
    modes: Mapping[str, str] = {}
    balances: Sequence[Money] | None = None
