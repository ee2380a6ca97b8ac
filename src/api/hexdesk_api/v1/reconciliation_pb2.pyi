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

class Reconciliation(_message.Message):
    __slots__ = ("accounts",)
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[AccountReconciliation]
    def __init__(self, accounts: _Optional[_Iterable[_Union[AccountReconciliation, _Mapping]]] = ...) -> None: ...

class AccountReconciliation(_message.Message):
    __slots__ = ("account", "ready", "age", "doubtful_order_count", "open_incident_count", "reducing", "link_state", "link_error")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    DOUBTFUL_ORDER_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_INCIDENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    REDUCING_FIELD_NUMBER: _ClassVar[int]
    LINK_STATE_FIELD_NUMBER: _ClassVar[int]
    LINK_ERROR_FIELD_NUMBER: _ClassVar[int]
    account: str
    ready: bool
    age: _duration_pb2.Duration
    doubtful_order_count: int
    open_incident_count: int
    reducing: _containers.RepeatedCompositeFieldContainer[ReducingInstrument]
    link_state: str
    link_error: str
    def __init__(self, account: _Optional[str] = ..., ready: bool = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., doubtful_order_count: _Optional[int] = ..., open_incident_count: _Optional[int] = ..., reducing: _Optional[_Iterable[_Union[ReducingInstrument, _Mapping]]] = ..., link_state: _Optional[str] = ..., link_error: _Optional[str] = ...) -> None: ...

class ReducingInstrument(_message.Message):
    __slots__ = ("instrument", "code", "text")
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    instrument: str
    code: str
    text: str
    def __init__(self, instrument: _Optional[str] = ..., code: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Incident(_message.Message):
    __slots__ = ("name", "kind", "key", "ours", "theirs", "evidence", "instrument", "configured_policies", "possible_policies", "state", "create_time", "resolve_time", "resolved_by", "reason", "policy")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Incident.State]
        STATE_OPEN: _ClassVar[Incident.State]
        STATE_RESOLVED: _ClassVar[Incident.State]
    STATE_UNSPECIFIED: Incident.State
    STATE_OPEN: Incident.State
    STATE_RESOLVED: Incident.State
    class Policy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        POLICY_UNSPECIFIED: _ClassVar[Incident.Policy]
        POLICY_ADOPT: _ClassVar[Incident.Policy]
        POLICY_CANCEL: _ClassVar[Incident.Policy]
        POLICY_FLATTEN: _ClassVar[Incident.Policy]
        POLICY_IGNORE: _ClassVar[Incident.Policy]
        POLICY_REDUCE: _ClassVar[Incident.Policy]
        POLICY_HALT: _ClassVar[Incident.Policy]
        POLICY_ASK: _ClassVar[Incident.Policy]
    POLICY_UNSPECIFIED: Incident.Policy
    POLICY_ADOPT: Incident.Policy
    POLICY_CANCEL: Incident.Policy
    POLICY_FLATTEN: Incident.Policy
    POLICY_IGNORE: Incident.Policy
    POLICY_REDUCE: Incident.Policy
    POLICY_HALT: Incident.Policy
    POLICY_ASK: Incident.Policy
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    OURS_FIELD_NUMBER: _ClassVar[int]
    THEIRS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    CONFIGURED_POLICIES_FIELD_NUMBER: _ClassVar[int]
    POSSIBLE_POLICIES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RESOLVE_TIME_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: str
    key: str
    ours: str
    theirs: str
    evidence: str
    instrument: str
    configured_policies: _containers.RepeatedScalarFieldContainer[Incident.Policy]
    possible_policies: _containers.RepeatedScalarFieldContainer[Incident.Policy]
    state: Incident.State
    create_time: _timestamp_pb2.Timestamp
    resolve_time: _timestamp_pb2.Timestamp
    resolved_by: str
    reason: str
    policy: Incident.Policy
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., key: _Optional[str] = ..., ours: _Optional[str] = ..., theirs: _Optional[str] = ..., evidence: _Optional[str] = ..., instrument: _Optional[str] = ..., configured_policies: _Optional[_Iterable[_Union[Incident.Policy, str]]] = ..., possible_policies: _Optional[_Iterable[_Union[Incident.Policy, str]]] = ..., state: _Optional[_Union[Incident.State, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolve_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolved_by: _Optional[str] = ..., reason: _Optional[str] = ..., policy: _Optional[_Union[Incident.Policy, str]] = ...) -> None: ...

class GetReconciliationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIncidentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "account", "open_only")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    account: str
    open_only: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., account: _Optional[str] = ..., open_only: bool = ...) -> None: ...

class ListIncidentsResponse(_message.Message):
    __slots__ = ("incidents", "next_page_token")
    INCIDENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    incidents: _containers.RepeatedCompositeFieldContainer[Incident]
    next_page_token: str
    def __init__(self, incidents: _Optional[_Iterable[_Union[Incident, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ResolveIncidentRequest(_message.Message):
    __slots__ = ("name", "policy", "request_id", "dry_run", "reason", "account_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    policy: Incident.Policy
    request_id: str
    dry_run: bool
    reason: str
    account_id: str
    def __init__(self, name: _Optional[str] = ..., policy: _Optional[_Union[Incident.Policy, str]] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class ResolveIncidentResponse(_message.Message):
    __slots__ = ("incident", "actions")
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    incident: Incident
    actions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, incident: _Optional[_Union[Incident, _Mapping]] = ..., actions: _Optional[_Iterable[str]] = ...) -> None: ...
