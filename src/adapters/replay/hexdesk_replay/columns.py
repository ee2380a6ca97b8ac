"""The compact file format of the sample: quotes and trades of one instrument, exactly.

    b"hexdesk-columns 1" and a line feed
    blocks: a head of three uint32 (quotes, trades, bytes of the body), then the body
    a last head of three zeros, which shows that nothing was cut off

A body is compressed by zlib. It starts with one byte an event, in order of receipt: 0 a quote, 1 a
trade. The columns follow (`QUOTE_COLUMNS`, then `TRADE_COLUMNS`), each a run of int64: the first
value as it is, every later one as its difference from the one before. All is little-endian.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice, pairwise, repeat
from typing import IO

from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.values import Aggressor
from hexdesk.errors import DataError

MAGIC = b"hexdesk-columns 1\n"
QUOTE_COLUMNS = ("bid_price", "bid_size", "ask_price", "ask_size", "ts_event", "ts_init")
TRADE_COLUMNS = ("price", "size", "aggressor", "trade_id", "ts_event", "ts_init")
BLOCK_EVENTS = 8_192
BLOCK_EVENTS_MAX = 65_536
"""More than this in one block is taken for a damaged file, before memory is given to it."""

_HEAD = struct.Struct("<III")
_INT64_BYTES = 8
_AGGRESSORS = {int(aggressor): aggressor for aggressor in Aggressor}
_REMEDY = "install hexdesk-replay again, or make the file again with scripts/make_sample.py"


def write_columns(file: IO[bytes], events: Iterable[Quote | Trade]) -> None:
    """Write events, which are in order of receipt and have whole numbers as trade ids.

    Raises:
        OverflowError: A value or a difference does not fit 64 bits.
        ValueError: A trade id is not a whole number.
    """
    file.write(MAGIC)
    left = iter(events)
    while block := list(islice(left, BLOCK_EVENTS)):
        quotes = [event for event in block if isinstance(event, Quote)]
        trades = [event for event in block if isinstance(event, Trade)]
        body = bytes(isinstance(event, Trade) for event in block)
        for name in QUOTE_COLUMNS:
            body += _pack([getattr(quote, name) for quote in quotes])
        for name in TRADE_COLUMNS:
            body += _pack([int(getattr(trade, name)) for trade in trades])
        packed = zlib.compress(body, 9)
        file.write(_HEAD.pack(len(quotes), len(trades), len(packed)) + packed)
    file.write(_HEAD.pack(0, 0, 0))


def read_columns(file: IO[bytes], name: str, instrument_id: str) -> Iterator[Quote | Trade]:
    """Yield the events of a file, a block at a time.

    Raises:
        DataError: It is not such a file, it is damaged, or it ends too early.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise DataError("not a hexdesk columns file", file=name, remedy=_REMEDY)
    row = 1
    while True:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise DataError("the file is cut off", file=name, row=row, remedy=_REMEDY)
        quotes, trades, length = _HEAD.unpack(head)
        if quotes + trades == 0:
            return
        body = file.read(length) if quotes + trades <= BLOCK_EVENTS_MAX else b""
        try:
            yield from _events(body, instrument_id, quotes, trades)
        except (KeyError, ValueError, zlib.error) as error:
            raise DataError("the file is damaged", file=name, row=row, remedy=_REMEDY) from error
        row += quotes + trades


def _events(body: bytes, instrument_id: str, quotes: int, trades: int) -> Iterator[Quote | Trade]:
    """Return the events of one block.

    Raises:
        KeyError: An aggressor is unknown.
        ValueError: The body has another size than its head says.
        zlib.error: The body is damaged; its checksum shows that.
    """
    events = quotes + trades
    size = events + _INT64_BYTES * (quotes * len(QUOTE_COLUMNS) + trades * len(TRADE_COLUMNS))
    inflate = zlib.decompressobj()
    data = inflate.decompress(body, size + 1)
    kinds = data[:events]
    if len(data) != size or not inflate.eof or (kinds.count(0), kinds.count(1)) != (quotes, trades):
        raise ValueError("the body of a block does not fit its head")
    middle = events + quotes * len(QUOTE_COLUMNS) * _INT64_BYTES
    prices, sizes, aggressors, trade_ids, *times = _unpack(data[middle:], trades)
    of_trades = map(
        Trade,
        repeat(instrument_id),
        prices,
        sizes,
        map(_AGGRESSORS.__getitem__, aggressors),
        map(str, trade_ids),
        *times,
    )
    of_quotes = map(Quote, repeat(instrument_id), *_unpack(data[events:middle], quotes))
    sources: tuple[Iterator[Quote | Trade], ...] = (of_quotes, of_trades)
    return iter([next(sources[kind]) for kind in kinds])


def _pack(values: list[int]) -> bytes:
    column = array("q", values[:1])
    column.extend(later - earlier for earlier, later in pairwise(values))
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _unpack(data: bytes, rows: int) -> Iterator[Iterator[int]]:
    """Yield six columns of that many rows."""
    size = rows * _INT64_BYTES
    for number in range(len(QUOTE_COLUMNS)):
        column = array("q", data[number * size : (number + 1) * size])
        if sys.byteorder == "big":
            column.byteswap()
        yield accumulate(column)
