import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hexdesk_api.v1 import common_pb2 as _common_pb2
from hexdesk_api.v1 import desk_pb2 as _desk_pb2
from hexdesk_api.v1 import orders_pb2 as _orders_pb2
from hexdesk_api.v1 import portfolio_pb2 as _portfolio_pb2
from hexdesk_api.v1 import strategies_pb2 as _strategies_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_KIND_UNSPECIFIED: _ClassVar[EventKind]
    EVENT_KIND_ORDER: _ClassVar[EventKind]
    EVENT_KIND_ORDER_REPORT: _ClassVar[EventKind]
    EVENT_KIND_FILL: _ClassVar[EventKind]
    EVENT_KIND_POSITION: _ClassVar[EventKind]
    EVENT_KIND_ACCOUNT: _ClassVar[EventKind]
    EVENT_KIND_STRATEGY: _ClassVar[EventKind]
    EVENT_KIND_DESK: _ClassVar[EventKind]
    EVENT_KIND_ALERT: _ClassVar[EventKind]
    EVENT_KIND_COMMAND: _ClassVar[EventKind]
EVENT_KIND_UNSPECIFIED: EventKind
EVENT_KIND_ORDER: EventKind
EVENT_KIND_ORDER_REPORT: EventKind
EVENT_KIND_FILL: EventKind
EVENT_KIND_POSITION: EventKind
EVENT_KIND_ACCOUNT: EventKind
EVENT_KIND_STRATEGY: EventKind
EVENT_KIND_DESK: EventKind
EVENT_KIND_ALERT: EventKind
EVENT_KIND_COMMAND: EventKind

class Event(_message.Message):
    __slots__ = ("sequence", "time", "order", "order_report", "fill", "position", "account", "strategy", "desk", "alert", "command")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_REPORT_FIELD_NUMBER: _ClassVar[int]
    FILL_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    ALERT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    order: _orders_pb2.Order
    order_report: OrderReport
    fill: Fill
    position: _portfolio_pb2.Position
    account: _portfolio_pb2.Account
    strategy: _strategies_pb2.Strategy
    desk: _desk_pb2.Desk
    alert: _desk_pb2.Alert
    command: CommandReport
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., order: _Optional[_Union[_orders_pb2.Order, _Mapping]] = ..., order_report: _Optional[_Union[OrderReport, _Mapping]] = ..., fill: _Optional[_Union[Fill, _Mapping]] = ..., position: _Optional[_Union[_portfolio_pb2.Position, _Mapping]] = ..., account: _Optional[_Union[_portfolio_pb2.Account, _Mapping]] = ..., strategy: _Optional[_Union[_strategies_pb2.Strategy, _Mapping]] = ..., desk: _Optional[_Union[_desk_pb2.Desk, _Mapping]] = ..., alert: _Optional[_Union[_desk_pb2.Alert, _Mapping]] = ..., command: _Optional[_Union[CommandReport, _Mapping]] = ...) -> None: ...

class OrderReport(_message.Message):
    __slots__ = ("order", "kind", "code", "text", "quantity", "price", "trigger_price", "last_qty", "last_px", "trade_id", "event_time", "receive_time")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[OrderReport.Kind]
        KIND_NEW: _ClassVar[OrderReport.Kind]
        KIND_HELD: _ClassVar[OrderReport.Kind]
        KIND_SUBMITTED: _ClassVar[OrderReport.Kind]
        KIND_DENIED: _ClassVar[OrderReport.Kind]
        KIND_ACCEPTED: _ClassVar[OrderReport.Kind]
        KIND_TRIGGERED: _ClassVar[OrderReport.Kind]
        KIND_REJECTED: _ClassVar[OrderReport.Kind]
        KIND_CANCELED: _ClassVar[OrderReport.Kind]
        KIND_EXPIRED: _ClassVar[OrderReport.Kind]
        KIND_AMEND_REQUESTED: _ClassVar[OrderReport.Kind]
        KIND_UPDATED: _ClassVar[OrderReport.Kind]
        KIND_AMEND_REJECTED: _ClassVar[OrderReport.Kind]
        KIND_CANCEL_REQUESTED: _ClassVar[OrderReport.Kind]
        KIND_CANCEL_REJECTED: _ClassVar[OrderReport.Kind]
        KIND_FILL: _ClassVar[OrderReport.Kind]
        KIND_FILL_BUSTED: _ClassVar[OrderReport.Kind]
        KIND_OUTCOME_UNKNOWN: _ClassVar[OrderReport.Kind]
        KIND_ABANDONED: _ClassVar[OrderReport.Kind]
    KIND_UNSPECIFIED: OrderReport.Kind
    KIND_NEW: OrderReport.Kind
    KIND_HELD: OrderReport.Kind
    KIND_SUBMITTED: OrderReport.Kind
    KIND_DENIED: OrderReport.Kind
    KIND_ACCEPTED: OrderReport.Kind
    KIND_TRIGGERED: OrderReport.Kind
    KIND_REJECTED: OrderReport.Kind
    KIND_CANCELED: OrderReport.Kind
    KIND_EXPIRED: OrderReport.Kind
    KIND_AMEND_REQUESTED: OrderReport.Kind
    KIND_UPDATED: OrderReport.Kind
    KIND_AMEND_REJECTED: OrderReport.Kind
    KIND_CANCEL_REQUESTED: OrderReport.Kind
    KIND_CANCEL_REJECTED: OrderReport.Kind
    KIND_FILL: OrderReport.Kind
    KIND_FILL_BUSTED: OrderReport.Kind
    KIND_OUTCOME_UNKNOWN: OrderReport.Kind
    KIND_ABANDONED: OrderReport.Kind
    ORDER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_PRICE_FIELD_NUMBER: _ClassVar[int]
    LAST_QTY_FIELD_NUMBER: _ClassVar[int]
    LAST_PX_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    order: str
    kind: OrderReport.Kind
    code: str
    text: str
    quantity: str
    price: str
    trigger_price: str
    last_qty: str
    last_px: str
    trade_id: str
    event_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    def __init__(self, order: _Optional[str] = ..., kind: _Optional[_Union[OrderReport.Kind, str]] = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., trigger_price: _Optional[str] = ..., last_qty: _Optional[str] = ..., last_px: _Optional[str] = ..., trade_id: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Fill(_message.Message):
    __slots__ = ("name", "order", "strategy", "account", "instrument", "side", "last_qty", "last_px", "liquidity", "commission", "trade_id", "event_time", "receive_time", "busted")
    class Liquidity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LIQUIDITY_UNSPECIFIED: _ClassVar[Fill.Liquidity]
        LIQUIDITY_MAKER: _ClassVar[Fill.Liquidity]
        LIQUIDITY_TAKER: _ClassVar[Fill.Liquidity]
    LIQUIDITY_UNSPECIFIED: Fill.Liquidity
    LIQUIDITY_MAKER: Fill.Liquidity
    LIQUIDITY_TAKER: Fill.Liquidity
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    LAST_QTY_FIELD_NUMBER: _ClassVar[int]
    LAST_PX_FIELD_NUMBER: _ClassVar[int]
    LIQUIDITY_FIELD_NUMBER: _ClassVar[int]
    COMMISSION_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    BUSTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    order: str
    strategy: str
    account: str
    instrument: str
    side: _common_pb2.Side
    last_qty: str
    last_px: str
    liquidity: Fill.Liquidity
    commission: _common_pb2.Money
    trade_id: str
    event_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    busted: bool
    def __init__(self, name: _Optional[str] = ..., order: _Optional[str] = ..., strategy: _Optional[str] = ..., account: _Optional[str] = ..., instrument: _Optional[str] = ..., side: _Optional[_Union[_common_pb2.Side, str]] = ..., last_qty: _Optional[str] = ..., last_px: _Optional[str] = ..., liquidity: _Optional[_Union[Fill.Liquidity, str]] = ..., commission: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., trade_id: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., busted: bool = ...) -> None: ...

class CommandReport(_message.Message):
    __slots__ = ("command", "strategy", "reason")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    command: str
    strategy: str
    reason: str
    def __init__(self, command: _Optional[str] = ..., strategy: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Resync(_message.Message):
    __slots__ = ("cause", "missed_count")
    class Cause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CAUSE_UNSPECIFIED: _ClassVar[Resync.Cause]
        CAUSE_TOKEN_TOO_OLD: _ClassVar[Resync.Cause]
        CAUSE_OTHER_RUN: _ClassVar[Resync.Cause]
        CAUSE_TOO_SLOW: _ClassVar[Resync.Cause]
        CAUSE_TOKEN_UNUSABLE: _ClassVar[Resync.Cause]
    CAUSE_UNSPECIFIED: Resync.Cause
    CAUSE_TOKEN_TOO_OLD: Resync.Cause
    CAUSE_OTHER_RUN: Resync.Cause
    CAUSE_TOO_SLOW: Resync.Cause
    CAUSE_TOKEN_UNUSABLE: Resync.Cause
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    MISSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    cause: Resync.Cause
    missed_count: int
    def __init__(self, cause: _Optional[_Union[Resync.Cause, str]] = ..., missed_count: _Optional[int] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("desk", "strategies", "accounts", "positions", "orders", "complete")
    DESK_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    desk: _desk_pb2.Desk
    strategies: _containers.RepeatedCompositeFieldContainer[_strategies_pb2.Strategy]
    accounts: _containers.RepeatedCompositeFieldContainer[_portfolio_pb2.Account]
    positions: _containers.RepeatedCompositeFieldContainer[_portfolio_pb2.Position]
    orders: _containers.RepeatedCompositeFieldContainer[_orders_pb2.Order]
    complete: bool
    def __init__(self, desk: _Optional[_Union[_desk_pb2.Desk, _Mapping]] = ..., strategies: _Optional[_Iterable[_Union[_strategies_pb2.Strategy, _Mapping]]] = ..., accounts: _Optional[_Iterable[_Union[_portfolio_pb2.Account, _Mapping]]] = ..., positions: _Optional[_Iterable[_Union[_portfolio_pb2.Position, _Mapping]]] = ..., orders: _Optional[_Iterable[_Union[_orders_pb2.Order, _Mapping]]] = ..., complete: bool = ...) -> None: ...

class StreamEventsRequest(_message.Message):
    __slots__ = ("kinds", "strategy", "resume_token", "skip_snapshot")
    KINDS_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SKIP_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedScalarFieldContainer[EventKind]
    strategy: str
    resume_token: str
    skip_snapshot: bool
    def __init__(self, kinds: _Optional[_Iterable[_Union[EventKind, str]]] = ..., strategy: _Optional[str] = ..., resume_token: _Optional[str] = ..., skip_snapshot: bool = ...) -> None: ...

class StreamEventsResponse(_message.Message):
    __slots__ = ("resync", "snapshot", "events", "sequence", "resume_token")
    RESYNC_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resync: Resync
    snapshot: Snapshot
    events: _containers.RepeatedCompositeFieldContainer[Event]
    sequence: int
    resume_token: str
    def __init__(self, resync: _Optional[_Union[Resync, _Mapping]] = ..., snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., sequence: _Optional[int] = ..., resume_token: _Optional[str] = ...) -> None: ...
