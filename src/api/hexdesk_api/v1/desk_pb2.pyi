import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hexdesk_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Desk(_message.Message):
    __slots__ = ("name", "display_name", "mode", "state", "halt_reason", "entries_allowed", "live_grant", "run_id", "version_text", "start_time", "desk_time", "input_count", "equity", "running_strategy_count", "faulted_strategy_count", "open_order_count", "doubtful_order_count", "counts", "alert_count", "queue_depth", "event_sequence", "queued")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Desk.State]
        STATE_STARTING: _ClassVar[Desk.State]
        STATE_RUNNING: _ClassVar[Desk.State]
        STATE_HALTED: _ClassVar[Desk.State]
        STATE_STOPPING: _ClassVar[Desk.State]
    STATE_UNSPECIFIED: Desk.State
    STATE_STARTING: Desk.State
    STATE_RUNNING: Desk.State
    STATE_HALTED: Desk.State
    STATE_STOPPING: Desk.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HALT_REASON_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_ALLOWED_FIELD_NUMBER: _ClassVar[int]
    LIVE_GRANT_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_TEXT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    DESK_TIME_FIELD_NUMBER: _ClassVar[int]
    INPUT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EQUITY_FIELD_NUMBER: _ClassVar[int]
    RUNNING_STRATEGY_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAULTED_STRATEGY_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDER_COUNT_FIELD_NUMBER: _ClassVar[int]
    DOUBTFUL_ORDER_COUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    ALERT_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_DEPTH_FIELD_NUMBER: _ClassVar[int]
    EVENT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    mode: _common_pb2.Mode
    state: Desk.State
    halt_reason: str
    entries_allowed: bool
    live_grant: LiveGrant
    run_id: str
    version_text: str
    start_time: _timestamp_pb2.Timestamp
    desk_time: _timestamp_pb2.Timestamp
    input_count: int
    equity: _containers.RepeatedCompositeFieldContainer[_common_pb2.Money]
    running_strategy_count: int
    faulted_strategy_count: int
    open_order_count: int
    doubtful_order_count: int
    counts: Counts
    alert_count: int
    queue_depth: int
    event_sequence: int
    queued: _containers.RepeatedCompositeFieldContainer[_common_pb2.QueuedVerb]
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., mode: _Optional[_Union[_common_pb2.Mode, str]] = ..., state: _Optional[_Union[Desk.State, str]] = ..., halt_reason: _Optional[str] = ..., entries_allowed: bool = ..., live_grant: _Optional[_Union[LiveGrant, _Mapping]] = ..., run_id: _Optional[str] = ..., version_text: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., input_count: _Optional[int] = ..., equity: _Optional[_Iterable[_Union[_common_pb2.Money, _Mapping]]] = ..., running_strategy_count: _Optional[int] = ..., faulted_strategy_count: _Optional[int] = ..., open_order_count: _Optional[int] = ..., doubtful_order_count: _Optional[int] = ..., counts: _Optional[_Union[Counts, _Mapping]] = ..., alert_count: _Optional[int] = ..., queue_depth: _Optional[int] = ..., event_sequence: _Optional[int] = ..., queued: _Optional[_Iterable[_Union[_common_pb2.QueuedVerb, _Mapping]]] = ...) -> None: ...

class Counts(_message.Message):
    __slots__ = ("orders", "fills", "cancels", "amends", "denials", "rejects", "dead_letters")
    class DenialsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class RejectsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    CANCELS_FIELD_NUMBER: _ClassVar[int]
    AMENDS_FIELD_NUMBER: _ClassVar[int]
    DENIALS_FIELD_NUMBER: _ClassVar[int]
    REJECTS_FIELD_NUMBER: _ClassVar[int]
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    orders: int
    fills: int
    cancels: int
    amends: int
    denials: _containers.ScalarMap[str, int]
    rejects: _containers.ScalarMap[str, int]
    dead_letters: int
    def __init__(self, orders: _Optional[int] = ..., fills: _Optional[int] = ..., cancels: _Optional[int] = ..., amends: _Optional[int] = ..., denials: _Optional[_Mapping[str, int]] = ..., rejects: _Optional[_Mapping[str, int]] = ..., dead_letters: _Optional[int] = ...) -> None: ...

class LiveGrant(_message.Message):
    __slots__ = ("account", "stage_pct", "expire_time", "granted_by", "reason")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    STAGE_PCT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    GRANTED_BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    account: str
    stage_pct: int
    expire_time: _timestamp_pb2.Timestamp
    granted_by: str
    reason: str
    def __init__(self, account: _Optional[str] = ..., stage_pct: _Optional[int] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., granted_by: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ("name", "code", "scope", "text", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    code: str
    scope: str
    text: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., code: _Optional[str] = ..., scope: _Optional[str] = ..., text: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Check(_message.Message):
    __slots__ = ("code", "title", "outcome", "text", "remedy")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[Check.Outcome]
        OUTCOME_PASSED: _ClassVar[Check.Outcome]
        OUTCOME_WARNED: _ClassVar[Check.Outcome]
        OUTCOME_FAILED: _ClassVar[Check.Outcome]
        OUTCOME_SKIPPED: _ClassVar[Check.Outcome]
    OUTCOME_UNSPECIFIED: Check.Outcome
    OUTCOME_PASSED: Check.Outcome
    OUTCOME_WARNED: Check.Outcome
    OUTCOME_FAILED: Check.Outcome
    OUTCOME_SKIPPED: Check.Outcome
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    code: str
    title: str
    outcome: Check.Outcome
    text: str
    remedy: str
    def __init__(self, code: _Optional[str] = ..., title: _Optional[str] = ..., outcome: _Optional[_Union[Check.Outcome, str]] = ..., text: _Optional[str] = ..., remedy: _Optional[str] = ...) -> None: ...

class GetDeskRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StopEntriesRequest(_message.Message):
    __slots__ = ("strategy", "request_id", "dry_run", "reason")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, strategy: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class StopEntriesResponse(_message.Message):
    __slots__ = ("strategies",)
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    strategies: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, strategies: _Optional[_Iterable[str]] = ...) -> None: ...

class ResumeEntriesRequest(_message.Message):
    __slots__ = ("strategy", "request_id", "dry_run", "reason")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, strategy: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class ResumeEntriesResponse(_message.Message):
    __slots__ = ("strategies",)
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    strategies: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, strategies: _Optional[_Iterable[str]] = ...) -> None: ...

class FlattenRequest(_message.Message):
    __slots__ = ("strategy", "request_id", "dry_run", "reason", "account_id")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    request_id: str
    dry_run: bool
    reason: str
    account_id: str
    def __init__(self, strategy: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class FlattenResponse(_message.Message):
    __slots__ = ("canceled_orders", "closing_orders", "positions", "queued")
    CANCELED_ORDERS_FIELD_NUMBER: _ClassVar[int]
    CLOSING_ORDERS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    canceled_orders: _containers.RepeatedScalarFieldContainer[str]
    closing_orders: _containers.RepeatedScalarFieldContainer[str]
    positions: _containers.RepeatedScalarFieldContainer[str]
    queued: _containers.RepeatedCompositeFieldContainer[_common_pb2.QueuedVerb]
    def __init__(self, canceled_orders: _Optional[_Iterable[str]] = ..., closing_orders: _Optional[_Iterable[str]] = ..., positions: _Optional[_Iterable[str]] = ..., queued: _Optional[_Iterable[_Union[_common_pb2.QueuedVerb, _Mapping]]] = ...) -> None: ...

class HaltRequest(_message.Message):
    __slots__ = ("request_id", "dry_run", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class RollTradingDayRequest(_message.Message):
    __slots__ = ("trading_day", "instrument", "venue", "request_id", "dry_run", "reason")
    TRADING_DAY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    trading_day: int
    instrument: str
    venue: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, trading_day: _Optional[int] = ..., instrument: _Optional[str] = ..., venue: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class RollTradingDayResponse(_message.Message):
    __slots__ = ("instruments",)
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, instruments: _Optional[_Iterable[str]] = ...) -> None: ...

class ArmLiveRequest(_message.Message):
    __slots__ = ("account_id", "stage_pct", "duration", "skip_clean_days", "request_id", "dry_run", "reason")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    STAGE_PCT_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    SKIP_CLEAN_DAYS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    stage_pct: int
    duration: _duration_pb2.Duration
    skip_clean_days: bool
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, account_id: _Optional[str] = ..., stage_pct: _Optional[int] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., skip_clean_days: bool = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class DisarmLiveRequest(_message.Message):
    __slots__ = ("request_id", "dry_run", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ("request_id", "dry_run", "reason", "account_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dry_run: bool
    reason: str
    account_id: str
    def __init__(self, request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ("open_orders", "positions")
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    open_orders: _containers.RepeatedScalarFieldContainer[str]
    positions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, open_orders: _Optional[_Iterable[str]] = ..., positions: _Optional[_Iterable[str]] = ...) -> None: ...

class RunChecksRequest(_message.Message):
    __slots__ = ("live",)
    LIVE_FIELD_NUMBER: _ClassVar[int]
    live: bool
    def __init__(self, live: bool = ...) -> None: ...

class RunChecksResponse(_message.Message):
    __slots__ = ("checks",)
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    checks: _containers.RepeatedCompositeFieldContainer[Check]
    def __init__(self, checks: _Optional[_Iterable[_Union[Check, _Mapping]]] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    next_page_token: str
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
