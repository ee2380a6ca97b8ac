"""Which kinds of files there are, told by their columns."""

from collections.abc import Iterable

import msgspec

QUOTES = "quotes"
TRADES = "trades"
DEPTH = "depth"
BARS = "bars"
QUOTE_BARS = "quote_bars"
TICKS = "ticks"
FUNDING = "funding"
SYMBOL = "symbol"
TRADE_ID = "trade_id"
TS_INIT = "ts_init"


class Kind(msgspec.Struct, frozen=True):
    """One kind of file.

    Attributes:
        name: As in the file's metadata, without a bar's length.
        time: Column that stands in for `ts_init` where that is missing: when it became known.
        prices: Columns at the price scale.
        sizes: Columns at the size scale; never negative.
        plain: Further columns of integers.
    """

    name: str
    time: str
    prices: tuple[str, ...]
    sizes: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a file of this kind must have."""
        return (*self.prices, *self.sizes, *self.plain)


_PRICES = ("bid_price", "ask_price")
_SIZES = ("bid_size", "ask_size")
_CLOSES = ("bid_close", "ask_close")
_OHLC = ("open", "high", "low", "close")

KINDS = (
    Kind(QUOTES, "ts_event", _PRICES, _SIZES, ("ts_event",)),
    Kind(DEPTH, "ts_event", ("price",), ("size",), ("ts_event", "side", "flags")),
    Kind(TRADES, "ts_event", ("price",), ("size",), ("ts_event", "aggressor")),
    Kind(QUOTE_BARS, "ts_close", _CLOSES, _SIZES, ("ts_event", "ts_close")),
    Kind(BARS, "ts_close", _OHLC, ("volume",), ("ts_event", "ts_close")),
    Kind(FUNDING, "ts_event", (), (), ("ts_event", "rate")),
    Kind(TICKS, "ts_event", ("last", *_PRICES), ("volume", *_SIZES), ("ts_event", "trading_day")),
)
"""Ticks have all columns of quotes: the kind with the most columns counts."""

OTHER_KINDS = {
    "corporate_actions": {"date", "record", "price_factor"},
    "wire": {"ts_init", "direction", "payload"},
}
"""Known kinds that are no market events."""
PURPOSES = {
    "corporate_actions": "reference data, by which prices of other days are adjusted",
    "wire": "frames of a session, which a venue adapter's parser reads",
}
"""What those are for."""


def kind_of(columns: Iterable[str]) -> Kind | None:
    """Return the kind of file that has these columns, None if there is none."""
    found = set(columns)
    fitting = [kind for kind in KINDS if found.issuperset(kind.columns)]
    return max(fitting, key=lambda kind: len(kind.columns), default=None)


def other_kind_of(columns: Iterable[str]) -> str:
    """Return the name of a known kind that is no market events, else ""."""
    found = set(columns)
    return next((name for name, needed in OTHER_KINDS.items() if needed <= found), "")
