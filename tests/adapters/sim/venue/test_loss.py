"""What is lost on the wire: answers, connections, the venue itself; and what comes back."""

import logging
from collections.abc import Iterator

import pytest

from hexdesk.domain.links import LINK_DOWN, LinkState
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OutcomeUnknown,
)
from hexdesk.domain.values import CANCELED, Operation
from hexdesk.errors import VenueUnavailableError
from hexdesk.testing.broker_bench import ASK, BID
from hexdesk_sim.venue.settings import (
    CloseStream,
    DelayAnswer,
    DelayReports,
    DropAnswer,
    DropReports,
    HalfOpenStream,
    LoseOrder,
)
from tests.adapters.sim.venue.site import ACCOUNT, LOGGER, Desk, Wire, eventually, running

AWAY_MS = 60_000
"""A lost stream does not come back within a test."""


class Lines(logging.Handler):
    """Keeps what the adapter logs."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def count(self, text: str) -> int:
        return sum(text in line for line in self.lines)


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    level = LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    yield handler
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(level)


async def test_a_dropped_answer_leaves_an_unknown_outcome_that_the_stream_settles() -> None:
    faults = (DropAnswer(request="submit"), DelayReports(delay_ms=100))
    async with running(faults=faults) as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OutcomeUnknown, order)
        await desk.has(OrderAccepted, order)
        assert len(await desk.broker.query_open_orders()) == 1


async def test_a_lost_request_leaves_an_unknown_outcome_and_no_order() -> None:
    async with running(faults=(LoseOrder(),)) as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OutcomeUnknown, order)
        assert await desk.broker.query_order(order.client_order_id) is None
        assert desk.broker.capabilities.absence_is_proof


async def test_a_cancel_without_answer_is_in_doubt_and_was_sent_once() -> None:
    faults = (DropAnswer(request="cancel"), DelayReports(nth=2, delay_ms=100))
    async with running(faults=faults) as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OrderAccepted, order)
        desk.cancel(order)
        await desk.has(OutcomeUnknown)
        await desk.has(OrderCanceled)
        (unknown,) = desk.of(OutcomeUnknown)
        assert isinstance(unknown, OutcomeUnknown)
        assert (unknown.operation, unknown.request_id) == (Operation.CANCEL, 1)
        assert not desk.of(CancelRejected)


async def test_a_late_answer_is_an_unknown_outcome() -> None:
    late = DelayAnswer(request="submit", delay_ms=150)
    told_late = DelayReports(delay_ms=200)
    async with running(faults=(late, told_late)) as site, site.desk(answer_timeout_ms=50) as desk:
        order = desk.submit()
        await desk.has(OutcomeUnknown, order)
        await desk.has(OrderAccepted, order)


async def test_what_nobody_waits_for_any_more_is_not_executed() -> None:
    async with running() as site, site.desk(answer_timeout_ms=60_000) as desk:
        async with Wire(site.server.address) as wire:
            late = Desk(wire.url, site.clock, answer_timeout_ms=60_000, heartbeat_timeout_ms=60_000)
            await late.broker.connect()
            wire.hold()
            order = late.submit()
            await eventually(lambda: wire.held_bytes > 300, "the request is under way")
            site.clock.advance_by(61 * 10**9)
            wire.release()
            await late.has(OrderRejected, order)
            await late.broker.close()
        assert await desk.broker.query_order(order.client_order_id) is None


async def test_without_a_venue_an_order_is_provably_unsent() -> None:
    async with running() as site, site.desk() as desk:
        await site.server.stop()
        order = desk.submit()
        await desk.has(OrderRejected, order)
        assert not desk.of(OutcomeUnknown)


async def test_a_second_send_that_never_left_says_nothing_of_the_first() -> None:
    """Seeds: A23."""
    async with running(faults=(LoseOrder(),)) as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OutcomeUnknown, order)
        await site.server.stop()
        desk.broker.submit(order)
        await desk.has(OutcomeUnknown, order, 2)
        assert not desk.of(OrderRejected)


async def test_an_order_that_was_lost_is_made_by_a_second_send() -> None:
    """Seeds: A23."""
    async with running(faults=(LoseOrder(),)) as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OutcomeUnknown, order)
        desk.broker.submit(order)
        await desk.has(OrderAccepted, order)
        assert [each.intent for each in await desk.broker.query_open_orders()] == [order]


async def test_a_full_queue_refuses_what_was_not_sent() -> None:
    async with running() as site, site.desk(requests_max=2, connections=1) as desk:
        orders = [desk.submit() for _ in range(5)]
        await eventually(lambda: len(desk.reports) >= 5, "every order is answered")
        (first, *_) = refused = desk.of(OrderRejected)
        assert len(refused) == 3
        assert isinstance(first, OrderRejected)
        assert (first.client_order_id, first.code) == (orders[2].client_order_id, "VENUE_RATE")


async def test_reports_missed_while_away_come_when_the_stream_is_back(lines: Lines) -> None:
    async with (
        running() as site,
        Wire(site.server.address) as wire,
        site.desk(wire.url) as desk,
    ):
        order = desk.submit(BID)
        await desk.has(OrderAccepted, order)
        wire.reset()
        site.quote(BID - 1_000)
        await desk.has(Fill, order)
        await eventually(lambda: lines.count("is back"), "the loss and the return are logged")
        assert lines.count("is lost") == lines.count("is back") == 1
        assert [type(report) for report in desk.reports] == [OrderAccepted, Fill]


@pytest.mark.parametrize("fault", [CloseStream(nth=3), HalfOpenStream(nth=3)])
async def test_a_stream_that_breaks_or_falls_silent_is_resumed(
    fault: CloseStream | HalfOpenStream,
) -> None:
    async with running(faults=(fault,)) as site, site.desk() as desk:
        orders = [desk.submit(BID) for _ in range(3)]
        for order in orders:
            await desk.has(OrderAccepted, order)
        site.quote(BID - 1_000)
        for order in orders:
            await desk.has(Fill, order)
        assert len(desk.reports) == 6


async def test_a_venue_that_was_restarted_knows_no_order(lines: Lines) -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OrderAccepted, order)
        await site.restart()
        await desk.has(OutcomeUnknown, order)
        (unknown,) = desk.of(OutcomeUnknown)
        assert isinstance(unknown, OutcomeUnknown)
        assert unknown.operation is Operation.STATUS
        await desk.is_in(LinkState.LIVE)
        again = desk.submit()
        await desk.has(OrderAccepted, again)
        assert lines.count("was restarted") == 1


async def test_answers_of_a_restarted_venue_count_anew() -> None:
    async with (
        running() as site,
        Wire(site.server.address) as wire,
        site.desk(wire.url, reconnect_first_ms=AWAY_MS, reconnect_max_ms=AWAY_MS) as desk,
    ):
        orders = [desk.submit() for _ in range(5)]
        await desk.has(OrderAccepted, orders[-1])
        wire.hold()
        order = desk.submit()
        await eventually(lambda: wire.held_bytes > 300, "the request is under way")
        answer = site.server.house.submit(order)
        wire.release()
        await desk.has(OrderAccepted, order)
        assert answer.sequence == 6


@pytest.mark.parametrize("kind", ["submit", "amend", "cancel"])
async def test_what_is_asked_while_the_link_is_down_never_left(kind: str) -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OrderAccepted, order)
        await site.server.stop()
        await desk.is_in(LinkState.BACKING_OFF)
        before = len(desk.reports)
        match kind:
            case "submit":
                desk.submit(order_id="K9")
            case "amend":
                desk.amend(order, BID - 100)
            case _:
                desk.cancel(order)
        (refusal,) = desk.reports[before:]
        assert isinstance(refusal, OrderRejected | CancelRejected | AmendRejected)
        assert refusal.code == LINK_DOWN
        assert refusal.text.startswith("unsent: link=BACKING_OFF error=")


async def test_a_lost_link_doubts_what_is_under_way_and_a_late_answer_settles_it() -> None:
    faults = (DelayAnswer(request="submit", delay_ms=400), DropReports(nth=0))
    async with running(faults=faults) as site, site.desk() as desk:
        order = desk.submit()
        await eventually(lambda: site.server.house.account(ACCOUNT).sequence == 1, "it arrived")
        for session in site.server.sessions:
            session.cut()
        await desk.has(OutcomeUnknown, order)
        (unknown,) = desk.of(OutcomeUnknown)
        assert isinstance(unknown, OutcomeUnknown)
        assert unknown.text.startswith("the link was lost before an answer: ")
        await desk.has(OrderAccepted, order)
        await eventually(lambda: desk.broker.is_idle, "the answer came")
        assert [type(report) for report in desk.reports] == [OutcomeUnknown, OrderAccepted]


async def test_what_the_stream_has_told_is_not_doubted() -> None:
    faults = (DropAnswer(request="submit"), DelayAnswer(request="submit", delay_ms=150))
    async with running(faults=faults) as site, site.desk() as desk:
        order = desk.submit()
        await desk.has(OrderAccepted, order)
        await eventually(lambda: desk.broker.is_idle, "the answer is given up")
        assert not desk.of(OutcomeUnknown)


async def test_requests_that_waited_when_the_link_was_lost_never_leave() -> None:
    slow = DelayAnswer(request="submit", delay_ms=300)
    async with running(faults=(slow, DropReports(nth=0))) as site, site.desk(connections=1) as desk:
        first, second = desk.submit(), desk.submit()
        await eventually(lambda: site.server.house.account(ACCOUNT).sequence == 1, "it arrived")
        await site.server.stop()
        await desk.has(OrderRejected, second)
        assert desk.of(OutcomeUnknown, first)
        assert site.server.house.venue.order(ACCOUNT, second.client_order_id) is None


async def test_the_desk_is_told_every_change_of_the_link() -> None:
    async with running() as site, site.desk() as desk:
        assert [status.state.name for status in desk.links] == [
            "CONNECTING", "AUTHENTICATING", "SYNCING", "LIVE",
        ]  # fmt: skip
        del desk.links[:]
        await site.restart()
        await desk.is_in(LinkState.LIVE)
        assert [status.state.name for status in desk.links if status.state.name != "LIVE"][:2] == [
            "BACKING_OFF", "CONNECTING",
        ]  # fmt: skip
        assert desk.links[-1].gap_count == 1
        assert desk.links[-1].attempts > 0
        assert desk.links[-1].name == "venue"


async def test_where_the_venue_keeps_too_few_reports_orders_are_asked_for() -> None:
    async with (
        running(reports_max=2) as site,
        Wire(site.server.address) as wire,
        site.desk(wire.url) as desk,
    ):
        filled, canceled, resting = desk.submit(BID), desk.submit(), desk.submit()
        for order in (filled, canceled, resting):
            await desk.has(OrderAccepted, order)
        wire.hold()
        async with site.desk() as other:  # the same account from elsewhere
            other.cancel(canceled)
            await other.has(OrderCanceled)
            site.quote(BID - 100)
            many = [other.submit(BID - 700, order_id=f"M{number}") for number in range(5)]
            await other.has(OrderAccepted, many[-1])
        wire.reset()
        wire.release()
        await desk.has(Fill, filled)
        await desk.has(OrderCanceled, canceled)
        assert len(desk.of(OrderCanceled)) == 1
        assert not desk.of(OutcomeUnknown)


async def test_the_feed_subscribes_again() -> None:
    async with running() as site, Wire(site.server.address) as wire:
        events: list[object] = []
        feed = site.feed(wire.url)
        await feed.connect(events.append)
        (instrument,) = await feed.instruments()
        await feed.subscribe([instrument.id])
        site.quote()
        await eventually(lambda: len(events) == 1, "a quote comes")
        wire.reset()
        site.quote(BID - 100)
        await eventually(lambda: len(events) == 2, "the latest quote comes after the loss")
        site.quote(BID - 200)
        await eventually(lambda: len(events) == 3, "and the next")
        await feed.close()


async def test_a_venue_that_is_not_there_is_said_so() -> None:
    async with running() as site:
        url = site.url
        feed = site.feed(url)
    desk = Desk(url, site.clock)
    with pytest.raises(VenueUnavailableError, match="start the venue"):
        await desk.broker.connect()
    await desk.broker.close()
    with pytest.raises(VenueUnavailableError, match="start the venue"):
        await feed.connect(lambda _event: None)
    await feed.close()


async def test_orders_outlive_their_desk() -> None:
    async with running() as site:
        async with site.desk() as desk:
            order = desk.submit()
            await desk.has(OrderAccepted, order)
        async with site.desk() as later:
            (found,) = await later.broker.query_open_orders()
            assert found.intent == order
            later.cancel(order)
            await later.has(OrderCanceled, order)
            closed = await later.broker.query_order(order.client_order_id)
            assert closed is not None
            assert closed.life is CANCELED


async def test_a_broken_connection_does_not_hurt_those_of_others() -> None:
    async with (
        running() as site,
        Wire(site.server.address) as wire,
        site.desk() as desk,
        site.desk(wire.url, account="other") as other,
    ):
        other.submit()
        await other.has(OrderAccepted)
        wire.reset()
        order = desk.submit(ASK)
        await desk.has(Fill, order)
        assert not other.of(Fill)
        assert site.server.house.account(ACCOUNT).sequence == 2
