"""The broker against a real server."""

from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.market import FundingRate, MarketEvent
from hexdesk.domain.reports import (
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.adapters.sim.venue.site import ACCOUNT, eventually, running


async def test_queries_tell_why_an_order_was_rejected_the_price_paid_and_the_mode() -> None:
    async with running() as site, site.desk() as desk:
        refused, taken = desk.submit(quantity=1), desk.submit(ASK)
        await desk.has(OrderRejected, refused)
        await desk.has(Fill, taken)
        found = await desk.broker.query_order(refused.client_order_id)
        assert found is not None
        assert found.code == "VENUE_LOT"
        (position,) = await desk.broker.query_positions()
        assert (position.quantity, position.avg_px) == (LOT, ASK)
        assert await desk.broker.query_modes() == {"position_mode": "netting"}


async def test_an_order_rests_is_amended_and_canceled() -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit()
        desk.amend(order, BID - 300)
        desk.cancel(order, 2)
        await desk.has(OrderCanceled)
        await eventually(lambda: desk.broker.is_idle, "answered")
        kinds = [type(report) for report in desk.reports]
        assert kinds == [OrderAccepted, OrderUpdated, OrderCanceled]


async def test_a_fill_comes_by_the_stream_once() -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit(ASK)
        await desk.has(Fill, order)
        await eventually(lambda: desk.broker.is_idle, "answered")
        await eventually(lambda: desk.broker.sequence == 2, "all reports came")
        assert sorted(type(report).__name__ for report in desk.reports) == ["Fill", "OrderAccepted"]


async def test_a_request_sent_twice_makes_one_order() -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit()
        desk.broker.submit(order)
        await desk.has(OrderAccepted, order, 2)
        assert not desk.of(OrderRejected)
        assert len(await desk.broker.query_open_orders()) == 1


async def test_an_id_used_for_another_order_is_rejected() -> None:
    async with running() as site, site.desk() as desk:
        desk.submit(order_id="K1")
        desk.submit(BID - 400, order_id="K1")
        await desk.has(OrderRejected)
        (rejected,) = desk.of(OrderRejected)
        assert isinstance(rejected, OrderRejected)
        assert rejected.code == "VENUE_DUPLICATE_ID"


async def test_a_cancel_of_nothing_is_refused() -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit()
        desk.cancel(order, 1)
        desk.cancel(order, 2)
        await desk.has(CancelRejected)
        assert not desk.of(OutcomeUnknown)


async def test_funding_comes_to_feed_and_broker() -> None:
    async with running() as site, site.desk() as desk:
        order = desk.submit(ASK)
        await desk.has(Fill, order)
        feed, told = site.feed(), list[MarketEvent]()
        await feed.connect(told.append)
        try:
            await feed.subscribe([INSTRUMENT.id])
            site.publish(FundingRate(INSTRUMENT.id, -100_000, 1, 1))
            await desk.has(CashMoved)
            await eventually(lambda: told, "the rate was told")
        finally:
            await feed.close()
        (moved,) = desk.of(CashMoved)
        assert isinstance(moved, CashMoved)
        assert (moved.account_id, moved.cash_kind) == (ACCOUNT, CashKind.FUNDING)
        assert moved.amount > 0
        (rate,) = [event for event in told if isinstance(event, FundingRate)]
        assert rate.rate == -100_000
