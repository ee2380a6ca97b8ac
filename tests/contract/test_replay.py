"""The recording kit against the replay adapter: the sample, and a file with malformed rows."""

import logging
from pathlib import Path

import pytest

from hexdesk.plugin import RecordingContext
from hexdesk.ports.market_data import Recording
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.market_data_kit import RecordingKit
from hexdesk_replay.recording import ReplayRecording
from hexdesk_replay.settings import ReplaySettings


def recording(dataset: str, folder: Path, *, instrument: str = "") -> Recording:
    context = RecordingContext(
        name="recorded",
        base_path=folder,
        instruments={INSTRUMENT.id: INSTRUMENT},
        logger=logging.getLogger("kit"),
    )
    return ReplayRecording(context, ReplaySettings(dataset=dataset, instrument=instrument))


class TestSample(RecordingKit):
    def make_recording(self) -> Recording:
        return recording("sample:btcusdt", Path())


ROWS = """ts_event,ts_init,bid_price,bid_size,ask_price,ask_size
1700000000000000000,1700000000000000001,100.0,1.00,100.5,2.00
1700000001000000000,1700000001000000001,ninety,1.00,100.5,2.00
1700000002000000000,1700000002000000001,100.0,1.00,100.5,2.00
1700000003000000000,1700000003000000001,100.0,1.00,100.5
1700000004000000000,1700000004000000001,100.5,1.00,100.5,2.00
"""


class TestMalformedRows(RecordingKit):
    instruments = (INSTRUMENT,)
    malformed_rows = 2

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path
        (tmp_path / "quotes.csv").write_text(ROWS)

    def make_recording(self) -> Recording:
        return recording("quotes.csv", self.path, instrument=INSTRUMENT.id)
