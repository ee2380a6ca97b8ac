"""A live desk opens positions only while a grant runs that a person typed out."""

from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.application.durability.state import decode_state
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import BUY, NS_PER_SECOND, Operation, Side
from hexdesk.ports.control import Caller, ControlError, Reason, Scope
from hexdesk.ports.control_checks import CheckInfo, CheckOutcome, RunChecks
from hexdesk.ports.control_requests import (
    ArmLive,
    CreateOrder,
    DisarmLive,
    GetDesk,
    Halt,
    Rearm,
)
from hexdesk.ports.control_views import DeskInfo
from hexdesk.testing.broker_bench import INSTRUMENT, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.control.rig import READER, ControlRig, terms
from tests.core.application.replayed import capture_fully, replayed

HOUR_NS = 3_600 * NS_PER_SECOND


SIZES = replace(WIDE_LIMITS, order_notional_max="1000000", position_notional_max="1000000")


def live_rig(limits: RiskLimits) -> ControlRig:
    """A live desk that nothing compares."""
    made = ControlRig("a", mode="live", limits=limits)
    made.runtime.reconciliation = None
    made.start()
    return made


@pytest.fixture
def rig() -> ControlRig:
    return live_rig(SIZES)


def arm(
    rig: ControlRig, account_id: str = "", duration_ns: int = HOUR_NS, stage_pct: int = 100
) -> DeskInfo:
    return rig.tell(
        ArmLive(
            account_id=account_id or rig.account.id,
            duration_ns=duration_ns,
            stage_pct=stage_pct,
            reason="checked",
        )
    )


def sends(rig: ControlRig) -> bool:
    before = len(rig.sent)
    rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT))
    return len(rig.sent) > before


def test_a_grant_lets_orders_out_until_it_ends(rig: ControlRig) -> None:
    """Armed by a person, for a time, and the desk says by whom."""
    assert not sends(rig)
    grant = arm(rig).live_grant
    assert grant is not None
    assert (grant.granted_by, grant.reason, grant.stage_pct) == ("ann", "checked", 100)
    assert sends(rig)
    rig.clock.advance_by(HOUR_NS)
    assert not sends(rig)
    assert rig.ask(GetDesk()).live_grant is None


def test_a_stage_makes_every_size_smaller_until_the_next_grant(rig: ControlRig) -> None:
    """A35: the way to live goes in steps; a position that is open may be closed at any of them."""
    limits = replace(WIDE_LIMITS, order_quantity_max="10", position_quantity_max="40")
    rig.desk.limits.put(INSTRUMENT, limits)
    arm(rig, stage_pct=100)
    rig.fill(rig.buy("10").client_order_id)
    arm(rig, stage_pct=25)
    assert rig.desk.limits.of(INSTRUMENT.id).order_quantity_max == "2.5"
    assert [rig.buy(size).code for size in ("2.6", "2.5")] == ["ORDER_SIZE", "RISK_POSITION"]
    closing = rig.tell(CreateOrder(terms=terms(Side.SELL, "10", reduce_only=True)))
    assert closing.code == ""
    arm(rig, stage_pct=50)
    assert rig.buy("5").code == ""


def test_a_stage_holds_over_a_restart(rig: ControlRig) -> None:
    """A35: neither a snapshot nor a replay forgets it."""
    arm(rig, stage_pct=10)
    kept = capture_fully(rig)
    assert replayed(rig.records) == replayed([], snapshot=kept, run=rig.records[0]) == kept
    assert decode_state(kept).stage_pct == 10
    rig.control = rig.make_control()
    grant = rig.ask(GetDesk()).live_grant
    assert grant is not None
    assert grant.stage_pct == 10


def test_a_persons_own_orders_need_the_grant_too(rig: ControlRig) -> None:
    assert rig.buy("1").code == "LIVE_NOT_ARMED"
    arm(rig)
    assert rig.buy("1").code == ""


def test_disarming_ends_it_at_once(rig: ControlRig) -> None:
    arm(rig)
    assert rig.tell(DisarmLive(reason="lunch")).live_grant is None
    assert not sends(rig)
    records = len(rig.records)
    rig.tell(DisarmLive(reason="twice"))
    assert len(rig.records) == records


def test_a_grant_of_before_a_restart_of_the_plane_is_shown(rig: ControlRig) -> None:
    arm(rig)
    rig.control = rig.make_control()
    grant = rig.ask(GetDesk()).live_grant
    assert grant is not None
    assert grant.expire_ns > rig.clock.now_ns()


@pytest.mark.parametrize(
    "fields",
    [
        {"account_id": "another"},
        {"duration_ns": 59 * NS_PER_SECOND},
        {"duration_ns": 25 * HOUR_NS},
        {"stage_pct": 51},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_is_typed_wrong_arms_nothing(rig: ControlRig, fields: dict[str, Any]) -> None:
    with pytest.raises(ControlError) as caught:
        arm(rig, **fields)
    assert caught.value.reason is Reason.FIELD_INVALID
    assert not sends(rig)


def refused(rig: ControlRig) -> str:
    """Arm in vain; return the codes of what is not in order."""
    with pytest.raises(ControlError) as caught:
        arm(rig)
    assert caught.value.reason is Reason.STATE_WRONG
    return caught.value.facts["checks"]


def test_nothing_is_armed_that_is_not_in_order(rig: ControlRig) -> None:
    """A35, E44: limits, doubts, quarantine, halts, books, and what the machine says."""
    assert refused(live_rig(WIDE_LIMITS)) == "LIMITS_SET"
    wrong = CheckInfo(code="DISK_FREE", title="Room", outcome=CheckOutcome.FAILED, text="1 MB")
    rig.runtime.checks = [replace(wrong, outcome=CheckOutcome.WARNED)]
    arm(rig)
    rig.tell(DisarmLive())
    rig.runtime.checks = [wrong]
    rig.tell(Halt(reason="drill"))
    assert refused(rig) == "DESK_HALTED,DISK_FREE"
    rig.tell(Rearm(reason="over", account_id=rig.account.id))
    rig.runtime.checks = []
    compared = ControlRig("a", mode="live", limits=SIZES)
    compared.start()
    assert refused(compared) == "RECONCILIATION"
    arm(rig)
    order_id = rig.buy("1").client_order_id
    now = rig.now()
    rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "lost", now))
    rig.puppets["a"].hooks["on_trade"] = lambda _trade: 1 // 0
    rig.trade()
    assert refused(rig) == "STRATEGY_FAULTED,ORDER_DOUBTFUL"


def test_checks_are_a_readers_to_ask_and_those_of_a_live_desk_more(rig: ControlRig) -> None:
    usual, live = (rig.ask(RunChecks(live=live), READER) for live in (False, True))
    assert {each.outcome for each in live} == {CheckOutcome.PASSED}
    assert {each.code for each in live} - {each.code for each in usual} == {
        "LIMITS_SET",
        "RISK_SELFTEST",
    }


def test_the_right_to_trade_is_none_to_arm(rig: ControlRig) -> None:
    trader = Caller(subject="bot", scopes=frozenset({Scope.READ, Scope.TRADE, Scope.RISK}))
    with pytest.raises(ControlError) as caught:
        rig.tell(ArmLive(account_id=rig.account.id, duration_ns=HOUR_NS, reason="x"), trader)
    assert caught.value.reason is Reason.SCOPE_MISSING


def test_only_a_live_desk_is_armed() -> None:
    paper = ControlRig("a")
    paper.start()
    with pytest.raises(ControlError) as caught:
        arm(paper)
    assert caught.value.reason is Reason.STATE_WRONG
