"""Pages of orders and fills go on with the read model where the desk has forgotten."""

import asyncio
import errno
from typing import Any

import msgspec
import pytest

from hexdesk.application.control.past_orders import RECORDS
from hexdesk.domain.values import ReportedStatus
from hexdesk.errors import DataError
from hexdesk.ports.control import ControlError, Page, Query, Reason
from hexdesk.ports.control_history import Before, ListEquityPoints
from hexdesk.ports.control_requests import (
    CancelOrder,
    CreateOrder,
    GetOrder,
    GetOrderTimeline,
    ListFills,
    ListOrders,
)
from hexdesk.ports.control_views import FillInfo, OrderInfo
from hexdesk.testing.read_model import FakeReadModel
from hexdesk_app.control.archive import DeskArchive
from hexdesk_app.running.collect import Sampler
from tests.core.application.control.rig import ADMIN, ControlRig, terms

KEPT = 16
ORDERS = 50


class ForgetfulRig(ControlRig):
    """A desk that keeps few closed orders, with a read model that keeps all.

    Attributes:
        orders: As they were shown once they had happened, newest first.
        fills: Likewise.
    """

    def __init__(self) -> None:
        super().__init__("a")
        self.start()
        self.read_model = FakeReadModel()
        self.runtime.archive = DeskArchive(
            Sampler(self.desk), lambda: self.read_model, self.desk.accounts
        )
        self.desk.execution.store.closed_max = KEPT
        self.orders: list[OrderInfo] = []
        self.fills: list[FillInfo] = []
        self.buy(price="9000")  # rests for ever
        self.orders += self.ask(ListOrders(page_size=1)).items
        for number in range(ORDERS):
            order_id = self.buy(str(number % 3 + 1)).client_order_id
            self.accept(order_id)
            self.fill(order_id)
            self.orders.insert(0, self.ask(ListOrders(page_size=1)).items[0])
            self.fills.insert(0, self.ask(ListFills(page_size=1)).items[0])
        self.read_model.write(1, list(self.desk.journal.records()))


def orders(rig: ControlRig, query: ListOrders) -> list[OrderInfo]:
    """Return the items of all pages."""
    found: list[OrderInfo] = []
    page: Page[OrderInfo] = Page((), "")
    while not found or page.next_page_token:
        page = rig.ask(
            ListOrders(
                page_size=7,
                page_token=page.next_page_token,
                open_only=query.open_only,
                statuses=query.statuses,
                start_ns=query.start_ns,
                end_ns=query.end_ns,
            )
        )
        found += page.items
    return found


def fills(rig: ControlRig, client_order_id: str = "") -> list[FillInfo]:
    """Return the items of all pages."""
    found: list[FillInfo] = []
    page: Page[FillInfo] = Page((), "")
    while not found or page.next_page_token:
        query = ListFills(
            page_size=7, page_token=page.next_page_token, client_order_id=client_order_id
        )
        page = rig.ask(query)
        found += page.items
    return found


def test_pages_reach_every_order_and_fill() -> None:
    rig = ForgetfulRig()
    assert len(rig.desk.execution.store.closed) < ORDERS / 2
    found = orders(rig, ListOrders())
    assert [each.client_order_id for each in found] == [e.client_order_id for e in rig.orders]
    assert [(each.quantity, each.cum_qty, each.avg_px, each.account) for each in found] == [
        (each.quantity, each.cum_qty, each.avg_px, each.account) for each in rig.orders
    ]
    assert fills(rig) == rig.fills


def test_filters_hold_in_the_archive_too() -> None:
    rig = ForgetfulRig()
    first, last = rig.orders[-2], rig.orders[-1]
    assert orders(rig, ListOrders(open_only=True)) == [last], "it is open, and as it is now"
    assert fills(rig, first.client_order_id) == [rig.fills[-1]]
    wanted = ListOrders(statuses=frozenset({ReportedStatus.FILLED}), end_ns=first.create_ns + 1)
    assert [each.client_order_id for each in orders(rig, wanted)] == [first.client_order_id]
    wanted = ListOrders(start_ns=first.create_ns)
    assert len(orders(rig, wanted)) == ORDERS


def test_without_a_read_model_a_list_ends_with_what_the_desk_knows() -> None:
    rig = ForgetfulRig()
    rig.runtime.archive = DeskArchive(Sampler(rig.desk), None, rig.desk.accounts)
    known = len(rig.desk.execution.store.closed)
    assert len(orders(rig, ListOrders())) == known + 1, "and the one that is open"
    assert len(fills(rig)) == known


def test_a_token_of_another_question_is_refused() -> None:
    rig = ForgetfulRig()
    archive = DeskArchive(Sampler(rig.desk), lambda: rig.read_model, rig.desk.accounts)
    with pytest.raises(ControlError) as caught:
        asyncio.run(archive.orders(ListOrders(), Before(token="nonsense"), 10))  # noqa: S106 - a page's
    assert caught.value.faults[0].field == "page_token"


def test_an_order_is_found_after_the_desk_forgot_it() -> None:
    rig = ForgetfulRig()
    wanted = rig.orders[-2]
    order_id = wanted.client_order_id
    assert rig.desk.execution.order(order_id) is None
    found = rig.ask(GetOrder(client_order_id=order_id))
    assert (
        msgspec.structs.replace(found, reserved=wanted.reserved, version=wanted.version) == wanted
    )
    facts = rig.ask(GetOrderTimeline(client_order_id=order_id))
    assert [(each.kind.name, each.quantity, each.last_qty) for each in facts] == [
        ("NEW", "1", ""),
        ("ACCEPTED", "", ""),
        ("FILL", "", "1"),
    ]


def test_what_the_intent_said_is_found_again_too() -> None:
    rig = ForgetfulRig()
    asked = rig.tell(CreateOrder(terms=terms(price="9000", display_quantity="1", tag="probe")))
    rig.tell(CancelOrder(client_order_id=asked.client_order_id))
    rig.read_model.write(1, list(rig.desk.journal.records()))
    archive = rig.runtime.archive
    assert archive is not None
    found = asyncio.run(archive.order(asked.client_order_id))
    assert found is not None
    assert (found.order.display_quantity, found.order.tag) == ("1", "probe")
    assert (found.order.position_effect, found.order.fill_count) == (asked.position_effect, 0)


@pytest.mark.parametrize("question", [GetOrder, GetOrderTimeline])
def test_an_order_that_nobody_knows_is_refused(
    question: type[GetOrder] | type[GetOrderTimeline],
) -> None:
    rig = ForgetfulRig()
    forgotten = question(client_order_id=rig.orders[-2].client_order_id)
    no_read_model = DeskArchive(Sampler(rig.desk), None, rig.desk.accounts)
    for archive, query in (
        (rig.runtime.archive, question(client_order_id="hdnobody")),
        (no_read_model, forgotten),
        (None, forgotten),
    ):
        rig.runtime.archive = archive
        with pytest.raises(ControlError) as caught:
            rig.ask(query)
        assert caught.value.reason is Reason.RESOURCE_UNKNOWN


@pytest.mark.parametrize("refusal", [OSError(errno.ENOSPC, "disk I/O error"), DataError("damaged")])
def test_a_read_model_that_cannot_be_read_is_no_bug_and_hides_no_open_order(
    refusal: Exception,
) -> None:
    rig = ForgetfulRig()
    rig.read_model.unreadable = refusal
    forgotten = rig.orders[-2].client_order_id
    questions: list[Query[Any]] = [
        ListOrders(page_size=KEPT * 2),
        ListFills(page_size=KEPT * 2),
        GetOrder(client_order_id=forgotten),
        ListEquityPoints(),
    ]
    for question in questions:
        with pytest.raises(ControlError, match="the read model cannot be read") as caught:
            rig.ask(question)
        assert caught.value.reason is Reason.STORE_UNWRITABLE
    assert orders(rig, ListOrders(open_only=True)) == [rig.orders[-1]]


def test_a_timeline_is_read_in_pieces() -> None:
    rig = ForgetfulRig()
    order_id = rig.orders[0].client_order_id
    pauses = [0]

    async def pause() -> None:
        pauses[0] += 1

    query = GetOrderTimeline(client_order_id=order_id)
    facts = asyncio.run(rig.control.ask(ADMIN, query, pause))
    assert [each.kind.name for each in facts] == ["NEW", "ACCEPTED", "FILL"]
    assert pauses[0] == len(list(rig.desk.journal.records())) // RECORDS
    assert pauses[0]
