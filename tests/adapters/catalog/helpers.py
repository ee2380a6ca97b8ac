"""Small Parquet files as the catalog expects them, and recordings of them."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from hexdesk.domain.instruments import Instrument
from hexdesk.plugin import RecordingContext
from hexdesk.ports.market_data import Recording
from hexdesk_catalog import make_recording
from hexdesk_catalog.arrow import arrow, parquet
from hexdesk_catalog.settings import CatalogSettings

QUOTES: Mapping[str, Sequence[Any]] = {
    "ts_event": [10, 20, 30], "ts_init": [11, 21, 31], "bid_price": [100, 101, 102],
    "bid_size": [1, 2, 3], "ask_price": [103, 104, 105], "ask_size": [4, 5, 6],
}  # fmt: skip
TRADES: Mapping[str, Sequence[Any]] = {
    "ts_event": [10, 20, 30], "ts_init": [12, 21, 32], "price": [100, 101, 102],
    "size": [1, 2, 3], "aggressor": [1, -1, 0], "trade_id": ["a", "b", None],
}  # fmt: skip
SCALES: Mapping[str, str] = {"price_scale": "1", "size_scale": "3"}


def write(
    path: Path, columns: Mapping[str, Sequence[Any]], metadata: Mapping[str, str] = SCALES
) -> Path:
    """Write a file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = arrow.table({name: arrow.array(values) for name, values in columns.items()})
    parquet.write_table(table.replace_schema_metadata({**metadata}), path)
    return path


def recording(
    *datasets: Path | str,
    instruments: Sequence[Instrument] = (),
    instrument: str = "",
    base_path: Path = Path(),
) -> Recording:
    """Open files."""
    context = RecordingContext(
        name="files",
        base_path=base_path,
        instruments={each.id: each for each in instruments},
        logger=logging.getLogger(__name__),
    )
    settings = CatalogSettings(dataset=tuple(map(str, datasets)), instrument=instrument)
    return make_recording(context, settings)
