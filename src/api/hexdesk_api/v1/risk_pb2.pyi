import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RiskLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RISK_LEVEL_UNSPECIFIED: _ClassVar[RiskLevel]
    RISK_LEVEL_NORMAL: _ClassVar[RiskLevel]
    RISK_LEVEL_WARN: _ClassVar[RiskLevel]
    RISK_LEVEL_THROTTLE: _ClassVar[RiskLevel]
    RISK_LEVEL_REDUCING: _ClassVar[RiskLevel]
    RISK_LEVEL_FLATTEN: _ClassVar[RiskLevel]
    RISK_LEVEL_HALTED: _ClassVar[RiskLevel]
RISK_LEVEL_UNSPECIFIED: RiskLevel
RISK_LEVEL_NORMAL: RiskLevel
RISK_LEVEL_WARN: RiskLevel
RISK_LEVEL_THROTTLE: RiskLevel
RISK_LEVEL_REDUCING: RiskLevel
RISK_LEVEL_FLATTEN: RiskLevel
RISK_LEVEL_HALTED: RiskLevel

class RiskReport(_message.Message):
    __slots__ = ("rules", "groups", "confirm_looser", "total")
    RULES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_LOOSER_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[RuleUse]
    groups: _containers.RepeatedCompositeFieldContainer[StrategyGroup]
    confirm_looser: bool
    total: DeskSum
    def __init__(self, rules: _Optional[_Iterable[_Union[RuleUse, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[StrategyGroup, _Mapping]]] = ..., confirm_looser: bool = ..., total: _Optional[_Union[DeskSum, _Mapping]] = ...) -> None: ...

class DeskSum(_message.Message):
    __slots__ = ("currency", "equity", "gross", "result", "problem", "rates")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EQUITY_FIELD_NUMBER: _ClassVar[int]
    GROSS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    RATES_FIELD_NUMBER: _ClassVar[int]
    currency: str
    equity: str
    gross: str
    result: str
    problem: str
    rates: _containers.RepeatedCompositeFieldContainer[CurrencyRate]
    def __init__(self, currency: _Optional[str] = ..., equity: _Optional[str] = ..., gross: _Optional[str] = ..., result: _Optional[str] = ..., problem: _Optional[str] = ..., rates: _Optional[_Iterable[_Union[CurrencyRate, _Mapping]]] = ...) -> None: ...

class CurrencyRate(_message.Message):
    __slots__ = ("currency", "rate", "origin", "problem")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    currency: str
    rate: str
    origin: str
    problem: str
    def __init__(self, currency: _Optional[str] = ..., rate: _Optional[str] = ..., origin: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class RuleUse(_message.Message):
    __slots__ = ("rule", "scope", "instrument", "layer", "code", "level", "use", "limit", "unit", "next_level", "used_pct", "latched", "level_time", "text")
    RULE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NEXT_LEVEL_FIELD_NUMBER: _ClassVar[int]
    USED_PCT_FIELD_NUMBER: _ClassVar[int]
    LATCHED_FIELD_NUMBER: _ClassVar[int]
    LEVEL_TIME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    rule: str
    scope: str
    instrument: str
    layer: str
    code: str
    level: RiskLevel
    use: str
    limit: str
    unit: str
    next_level: RiskLevel
    used_pct: int
    latched: bool
    level_time: _timestamp_pb2.Timestamp
    text: str
    def __init__(self, rule: _Optional[str] = ..., scope: _Optional[str] = ..., instrument: _Optional[str] = ..., layer: _Optional[str] = ..., code: _Optional[str] = ..., level: _Optional[_Union[RiskLevel, str]] = ..., use: _Optional[str] = ..., limit: _Optional[str] = ..., unit: _Optional[str] = ..., next_level: _Optional[_Union[RiskLevel, str]] = ..., used_pct: _Optional[int] = ..., latched: bool = ..., level_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., text: _Optional[str] = ...) -> None: ...

class StrategyGroup(_message.Message):
    __slots__ = ("group", "strategies")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    group: str
    strategies: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, group: _Optional[str] = ..., strategies: _Optional[_Iterable[str]] = ...) -> None: ...

class RiskLimits(_message.Message):
    __slots__ = ("name", "instrument", "limits")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    name: str
    instrument: str
    limits: _containers.RepeatedCompositeFieldContainer[RiskLimit]
    def __init__(self, name: _Optional[str] = ..., instrument: _Optional[str] = ..., limits: _Optional[_Iterable[_Union[RiskLimit, _Mapping]]] = ...) -> None: ...

class RiskLimit(_message.Message):
    __slots__ = ("rule", "limit", "unit", "uses")
    RULE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    rule: str
    limit: str
    unit: str
    uses: _containers.RepeatedCompositeFieldContainer[RiskUse]
    def __init__(self, rule: _Optional[str] = ..., limit: _Optional[str] = ..., unit: _Optional[str] = ..., uses: _Optional[_Iterable[_Union[RiskUse, _Mapping]]] = ...) -> None: ...

class RiskUse(_message.Message):
    __slots__ = ("strategy", "used")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    used: str
    def __init__(self, strategy: _Optional[str] = ..., used: _Optional[str] = ...) -> None: ...

class Denial(_message.Message):
    __slots__ = ("order", "strategy", "instrument", "code", "text", "create_time")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    order: str
    strategy: str
    instrument: str
    code: str
    text: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, order: _Optional[str] = ..., strategy: _Optional[str] = ..., instrument: _Optional[str] = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetRiskLimitsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRiskLimitsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRiskLimitsResponse(_message.Message):
    __slots__ = ("risk_limits", "next_page_token")
    RISK_LIMITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    risk_limits: _containers.RepeatedCompositeFieldContainer[RiskLimits]
    next_page_token: str
    def __init__(self, risk_limits: _Optional[_Iterable[_Union[RiskLimits, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListDenialsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "strategy", "instrument")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    strategy: str
    instrument: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., strategy: _Optional[str] = ..., instrument: _Optional[str] = ...) -> None: ...

class ListDenialsResponse(_message.Message):
    __slots__ = ("denials", "next_page_token")
    DENIALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    denials: _containers.RepeatedCompositeFieldContainer[Denial]
    next_page_token: str
    def __init__(self, denials: _Optional[_Iterable[_Union[Denial, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RearmRequest(_message.Message):
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

class RearmResponse(_message.Message):
    __slots__ = ("halt_reason",)
    HALT_REASON_FIELD_NUMBER: _ClassVar[int]
    halt_reason: str
    def __init__(self, halt_reason: _Optional[str] = ...) -> None: ...

class GetRiskReportRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RearmRuleRequest(_message.Message):
    __slots__ = ("rule", "scope", "accepts_loss", "request_id", "dry_run", "reason", "account_id")
    RULE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTS_LOSS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    rule: str
    scope: str
    accepts_loss: bool
    request_id: str
    dry_run: bool
    reason: str
    account_id: str
    def __init__(self, rule: _Optional[str] = ..., scope: _Optional[str] = ..., accepts_loss: bool = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class RearmRuleResponse(_message.Message):
    __slots__ = ("rule", "scope", "level", "text")
    RULE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    rule: str
    scope: str
    level: RiskLevel
    text: str
    def __init__(self, rule: _Optional[str] = ..., scope: _Optional[str] = ..., level: _Optional[_Union[RiskLevel, str]] = ..., text: _Optional[str] = ...) -> None: ...

class ChangeRuleRequest(_message.Message):
    __slots__ = ("rule", "key", "value", "scope", "request_id", "dry_run", "reason", "account_id")
    RULE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    rule: str
    key: str
    value: str
    scope: str
    request_id: str
    dry_run: bool
    reason: str
    account_id: str
    def __init__(self, rule: _Optional[str] = ..., key: _Optional[str] = ..., value: _Optional[str] = ..., scope: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class ChangeRuleResponse(_message.Message):
    __slots__ = ("rule", "key", "value", "scope", "before", "looser", "needs_second", "confirmed_by")
    RULE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    LOOSER_FIELD_NUMBER: _ClassVar[int]
    NEEDS_SECOND_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_BY_FIELD_NUMBER: _ClassVar[int]
    rule: str
    key: str
    value: str
    scope: str
    before: str
    looser: bool
    needs_second: bool
    confirmed_by: str
    def __init__(self, rule: _Optional[str] = ..., key: _Optional[str] = ..., value: _Optional[str] = ..., scope: _Optional[str] = ..., before: _Optional[str] = ..., looser: bool = ..., needs_second: bool = ..., confirmed_by: _Optional[str] = ...) -> None: ...

class SwitchGroupRequest(_message.Message):
    __slots__ = ("group", "request_id", "dry_run", "reason")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    group: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, group: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class SwitchGroupResponse(_message.Message):
    __slots__ = ("group", "resumed", "stopped")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    group: str
    resumed: _containers.RepeatedScalarFieldContainer[str]
    stopped: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, group: _Optional[str] = ..., resumed: _Optional[_Iterable[str]] = ..., stopped: _Optional[_Iterable[str]] = ...) -> None: ...

class Capital(_message.Message):
    __slots__ = ("divisions", "version")
    DIVISIONS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    divisions: _containers.RepeatedCompositeFieldContainer[CapitalDivision]
    version: int
    def __init__(self, divisions: _Optional[_Iterable[_Union[CapitalDivision, _Mapping]]] = ..., version: _Optional[int] = ...) -> None: ...

class CapitalDivision(_message.Message):
    __slots__ = ("account", "currency", "deposited", "left", "left_available", "parts")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    DEPOSITED_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    LEFT_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    account: str
    currency: str
    deposited: str
    left: str
    left_available: str
    parts: _containers.RepeatedCompositeFieldContainer[CapitalPart]
    def __init__(self, account: _Optional[str] = ..., currency: _Optional[str] = ..., deposited: _Optional[str] = ..., left: _Optional[str] = ..., left_available: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[CapitalPart, _Mapping]]] = ...) -> None: ...

class CapitalPart(_message.Message):
    __slots__ = ("strategy", "capital", "needed", "available", "reserved", "bound", "realised_pnl", "unrealised_pnl", "unloaded")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    CAPITAL_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    REALISED_PNL_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_PNL_FIELD_NUMBER: _ClassVar[int]
    UNLOADED_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    capital: str
    needed: str
    available: str
    reserved: str
    bound: str
    realised_pnl: str
    unrealised_pnl: str
    unloaded: bool
    def __init__(self, strategy: _Optional[str] = ..., capital: _Optional[str] = ..., needed: _Optional[str] = ..., available: _Optional[str] = ..., reserved: _Optional[str] = ..., bound: _Optional[str] = ..., realised_pnl: _Optional[str] = ..., unrealised_pnl: _Optional[str] = ..., unloaded: bool = ...) -> None: ...

class GetCapitalRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetCapitalRequest(_message.Message):
    __slots__ = ("strategy", "capital", "request_id", "dry_run", "reason", "expected_version")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    CAPITAL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    capital: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, strategy: _Optional[str] = ..., capital: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class MoveCapitalRequest(_message.Message):
    __slots__ = ("source", "target", "amount", "request_id", "dry_run", "reason", "expected_version")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    source: str
    target: str
    amount: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, source: _Optional[str] = ..., target: _Optional[str] = ..., amount: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class ChangeCapitalResponse(_message.Message):
    __slots__ = ("changes", "looser", "needs_second", "confirmed_by", "version")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    LOOSER_FIELD_NUMBER: _ClassVar[int]
    NEEDS_SECOND_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_BY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[CapitalChange]
    looser: bool
    needs_second: bool
    confirmed_by: str
    version: int
    def __init__(self, changes: _Optional[_Iterable[_Union[CapitalChange, _Mapping]]] = ..., looser: bool = ..., needs_second: bool = ..., confirmed_by: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class CapitalChange(_message.Message):
    __slots__ = ("strategy", "before", "capital")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    CAPITAL_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    before: str
    capital: str
    def __init__(self, strategy: _Optional[str] = ..., before: _Optional[str] = ..., capital: _Optional[str] = ...) -> None: ...
