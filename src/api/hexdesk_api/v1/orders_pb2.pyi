import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hexdesk_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_TYPE_UNSPECIFIED: _ClassVar[OrderType]
    ORDER_TYPE_MARKET: _ClassVar[OrderType]
    ORDER_TYPE_LIMIT: _ClassVar[OrderType]
    ORDER_TYPE_STOP_MARKET: _ClassVar[OrderType]
    ORDER_TYPE_STOP_LIMIT: _ClassVar[OrderType]
    ORDER_TYPE_TRAILING_STOP: _ClassVar[OrderType]
    ORDER_TYPE_MARKET_TO_LIMIT: _ClassVar[OrderType]

class TimeInForce(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIME_IN_FORCE_UNSPECIFIED: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GTC: _ClassVar[TimeInForce]
    TIME_IN_FORCE_IOC: _ClassVar[TimeInForce]
    TIME_IN_FORCE_FOK: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GTD: _ClassVar[TimeInForce]
    TIME_IN_FORCE_DAY: _ClassVar[TimeInForce]

class PositionEffect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POSITION_EFFECT_UNSPECIFIED: _ClassVar[PositionEffect]
    POSITION_EFFECT_AUTO: _ClassVar[PositionEffect]
    POSITION_EFFECT_OPEN: _ClassVar[PositionEffect]
    POSITION_EFFECT_CLOSE: _ClassVar[PositionEffect]
    POSITION_EFFECT_CLOSE_TODAY: _ClassVar[PositionEffect]
    POSITION_EFFECT_CLOSE_YESTERDAY: _ClassVar[PositionEffect]

class Contingency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTINGENCY_UNSPECIFIED: _ClassVar[Contingency]
    CONTINGENCY_OCO: _ClassVar[Contingency]
    CONTINGENCY_OTO: _ClassVar[Contingency]
    CONTINGENCY_BRACKET: _ClassVar[Contingency]

class OrderStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATUS_UNSPECIFIED: _ClassVar[OrderStatus]
    ORDER_STATUS_INITIALIZED: _ClassVar[OrderStatus]
    ORDER_STATUS_HELD: _ClassVar[OrderStatus]
    ORDER_STATUS_SUBMITTED: _ClassVar[OrderStatus]
    ORDER_STATUS_ACCEPTED: _ClassVar[OrderStatus]
    ORDER_STATUS_TRIGGERED: _ClassVar[OrderStatus]
    ORDER_STATUS_PARTIALLY_FILLED: _ClassVar[OrderStatus]
    ORDER_STATUS_FILLED: _ClassVar[OrderStatus]
    ORDER_STATUS_CANCELED: _ClassVar[OrderStatus]
    ORDER_STATUS_EXPIRED: _ClassVar[OrderStatus]
    ORDER_STATUS_REJECTED: _ClassVar[OrderStatus]
    ORDER_STATUS_DENIED: _ClassVar[OrderStatus]
    ORDER_STATUS_PENDING_CANCEL: _ClassVar[OrderStatus]
    ORDER_STATUS_PENDING_REPLACE: _ClassVar[OrderStatus]
    ORDER_STATUS_IN_DOUBT: _ClassVar[OrderStatus]
ORDER_TYPE_UNSPECIFIED: OrderType
ORDER_TYPE_MARKET: OrderType
ORDER_TYPE_LIMIT: OrderType
ORDER_TYPE_STOP_MARKET: OrderType
ORDER_TYPE_STOP_LIMIT: OrderType
ORDER_TYPE_TRAILING_STOP: OrderType
ORDER_TYPE_MARKET_TO_LIMIT: OrderType
TIME_IN_FORCE_UNSPECIFIED: TimeInForce
TIME_IN_FORCE_GTC: TimeInForce
TIME_IN_FORCE_IOC: TimeInForce
TIME_IN_FORCE_FOK: TimeInForce
TIME_IN_FORCE_GTD: TimeInForce
TIME_IN_FORCE_DAY: TimeInForce
POSITION_EFFECT_UNSPECIFIED: PositionEffect
POSITION_EFFECT_AUTO: PositionEffect
POSITION_EFFECT_OPEN: PositionEffect
POSITION_EFFECT_CLOSE: PositionEffect
POSITION_EFFECT_CLOSE_TODAY: PositionEffect
POSITION_EFFECT_CLOSE_YESTERDAY: PositionEffect
CONTINGENCY_UNSPECIFIED: Contingency
CONTINGENCY_OCO: Contingency
CONTINGENCY_OTO: Contingency
CONTINGENCY_BRACKET: Contingency
ORDER_STATUS_UNSPECIFIED: OrderStatus
ORDER_STATUS_INITIALIZED: OrderStatus
ORDER_STATUS_HELD: OrderStatus
ORDER_STATUS_SUBMITTED: OrderStatus
ORDER_STATUS_ACCEPTED: OrderStatus
ORDER_STATUS_TRIGGERED: OrderStatus
ORDER_STATUS_PARTIALLY_FILLED: OrderStatus
ORDER_STATUS_FILLED: OrderStatus
ORDER_STATUS_CANCELED: OrderStatus
ORDER_STATUS_EXPIRED: OrderStatus
ORDER_STATUS_REJECTED: OrderStatus
ORDER_STATUS_DENIED: OrderStatus
ORDER_STATUS_PENDING_CANCEL: OrderStatus
ORDER_STATUS_PENDING_REPLACE: OrderStatus
ORDER_STATUS_IN_DOUBT: OrderStatus

class Order(_message.Message):
    __slots__ = ("name", "strategy", "account", "instrument", "side", "order_type", "quantity", "price", "trigger_price", "trailing_offset", "time_in_force", "expire_time", "post_only", "reduce_only", "position_effect", "display_quantity", "tag", "contingency", "list_id", "parent_order", "venue_order_id", "status", "life", "pending_cancels", "pending_amends", "doubt", "cum_qty", "leaves_qty", "canceled_qty", "avg_px", "code", "text", "fill_count", "create_time", "reserved", "version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_PRICE_FIELD_NUMBER: _ClassVar[int]
    TRAILING_OFFSET_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    POST_ONLY_FIELD_NUMBER: _ClassVar[int]
    REDUCE_ONLY_FIELD_NUMBER: _ClassVar[int]
    POSITION_EFFECT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    CONTINGENCY_FIELD_NUMBER: _ClassVar[int]
    LIST_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ORDER_FIELD_NUMBER: _ClassVar[int]
    VENUE_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIFE_FIELD_NUMBER: _ClassVar[int]
    PENDING_CANCELS_FIELD_NUMBER: _ClassVar[int]
    PENDING_AMENDS_FIELD_NUMBER: _ClassVar[int]
    DOUBT_FIELD_NUMBER: _ClassVar[int]
    CUM_QTY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QTY_FIELD_NUMBER: _ClassVar[int]
    CANCELED_QTY_FIELD_NUMBER: _ClassVar[int]
    AVG_PX_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FILL_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    strategy: str
    account: str
    instrument: str
    side: _common_pb2.Side
    order_type: OrderType
    quantity: str
    price: str
    trigger_price: str
    trailing_offset: str
    time_in_force: TimeInForce
    expire_time: _timestamp_pb2.Timestamp
    post_only: bool
    reduce_only: bool
    position_effect: PositionEffect
    display_quantity: str
    tag: str
    contingency: Contingency
    list_id: str
    parent_order: str
    venue_order_id: str
    status: OrderStatus
    life: OrderStatus
    pending_cancels: int
    pending_amends: int
    doubt: Doubt
    cum_qty: str
    leaves_qty: str
    canceled_qty: str
    avg_px: str
    code: str
    text: str
    fill_count: int
    create_time: _timestamp_pb2.Timestamp
    reserved: _common_pb2.Money
    version: int
    def __init__(self, name: _Optional[str] = ..., strategy: _Optional[str] = ..., account: _Optional[str] = ..., instrument: _Optional[str] = ..., side: _Optional[_Union[_common_pb2.Side, str]] = ..., order_type: _Optional[_Union[OrderType, str]] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., trigger_price: _Optional[str] = ..., trailing_offset: _Optional[str] = ..., time_in_force: _Optional[_Union[TimeInForce, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., post_only: bool = ..., reduce_only: bool = ..., position_effect: _Optional[_Union[PositionEffect, str]] = ..., display_quantity: _Optional[str] = ..., tag: _Optional[str] = ..., contingency: _Optional[_Union[Contingency, str]] = ..., list_id: _Optional[str] = ..., parent_order: _Optional[str] = ..., venue_order_id: _Optional[str] = ..., status: _Optional[_Union[OrderStatus, str]] = ..., life: _Optional[_Union[OrderStatus, str]] = ..., pending_cancels: _Optional[int] = ..., pending_amends: _Optional[int] = ..., doubt: _Optional[_Union[Doubt, _Mapping]] = ..., cum_qty: _Optional[str] = ..., leaves_qty: _Optional[str] = ..., canceled_qty: _Optional[str] = ..., avg_px: _Optional[str] = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., fill_count: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reserved: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class Doubt(_message.Message):
    __slots__ = ("operation", "since_time", "attempts")
    class Operation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OPERATION_UNSPECIFIED: _ClassVar[Doubt.Operation]
        OPERATION_SUBMIT: _ClassVar[Doubt.Operation]
        OPERATION_CANCEL: _ClassVar[Doubt.Operation]
        OPERATION_REPLACE: _ClassVar[Doubt.Operation]
        OPERATION_STATUS: _ClassVar[Doubt.Operation]
    OPERATION_UNSPECIFIED: Doubt.Operation
    OPERATION_SUBMIT: Doubt.Operation
    OPERATION_CANCEL: Doubt.Operation
    OPERATION_REPLACE: Doubt.Operation
    OPERATION_STATUS: Doubt.Operation
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    operation: Doubt.Operation
    since_time: _timestamp_pb2.Timestamp
    attempts: int
    def __init__(self, operation: _Optional[_Union[Doubt.Operation, str]] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempts: _Optional[int] = ...) -> None: ...

class CreateOrderRequest(_message.Message):
    __slots__ = ("order", "request_id", "dry_run", "reason")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    order: Order
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class CheckOrderRequest(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: Order
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ...) -> None: ...

class CheckOrderResponse(_message.Message):
    __slots__ = ("allowed", "code", "text", "reserve", "worst_price", "notional", "fee", "verdicts")
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    WORST_PRICE_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    code: str
    text: str
    reserve: _common_pb2.Money
    worst_price: str
    notional: _common_pb2.Money
    fee: _common_pb2.Money
    verdicts: _containers.RepeatedCompositeFieldContainer[OrderVerdict]
    def __init__(self, allowed: bool = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., reserve: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., worst_price: _Optional[str] = ..., notional: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., fee: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., verdicts: _Optional[_Iterable[_Union[OrderVerdict, _Mapping]]] = ...) -> None: ...

class OrderVerdict(_message.Message):
    __slots__ = ("rule", "code", "measured", "limit")
    RULE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    rule: str
    code: str
    measured: str
    limit: str
    def __init__(self, rule: _Optional[str] = ..., code: _Optional[str] = ..., measured: _Optional[str] = ..., limit: _Optional[str] = ...) -> None: ...

class AmendOrderRequest(_message.Message):
    __slots__ = ("name", "quantity", "price", "trigger_price", "request_id", "dry_run", "reason", "expected_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_PRICE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    quantity: str
    price: str
    trigger_price: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    def __init__(self, name: _Optional[str] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., trigger_price: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
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

class CancelAllOrdersRequest(_message.Message):
    __slots__ = ("strategy", "instrument", "request_id", "dry_run", "reason")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    instrument: str
    request_id: str
    dry_run: bool
    reason: str
    def __init__(self, strategy: _Optional[str] = ..., instrument: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ...) -> None: ...

class CancelAllOrdersResponse(_message.Message):
    __slots__ = ("orders", "queued", "called_off")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    CALLED_OFF_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedScalarFieldContainer[str]
    queued: _containers.RepeatedCompositeFieldContainer[_common_pb2.QueuedVerb]
    called_off: _containers.RepeatedCompositeFieldContainer[_common_pb2.QueuedVerb]
    def __init__(self, orders: _Optional[_Iterable[str]] = ..., queued: _Optional[_Iterable[_Union[_common_pb2.QueuedVerb, _Mapping]]] = ..., called_off: _Optional[_Iterable[_Union[_common_pb2.QueuedVerb, _Mapping]]] = ...) -> None: ...

class ResolveOrderRequest(_message.Message):
    __slots__ = ("name", "resolution", "price", "request_id", "dry_run", "reason", "expected_version", "account_id")
    class Resolution(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RESOLUTION_UNSPECIFIED: _ClassVar[ResolveOrderRequest.Resolution]
        RESOLUTION_ABSENT: _ClassVar[ResolveOrderRequest.Resolution]
        RESOLUTION_OPEN: _ClassVar[ResolveOrderRequest.Resolution]
        RESOLUTION_FILLED: _ClassVar[ResolveOrderRequest.Resolution]
        RESOLUTION_CANCELED: _ClassVar[ResolveOrderRequest.Resolution]
        RESOLUTION_REJECTED: _ClassVar[ResolveOrderRequest.Resolution]
    RESOLUTION_UNSPECIFIED: ResolveOrderRequest.Resolution
    RESOLUTION_ABSENT: ResolveOrderRequest.Resolution
    RESOLUTION_OPEN: ResolveOrderRequest.Resolution
    RESOLUTION_FILLED: ResolveOrderRequest.Resolution
    RESOLUTION_CANCELED: ResolveOrderRequest.Resolution
    RESOLUTION_REJECTED: ResolveOrderRequest.Resolution
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    resolution: ResolveOrderRequest.Resolution
    price: str
    request_id: str
    dry_run: bool
    reason: str
    expected_version: int
    account_id: str
    def __init__(self, name: _Optional[str] = ..., resolution: _Optional[_Union[ResolveOrderRequest.Resolution, str]] = ..., price: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., reason: _Optional[str] = ..., expected_version: _Optional[int] = ..., account_id: _Optional[str] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "strategy", "instrument", "statuses", "open_only", "start_time", "end_time")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    strategy: str
    instrument: str
    statuses: _containers.RepeatedScalarFieldContainer[OrderStatus]
    open_only: bool
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., strategy: _Optional[str] = ..., instrument: _Optional[str] = ..., statuses: _Optional[_Iterable[_Union[OrderStatus, str]]] = ..., open_only: bool = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[Order]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
