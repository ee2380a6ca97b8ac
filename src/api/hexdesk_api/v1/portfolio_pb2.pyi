from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from hexdesk_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PositionMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POSITION_MODE_UNSPECIFIED: _ClassVar[PositionMode]
    POSITION_MODE_NETTING: _ClassVar[PositionMode]
    POSITION_MODE_HEDGING: _ClassVar[PositionMode]
POSITION_MODE_UNSPECIFIED: PositionMode
POSITION_MODE_NETTING: PositionMode
POSITION_MODE_HEDGING: PositionMode

class Position(_message.Message):
    __slots__ = ("name", "strategy", "account", "instrument", "quantity", "long_quantity", "short_quantity", "avg_px", "mark_price", "notional", "realised", "unrealised", "fees", "open_buy_quantity", "open_sell_quantity", "liquidation_price", "liquidation_pct", "funding")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LONG_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SHORT_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AVG_PX_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICE_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    REALISED_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    OPEN_BUY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    OPEN_SELL_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_PRICE_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_PCT_FIELD_NUMBER: _ClassVar[int]
    FUNDING_FIELD_NUMBER: _ClassVar[int]
    name: str
    strategy: str
    account: str
    instrument: str
    quantity: str
    long_quantity: str
    short_quantity: str
    avg_px: str
    mark_price: str
    notional: _common_pb2.Money
    realised: _common_pb2.Money
    unrealised: _common_pb2.Money
    fees: _common_pb2.Money
    open_buy_quantity: str
    open_sell_quantity: str
    liquidation_price: str
    liquidation_pct: str
    funding: _common_pb2.Money
    def __init__(self, name: _Optional[str] = ..., strategy: _Optional[str] = ..., account: _Optional[str] = ..., instrument: _Optional[str] = ..., quantity: _Optional[str] = ..., long_quantity: _Optional[str] = ..., short_quantity: _Optional[str] = ..., avg_px: _Optional[str] = ..., mark_price: _Optional[str] = ..., notional: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., realised: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., unrealised: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., fees: _Optional[_Union[_common_pb2.Money, _Mapping]] = ..., open_buy_quantity: _Optional[str] = ..., open_sell_quantity: _Optional[str] = ..., liquidation_price: _Optional[str] = ..., liquidation_pct: _Optional[str] = ..., funding: _Optional[_Union[_common_pb2.Money, _Mapping]] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("name", "account_id", "position_mode", "balances")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_MODE_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    name: str
    account_id: str
    position_mode: PositionMode
    balances: _containers.RepeatedCompositeFieldContainer[Balance]
    def __init__(self, name: _Optional[str] = ..., account_id: _Optional[str] = ..., position_mode: _Optional[_Union[PositionMode, str]] = ..., balances: _Optional[_Iterable[_Union[Balance, _Mapping]]] = ...) -> None: ...

class Balance(_message.Message):
    __slots__ = ("currency", "total", "reserved", "used", "available", "equity")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    EQUITY_FIELD_NUMBER: _ClassVar[int]
    currency: str
    total: str
    reserved: str
    used: str
    available: str
    equity: str
    def __init__(self, currency: _Optional[str] = ..., total: _Optional[str] = ..., reserved: _Optional[str] = ..., used: _Optional[str] = ..., available: _Optional[str] = ..., equity: _Optional[str] = ...) -> None: ...

class GetPositionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListPositionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "strategy", "instrument", "include_flat")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FLAT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    strategy: str
    instrument: str
    include_flat: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., strategy: _Optional[str] = ..., instrument: _Optional[str] = ..., include_flat: bool = ...) -> None: ...

class ListPositionsResponse(_message.Message):
    __slots__ = ("positions", "next_page_token")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    next_page_token: str
    def __init__(self, positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListAccountsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountsResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[Account]
    next_page_token: str
    def __init__(self, accounts: _Optional[_Iterable[_Union[Account, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
