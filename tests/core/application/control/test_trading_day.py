"""A person begins a trading day through the Control port."""

import pytest

from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_requests import RollTradingDay
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.control.rig import ControlRig
from tests.core.application.replayed import assert_replayed

DAY = 20231115


def test_what_was_todays_is_yesterdays_once() -> None:
    rig = ControlRig()
    rig.start()
    rig.fill(rig.buy("1").client_order_id)
    position = rig.desk.hosts["manual@venue"].ledgers[INSTRUMENT.id].position
    assert rig.tell(RollTradingDay(trading_day=DAY, reason="x", dry_run=True)).ids == (
        INSTRUMENT.id,
    )
    assert position.today  # type: ignore[union-attr]
    assert rig.tell(RollTradingDay(trading_day=DAY, reason="the calendar")).ids == (INSTRUMENT.id,)
    assert not position.today  # type: ignore[union-attr]
    assert rig.tell(RollTradingDay(trading_day=DAY, reason="again")).ids == ()
    assert rig.tell(RollTradingDay(trading_day=DAY + 1, venue="SHFE", reason="x")).ids == ()
    assert_replayed(rig, len(rig.records) // 2)


@pytest.mark.parametrize("day", [0, -1, 20231345, 20251115, 2023_1115_00])
def test_what_is_no_day_near_is_refused(day: int) -> None:
    rig = ControlRig()
    with pytest.raises(ControlError) as caught:
        rig.tell(RollTradingDay(trading_day=day, reason="x"))
    assert caught.value.faults[0].field == "trading_day"


def test_an_unknown_instrument_is_refused() -> None:
    rig = ControlRig()
    with pytest.raises(ControlError) as caught:
        rig.tell(RollTradingDay(trading_day=DAY, instrument_id="NO.WHERE", reason="x"))
    assert caught.value.reason is Reason.RESOURCE_UNKNOWN
