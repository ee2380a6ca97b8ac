"""A past that a test makes up."""

from collections.abc import Sequence
from typing import TypeVar

from hexdesk.ports.control import Page
from hexdesk.ports.control_history import ArchivedOrder, Before, EquityInfo
from hexdesk.ports.control_requests import ListFills, ListOrders
from hexdesk.ports.control_views import Amount, FillInfo, OrderInfo

A = TypeVar("A")


class FakeArchive:
    """Implements `Archive` with one point of equity, and orders and fills that a test puts in.

    Attributes:
        asked: Currency and number of points of every question about equity.
        keeps_orders: Whether it is asked for orders and fills.
        kept_orders: Newest first.
        kept_fills: Newest first.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.keeps_orders = False
        self.kept_orders: Sequence[OrderInfo] = ()
        self.kept_fills: Sequence[FillInfo] = ()

    async def order(self, client_order_id: str) -> ArchivedOrder | None:
        """Return an order to which nothing happened."""
        found = (each for each in self.kept_orders if each.client_order_id == client_order_id)
        order = next(found, None)
        return None if order is None else ArchivedOrder(order=order, reports=())

    async def orders(self, _query: ListOrders, before: Before, limit: int) -> Page[OrderInfo]:
        """Return orders before a time; the token is how many were given."""
        found = [each for each in self.kept_orders if _is_before(each.create_ns, before)]
        return _page(found, before, limit)

    async def fills(self, _query: ListFills, before: Before, limit: int) -> Page[FillInfo]:
        """Return fills before a time, likewise."""
        found = [each for each in self.kept_fills if _is_before(each.receive_ns, before)]
        return _page(found, before, limit)

    async def equity(self, currency: str, count_max: int) -> tuple[EquityInfo, ...]:
        """Return one point."""
        self.asked.append((currency, count_max))
        return (EquityInfo(ts_ns=1, equity=Amount("1.5", currency)),)


def _is_before(ts_ns: int, before: Before) -> bool:
    return not before.ts_ns or ts_ns < before.ts_ns


def _page(found: Sequence[A], before: Before, limit: int) -> Page[A]:
    first = int(before.token or 0)
    last = first + limit
    return Page(tuple(found[first:last]), str(last) if last < len(found) else "")
