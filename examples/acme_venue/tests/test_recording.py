"""The conformance kit against `.acme` files."""

import logging
from pathlib import Path

import pytest
from acme_venue.recording import AcmeRecording
from acme_venue.settings import AcmeFileSettings

from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import RecordingContext
from hexdesk.ports.market_data import Recording
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.market_data_kit import RecordingKit

LINES = """\
# ns bid bid_size ask ask_size
1700000000000000000 10000.0 1.00 10001.0 2.00
1700000001000000000 10000.5 1.00 ten 2.00
1700000002000000000 10000.5 1.00 10001.0
1700000003000000000 10000.5 1.00 10001.0 2.00  # fine
"""


def recording(folder: Path, path: str = "day.acme", instrument: str = INSTRUMENT.id) -> Recording:
    context = RecordingContext(
        name="day",
        base_path=folder,
        instruments={INSTRUMENT.id: INSTRUMENT},
        logger=logging.getLogger("acme"),
    )
    return AcmeRecording(context, AcmeFileSettings(path=path, instrument=instrument))


class TestAcmeRecording(RecordingKit):
    instruments = (INSTRUMENT,)
    malformed_rows = 2

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path
        (tmp_path / "day.acme").write_text(LINES)

    def make_recording(self) -> Recording:
        return recording(self.path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.acme: cannot be read"):
        list(recording(tmp_path, "gone.acme").events())


def test_an_unknown_instrument_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"instruments.*NONE\.ACME"):
        recording(tmp_path, instrument="NONE.ACME")
