import logging
from collections.abc import Iterable
from pathlib import Path

import pytest

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import Quote
from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import CONTRACT_VERSION, RecordingContext
from hexdesk.ports.market_data import Recording, RowProblem
from hexdesk.ports.recordings import PROBLEMS_MAX
from hexdesk_replay import hexdesk_recordings
from hexdesk_replay.recording import ReplayRecording
from hexdesk_replay.sample import BTCUSDT_PERP
from hexdesk_replay.settings import ReplaySettings

ID = "ACME.X"
ACME = make_instrument(
    ID, InstrumentSettings(kind=InstrumentKind.EQUITY, quote="USD", tick="0.1", lot="1")
)
HEADER = "ts_event,ts_init,bid_price,bid_size,ask_price,ask_size\n"


def recording(
    base_path: Path,
    *datasets: str,
    instrument: str = ID,
    instruments: Iterable[Instrument] = (ACME,),
) -> Recording:
    context = RecordingContext(
        name="recorded",
        base_path=base_path,
        instruments={each.id: each for each in instruments},
        logger=logging.getLogger(__name__),
    )
    return ReplayRecording(context, ReplaySettings(dataset=datasets, instrument=instrument))


def write(path: Path, *times: int | str) -> None:
    rows = [f"{time},{time},1.0,1,1.1,1\n" if isinstance(time, int) else time for time in times]
    path.write_text(HEADER + "".join(rows))


def times(found: Recording) -> list[int]:
    return [event.ts_init for event in found.events()]


def test_the_hook_offers_the_plugin() -> None:
    (registration,) = hexdesk_recordings()
    assert (registration.name, registration.contract) == ("replay", CONTRACT_VERSION)
    assert registration.schemes == ("sample:",)
    assert {".csv", ".csv.gz", ".jsonl"} <= set(registration.suffixes)


def test_the_sample_brings_its_instrument(tmp_path: Path) -> None:
    sample = recording(tmp_path, "sample:btcusdt", instrument="", instruments=())
    assert [*sample.instruments] == [BTCUSDT_PERP]
    assert isinstance(next(iter(sample.events())), Quote)


def test_a_file_is_played_as_often_as_wanted(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 1, "x\n", 2)
    found = recording(tmp_path, "a.csv")
    assert found.instruments == ()
    for _ in range(2):
        assert times(found) == [1, 2]
        assert found.problem_count == 1


def test_rows_need_not_name_the_only_instrument(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 1, 2)
    found = recording(tmp_path, "a.csv", instrument="")
    assert {event.instrument_id for event in found.events()} == {ID}
    found = recording(tmp_path, "a.csv", instrument="", instruments=(ACME, BTCUSDT_PERP))
    assert times(found) == []
    assert "instrument_id is missing" in found.problems[0].problem


def test_files_are_merged_by_time_of_receipt(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 1, 3, 5)
    write(tmp_path / "b.csv", 2, 3, 4)
    found = list(recording(tmp_path, "a.csv", "b.csv").events())
    assert [event.ts_init for event in found] == [1, 2, 3, 3, 4, 5]


def test_problems_name_file_and_row(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 1, "2,2,1.0,1,1.15,1\n", 3)
    found = recording(tmp_path, "a.csv")
    assert times(found) == [1, 3]
    assert [*found.problems] == [
        RowProblem(
            file=str(tmp_path / "a.csv"),
            row=3,
            problem="ask_price: expected at most 1 decimals, was '1.15'",
        )
    ]


def test_problems_are_all_counted_but_not_all_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", *["x\n"] * 250, 1)
    found = recording(tmp_path, "a.csv")
    assert times(found) == [1]
    assert (found.problem_count, len(found.problems)) == (250, PROBLEMS_MAX)


def test_time_that_goes_back_is_reported_and_played(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 5, 4, 6)
    found = recording(tmp_path, "a.csv")
    assert times(found) == [5, 4, 6]
    (problem,) = found.problems
    assert (problem.row, problem.problem) == (
        3,
        "ts_init went back by 1 ns; played where it stands",
    )


def test_a_depth_message_without_an_end_is_reported(tmp_path: Path) -> None:
    text = "ts_event,side,price,size,flags\n1,1,1,1,2\n2,1,1,1,0\n"
    (tmp_path / "a.csv").write_text(text)
    found = recording(tmp_path, "a.csv")
    assert times(found) == [1]
    assert found.problems[0].problem == "the last depth message has no end; 1 rows unused"


@pytest.mark.parametrize(
    ("dataset", "instrument", "instruments", "message"),
    [
        ("sample:ethusdt", "", (), "samples are: sample:btcusdt"),
        ("a.parquet", ID, (ACME,), "catalog"),
        ("a.csv", "", (), "add a section as"),
        ("a.csv", "ACME.Y", (ACME,), 'add a section .instruments."ACME.Y"'),
    ],
)
def test_what_cannot_be_played_is_refused_at_start(
    tmp_path: Path, dataset: str, instrument: str, instruments: list[Instrument], message: str
) -> None:
    write(tmp_path / "a.csv", 1)
    with pytest.raises(ConfigError, match=message) as caught:
        recording(tmp_path, dataset, instrument=instrument, instruments=instruments)
    assert caught.value.path.startswith("feeds.recorded.")


def test_a_missing_file_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        recording(tmp_path, "a.csv")


def test_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a dataset"):
        recording(tmp_path)


def test_the_sample_keeps_its_scales(tmp_path: Path) -> None:
    settings = InstrumentSettings(
        kind=InstrumentKind.PERPETUAL, quote="USDT", tick="0.01", lot="0.001"
    )
    other = make_instrument(BTCUSDT_PERP.id, settings)
    with pytest.raises(ConfigError, match=r"expected \(1, 3\) of the sample, was \(2, 3\)"):
        recording(tmp_path, "sample:btcusdt", instrument="", instruments=(other,))
