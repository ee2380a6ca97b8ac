"""Reports that are dropped, doubled, reordered, delayed; connections that are cut; by a seed."""

from functools import partial

import aiohttp
import msgspec
import pytest

from hexdesk.domain.links import LinkState
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import (
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import FILLED
from hexdesk.testing.broker_bench import BID
from hexdesk_sim.venue.faults import WireFaults
from hexdesk_sim.venue.settings import (
    AnyWireFault,
    CloseStream,
    DelayReports,
    DropReports,
    DuplicateReports,
    LoseOrder,
    ReorderReports,
)
from hexdesk_sim.venue.wire import encode
from tests.adapters.sim.venue.site import Desk, Site, eventually, running

REPORT_FAULTS: list[AnyWireFault] = [
    DropReports(nth=0, rate=0.3),
    DuplicateReports(nth=0, rate=0.3),
    ReorderReports(nth=0, rate=0.3),
    DelayReports(nth=0, rate=0.3, delay_ms=5),
]


async def place(site: Site, desk: Desk, price: int) -> NewOrder:
    """Send an order until it arrives: while the link is down it provably does not."""
    while True:
        await desk.is_in(LinkState.LIVE)
        order = desk.submit(price)
        await eventually(
            partial(desk.of, (OrderAccepted, OrderRejected), order), "the order is answered"
        )
        if site.server.house.venue.order(desk.account, order.client_order_id) is not None:
            return order


async def trade(site: Site, desk: Desk, count: int = 40) -> None:
    """Fill half of some orders, cancel the others, one after the other."""
    venue = site.server.house.venue
    for number in range(count):
        order = await place(site, desk, BID if number % 2 else BID - 500)
        site.quote(BID - 100)
        site.quote()
        while (
            not (found := venue.order(desk.account, order.client_order_id)) or found.life < FILLED
        ):
            await desk.is_in(LinkState.LIVE)
            desk.cancel(order)
            await eventually(lambda: desk.broker.is_idle, "the cancel is answered")


@pytest.mark.parametrize(
    "faults",
    [*[(fault,) for fault in REPORT_FAULTS], (*REPORT_FAULTS, CloseStream(rate=0.05))],
    ids=["drop", "duplicate", "reorder", "delay", "all"],
)
async def test_no_report_is_lost_or_told_twice(faults: tuple[AnyWireFault, ...]) -> None:
    async with running(faults=faults, heartbeat_ms=50) as site, site.desk() as desk:
        await trade(site, desk)
        log = site.server.house.account(desk.account)
        await eventually(lambda: desk.broker.is_idle, "every request is answered")
        await eventually(lambda: desk.broker.sequence == log.sequence, "every report came")
        said_here = (OrderRejected, CancelRejected, OutcomeUnknown)
        told = [timeless(each) for each in desk.reports if not isinstance(each, said_here)]
        kept = [timeless(each) for each in log.after(0, 1_000) if not isinstance(each, said_here)]
        assert sorted(map(repr, told)) == sorted(map(repr, kept))
        assert len(desk.of(Fill)) == len(desk.of(OrderCanceled)) == 20
        assert len(desk.of(OrderAccepted)) == 40


def timeless(report: VenueReport) -> VenueReport:
    return msgspec.structs.replace(report, ts_init=0)


async def test_a_dropped_report_is_a_gap_that_is_filled_on_the_same_stream() -> None:
    async with running(faults=(DropReports(nth=2),)) as site, site.desk() as desk:
        order = desk.submit(BID)
        await desk.has(OrderAccepted, order)
        site.quote(BID - 100)
        await eventually(lambda: site.server.house.account(desk.account).sequence == 2, "filled")
        desk.submit()
        await desk.has(Fill, order)
        assert desk.broker.link.gap_count == 1
        assert desk.broker.link.attempts == 0


async def test_a_heartbeat_reveals_what_was_dropped_last() -> None:
    async with running(faults=(DropReports(nth=2),), heartbeat_ms=50) as site, site.desk() as desk:
        order = desk.submit(BID)
        await desk.has(OrderAccepted, order)
        site.quote(BID - 100)
        await desk.has(Fill, order)
        assert desk.broker.link.gap_count == 1


async def test_every_connection_can_be_cut() -> None:
    async with running(admin=True) as site, site.desk() as desk, site.desk(account="b") as other:
        order = desk.submit()
        await desk.has(OrderAccepted, order)
        async with aiohttp.ClientSession(site.url) as http:
            async with http.post("/v1/admin/cut") as answer:
                assert (await answer.json())["connections"] >= 2
            for each in (desk, other):
                await eventually(
                    lambda: len(each.links) > 8 and each.broker.link.is_live,  # noqa: B023
                    "the link is back",
                )
        assert not desk.of(OutcomeUnknown)


async def test_faults_are_set_by_rate_while_it_runs() -> None:
    async with running(admin=True) as site, site.desk() as desk:
        async with aiohttp.ClientSession(site.url) as http:
            faults: list[AnyWireFault] = [LoseOrder(rate=1)]
            async with http.post("/v1/admin/faults", data=encode(faults)) as answer:
                assert answer.status == 200
            order = desk.submit()
            await desk.has(OutcomeUnknown, order)
            async with http.post("/v1/admin/faults", data=b"[]") as answer:
                assert answer.status == 200
        order = desk.submit()
        await desk.has(OrderAccepted, order)
        assert not desk.of(OutcomeUnknown, order)


def test_equal_seeds_strike_equally_and_as_often_as_asked() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = WireFaults((DropReports(rate=0.25),), seed=seed)
        return [faults.of_reports() is not None for _ in range(1_000)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 200 < sum(strikes(1)) < 300
