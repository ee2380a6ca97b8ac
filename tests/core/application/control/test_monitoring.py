"""Alarms, performance and logs through the Control port (E22, E32)."""

import msgspec
import pytest

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.control import ControlError, Mutation, Query, Reason
from hexdesk.ports.control_monitoring import (
    AcknowledgeAlarm,
    AlarmInfo,
    GetPerformance,
    ListAlarms,
    ListLogLevels,
    ListSilences,
    SetLogLevel,
    SilenceAlarms,
    UnsilenceAlarms,
)
from hexdesk.testing.control_monitoring import FakeAlarms, FakeMonitor
from tests.core.application.control.rig import ADMIN, ControlRig

MINUTE_NS = 60 * NS_PER_SECOND


def alarm(number: int, *, end_ns: int = 0) -> AlarmInfo:
    return AlarmInfo(
        number=number, code="drawdown", scope="", level=AlertLevel.WARNING, stage=1, text="t",
        remedy="r", count=1, begin_ns=1, latest_ns=1, end_ns=end_ns,
    )  # fmt: skip


@pytest.fixture
def rig() -> ControlRig:
    made = ControlRig("a")
    made.start()
    made.runtime.monitor = FakeMonitor(FakeAlarms(alarm(1, end_ns=5), alarm(2), alarm(3)))
    return made


def why(rig: ControlRig, request: Query[object] | Mutation[object]) -> Reason:
    with pytest.raises(ControlError) as caught:
        rig.tell(request) if isinstance(request, Mutation) else rig.ask(request)
    return caught.value.reason


def test_alarms_are_listed_newest_first_page_by_page(rig: ControlRig) -> None:
    assert [each.number for each in rig.ask(ListAlarms()).items] == [3, 2, 1]
    assert [each.number for each in rig.ask(ListAlarms(open_only=True)).items] == [3, 2]
    first = rig.ask(ListAlarms(page_size=2))
    second = rig.ask(ListAlarms(page_size=2, page_token=first.next_page_token))
    assert [each.number for each in (*first.items, *second.items)] == [3, 2, 1]


def test_who_takes_an_alarm_on_is_known_and_stands_in_the_audit_log(rig: ControlRig) -> None:
    tried = rig.tell(AcknowledgeAlarm(number=2, dry_run=True))
    assert tried.acknowledged_by == ADMIN.subject
    assert not rig.ask(ListAlarms()).items[1].acknowledged_by
    rig.tell(AcknowledgeAlarm(number=2))
    assert rig.ask(ListAlarms()).items[1].acknowledged_by == ADMIN.subject
    assert rig.audit.entries[-1].method == "AcknowledgeAlarm"
    assert why(rig, AcknowledgeAlarm(number=1)) is Reason.STATE_WRONG
    assert why(rig, AcknowledgeAlarm(number=9)) is Reason.RESOURCE_UNKNOWN


def test_a_silence_has_an_end_an_author_and_a_reason(rig: ControlRig) -> None:
    asked = SilenceAlarms(code="drawdown", at="USDT", duration_ns=MINUTE_NS, reason="known")
    assert rig.tell(msgspec.structs.replace(asked, dry_run=True)).by == ADMIN.subject
    assert rig.ask(ListSilences()).items == ()
    made = rig.tell(asked)
    assert (made.scope, made.by, made.reason) == ("USDT", ADMIN.subject, "known")
    assert made.until_ns == rig.clock.now_ns() + MINUTE_NS
    assert rig.ask(ListSilences()).items == (made,)
    assert why(rig, UnsilenceAlarms(code="drawdown")) is Reason.RESOURCE_UNKNOWN
    assert rig.tell(UnsilenceAlarms(code="drawdown", at="USDT")) == made
    assert rig.ask(ListSilences()).items == ()


@pytest.mark.parametrize(
    "wrong",
    [
        SilenceAlarms(code="drawdown", duration_ns=MINUTE_NS),
        SilenceAlarms(code="drawdown", duration_ns=0, reason="r"),
        SilenceAlarms(code="drawdown", duration_ns=8 * 1_440 * MINUTE_NS, reason="r"),
        SilenceAlarms(code="", duration_ns=MINUTE_NS, reason="r"),
        SilenceAlarms(code="x" * 201, duration_ns=MINUTE_NS, reason="r"),
        SilenceAlarms(code="x", at="x" * 201, duration_ns=MINUTE_NS, reason="r"),
        SetLogLevel(level="loud"),
        SetLogLevel(level="info", logger="x" * 201),
    ],
)
def test_what_makes_no_sense_is_refused(rig: ControlRig, wrong: Mutation[object]) -> None:
    assert why(rig, wrong) is Reason.FIELD_INVALID


def test_levels_of_logs_change_while_the_desk_runs(rig: ControlRig) -> None:
    rig.tell(SetLogLevel(level="debug", logger="hexdesk.run", dry_run=True))
    assert len(rig.ask(ListLogLevels()).items) == 1
    rig.tell(SetLogLevel(level="debug", logger="hexdesk.run"))
    found = {each.logger: each.level for each in rig.ask(ListLogLevels()).items}
    assert found == {"": "info", "hexdesk.run": "debug"}


def test_a_desk_that_nobody_watches_says_so(rig: ControlRig) -> None:
    assert rig.ask(GetPerformance()).measured_ns == 0
    rig.runtime.monitor = FakeMonitor()
    assert why(rig, ListAlarms()) is Reason.NOT_OFFERED
    rig.runtime.monitor = None
    assert why(rig, GetPerformance()) is Reason.NOT_OFFERED
