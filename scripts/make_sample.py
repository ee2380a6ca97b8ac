"""Make the sample of `hexdesk_replay` again: `python -m scripts.make_sample FOLDER`.

FOLDER holds `quotes.parquet` and `trades.parquet` of the recording that `samples/NOTICE.md` names,
with integer mantissas at the scales of the instrument (price 1, size 3). Needs pyarrow.
"""

import heapq
import sys
from collections.abc import Iterator
from itertools import repeat
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.values import Aggressor
from hexdesk_replay.columns import QUOTE_COLUMNS, TRADE_COLUMNS, write_columns
from hexdesk_replay.sample import BTCUSDT_PERP, SAMPLES

TARGET = Path("src/adapters/replay/hexdesk_replay/samples") / SAMPLES["btcusdt"].file


def read(path: Path, names: tuple[str, ...]) -> list[list[Any]]:
    """Return columns of a Parquet file."""
    file: Any = pq.ParquetFile(path)
    table = file.read(columns=[*names])
    return [table[name].to_pylist() for name in names]


def events(folder: Path) -> Iterator[Quote | Trade]:
    """Walk quotes and trades by time of receipt; at equal times quotes come first."""
    quotes = read(folder / "quotes.parquet", QUOTE_COLUMNS)
    trades = read(folder / "trades.parquet", TRADE_COLUMNS)
    trades[2] = [Aggressor(sign) for sign in trades[2]]
    return heapq.merge(
        map(Quote, repeat(BTCUSDT_PERP.id), *quotes),
        map(Trade, repeat(BTCUSDT_PERP.id), *trades),
        key=attrgetter("ts_init"),
    )


def main(folder: Path, target: Path = TARGET) -> None:
    """Write the sample and say how large it is."""
    with target.open("wb") as file:
        write_columns(file, events(folder))
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
