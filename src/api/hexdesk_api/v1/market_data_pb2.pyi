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

class TradingStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRADING_STATUS_UNSPECIFIED: _ClassVar[TradingStatus]
    TRADING_STATUS_TRADING: _ClassVar[TradingStatus]
    TRADING_STATUS_HALTED: _ClassVar[TradingStatus]
    TRADING_STATUS_CLOSED: _ClassVar[TradingStatus]
    TRADING_STATUS_CLOSE_ONLY: _ClassVar[TradingStatus]
TRADING_STATUS_UNSPECIFIED: TradingStatus
TRADING_STATUS_TRADING: TradingStatus
TRADING_STATUS_HALTED: TradingStatus
TRADING_STATUS_CLOSED: TradingStatus
TRADING_STATUS_CLOSE_ONLY: TradingStatus

class Instrument(_message.Message):
    __slots__ = ("name", "kind", "base", "quote_currency", "settle_currency", "ticks", "lot", "multiplier", "inverse", "min_quantity", "max_quantity", "min_notional", "max_notional", "lower_limit", "upper_limit", "maker_fee", "taker_fee", "margin", "closes_by_day", "maintenance_margin", "isolated_margin")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Instrument.Kind]
        KIND_SPOT: _ClassVar[Instrument.Kind]
        KIND_EQUITY: _ClassVar[Instrument.Kind]
        KIND_FUTURE: _ClassVar[Instrument.Kind]
        KIND_PERPETUAL: _ClassVar[Instrument.Kind]
    KIND_UNSPECIFIED: Instrument.Kind
    KIND_SPOT: Instrument.Kind
    KIND_EQUITY: Instrument.Kind
    KIND_FUTURE: Instrument.Kind
    KIND_PERPETUAL: Instrument.Kind
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    QUOTE_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    SETTLE_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    INVERSE_FIELD_NUMBER: _ClassVar[int]
    MIN_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MAX_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MIN_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    LOWER_LIMIT_FIELD_NUMBER: _ClassVar[int]
    UPPER_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    CLOSES_BY_DAY_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    ISOLATED_MARGIN_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Instrument.Kind
    base: str
    quote_currency: str
    settle_currency: str
    ticks: _containers.RepeatedCompositeFieldContainer[TickBand]
    lot: str
    multiplier: str
    inverse: bool
    min_quantity: str
    max_quantity: str
    min_notional: str
    max_notional: str
    lower_limit: str
    upper_limit: str
    maker_fee: str
    taker_fee: str
    margin: str
    closes_by_day: bool
    maintenance_margin: str
    isolated_margin: bool
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Instrument.Kind, str]] = ..., base: _Optional[str] = ..., quote_currency: _Optional[str] = ..., settle_currency: _Optional[str] = ..., ticks: _Optional[_Iterable[_Union[TickBand, _Mapping]]] = ..., lot: _Optional[str] = ..., multiplier: _Optional[str] = ..., inverse: bool = ..., min_quantity: _Optional[str] = ..., max_quantity: _Optional[str] = ..., min_notional: _Optional[str] = ..., max_notional: _Optional[str] = ..., lower_limit: _Optional[str] = ..., upper_limit: _Optional[str] = ..., maker_fee: _Optional[str] = ..., taker_fee: _Optional[str] = ..., margin: _Optional[str] = ..., closes_by_day: bool = ..., maintenance_margin: _Optional[str] = ..., isolated_margin: bool = ...) -> None: ...

class TickBand(_message.Message):
    __slots__ = ("floor", "tick")
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    floor: str
    tick: str
    def __init__(self, floor: _Optional[str] = ..., tick: _Optional[str] = ...) -> None: ...

class Market(_message.Message):
    __slots__ = ("name", "instrument", "status", "quote", "trade", "mark_price")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    TRADE_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICE_FIELD_NUMBER: _ClassVar[int]
    name: str
    instrument: str
    status: TradingStatus
    quote: Quote
    trade: Trade
    mark_price: str
    def __init__(self, name: _Optional[str] = ..., instrument: _Optional[str] = ..., status: _Optional[_Union[TradingStatus, str]] = ..., quote: _Optional[_Union[Quote, _Mapping]] = ..., trade: _Optional[_Union[Trade, _Mapping]] = ..., mark_price: _Optional[str] = ...) -> None: ...

class Quote(_message.Message):
    __slots__ = ("bid_price", "bid_size", "ask_price", "ask_size", "event_time", "receive_time")
    BID_PRICE_FIELD_NUMBER: _ClassVar[int]
    BID_SIZE_FIELD_NUMBER: _ClassVar[int]
    ASK_PRICE_FIELD_NUMBER: _ClassVar[int]
    ASK_SIZE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    bid_price: str
    bid_size: str
    ask_price: str
    ask_size: str
    event_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    def __init__(self, bid_price: _Optional[str] = ..., bid_size: _Optional[str] = ..., ask_price: _Optional[str] = ..., ask_size: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("price", "size", "aggressor", "trade_id", "event_time", "receive_time")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    AGGRESSOR_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    price: str
    size: str
    aggressor: _common_pb2.Side
    trade_id: str
    event_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    def __init__(self, price: _Optional[str] = ..., size: _Optional[str] = ..., aggressor: _Optional[_Union[_common_pb2.Side, str]] = ..., trade_id: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetInstrumentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListInstrumentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstrumentsResponse(_message.Message):
    __slots__ = ("instruments", "next_page_token")
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedCompositeFieldContainer[Instrument]
    next_page_token: str
    def __init__(self, instruments: _Optional[_Iterable[_Union[Instrument, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMarketRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class BatchGetMarketsRequest(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetMarketsResponse(_message.Message):
    __slots__ = ("markets",)
    MARKETS_FIELD_NUMBER: _ClassVar[int]
    markets: _containers.RepeatedCompositeFieldContainer[Market]
    def __init__(self, markets: _Optional[_Iterable[_Union[Market, _Mapping]]] = ...) -> None: ...

class StreamMarketsRequest(_message.Message):
    __slots__ = ("names", "interval")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    interval: _duration_pb2.Duration
    def __init__(self, names: _Optional[_Iterable[str]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StreamMarketsResponse(_message.Message):
    __slots__ = ("markets",)
    MARKETS_FIELD_NUMBER: _ClassVar[int]
    markets: _containers.RepeatedCompositeFieldContainer[Market]
    def __init__(self, markets: _Optional[_Iterable[_Union[Market, _Mapping]]] = ...) -> None: ...
