import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Alarm(_message.Message):
    __slots__ = ("name", "code", "scope", "level", "stage", "text", "remedy", "count", "create_time", "update_time", "end_time", "notify_time", "acknowledged_by", "trace_id", "held_back")
    class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LEVEL_UNSPECIFIED: _ClassVar[Alarm.Level]
        LEVEL_INFO: _ClassVar[Alarm.Level]
        LEVEL_WARNING: _ClassVar[Alarm.Level]
        LEVEL_CRITICAL: _ClassVar[Alarm.Level]
        LEVEL_EMERGENCY: _ClassVar[Alarm.Level]
    LEVEL_UNSPECIFIED: Alarm.Level
    LEVEL_INFO: Alarm.Level
    LEVEL_WARNING: Alarm.Level
    LEVEL_CRITICAL: Alarm.Level
    LEVEL_EMERGENCY: Alarm.Level
    NAME_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_TIME_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_BY_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    HELD_BACK_FIELD_NUMBER: _ClassVar[int]
    name: str
    code: str
    scope: str
    level: Alarm.Level
    stage: int
    text: str
    remedy: str
    count: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    notify_time: _timestamp_pb2.Timestamp
    acknowledged_by: str
    trace_id: str
    held_back: bool
    def __init__(self, name: _Optional[str] = ..., code: _Optional[str] = ..., scope: _Optional[str] = ..., level: _Optional[_Union[Alarm.Level, str]] = ..., stage: _Optional[int] = ..., text: _Optional[str] = ..., remedy: _Optional[str] = ..., count: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., notify_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., acknowledged_by: _Optional[str] = ..., trace_id: _Optional[str] = ..., held_back: bool = ...) -> None: ...

class Silence(_message.Message):
    __slots__ = ("code", "scope", "expire_time", "created_by", "reason")
    CODE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    code: str
    scope: str
    expire_time: _timestamp_pb2.Timestamp
    created_by: str
    reason: str
    def __init__(self, code: _Optional[str] = ..., scope: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_by: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Performance(_message.Message):
    __slots__ = ("measured", "latencies", "throughputs", "gauges", "comparisons", "notes")
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LATENCIES_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUTS_FIELD_NUMBER: _ClassVar[int]
    GAUGES_FIELD_NUMBER: _ClassVar[int]
    COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    measured: _duration_pb2.Duration
    latencies: _containers.RepeatedCompositeFieldContainer[Latency]
    throughputs: _containers.RepeatedCompositeFieldContainer[Throughput]
    gauges: _containers.RepeatedCompositeFieldContainer[Gauge]
    comparisons: _containers.RepeatedCompositeFieldContainer[Comparison]
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, measured: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., latencies: _Optional[_Iterable[_Union[Latency, _Mapping]]] = ..., throughputs: _Optional[_Iterable[_Union[Throughput, _Mapping]]] = ..., gauges: _Optional[_Iterable[_Union[Gauge, _Mapping]]] = ..., comparisons: _Optional[_Iterable[_Union[Comparison, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ...) -> None: ...

class Latency(_message.Message):
    __slots__ = ("name", "definition", "count", "mean", "p50", "p99")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    P50_FIELD_NUMBER: _ClassVar[int]
    P99_FIELD_NUMBER: _ClassVar[int]
    name: str
    definition: str
    count: int
    mean: _duration_pb2.Duration
    p50: _duration_pb2.Duration
    p99: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., definition: _Optional[str] = ..., count: _Optional[int] = ..., mean: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p99: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Throughput(_message.Message):
    __slots__ = ("name", "count", "per_second")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    name: str
    count: int
    per_second: str
    def __init__(self, name: _Optional[str] = ..., count: _Optional[int] = ..., per_second: _Optional[str] = ...) -> None: ...

class Gauge(_message.Message):
    __slots__ = ("name", "value", "unit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    unit: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("name", "ours", "theirs", "mark", "definition")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OURS_FIELD_NUMBER: _ClassVar[int]
    THEIRS_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    ours: str
    theirs: str
    mark: str
    definition: str
    def __init__(self, name: _Optional[str] = ..., ours: _Optional[str] = ..., theirs: _Optional[str] = ..., mark: _Optional[str] = ..., definition: _Optional[str] = ...) -> None: ...

class LogLevel(_message.Message):
    __slots__ = ("logger", "level")
    LOGGER_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    logger: str
    level: str
    def __init__(self, logger: _Optional[str] = ..., level: _Optional[str] = ...) -> None: ...

class ListAlarmsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "open_only")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    open_only: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., open_only: bool = ...) -> None: ...

class ListAlarmsResponse(_message.Message):
    __slots__ = ("alarms", "next_page_token")
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    next_page_token: str
    def __init__(self, alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AcknowledgeAlarmRequest(_message.Message):
    __slots__ = ("name", "request_id", "dry_run", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class SilenceAlarmsRequest(_message.Message):
    __slots__ = ("code", "scope", "duration", "request_id", "dry_run", "reason")
    CODE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    code: str
    scope: str
    duration: _duration_pb2.Duration
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, code: _Optional[str] = ..., scope: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class UnsilenceAlarmsRequest(_message.Message):
    __slots__ = ("code", "scope", "request_id", "dry_run", "reason")
    CODE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    code: str
    scope: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, code: _Optional[str] = ..., scope: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class ListSilencesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSilencesResponse(_message.Message):
    __slots__ = ("silences", "next_page_token")
    SILENCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    silences: _containers.RepeatedCompositeFieldContainer[Silence]
    next_page_token: str
    def __init__(self, silences: _Optional[_Iterable[_Union[Silence, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetPerformanceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLogLevelsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLogLevelsResponse(_message.Message):
    __slots__ = ("log_levels", "next_page_token")
    LOG_LEVELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    log_levels: _containers.RepeatedCompositeFieldContainer[LogLevel]
    next_page_token: str
    def __init__(self, log_levels: _Optional[_Iterable[_Union[LogLevel, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetLogLevelRequest(_message.Message):
    __slots__ = ("logger", "level", "request_id", "dry_run", "reason")
    LOGGER_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    logger: str
    level: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, logger: _Optional[str] = ..., level: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...
