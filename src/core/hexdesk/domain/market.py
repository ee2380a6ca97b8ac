"""Market data events: immutable, one object each, integers at the instrument's scales.

`ts_event` is the venue's time, `ts_init` the time of receipt; both UTC nanoseconds. A recorder's
clock may run behind the venue's, so their difference may be negative; a desk orders by `ts_init`.
"""

from typing import TypeAlias

import msgspec

from hexdesk.domain.values import Aggressor, PriceRaw, QtyRaw, TimeNs, TradingStatus


class Quote(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="quote"):
    """Best bid and offer.

    A price of 0 means that side is missing; a size of 0 beside a price means an unknown size.
    Quotes may be locked or crossed, as real ones are.
    """

    instrument_id: str
    bid_price: PriceRaw
    bid_size: QtyRaw
    ask_price: PriceRaw
    ask_size: QtyRaw
    ts_event: TimeNs
    ts_init: TimeNs


class Trade(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="trade"):
    """A public trade."""

    instrument_id: str
    price: PriceRaw
    size: QtyRaw
    aggressor: Aggressor
    trade_id: str
    ts_event: TimeNs
    ts_init: TimeNs


class BookLevel(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One price level; size 0 deletes it."""

    price: PriceRaw
    size: QtyRaw


class BookUpdate(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="book"):
    """Level-2 changes of one message; a snapshot replaces the whole book."""

    instrument_id: str
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    snapshot: bool
    ts_event: TimeNs
    ts_init: TimeNs


class Bar(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="bar"):
    """Open, high, low, close and volume of a period.

    `ts_open` is its first instant, `ts_event` its end (exclusive), when it became known.
    """

    instrument_id: str
    step_s: int
    open: PriceRaw
    high: PriceRaw
    low: PriceRaw
    close: PriceRaw
    volume: QtyRaw
    ts_open: TimeNs
    ts_event: TimeNs
    ts_init: TimeNs


class InstrumentStatus(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="status"):
    """A change of an instrument's trading status, or of its trading day.

    `trading_day` is FIX 75 as a number, 20261123; 0 does not say. A later one than before makes
    what is held yesterday's, so a feed of an exchange that tells its days (CTP: `TradingDay` of the
    login and of each snapshot) sends a status when it connects and when the day changes.
    """

    instrument_id: str
    status: TradingStatus
    ts_event: TimeNs
    ts_init: TimeNs
    trading_day: int = 0


class FundingRate(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="funding"):
    """A perpetual's funding is due now: longs pay shorts this part of their positions' value.

    `rate` is at `RATE_SCALE`; if it is negative, shorts pay. `ts_event` is the funding time.
    """

    instrument_id: str
    rate: int
    ts_event: TimeNs
    ts_init: TimeNs


MarketEvent: TypeAlias = Quote | Trade | BookUpdate | Bar | InstrumentStatus | FundingRate
