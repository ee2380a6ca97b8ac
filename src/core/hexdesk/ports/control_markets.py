"""What the Control port shows of markets: immutable, with exact decimals as strings."""

import msgspec

from hexdesk.domain.values import Aggressor, TimeNs, TradingStatus


class QuoteInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Best bid and offer; a price is empty where that side is missing."""

    bid_price: str
    bid_size: str
    ask_price: str
    ask_size: str
    event_ns: TimeNs
    receive_ns: TimeNs


class TradeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A public trade."""

    price: str
    size: str
    aggressor: Aggressor
    trade_id: str
    event_ns: TimeNs
    receive_ns: TimeNs


class MarketInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The latest state of one market."""

    instrument_id: str
    status: TradingStatus
    quote: QuoteInfo | None
    trade: TradeInfo | None
    mark_price: str


class InstrumentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What can be traded; empty strings are none or unlimited."""

    instrument_id: str
    kind: str
    base: str
    quote_currency: str
    settle_currency: str
    ticks: tuple[tuple[str, str], ...]
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
    is_isolated: bool
