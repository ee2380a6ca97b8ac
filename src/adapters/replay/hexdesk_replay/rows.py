"""From a row of a text file, names and values, to a market event.

The names tell the kind (`ts_init` may be left out; further columns are ignored):

    quote   ts_event ts_init bid_price bid_size ask_price ask_size
    trade   ts_event ts_init price size aggressor trade_id
    depth   ts_event ts_init side price size flags
    bar     ts_event ts_close ts_init open high low close volume

`instrument_id` may name the instrument of a row. Times are UTC nanoseconds; `ts_event` of a bar is
its open, `ts_close` its end. Prices and sizes are decimal numbers, at most as fine as the
instrument's scales. An empty bid or ask price means that side is missing. `aggressor` is 1 or
buyer, -1 or seller, 0 or unknown; `side` is 1 or bid, -1 or ask. Depth is one row a level (size 0
deletes it); `flags` adds 1 for rows of a snapshot and 2 for the last row of a message.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from typing import TypeAlias, TypeVar

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookLevel, BookUpdate, MarketEvent, Quote, Trade
from hexdesk.domain.money import parse_raw
from hexdesk.domain.values import NS_PER_SECOND, Aggressor, TimeNs

Row: TypeAlias = Mapping[str, object]
"""Values of a row by name: text, whole numbers, decimals; missing or "" or None: no value."""

INT64_MAX = 2**63 - 1
"""No price, size or time is larger: other tools keep them in 64 bits."""
SNAPSHOT = 1
LAST = 2
KINDS = {
    "quote": {"ts_event", "bid_price", "bid_size", "ask_price", "ask_size"},
    "trade": {"ts_event", "price", "size", "aggressor", "trade_id"},
    "depth": {"ts_event", "side", "price", "size", "flags"},
    "bar": {"ts_event", "ts_close", "open", "high", "low", "close", "volume"},
}
Choice = TypeVar("Choice")

_TIME_DIGITS = 19
_CACHE_SIZE = 65_536
_MISSING = ("", None)
_AGGRESSORS = {
    **dict.fromkeys(("1", "buyer"), Aggressor.BUYER),
    **dict.fromkeys(("-1", "seller"), Aggressor.SELLER),
    **dict.fromkeys(("0", "unknown"), Aggressor.UNKNOWN),
}
_SIDES = {"1": 1, "bid": 1, "-1": -1, "ask": -1}


def kind_of(names: Iterable[str]) -> str:
    """Return the kind of rows with these names, "" if there is none."""
    found = set(names)
    return next((kind for kind, needed in KINDS.items() if needed <= found), "")


class _Scales:
    """How numbers of one instrument are read.

    Prices and sizes repeat, so what was read lately is remembered.
    """

    __slots__ = ("price", "size")

    def __init__(self, instrument: Instrument) -> None:
        remember = lru_cache(_CACHE_SIZE)
        self.price: Callable[[str | int | Decimal], int] = remember(
            partial(parse_raw, scale=instrument.price_scale)
        )
        self.size: Callable[[str | int | Decimal], int] = remember(
            partial(parse_raw, scale=instrument.quantity_scale)
        )


class RowParser:
    """Turns the rows of one file into events; depth rows are gathered to messages.

    A message ends at its last row, even where that row is malformed.
    """

    __slots__ = ("_asks", "_bids", "_default_id", "_parsers", "_scales", "_snapshot")

    def __init__(self, instruments: Mapping[str, Instrument], default_id: str) -> None:
        self._scales = {each.id: _Scales(each) for each in instruments.values()}
        self._default_id = default_id
        self._bids: list[BookLevel] = []
        self._asks: list[BookLevel] = []
        self._snapshot = False
        self._parsers: dict[str, Callable[[str, _Scales, Row], MarketEvent | None]] = {
            "quote": self._quote,
            "trade": self._trade,
            "depth": self._depth,
            "bar": self._bar,
        }

    @property
    def rows_open(self) -> int:
        """Rows of a depth message that has not ended yet."""
        return len(self._bids) + len(self._asks)

    def parse(self, kind: str, row: Row) -> MarketEvent | None:
        """Return the event of a row, None while a depth message goes on.

        Raises:
            ValueError: What is wrong with the row.
        """
        instrument_id = row.get("instrument_id")
        if instrument_id in _MISSING:
            instrument_id = self._default_id
        if not instrument_id:
            raise ValueError("instrument_id is missing, and the feed sets no `instrument`")
        scales = self._scales.get(str(instrument_id))
        if scales is None:
            raise ValueError(f"instrument_id: {str(instrument_id)[:60]!r} is not configured")
        return self._parsers[kind](str(instrument_id), scales, row)

    def _quote(self, instrument_id: str, scales: _Scales, row: Row) -> Quote:
        ts_event = _time(row, "ts_event")
        return Quote(
            instrument_id,
            _price(row, "bid_price", scales) if row["bid_price"] not in _MISSING else 0,
            _size(row, "bid_size", scales) if row["bid_size"] not in _MISSING else 0,
            _price(row, "ask_price", scales) if row["ask_price"] not in _MISSING else 0,
            _size(row, "ask_size", scales) if row["ask_size"] not in _MISSING else 0,
            ts_event,
            _ts_init(row, ts_event),
        )

    def _trade(self, instrument_id: str, scales: _Scales, row: Row) -> Trade:
        ts_event = _time(row, "ts_event")
        return Trade(
            instrument_id,
            _price(row, "price", scales),
            _size(row, "size", scales),
            Aggressor.UNKNOWN
            if row["aggressor"] in _MISSING
            else _choice(row, "aggressor", _AGGRESSORS),
            str(row["trade_id"] or ""),
            ts_event,
            _ts_init(row, ts_event),
        )

    def _depth(self, instrument_id: str, scales: _Scales, row: Row) -> BookUpdate | None:
        flags = _whole(row, "flags")
        try:
            ts_event = _time(row, "ts_event")
            ts_init = _ts_init(row, ts_event)
            side = self._bids if _choice(row, "side", _SIDES) > 0 else self._asks
            side.append(BookLevel(_price(row, "price", scales), _size(row, "size", scales)))
            self._snapshot |= bool(flags & SNAPSHOT)
            if not flags & LAST:
                return None
            return BookUpdate(
                instrument_id, tuple(self._bids), tuple(self._asks), self._snapshot,
                ts_event, ts_init,
            )  # fmt: skip
        finally:
            if flags & LAST:
                self._bids, self._asks, self._snapshot = [], [], False

    def _bar(self, instrument_id: str, scales: _Scales, row: Row) -> Bar:
        ts_open, ts_close = _time(row, "ts_event"), _time(row, "ts_close")
        step_s, rest = divmod(ts_close - ts_open, NS_PER_SECOND)
        if step_s <= 0 or rest:
            raise ValueError("ts_close: expected whole seconds after ts_event")
        low, high = _price(row, "low", scales), _price(row, "high", scales)
        first, last = _price(row, "open", scales), _price(row, "close", scales)
        if not low <= min(first, last) <= max(first, last) <= high:
            raise ValueError("expected low <= open, close <= high")
        return Bar(
            instrument_id, step_s, first, high, low, last, _size(row, "volume", scales),
            ts_open, ts_close, _ts_init(row, ts_close),
        )  # fmt: skip


def _value(row: Row, name: str) -> str | int | Decimal:
    value = row.get(name)
    if value in _MISSING:
        raise ValueError(f"{name} is missing")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{name}: expected a number, was {str(value)[:60]!r}")  # noqa: TRY004 - one error
    return value


def _whole(row: Row, name: str) -> int:
    value = _value(row, name)
    number = int(value) if isinstance(value, int) or _is_short_number(value) else _raw_whole(value)
    if not 0 <= number <= INT64_MAX:
        raise ValueError(f"{name}: expected a whole number, was {str(value)[:60]!r}")
    return number


def _is_short_number(value: str | Decimal) -> bool:
    return isinstance(value, str) and len(value) <= _TIME_DIGITS and value.isdecimal()


def _raw_whole(value: str | Decimal) -> int:
    try:
        return parse_raw(value, 0)
    except ValueError:
        return -1


def _time(row: Row, name: str) -> TimeNs:
    number = _whole(row, name)
    if number == 0:
        raise ValueError(f"{name}: expected nanoseconds since 1970, was 0")
    return number


def _ts_init(row: Row, instead: TimeNs) -> TimeNs:
    return _time(row, "ts_init") if row.get("ts_init") not in _MISSING else instead


def _price(row: Row, name: str, scales: _Scales) -> int:
    return _raw(row, name, scales.price)


def _size(row: Row, name: str, scales: _Scales) -> int:
    raw = _raw(row, name, scales.size)
    if raw < 0:
        raise ValueError(f"{name}: expected 0 or more, was {row[name]}")
    return raw


def _raw(row: Row, name: str, parse: Callable[[str | int | Decimal], int]) -> int:
    value = _value(row, name)
    try:
        raw = parse(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if abs(raw) > INT64_MAX:
        raise ValueError(f"{name}: {str(value)[:60]} is too large")
    return raw


def _choice(row: Row, name: str, choices: Mapping[str, Choice]) -> Choice:
    value = str(row[name])
    if value not in choices:
        raise ValueError(f"{name}: expected {', '.join(choices)}, was {value[:60]!r}")
    return choices[value]
