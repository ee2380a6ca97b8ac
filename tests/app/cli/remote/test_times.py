"""Times in tables: for people, as tables of records have them; JSON keeps every digit."""

import pytest

from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.control_monitoring import AlarmInfo, SilenceInfo
from hexdesk.testing.control_monitoring import FakeAlarms, FakeMonitor
from hexdesk_app.cli.remote.show import facts_table, when
from tests.app.cli.remote.conftest import ServedDesk

AT_NS = 1_762_300_800_123_456_789
ALARM = AlarmInfo(
    number=1,
    code="HALTED",
    scope="desk",
    level=AlertLevel.EMERGENCY,
    stage=1,
    text="by hand",
    remedy="",
    count=1,
    begin_ns=AT_NS,
    latest_ns=AT_NS,
    end_ns=AT_NS + 10**9,
    told_ns=AT_NS,
    acknowledged_by="",
    trace_id="",
    is_held=False,
)


def test_alarms_and_silences_have_times_for_people(desk: ServedDesk) -> None:
    alarms = FakeAlarms(ALARM)
    alarms.silence(SilenceInfo(code="disk", scope="", until_ns=AT_NS, by="ann", reason="r"))
    desk.do(lambda rig: setattr(rig.runtime, "monitor", FakeMonitor(alarms)))
    shown = desk("alert", "list", "--all").out
    assert shown.count("2025-11-05 00:00:00.123") == 2
    assert "over 2025-11-05 00:00:01.123" in shown
    found = desk("alert", "list", "--all", "--json").data["alarms"][0]
    assert found["create_time"] == "2025-11-05T00:00:00.123456789Z"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2025-11-05T00:00:00Z", "2025-11-05 00:00:00.000"),
        ("2025-11-05T00:00:00.120Z", "2025-11-05 00:00:00.120"),
        ("2025-11-05T00:00:00.999999Z", "2025-11-05 00:00:00.999"),
        ("", ""),
    ],
)
def test_the_wires_times_are_cut_to_milliseconds(text: str, shown: str) -> None:
    assert when(text) == shown
    assert facts_table("x", {"level_time": text}).rows == (("level time", shown),)
