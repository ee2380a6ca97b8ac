"""Monitoring on the wire: its methods, and how alarms, performance and logs look."""

from google.protobuf.duration_pb2 import Duration

from hexdesk.ports import control_monitoring as port
from hexdesk.ports.alerts import AlertLevel
from hexdesk_api.v1 import monitoring_pb2 as pb
from hexdesk_grpc.from_wire import mutation, page, span_ns
from hexdesk_grpc.method import Method, listed
from hexdesk_grpc.names import number_of
from hexdesk_grpc.to_wire import duration, timestamp

ALARMS = "alarms"
_LEVELS = {
    AlertLevel.INFO: pb.Alarm.LEVEL_INFO,
    AlertLevel.WARNING: pb.Alarm.LEVEL_WARNING,
    AlertLevel.CRITICAL: pb.Alarm.LEVEL_CRITICAL,
    AlertLevel.EMERGENCY: pb.Alarm.LEVEL_EMERGENCY,
}


# --- requests -----------------------------------------------------------------------------------


def _alarms(message: pb.ListAlarmsRequest) -> port.ListAlarms:
    return port.ListAlarms(open_only=message.open_only, **page(message))


def _acknowledge(message: pb.AcknowledgeAlarmRequest) -> port.AcknowledgeAlarm:
    return port.AcknowledgeAlarm(number=number_of(ALARMS, message.name), **mutation(message))


def _silence(message: pb.SilenceAlarmsRequest) -> port.SilenceAlarms:
    return port.SilenceAlarms(
        code=message.code,
        at=message.scope,
        duration_ns=span_ns(message.duration, "duration"),
        **mutation(message),
    )


def _unsilence(message: pb.UnsilenceAlarmsRequest) -> port.UnsilenceAlarms:
    return port.UnsilenceAlarms(code=message.code, at=message.scope, **mutation(message))


def _silences(message: pb.ListSilencesRequest) -> port.ListSilences:
    return port.ListSilences(**page(message))


def _performance(_message: pb.GetPerformanceRequest) -> port.GetPerformance:
    return port.GetPerformance()


def _levels(message: pb.ListLogLevelsRequest) -> port.ListLogLevels:
    return port.ListLogLevels(**page(message))


def _set_level(message: pb.SetLogLevelRequest) -> port.SetLogLevel:
    return port.SetLogLevel(logger=message.logger, level=message.level, **mutation(message))


# --- answers ------------------------------------------------------------------------------------


def show_alarm(info: port.AlarmInfo) -> pb.Alarm:
    """Show an alarm."""
    return pb.Alarm(
        name=f"{ALARMS}/{info.number}",
        code=info.code,
        scope=info.scope,
        level=_LEVELS[info.level],
        stage=info.stage,
        text=info.text,
        remedy=info.remedy,
        count=info.count,
        create_time=timestamp(info.begin_ns),
        update_time=timestamp(info.latest_ns),
        end_time=timestamp(info.end_ns),
        notify_time=timestamp(info.told_ns),
        acknowledged_by=info.acknowledged_by,
        trace_id=info.trace_id,
        held_back=info.is_held,
    )


def show_silence(info: port.SilenceInfo) -> pb.Silence:
    """Show a silence."""
    return pb.Silence(
        code=info.code,
        scope=info.scope,
        expire_time=timestamp(info.until_ns),
        created_by=info.by,
        reason=info.reason,
    )


def show_level(info: port.LogLevelInfo) -> pb.LogLevel:
    """Show what a logger says."""
    return pb.LogLevel(logger=info.logger, level=info.level)


def _micros(micros: float) -> Duration:
    return duration(round(micros * 1_000))


def show_performance(info: port.PerformanceInfo) -> pb.Performance:
    """Show how fast a desk is."""
    return pb.Performance(
        measured=duration(info.measured_ns),
        latencies=[
            pb.Latency(
                name=each.name,
                definition=each.definition,
                count=each.count,
                mean=_micros(each.mean_us),
                p50=_micros(each.p50_us),
                p99=_micros(each.p99_us),
            )
            for each in info.latencies
        ],
        throughputs=[
            pb.Throughput(name=each.name, count=each.count, per_second=f"{each.per_second:.1f}")
            for each in info.throughputs
        ],
        gauges=[
            pb.Gauge(name=each.name, value=f"{each.value:.10g}", unit=each.unit)
            for each in info.gauges
        ],
        comparisons=[
            pb.Comparison(
                name=each.name,
                ours=each.ours,
                theirs=each.theirs,
                mark=each.mark,
                definition=each.definition,
            )
            for each in info.comparisons
        ],
        notes=info.notes,
    )


METHODS: dict[str, Method] = {
    "MonitoringService.ListAlarms": Method(
        _alarms, listed(pb.ListAlarmsResponse, "alarms", show_alarm)
    ),
    "MonitoringService.AcknowledgeAlarm": Method(_acknowledge, show_alarm),
    "MonitoringService.SilenceAlarms": Method(_silence, show_silence),
    "MonitoringService.UnsilenceAlarms": Method(_unsilence, show_silence),
    "MonitoringService.ListSilences": Method(
        _silences, listed(pb.ListSilencesResponse, "silences", show_silence)
    ),
    "MonitoringService.GetPerformance": Method(_performance, show_performance),
    "MonitoringService.ListLogLevels": Method(
        _levels, listed(pb.ListLogLevelsResponse, "log_levels", show_level)
    ),
    "MonitoringService.SetLogLevel": Method(_set_level, show_level),
}
"""What reads each request, and what shows its answer."""
