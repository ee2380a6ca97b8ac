"""Lists of orders and fills: what the desk still knows, and then what its archive holds."""

from functools import partial
from operator import attrgetter

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import unknown
from hexdesk.application.control.facts import FACTS, fact_of
from hexdesk.application.control.listing import Listing, Older
from hexdesk.application.control.sight import Sight
from hexdesk.application.desk import Desk
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import ControlError, Page, Pause, Reason
from hexdesk.ports.control_history import Archive, ArchivedOrder, Before
from hexdesk.ports.control_requests import GetOrder, GetOrderTimeline, ListFills, ListOrders
from hexdesk.ports.control_views import FillInfo, OrderInfo, ReportInfo
from hexdesk.ports.runtime import Runtime

Told = tuple[str, Fill]
"""A fill with the id of its order."""
RECORDS = 64
"""Records of the journal looked at before ticks may go between."""


class PastOrders:
    """What was ordered and filled, newest first."""

    def __init__(self, desk: Desk, sight: Sight, chronicle: Chronicle, runtime: Runtime) -> None:
        self._desk = desk
        self._sight = sight
        self._runtime = runtime
        self._orders = Listing[ListOrders, str, OrderInfo](
            chronicle.orders, self._decided_ns, self._order, self._order_archive
        )
        self._fills = Listing[ListFills, Told, FillInfo](
            chronicle.fills, self._filled_ns, self._fill, self._fill_archive
        )

    async def list_orders(self, query: ListOrders, pause: Pause) -> Page[OrderInfo]:
        """Return a page of orders."""
        return await self._orders.page(query, pause)

    async def list_fills(self, query: ListFills, pause: Pause) -> Page[FillInfo]:
        """Return a page of fills."""
        return await self._fills.page(query, pause)

    async def get_order(self, query: GetOrder, _pause: Pause) -> OrderInfo:
        """Return an order."""
        order = self._desk.execution.order(query.client_order_id)
        if order is not None:
            return self._sight.order(order)
        return (await self._archived(query.client_order_id)).order

    async def timeline(self, query: GetOrderTimeline, pause: Pause) -> tuple[ReportInfo, ...]:
        """Return what happened to an order; a long journal is read in pieces."""
        client_order_id = query.client_order_id
        order = self._desk.execution.order(client_order_id)
        if order is None:
            return (await self._archived(client_order_id)).reports
        instrument = self._desk.markets.by_id[order.intent.instrument_id].instrument
        prices, quantities = instrument.price_scale, instrument.quantity_scale
        facts: list[ReportInfo] = []
        for number, record in enumerate(self._desk.journal.records(), start=1):
            if type(record) in FACTS and getattr(record, "client_order_id", "") == client_order_id:
                facts.append(fact_of(record, prices, quantities))
            if number % RECORDS == 0:
                await pause()
        return tuple(facts)

    # --- what the desk knows -------------------------------------------------------------------

    def _decided_ns(self, client_order_id: str) -> TimeNs | None:
        order = self._desk.execution.order(client_order_id)
        return None if order is None else order.intent.ts_init

    def _order(self, query: ListOrders, client_order_id: str) -> OrderInfo | None:
        order = self._desk.execution.order(client_order_id)
        wanted = order is not None and _matches(order, query)
        return self._sight.order(order) if order is not None and wanted else None

    def _filled_ns(self, told: Told) -> TimeNs | None:
        client_order_id, fill = told
        return None if self._desk.execution.order(client_order_id) is None else fill.ts_init

    def _fill(self, query: ListFills, told: Told) -> FillInfo | None:
        client_order_id, fill = told
        order = self._desk.execution.order(client_order_id)
        wanted = order is not None and _fill_matches(order, fill, query)
        return self._sight.fill(client_order_id, fill) if wanted else None

    # --- what the archive knows ----------------------------------------------------------------

    async def _archived(self, client_order_id: str) -> ArchivedOrder:
        archive = self._runtime.archive
        found = None if archive is None else await archive.order(client_order_id)
        if found is None:
            raise unknown("order", client_order_id, "hexdesk orders shows those that are there")
        return found

    def _order_archive(self) -> Older[ListOrders, OrderInfo] | None:
        archive = self._runtime.archive
        if archive is None or not archive.keeps_orders:
            return None
        return Older(partial(self._older_orders, archive), attrgetter("create_ns"))

    def _fill_archive(self) -> Older[ListFills, FillInfo] | None:
        archive = self._runtime.archive
        if archive is None or not archive.keeps_orders:
            return None
        return Older(archive.fills, attrgetter("receive_ns"))

    async def _older_orders(
        self, archive: Archive, query: ListOrders, before: Before, limit: int
    ) -> Page[OrderInfo]:
        try:
            found = await archive.orders(query, before, limit)
        except ControlError as error:
            if query.open_only and error.reason is Reason.STORE_UNWRITABLE:
                return self._older_open(query, before)
            raise
        shown: list[OrderInfo] = []
        for each in found.items:
            order = self._desk.execution.order(each.client_order_id)
            if order is None:
                shown.append(each)
            elif _matches(order, query):  # it is still open, and the archive a little behind
                shown.append(self._sight.order(order))
        return Page(tuple(shown), found.next_page_token)

    def _older_open(self, query: ListOrders, before: Before) -> Page[OrderInfo]:
        """Return open orders from the desk alone, all on one page: what to cancel must be seen."""
        found = [
            order
            for order in self._desk.execution.open.values()
            if not 0 < before.ts_ns <= order.intent.ts_init and _matches(order, query)
        ]
        return Page(tuple(self._sight.order(order) for order in reversed(found)))


def _matches(order: Order, query: ListOrders) -> bool:
    intent = order.intent
    return (
        query.strategy_id in ("", intent.strategy_id)
        and query.instrument_id in ("", intent.instrument_id)
        and not (query.open_only and order.is_closed)
        and (not query.statuses or order.reported_status in query.statuses)
        and query.start_ns <= intent.ts_init
        and (not query.end_ns or intent.ts_init < query.end_ns)
    )


def _fill_matches(order: Order, fill: Fill, query: ListFills) -> bool:
    intent = order.intent
    return (
        query.strategy_id in ("", intent.strategy_id)
        and query.instrument_id in ("", intent.instrument_id)
        and query.client_order_id in ("", intent.client_order_id)
        and query.start_ns <= fill.ts_init
        and (not query.end_ns or fill.ts_init < query.end_ns)
    )
