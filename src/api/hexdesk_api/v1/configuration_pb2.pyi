import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Configuration(_message.Message):
    __slots__ = ("files", "values", "version")
    FILES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedScalarFieldContainer[str]
    values: _containers.RepeatedCompositeFieldContainer[ConfigurationValue]
    version: int
    def __init__(self, files: _Optional[_Iterable[str]] = ..., values: _Optional[_Iterable[_Union[ConfigurationValue, _Mapping]]] = ..., version: _Optional[int] = ...) -> None: ...

class ConfigurationValue(_message.Message):
    __slots__ = ("path", "value", "origin")
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    path: str
    value: str
    origin: str
    def __init__(self, path: _Optional[str] = ..., value: _Optional[str] = ..., origin: _Optional[str] = ...) -> None: ...

class ConfigurationChange(_message.Message):
    __slots__ = ("path", "before", "after", "needs_restart", "restart_reason")
    PATH_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    NEEDS_RESTART_FIELD_NUMBER: _ClassVar[int]
    RESTART_REASON_FIELD_NUMBER: _ClassVar[int]
    path: str
    before: str
    after: str
    needs_restart: bool
    restart_reason: str
    def __init__(self, path: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., needs_restart: bool = ..., restart_reason: _Optional[str] = ...) -> None: ...

class ConfigurationFault(_message.Message):
    __slots__ = ("code", "path", "origin", "text", "remedy")
    CODE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    code: str
    path: str
    origin: str
    text: str
    remedy: str
    def __init__(self, code: _Optional[str] = ..., path: _Optional[str] = ..., origin: _Optional[str] = ..., text: _Optional[str] = ..., remedy: _Optional[str] = ...) -> None: ...

class ConfigurationRevision(_message.Message):
    __slots__ = ("revision", "create_time", "author", "reason", "changes")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    revision: int
    create_time: _timestamp_pb2.Timestamp
    author: str
    reason: str
    changes: _containers.RepeatedCompositeFieldContainer[ConfigurationChange]
    def __init__(self, revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[ConfigurationChange, _Mapping]]] = ...) -> None: ...

class GetConfigurationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ValidateConfigurationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ValidateConfigurationResponse(_message.Message):
    __slots__ = ("faults", "changes")
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    faults: _containers.RepeatedCompositeFieldContainer[ConfigurationFault]
    changes: _containers.RepeatedCompositeFieldContainer[ConfigurationChange]
    def __init__(self, faults: _Optional[_Iterable[_Union[ConfigurationFault, _Mapping]]] = ..., changes: _Optional[_Iterable[_Union[ConfigurationChange, _Mapping]]] = ...) -> None: ...

class ReloadConfigurationRequest(_message.Message):
    __slots__ = ("request_id", "dry_run", "reason", "expected_version", "account_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    account_id: str
    def __init__(self, request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ..., account_id: _Optional[str] = ...) -> None: ...

class RollbackConfigurationRequest(_message.Message):
    __slots__ = ("revision", "request_id", "dry_run", "reason", "expected_version", "account_id")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    revision: int
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    account_id: str
    def __init__(self, revision: _Optional[int] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ..., account_id: _Optional[str] = ...) -> None: ...

class ReloadConfigurationResponse(_message.Message):
    __slots__ = ("changes", "revision")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[ConfigurationChange]
    revision: int
    def __init__(self, changes: _Optional[_Iterable[_Union[ConfigurationChange, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class ListConfigurationRevisionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListConfigurationRevisionsResponse(_message.Message):
    __slots__ = ("revisions",)
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[ConfigurationRevision]
    def __init__(self, revisions: _Optional[_Iterable[_Union[ConfigurationRevision, _Mapping]]] = ...) -> None: ...
