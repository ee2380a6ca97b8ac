"""A live desk opens nothing until a person arms it, and nothing after the grant."""

from hexdesk.domain.commands import ArmLive, DisarmLive
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT, MARKET, SELL
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import Rig

GRANT_NS = 60_000_000_000


def live_rig() -> Rig:
    return Rig(mode="live").start()


def buy(context: StrategyContext) -> str:
    return context.submit(INSTRUMENT.id, BUY, LOT, MARKET)


def arm(rig: Rig) -> None:
    now = rig.now()
    rig.desk.command(ArmLive(now + GRANT_NS, "kim", "checked", now))


def test_it_opens_nothing_before() -> None:
    rig = live_rig()
    rig.act(buy)
    assert not rig.sent
    (denial,) = rig.denials()
    assert denial.code == "LIVE_NOT_ARMED"


def test_it_trades_while_the_grant_runs_and_only_reduces_after() -> None:
    rig = live_rig()
    arm(rig)
    rig.fill(rig.act(buy))
    rig.clock.advance_by(GRANT_NS)
    rig.act(buy)
    assert len(rig.sent) == 1
    rig.act(lambda context: context.submit(INSTRUMENT.id, SELL, LOT, MARKET, reduce_only=True))
    assert len(rig.sent) == 2


def test_disarming_ends_it_at_once_but_amends_that_shrink_and_cancels_pass() -> None:
    rig = live_rig()
    arm(rig)
    order_id = rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, 2 * LOT, LIMIT, BID))
    rig.accept(order_id)
    rig.desk.command(DisarmLive("kim", "done", rig.now()))
    rig.act(buy)
    assert [type(each) for each in rig.requests] == [NewOrder]
    rig.act(lambda context: context.cancel(order_id))
    assert rig.cancels == [order_id]


def test_a_grant_survives_a_restart() -> None:
    rig = live_rig()
    arm(rig)
    rig.act(buy)
    assert_replayed(rig, 3)


def test_other_modes_need_none() -> None:
    rig = Rig().start()
    rig.act(buy)
    assert rig.sent
