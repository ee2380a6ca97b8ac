"""Alarms, performance and logs over the wire."""

from google.protobuf.duration_pb2 import Duration

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.control_monitoring import (
    AlarmInfo,
    ComparisonInfo,
    GaugeInfo,
    LatencyInfo,
    PerformanceInfo,
    ThroughputInfo,
)
from hexdesk.testing.control_monitoring import FakeAlarms, FakeMonitor
from hexdesk_api.v1 import monitoring_pb2 as pb
from hexdesk_api.v1 import monitoring_pb2_grpc
from tests.adapters.grpc.rig import refusal, served

ALARM = AlarmInfo(
    number=4,
    code="drawdown",
    scope="currency=USDT",
    level=AlertLevel.CRITICAL,
    stage=2,
    text="t",
    remedy="r",
    count=3,
    begin_ns=NS_PER_SECOND,
    latest_ns=2 * NS_PER_SECOND,
    is_held=True,
)
REPORT = PerformanceInfo(
    measured_ns=3 * NS_PER_SECOND,
    latencies=(
        LatencyInfo(
            name="order_to_ack", definition="d", count=2, mean_us=1.5, p50_us=1.0, p99_us=2.0
        ),
    ),
    throughputs=(ThroughputInfo("market_events", 7, 3.5),),
    gauges=(GaugeInfo("process_memory", 9.0, "By"),),
    comparisons=(ComparisonInfo(name="n", ours="1", theirs="2", mark="3", definition="d"),),
    notes=("soon",),
)


async def test_alarms_are_seen_taken_on_and_silenced() -> None:
    async with served() as rig:
        rig.runtime.monitor = FakeMonitor(FakeAlarms(ALARM))
        stub = monitoring_pb2_grpc.MonitoringServiceStub(rig.channel)
        (found,) = (await stub.ListAlarms(pb.ListAlarmsRequest())).alarms
        assert (found.name, found.level, found.count) == ("alarms/4", pb.Alarm.LEVEL_CRITICAL, 3)
        assert (found.create_time.seconds, found.update_time.seconds) == (1, 2)
        assert not found.HasField("end_time")
        assert found.held_back
        taken = await stub.AcknowledgeAlarm(pb.AcknowledgeAlarmRequest(name="alarms/4"))
        assert taken.acknowledged_by == "local"
        for name in ("alarms/x", "orders/4", "alarms/"):
            asked = stub.AcknowledgeAlarm(pb.AcknowledgeAlarmRequest(name=name))
            assert (await refusal(asked))[3] == ["name"]
        silence = pb.SilenceAlarmsRequest(
            code="drawdown", scope="USDT", duration=Duration(seconds=60), reason="known"
        )
        assert (await stub.SilenceAlarms(silence)).created_by == "local"
        silence.duration.seconds = -1
        assert (await refusal(stub.SilenceAlarms(silence)))[3] == ["duration"]
        assert len((await stub.ListSilences(pb.ListSilencesRequest())).silences) == 1
        ended = await stub.UnsilenceAlarms(pb.UnsilenceAlarmsRequest(code="drawdown", scope="USDT"))
        assert ended.reason == "known"


async def test_performance_and_levels() -> None:
    async with served() as rig:
        rig.runtime.monitor = monitor = FakeMonitor()
        monitor.report = REPORT
        stub = monitoring_pb2_grpc.MonitoringServiceStub(rig.channel)
        found = await stub.GetPerformance(pb.GetPerformanceRequest())
        assert found.measured.seconds == 3
        assert (found.latencies[0].name, found.latencies[0].p99.nanos) == ("order_to_ack", 2_000)
        assert (found.throughputs[0].per_second, found.gauges[0].value) == ("3.5", "9")
        assert (found.comparisons[0].theirs, list(found.notes)) == ("2", ["soon"])
        await stub.SetLogLevel(pb.SetLogLevelRequest(logger="hexdesk.run", level="debug"))
        levels = (await stub.ListLogLevels(pb.ListLogLevelsRequest())).log_levels
        assert {each.logger: each.level for each in levels} == {"": "info", "hexdesk.run": "debug"}
