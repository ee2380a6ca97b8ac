"""The recording kit against Parquet files: quotes and trades merged, two rows malformed."""

from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the catalog needs pyarrow")

from hexdesk.ports.market_data import Recording
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.market_data_kit import RecordingKit
from tests.adapters.catalog.helpers import QUOTES, TRADES, recording, write


class TestCatalog(RecordingKit):
    instruments = (INSTRUMENT,)
    malformed_rows = 2

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "acme/TEST-PERP"
        write(self.path / "quotes.parquet", {**QUOTES, "bid_size": [1, -2, 3]})
        write(self.path / "trades.parquet", {**TRADES, "price": [100, None, 102]})

    def make_recording(self) -> Recording:
        return recording(self.path, instruments=[INSTRUMENT])
