import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hexdesk_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Strategy(_message.Message):
    __slots__ = ("name", "plugin", "plugin_version", "account", "instruments", "state", "fault", "entries_allowed", "open_order_count", "fill_count", "realised", "unrealised", "fees", "settings", "version", "initialised", "trading", "settings_revision", "funding")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Strategy.State]
        STATE_LOADED: _ClassVar[Strategy.State]
        STATE_RUNNING: _ClassVar[Strategy.State]
        STATE_STOPPED: _ClassVar[Strategy.State]
        STATE_FAULTED: _ClassVar[Strategy.State]
        STATE_UNLOADED: _ClassVar[Strategy.State]
    STATE_UNSPECIFIED: Strategy.State
    STATE_LOADED: Strategy.State
    STATE_RUNNING: Strategy.State
    STATE_STOPPED: Strategy.State
    STATE_FAULTED: Strategy.State
    STATE_UNLOADED: Strategy.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_ALLOWED_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDER_COUNT_FIELD_NUMBER: _ClassVar[int]
    FILL_COUNT_FIELD_NUMBER: _ClassVar[int]
    REALISED_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    INITIALISED_FIELD_NUMBER: _ClassVar[int]
    TRADING_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_REVISION_FIELD_NUMBER: _ClassVar[int]
    FUNDING_FIELD_NUMBER: _ClassVar[int]
    name: str
    plugin: str
    plugin_version: str
    account: str
    instruments: _containers.RepeatedScalarFieldContainer[str]
    state: Strategy.State
    fault: str
    entries_allowed: bool
    open_order_count: int
    fill_count: int
    realised: _containers.RepeatedCompositeFieldContainer[_common_pb2.Money]
    unrealised: _containers.RepeatedCompositeFieldContainer[_common_pb2.Money]
    fees: _containers.RepeatedCompositeFieldContainer[_common_pb2.Money]
    settings: _struct_pb2.Struct
    version: int
    initialised: bool
    trading: bool
    settings_revision: int
    funding: _containers.RepeatedCompositeFieldContainer[_common_pb2.Money]
    def __init__(self, name: _Optional[str] = ..., plugin: _Optional[str] = ..., plugin_version: _Optional[str] = ..., account: _Optional[str] = ..., instruments: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[Strategy.State, str]] = ..., fault: _Optional[str] = ..., entries_allowed: bool = ..., open_order_count: _Optional[int] = ..., fill_count: _Optional[int] = ..., realised: _Optional[_Iterable[_Union[_common_pb2.Money, _Mapping]]] = ..., unrealised: _Optional[_Iterable[_Union[_common_pb2.Money, _Mapping]]] = ..., fees: _Optional[_Iterable[_Union[_common_pb2.Money, _Mapping]]] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., version: _Optional[int] = ..., initialised: bool = ..., trading: bool = ..., settings_revision: _Optional[int] = ..., funding: _Optional[_Iterable[_Union[_common_pb2.Money, _Mapping]]] = ...) -> None: ...

class SettingChange(_message.Message):
    __slots__ = ("path", "before", "after", "reloadable")
    PATH_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    RELOADABLE_FIELD_NUMBER: _ClassVar[int]
    path: str
    before: str
    after: str
    reloadable: bool
    def __init__(self, path: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., reloadable: bool = ...) -> None: ...

class StrategySettingsRevision(_message.Message):
    __slots__ = ("revision", "settings", "create_time", "author", "reason")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    revision: int
    settings: _struct_pb2.Struct
    create_time: _timestamp_pb2.Timestamp
    author: str
    reason: str
    def __init__(self, revision: _Optional[int] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class StrategyState(_message.Message):
    __slots__ = ("strategy", "state", "state_version", "encoded")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    state: _struct_pb2.Struct
    state_version: int
    encoded: bytes
    def __init__(self, strategy: _Optional[str] = ..., state: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., state_version: _Optional[int] = ..., encoded: _Optional[bytes] = ...) -> None: ...

class GetStrategyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListStrategiesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStrategiesResponse(_message.Message):
    __slots__ = ("strategies", "next_page_token")
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    strategies: _containers.RepeatedCompositeFieldContainer[Strategy]
    next_page_token: str
    def __init__(self, strategies: _Optional[_Iterable[_Union[Strategy, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class LoadStrategyRequest(_message.Message):
    __slots__ = ("strategy_id", "plugin", "account", "instruments", "settings", "state", "keep_orders_on_fault", "capital", "request_id", "dry_run", "reason")
    STRATEGY_ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    KEEP_ORDERS_ON_FAULT_FIELD_NUMBER: _ClassVar[int]
    CAPITAL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    strategy_id: str
    plugin: str
    account: str
    instruments: _containers.RepeatedScalarFieldContainer[str]
    settings: _struct_pb2.Struct
    state: StrategyState
    keep_orders_on_fault: bool
    capital: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, strategy_id: _Optional[str] = ..., plugin: _Optional[str] = ..., account: _Optional[str] = ..., instruments: _Optional[_Iterable[str]] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., state: _Optional[_Union[StrategyState, _Mapping]] = ..., keep_orders_on_fault: bool = ..., capital: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class UnloadStrategyRequest(_message.Message):
    __slots__ = ("name", "keep_orders", "request_id", "dry_run", "reason", "expected_version", "account_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEEP_ORDERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    keep_orders: bool
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    account_id: str
    def __init__(self, name: _Optional[str] = ..., keep_orders: bool = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ..., account_id: _Optional[str] = ...) -> None: ...

class UnloadStrategyResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: StrategyState
    def __init__(self, state: _Optional[_Union[StrategyState, _Mapping]] = ...) -> None: ...

class ReloadStrategyRequest(_message.Message):
    __slots__ = ("name", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class InitStrategyRequest(_message.Message):
    __slots__ = ("name", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class StartStrategyRequest(_message.Message):
    __slots__ = ("name", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class StopStrategyRequest(_message.Message):
    __slots__ = ("name", "keep_orders", "request_id", "dry_run", "reason", "expected_version", "account_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEEP_ORDERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    keep_orders: bool
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    account_id: str
    def __init__(self, name: _Optional[str] = ..., keep_orders: bool = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ..., account_id: _Optional[str] = ...) -> None: ...

class PauseStrategyRequest(_message.Message):
    __slots__ = ("name", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class ResumeStrategyRequest(_message.Message):
    __slots__ = ("name", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class UpdateStrategySettingsRequest(_message.Message):
    __slots__ = ("name", "settings", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    settings: _struct_pb2.Struct
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class UpdateStrategySettingsResponse(_message.Message):
    __slots__ = ("strategy", "changes", "revision")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    strategy: Strategy
    changes: _containers.RepeatedCompositeFieldContainer[SettingChange]
    revision: int
    def __init__(self, strategy: _Optional[_Union[Strategy, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[SettingChange, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class RollbackStrategySettingsRequest(_message.Message):
    __slots__ = ("name", "revision", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class ListStrategySettingsRevisionsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListStrategySettingsRevisionsResponse(_message.Message):
    __slots__ = ("revisions",)
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[StrategySettingsRevision]
    def __init__(self, revisions: _Optional[_Iterable[_Union[StrategySettingsRevision, _Mapping]]] = ...) -> None: ...

class SaveStrategyStateRequest(_message.Message):
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

class RestoreStrategyStateRequest(_message.Message):
    __slots__ = ("name", "state", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: StrategyState
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[StrategyState, _Mapping]] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...
