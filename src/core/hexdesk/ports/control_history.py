"""Questions about the past: events that are kept, the equity curve."""

from typing import Protocol

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Page, PageQuery, Query
from hexdesk.ports.control_events import Event, EventKind
from hexdesk.ports.control_requests import ListFills, ListOrders
from hexdesk.ports.control_views import Amount, FillInfo, OrderInfo, ReportInfo

POINTS_DEFAULT = 1_000
POINTS_MAX = 10_000


class ListEvents(PageQuery[Page[Event]], frozen=True, kw_only=True):
    """Return events that the stream still keeps, oldest first; empty `kinds` are all.

    `after_sequence` 0 begins with the oldest; any other number must be one behind which nothing was
    given up yet, so that nobody misses events unawares (`EVENTS_NOT_KEPT`).
    """

    kinds: frozenset[EventKind] = frozenset()
    after_sequence: int = 0


class EquityInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What all accounts together were worth in one currency at a time."""

    ts_ns: TimeNs
    equity: Amount


class ListEquityPoints(Query[tuple[EquityInfo, ...]], frozen=True, kw_only=True):
    """Return the equity of one currency over time, oldest first, thinned to `count_max` points.

    An empty `currency` is the desk's main one.
    """

    currency: str = ""
    count_max: int = 0


class Before(msgspec.Struct, frozen=True):
    """Where a list of the past goes on.

    Attributes:
        ts_ns: With what came before this time; 0 is with the latest.
        known: So many of the latest ns before it are known already; the archive gives them, too.
        token: Of the archive's page before, which began with the same time; empty for its first.
    """

    ts_ns: TimeNs = 0
    known: int = 0
    token: str = ""


class ArchivedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and all that is known to have happened to it, oldest first."""

    order: OrderInfo
    reports: tuple[ReportInfo, ...]


class Archive(Protocol):
    """What a process keeps of the past: a read model, or samples of this run."""

    @property
    def keeps_orders(self) -> bool:
        """Whether orders and fills are kept, not only equity."""
        ...

    async def order(self, client_order_id: str, /) -> ArchivedOrder | None:
        """Return an order of any run; None if it is not kept."""
        ...

    async def orders(self, query: ListOrders, before: Before, limit: int, /) -> Page[OrderInfo]:
        """Return at most so many orders that a query asks for, newest first.

        What the archive does not keep of an order is empty.

        Raises:
            ControlError: The token is not of this query, or the archive cannot be read.
        """
        ...

    async def fills(self, query: ListFills, before: Before, limit: int, /) -> Page[FillInfo]:
        """Return fills, likewise."""
        ...

    async def equity(self, currency: str, count_max: int) -> tuple[EquityInfo, ...]:
        """Return the equity curve, oldest first; empty for a currency that is not there."""
        ...
