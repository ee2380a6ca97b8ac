"""A stage of a live desk is earned by clean trading days at the one before (A35, E44)."""

import pytest

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.control import ALL_SCOPES, Caller, ControlError, Reason
from hexdesk.ports.control_approvals import ApproveCall
from hexdesk.ports.control_requests import ArmLive, Halt, Rearm
from tests.core.application.control.rig import ControlRig
from tests.core.application.control.test_arming import SIZES, live_rig

HOUR_NS = 3_600 * NS_PER_SECOND
BEN = Caller(subject="ben", scopes=ALL_SCOPES)


@pytest.fixture
def rig() -> ControlRig:
    made = live_rig(SIZES)
    made.runtime.stage_clean_days = 3
    return made


def arm(rig: ControlRig, stage_pct: int, *, skips: bool = False) -> None:
    rig.tell(
        ArmLive(
            account_id=rig.account.id,
            duration_ns=8 * HOUR_NS,
            stage_pct=stage_pct,
            skips_clean_days=skips,
            reason="checked",
        )
    )


def refusal(rig: ControlRig, stage_pct: int) -> ControlError:
    with pytest.raises(ControlError) as caught:
        arm(rig, stage_pct)
    assert caught.value.reason is Reason.STATE_WRONG
    return caught.value


def trade_days(rig: ControlRig, count: int, stage_pct: int = 10) -> None:
    """Arm and trade on so many days, to the end of each."""
    for _ in range(count):
        arm(rig, stage_pct)
        rig.fill(rig.buy("1").client_order_id)
        rig.rest()
        rig.clock.advance_by(24 * HOUR_NS)


def test_the_next_stage_takes_three_days_and_none_is_left_out(rig: ControlRig) -> None:
    """A35: three days at a small size first; the refusal says what is missing."""
    assert "stage 25 comes after stage 10, which was never armed" in refusal(rig, 25).message
    trade_days(rig, 2)
    missing = refusal(rig, 25)
    assert missing.message.startswith("stage 25 needs 3 clean trading days at stage 10, so far 2")
    assert missing.facts == {"clean_days": "2", "clean_days_needed": "3"}
    assert "--stage 10" in missing.remedy
    arm(rig, 10)
    rig.fill(rig.buy("1").client_order_id)
    assert refusal(rig, 25).facts["clean_days"] == "2", "a day counts once it is over"
    rig.clock.advance_by(24 * HOUR_NS)
    assert "comes after stage 25" in refusal(rig, 50).message
    arm(rig, 25)
    assert refusal(rig, 50).facts["clean_days"] == "0"
    trade_days(rig, 3, 25)
    arm(rig, 50)


def test_a_day_without_a_fill_earns_nothing(rig: ControlRig) -> None:
    for _ in range(4):
        arm(rig, 10)
        rig.clock.advance_by(24 * HOUR_NS)
    assert refusal(rig, 25).facts["clean_days"] == "0"


def test_what_is_critical_begins_the_count_anew_and_is_named(rig: ControlRig) -> None:
    trade_days(rig, 2)
    arm(rig, 10)
    rig.tell(Halt(reason="fire"))
    rig.rest()
    rig.tell(Rearm(reason="over", account_id=rig.account.id))
    trade_days(rig, 2)
    missing = refusal(rig, 25)
    assert (missing.facts["clean_days"], "was not clean: HALTED" in missing.message) == ("1", True)
    trade_days(rig, 2)
    arm(rig, 25)


def test_a_stage_that_was_reached_may_be_armed_again(rig: ControlRig) -> None:
    trade_days(rig, 3)
    arm(rig, 25)
    rig.tell(Halt(reason="fire"))
    rig.rest()
    rig.tell(Rearm(reason="over", account_id=rig.account.id))
    for stage_pct in (10, 25):
        arm(rig, stage_pct)


def test_days_are_kept_over_a_restart(rig: ControlRig) -> None:
    trade_days(rig, 2)
    rig.control = rig.make_control()
    trade_days(rig, 1)
    rig.control = rig.make_control()
    arm(rig, 25)


def test_only_a_second_person_lets_days_be_skipped(rig: ControlRig) -> None:
    assert not rig.runtime.two_person
    with pytest.raises(ControlError) as caught:
        arm(rig, 100, skips=True)
    assert caught.value.reason is Reason.APPROVAL_REQUIRED
    with pytest.raises(ControlError) as own:
        rig.tell(ApproveCall(number=1))
    assert own.value.reason is Reason.STATE_WRONG, "the same person"
    assert not rig.stage_days.records
    rig.tell(ApproveCall(number=1), BEN)
    arm(rig, 100, skips=True)
    assert rig.desk.limits.stage_pct == 100


def test_none_are_needed_where_the_configuration_says_so(rig: ControlRig) -> None:
    rig.runtime.stage_clean_days = 0
    arm(rig, 100)


def test_a_store_that_is_full_is_told_and_forgets_nothing_yet(rig: ControlRig) -> None:
    rig.stage_days.is_full = True
    arm(rig, 10)
    assert "STAGE_DAY_UNWRITABLE" in {each.code for each in rig.desk.alerts.recent}
    rig.stage_days.is_full = False
    trade_days(rig, 3)
    arm(rig, 25)
