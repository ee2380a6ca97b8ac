from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import Bar, BookLevel, BookUpdate, FundingRate, Quote, Trade
from hexdesk.domain.values import Aggressor
from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import CONTRACT_VERSION
from hexdesk_catalog import batches, hexdesk_recordings
from tests.adapters.catalog.helpers import QUOTES, SCALES, TRADES, recording, write

ID = "ABC.ACME"
MINUTE = 60_000_000_000
SNAPSHOT, CHANGE = True, False
DEPTH: dict[str, list[int | None]] = {
    "ts_event": [10, 10, 20, 30], "ts_init": [11, 11, 21, 31], "side": [1, -1, 1, -1],
    "price": [100, 101, 99, 102], "size": [5, 6, 0, 7], "flags": [1, 3, 0, 2],
}  # fmt: skip
BARS: dict[str, list[int]] = {
    "ts_event": [2 * MINUTE, 0 + MINUTE], "ts_close": [3 * MINUTE, 2 * MINUTE], "open": [5, 6],
    "high": [8, 9], "low": [4, 5], "close": [7, 5], "volume": [0, 20],
}  # fmt: skip
QUOTE_BARS = {
    "ts_event": [MINUTE], "ts_close": [2 * MINUTE], "bid_open": [1], "bid_close": [5],
    "ask_close": [7], "bid_size": [2], "ask_size": [3],
}  # fmt: skip
TICKS: dict[str, list[Any]] = {
    "symbol": ["IF", "IF", "IF", "IF", "IF"], "ts_event": [10, 20, 30, 40, 50],
    "trading_day": [1, 1, 1, 2, 2], "last": [100, 101, 101, 90, 91],
    "volume": [7, 10, 10, 4, 3], "bid_price": [99, 100, 100, 89, 90], "bid_size": [1] * 5,
    "ask_price": [101, 102, 102, 91, 0], "ask_size": [2, 2, 2, 2, 0],
}  # fmt: skip

WIRE: dict[str, list[Any]] = {"ts_init": [1], "direction": ["received"], "payload": ["{}"]}
ACTIONS: dict[str, list[Any]] = {"date": [1], "record": ["factor"], "price_factor": [1]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "acme/ABC"


def configured(tick: str, lot: str) -> Instrument:
    settings = InstrumentSettings(kind=InstrumentKind.SPOT, quote="USD", tick=tick, lot=lot)
    return make_instrument(ID, settings)


def test_the_hook_offers_the_plugin() -> None:
    (registration,) = hexdesk_recordings()
    assert (registration.name, registration.contract) == ("catalog", CONTRACT_VERSION)
    assert registration.suffixes == (".parquet",)


def test_quotes_are_played(folder: Path) -> None:
    found = recording(write(folder / "quotes.parquet", QUOTES))
    assert [*found.events()] == [
        Quote(ID, 100, 1, 103, 4, 10, 11),
        Quote(ID, 101, 2, 104, 5, 20, 21),
        Quote(ID, 102, 3, 105, 6, 30, 31),
    ]
    assert found.problem_count == 0


def test_trades_are_played(folder: Path) -> None:
    found = recording(write(folder / "trades.parquet", TRADES))
    assert [*found.events()] == [
        Trade(ID, 100, 1, Aggressor.BUYER, "a", 10, 12),
        Trade(ID, 101, 2, Aggressor.SELLER, "b", 20, 21),
        Trade(ID, 102, 3, Aggressor.UNKNOWN, "", 30, 32),
    ]


def test_time_of_receipt_falls_back_to_that_of_the_event(folder: Path) -> None:
    columns = {name: TRADES[name] for name in TRADES if name not in ("ts_init", "trade_id")}
    found = recording(write(folder / "trades.parquet", columns))
    assert [(event.ts_init, event.ts_event) for event in found.events()] == [
        (10, 10), (20, 20), (30, 30),
    ]  # fmt: skip


@pytest.mark.parametrize("batch_rows", [1, 3, 100])
def test_depth_rows_become_messages(
    folder: Path, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", batch_rows)
    found = recording(write(folder / "depth.parquet", DEPTH))
    assert [*found.events()] == [
        BookUpdate(ID, (BookLevel(100, 5),), (BookLevel(101, 6),), SNAPSHOT, 10, 11),
        BookUpdate(ID, (BookLevel(99, 0),), (BookLevel(102, 7),), CHANGE, 30, 31),
    ]
    assert found.problem_count == 0


def test_a_malformed_last_row_ends_its_depth_message_all_the_same(folder: Path) -> None:
    found = recording(write(folder / "depth.parquet", {**DEPTH, "size": [5, -1, None, 7]}))
    assert [*found.events()] == [
        BookUpdate(ID, (BookLevel(100, 5),), (), SNAPSHOT, 10, 11),
        BookUpdate(ID, (), (BookLevel(102, 7),), CHANGE, 30, 31),
    ]
    assert [(each.row, each.problem) for each in found.problems] == [
        (2, "size: expected 0 or more"),
        (3, "size is missing"),
    ]


def test_a_depth_message_without_an_end_is_reported(folder: Path) -> None:
    found = recording(write(folder / "depth.parquet", {**DEPTH, "flags": [2, 0, 0, 0]}))
    assert len([*found.events()]) == 1
    (problem,) = found.problems
    assert (problem.row, problem.problem) == (
        4, "the last depth message has no end; 3 rows unused",
    )  # fmt: skip


@pytest.mark.parametrize(("metadata", "step_s"), [({"kind": "bars_5m"}, 300), ({}, 60)])
def test_bars_are_played_by_their_ends(folder: Path, metadata: dict[str, str], step_s: int) -> None:
    found = recording(write(folder / "bars.parquet", BARS, {**SCALES, **metadata}))
    assert [*found.events()] == [
        Bar(ID, step_s, 6, 9, 5, 5, 20, MINUTE, 2 * MINUTE, 2 * MINUTE),
        Bar(ID, step_s, 5, 8, 4, 7, 0, 2 * MINUTE, 3 * MINUTE, 3 * MINUTE),
    ]
    assert found.problem_count == 0


def test_a_quote_bar_becomes_the_quote_at_its_end(folder: Path) -> None:
    found = recording(write(folder / "quote_bars.parquet", QUOTE_BARS))
    assert [*found.events()] == [Quote(ID, 5, 2, 7, 3, 2 * MINUTE, 2 * MINUTE)]


def test_ticks_become_quotes_and_trades_of_the_volume_between_them(folder: Path) -> None:
    found = recording(write(folder / "ticks.parquet", TICKS))
    name = "IF.ACME"
    assert [*found.events()] == [
        Quote(name, 99, 1, 101, 2, 10, 10),
        Trade(name, 101, 3, Aggressor.UNKNOWN, "", 20, 20),
        Quote(name, 100, 1, 102, 2, 20, 20),
        Quote(name, 100, 1, 102, 2, 30, 30),
        Quote(name, 89, 1, 91, 2, 40, 40),
        Quote(name, 90, 1, 0, 0, 50, 50),
    ]
    (problem,) = found.problems
    assert (problem.row, problem.problem) == (
        5, "volume fell from 4 to 3; no trade is made of it",
    )  # fmt: skip


def test_files_are_merged_by_time_of_receipt(folder: Path) -> None:
    write(folder / "quotes.parquet", QUOTES)
    write(folder / "trades.parquet", TRADES)
    found = [(type(event), event.ts_init) for event in recording(folder).events()]
    assert found == [(Quote, 11), (Trade, 12), (Quote, 21), (Trade, 21), (Quote, 31), (Trade, 32)]
    named = recording(folder / "trades.parquet", folder / "quotes.parquet").events()
    assert [type(event) for event in named][2:4] == [Trade, Quote]


def test_funding_rates_are_played_beside_the_rest(folder: Path) -> None:
    """More decimals than a rate has here come from binary floats: the nearest rate counts."""
    rates = [10**15, -21933400000000002, 5 * 10**9, -(5 * 10**9), 5 * 10**9 - 1]
    times = [20, 40, 50, 60, 70]
    write(folder / "quotes.parquet", QUOTES)
    write(folder / "funding.parquet", {"ts_event": times, "rate": rates}, {"rate_scale": "19"})
    found = [*recording(folder).events()]
    assert [type(event) for event in found[:3]] == [Quote, FundingRate, Quote]
    assert [event for event in found if isinstance(event, FundingRate)] == [
        FundingRate(ID, rate, time, time)
        for rate, time in zip([100_000, -2_193_340, 1, -1, 0], times, strict=True)
    ]


def test_funding_rates_of_fewer_decimals_are_exact(folder: Path) -> None:
    columns = {"ts_event": [1], "rate": [-4062]}
    found = recording(write(folder / "funding.parquet", columns, {"rate_scale": "8"}))
    assert [*found.events()] == [FundingRate(ID, -40_620, 1, 1)]


def test_a_folder_may_hold_other_things(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(folder / "quotes.parquet", QUOTES)
    write(folder / "wire.parquet", WIRE)
    assert len([*recording(folder).events()]) == 3
    assert "wire.parquet is left out" in caplog.text


def test_a_configured_instrument_wins(folder: Path) -> None:
    file = write(folder / "quotes.parquet", {**QUOTES, "bid_size": [10, 20, 30]})
    instrument = configured("0.001", "0.01")
    columns = {"ask_size": [0, 10, 20]}
    file = write(folder / "quotes.parquet", {**QUOTES, "bid_size": [10, 20, 30], **columns})
    found = recording(file, instruments=[instrument])
    assert [*found.instruments] == [instrument]
    assert next(iter(found.events())) == Quote(ID, 10_000, 1, 10_300, 0, 10, 11)


def test_a_number_that_the_configured_instrument_cannot_hold_is_refused(folder: Path) -> None:
    file = write(folder / "quotes.parquet", {**QUOTES, "bid_size": [10, 15, 30]})
    found = recording(file, instruments=[configured("0.1", "0.01")])
    with pytest.raises(DataError, match="raise its price_scale or quantity_scale") as caught:
        list(found.events())
    assert caught.value.row == 2


def test_a_number_too_large_after_scaling_is_refused(folder: Path) -> None:
    file = write(folder / "quotes.parquet", {**QUOTES, "bid_price": [1, 2**62, 3]})
    with pytest.raises(DataError, match="overflow"):
        list(recording(file, instruments=[configured("0.001", "0.001")]).events())


def test_the_instrument_of_one_file_may_be_named(folder: Path, tmp_path: Path) -> None:
    write(folder / "quotes.parquet", QUOTES)
    found = recording("ABC", instrument="XYZ.ACME", base_path=folder.parent)
    assert {event.instrument_id for event in found.events()} == {"XYZ.ACME"}
    write(tmp_path / "acme/DEF/quotes.parquet", QUOTES)
    with pytest.raises(ConfigError, match=r"cannot be the instrument of ABC.ACME, DEF.ACME"):
        recording(tmp_path, instrument="XYZ.ACME")


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({**QUOTES, "ts_event": [10, None, 30]}, "ts_event is missing"),
        ({**QUOTES, "ts_init": [10, 0, 30]}, "ts_init: expected nanoseconds since 1970"),
        ({**QUOTES, "ask_size": [1, -2, 3]}, "ask_size: expected 0 or more"),
        ({**QUOTES, "symbol": ["A", None, "A"]}, "symbol is missing"),
        ({**TRADES, "aggressor": [1, 2, 0]}, "aggressor: expected one of [1, 0, -1]"),
        ({**TRADES, "price": [1, None, 0]}, "price is missing"),
    ],
)
def test_a_malformed_row_is_reported_and_left_out(
    folder: Path, columns: dict[str, Any], problem: str
) -> None:
    file = write(folder / "x.parquet", columns)
    found = recording(file)
    for _ in range(2):
        assert [event.ts_event for event in found.events()] == [10, 30]
        assert [(each.file, each.row, each.problem) for each in found.problems] == [
            (str(file), 2, problem)
        ]


@pytest.mark.parametrize(
    ("change", "row", "problem"),
    [
        ({"high": [6, 9]}, 1, "expected low <= close <= high"),
        ({"ts_close": [3 * MINUTE, MINUTE]}, 2, "expected ts_close after ts_event"),
    ],
)
def test_a_malformed_bar_keeps_its_row_number(
    folder: Path, change: dict[str, Any], row: int, problem: str
) -> None:
    found = recording(write(folder / "bars.parquet", {**BARS, **change}))
    assert len([*found.events()]) == 1
    assert [(each.row, each.problem) for each in found.problems] == [(row, problem)]


@pytest.mark.parametrize("batch_rows", [1, 100])
def test_time_that_goes_back_is_reported_and_played(
    folder: Path, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", batch_rows)
    found = recording(write(folder / "x.parquet", {**QUOTES, "ts_init": [11, 9, 10]}))
    assert [event.ts_init for event in found.events()] == [11, 9, 10]
    (problem,) = found.problems
    assert (problem.row, problem.problem) == (
        2,
        "ts_init went back by 2 ns; played where it stands",
    )


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        recording(tmp_path / "x.parquet")
    with pytest.raises(DataError, match="no Parquet file of market events"):
        recording(tmp_path)
    with pytest.raises(ConfigError, match="expected a dataset"):
        recording()


@pytest.mark.parametrize(
    ("columns", "metadata", "message"),
    [
        ({"ts_event": [1], "rate": [1]}, SCALES, "rate_scale: expected 0 to 40, was ''"),
        (WIRE, {}, "wire: no market events, but frames of a session"),
        (ACTIONS, {}, "corporate_actions: no market events, but reference data"),
        ({"a": [1]}, SCALES, "the columns fit no known kind"),
        (QUOTES, {}, "price_scale: expected 0 to 18, was ''"),
        (QUOTES, {"price_scale": "1", "size_scale": "-1"}, "size_scale: expected 0 to 18"),
        ({**QUOTES, "bid_price": [1.5, 2, 3]}, SCALES, "bid_price: expected integers, was double"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    folder: Path, columns: dict[str, Any], metadata: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        recording(write(folder / "x.parquet", columns, metadata))
    assert caught.value.remedy


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_damaged_file_is_a_data_error(tmp_path: Path, data: st.DataObject) -> None:
    file = write(tmp_path / "acme/ABC/quotes.parquet", QUOTES)
    whole = bytearray(file.read_bytes())
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(whole)
    try:
        for event in recording(file).events():
            assert event.ts_init > 0
    except DataError as error:
        assert error.file == str(file)  # noqa: PT017 - the damage may go unnoticed
