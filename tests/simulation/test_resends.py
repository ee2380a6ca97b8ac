"""Orders through a wire that loses them: sent again under their ids, none is lost, none is two.

A desk with its retries, and the simulated venue behind real sockets. Seeds: A23.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hexdesk.application.desk import Desk
from hexdesk.application.orders.resends import Resends
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import ResendOrder, StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.order import Order
from hexdesk.domain.reports import OutcomeUnknown, VenueReport
from hexdesk.domain.values import ACCEPTED, BUY, LIMIT, NS_PER_MS
from hexdesk.plugin import BrokerContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_sim.venue.broker import VenueBroker
from hexdesk_sim.venue.settings import DropAnswer, DropReports, LoseOrder, VenueBrokerSettings
from tests.adapters.sim.venue.site import ACCOUNT, QUICK, Site, Wire, as_is, eventually, running
from tests.core.application.rig import DEPOSIT, Puppet

ORDERS = 40


class Lossy:
    """A desk at a venue that loses things."""

    def __init__(self, site: Site, url: str = "") -> None:
        self.clock = site.clock
        self.journal = FakeJournal()
        self.desk = Desk(
            run_id="LOSSY",
            instruments=[INSTRUMENT],
            journal=self.journal,
            clock=site.clock,
            limits=WIDE_LIMITS,
        )
        settings = ReconciliationSettings()
        self.resends = Resends(self.desk, "venue", settings)
        self.broker = VenueBroker(
            BrokerContext(
                name="venue",
                account_id=ACCOUNT,
                clock=site.clock,
                reports=self.take,
                markets=self.desk.markets,
                instruments={INSTRUMENT.id: INSTRUMENT},
                deposits=(),
                seed=1,
                logger=logging.getLogger("hexdesk.test.lossy"),
            ),
            msgspec.convert({**QUICK, "url": url or site.url}, VenueBrokerSettings, dec_hook=as_is),
        )
        self.desk.add_broker("venue", self.broker, Account(ACCOUNT, [INSTRUMENT]))
        self.desk.add_strategy("a", Puppet, broker="venue", instrument_ids=[INSTRUMENT.id])
        self.desk.begin_run("lossy", "backtest", site.clock.now_ns())
        self.desk.deposit("venue", DEPOSIT, "start", site.clock.now_ns())
        self.desk.command(StartStrategy("", site.clock.now_ns()))
        now = site.clock.now_ns()
        self.desk.on_quote(Quote(INSTRUMENT.id, BID, SIZE, ASK, SIZE, now, now))

    def take(self, report: VenueReport) -> None:
        self.desk.on_report(self.resends.filtered(report))

    def submit(self) -> Order:
        strategy = self.desk.hosts["a"].strategy
        assert isinstance(strategy, Puppet)
        order_id = strategy.context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID - 500)
        now = self.clock.now_ns()
        self.desk.on_quote(Quote(INSTRUMENT.id, BID, SIZE, ASK, SIZE, now, now))
        order = self.desk.order(order_id)
        assert order is not None
        return order

    @property
    def open(self) -> list[Order]:
        return list(self.desk.execution.open.values())

    async def settle(self) -> None:
        """Let time pass until no order waits any more."""

        def is_settled() -> bool:
            self.clock.advance_by(100 * NS_PER_MS)
            self.resends.step(self.clock.now_ns())
            return self.broker.is_idle and all(order.life is ACCEPTED for order in self.open)

        await eventually(is_settled, "every order is settled")


@asynccontextmanager
async def connected(site: Site, url: str = "") -> AsyncGenerator[Lossy]:
    lossy = Lossy(site, url)
    await lossy.broker.connect()
    lossy.resends.begin(lossy.broker.capabilities, site.clock.now_ns())
    try:
        yield lossy
    finally:
        await lossy.broker.close()


@pytest.mark.parametrize("fault", [LoseOrder, DropAnswer])
async def test_every_order_arrives_once(fault: type[LoseOrder | DropAnswer]) -> None:
    """Lost on the way, or executed and never told: neither by the answer nor by the stream."""
    faults = (fault(request="submit", rate=0.2), DropReports(nth=0))
    async with (
        running(faults=faults) as site,
        connected(site) as lossy,
    ):
        orders = [lossy.submit() for _ in range(ORDERS)]
        await lossy.settle()
        theirs = await lossy.broker.query_open_orders()
        ours = {order.intent.client_order_id for order in orders}
        assert len(theirs) == ORDERS
        assert {each.intent.client_order_id for each in theirs} == ours
        records = lossy.journal.committed
        assert [each for each in records if isinstance(each, OutcomeUnknown)]
        assert [each for each in records if isinstance(each, ResendOrder)]


async def test_an_order_made_while_the_link_is_down_arrives_once_it_is_back() -> None:
    async with (
        running() as site,
        Wire(site.server.address) as wire,
        connected(site, wire.url) as lossy,
    ):
        wire.reset()
        await eventually(lambda: not lossy.broker.link.is_up, "the link is lost")
        order = lossy.submit()
        assert order.doubt is not None
        await eventually(lambda: lossy.broker.link.is_live, "the link is back")
        await lossy.settle()
        assert [each.intent for each in await lossy.broker.query_open_orders()] == [order.intent]
