"""What a live desk does when a broker's books were compared, and not before."""

import asyncio
import logging

import pytest

from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.commands import Flatten
from hexdesk.domain.links import LINK_DOWN, LinkState, LinkStatus
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OrderRejected, VenueReport
from hexdesk.domain.values import BUY, SELL
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from hexdesk_app.running.reconciling import Reconciliation, Watchman
from tests.core.application.rig import Request, Rig, ScriptedBroker, agreeable

OFF = ReconciliationSettings(enabled=False)


def status(state: LinkState) -> LinkStatus:
    return LinkStatus("venue", state, 0, 0, "", 0, False, 0)  # noqa: FBT003 - in the order of fields


def cut_off(request: Request) -> list[VenueReport]:
    if isinstance(request, NewOrder) and request.parent_id:
        now = request.ts_init
        return [OrderRejected(request.client_order_id, LINK_DOWN, "unsent", now, now)]
    return list(agreeable(request))


def unprotected(rig: Rig) -> Rig:
    """Let the link go down before the exits of a bracket could leave."""
    rig.broker.answer = cut_off
    ids = rig.act(
        lambda context: context.submit_bracket(
            INSTRUMENT.id, BUY, LOT, entry_price=ASK, stop_price=BID - 500
        )
    )
    rig.fill(ids.entry)
    rig.broker.answer = agreeable
    return rig


async def test_an_account_that_is_set_up_otherwise_halts_the_desk() -> None:
    class Modal(ScriptedBroker):
        async def query_modes(self) -> dict[str, str]:
            return {"position_mode": "hedging"}

    rig = Rig().start()
    rig.broker.__class__ = Modal
    watchman = Watchman("venue", rig.broker, rig.desk, rig.clock, ReconciliationSettings())
    watchman.start(0)
    for _ in range(100):
        watchman.step()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        rig.clock.advance_by(10**8)
    assert "position_mode of the account is hedging" in rig.desk.execution.halted
    await watchman.close()


def protection(rig: Rig) -> int:
    open_orders = rig.desk.execution.open.values()
    return sum(order.leaves_qty for order in open_orders if order.intent.parent_id)


async def test_exits_leave_once_the_link_is_back_and_the_books_were_compared() -> None:
    rig = unprotected(Rig().start())
    watchman = Watchman("venue", rig.broker, rig.desk, rig.clock, ReconciliationSettings())
    watchman.start(0)
    watchman.step()
    watchman.on_link(status(LinkState.BACKING_OFF))
    watchman.on_link(status(LinkState.LIVE))
    watchman.step()
    assert not protection(rig)
    for _ in range(200):
        await asyncio.sleep(0)
        rig.clock.advance_by(10**8)
        watchman.step()
    assert protection(rig) == LOT
    await watchman.close()


@pytest.mark.parametrize("settings", [ReconciliationSettings(), OFF])
async def test_a_flatten_waits_for_the_link_and_for_books_that_were_compared(
    settings: ReconciliationSettings,
) -> None:
    rig = Rig().start()
    rig.fill(rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT)))
    rig.broker.answer = agreeable
    reconciliation = Reconciliation(rig.desk, {"venue": rig.broker}, rig.clock, settings)
    reconciliation.start(0)
    await asyncio.sleep(0)
    reconciliation.on_link("venue", status(LinkState.BACKING_OFF))
    rig.desk.command(Flatten("", "test", rig.now()))
    sent = len(rig.sent)
    watchman = reconciliation.watchmen["venue"]
    for _ in range(5):
        await asyncio.sleep(0)
        rig.clock.advance_by(10**8)
        watchman.step()
    assert (len(rig.sent), len(rig.desk.owed.of("venue"))) == (sent, 1)
    reconciliation.on_link("venue", status(LinkState.LIVE))
    for _ in range(200):
        await asyncio.sleep(0)
        rig.clock.advance_by(10**8)
        watchman.step()
        if len(rig.sent) > sent and rig.held():
            rig.fill(rig.sent[-1].client_order_id)
    assert [(each.side, each.quantity) for each in rig.sent[sent:]] == [(SELL, LOT)]
    assert rig.desk.owed.of("venue") == []
    await reconciliation.close()


async def test_without_reconciliation_they_leave_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    rig = unprotected(Rig().start())
    reconciliation = Reconciliation(rig.desk, {"venue": rig.broker}, rig.clock, OFF)
    reconciliation.start(0)
    assert protection(rig) == LOT
    await reconciliation.close()


async def test_without_reconciliation_they_leave_when_the_link_is_back() -> None:
    rig = Rig().start()
    reconciliation = Reconciliation(rig.desk, {"venue": rig.broker}, rig.clock, OFF)
    reconciliation.start(0)
    unprotected(rig)
    reconciliation.on_link("venue", status(LinkState.LIVE))
    assert not protection(rig)
    await asyncio.sleep(0)
    assert protection(rig) == LOT
