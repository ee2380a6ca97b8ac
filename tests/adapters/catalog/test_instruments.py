import json
from pathlib import Path

import pytest

from hexdesk.domain.instruments import InstrumentKind, TickBand
from hexdesk.errors import DataError
from hexdesk_catalog.instruments import currencies
from tests.adapters.catalog.helpers import QUOTES, recording, write


def describe(folder: Path, *instruments: dict[str, str]) -> None:
    (folder / "instruments.json").write_text(json.dumps({"instruments": instruments}))


def test_the_folder_names_the_instrument_and_the_scales_its_grid(tmp_path: Path) -> None:
    file = write(tmp_path / "acme/EURUSD/quotes.parquet", QUOTES)
    (found,) = recording(file).instruments
    assert (found.id, found.kind, found.base, found.quote) == (
        "EURUSD.ACME", InstrumentKind.SPOT, "EUR", "USD",
    )  # fmt: skip
    assert (found.price_scale, found.quantity_scale) == (1, 3)
    assert (found.ticks, found.lot) == ((TickBand(0, 1),), 1)


def test_a_description_in_a_folder_above_is_found(tmp_path: Path) -> None:
    describe(
        tmp_path,
        {"file": "other/*, acme/BTC*", "type": "inverse perpetual", "base": "BTC", "quote": "USD",
         "settle": "BTC", "tick": "0.5 (by day)", "lot": "0.1", "multiplier": "100 USD a contract"},
    )  # fmt: skip
    file = write(tmp_path / "acme/BTCUSD/quotes.parquet", QUOTES)
    (found,) = recording(file).instruments
    assert (found.kind, found.inverse, found.settle) == (InstrumentKind.PERPETUAL, True, "BTC")
    assert (found.ticks, found.lot, found.multiplier) == ((TickBand(0, 5),), 100, 100)
    assert (found.price_scale, found.quantity_scale) == (1, 3)


def test_a_tick_finer_than_the_file_sets_the_scale(tmp_path: Path) -> None:
    describe(tmp_path, {"file": "*", "type": "equity", "quote": "USD", "tick": "0.01"})
    found = recording(write(tmp_path / "acme/ABC/quotes.parquet", QUOTES))
    assert found.instruments[0].price_scale == 2
    assert next(iter(found.events())).bid_price == 1_000  # type: ignore[union-attr]


def test_files_of_one_instrument_share_the_finest_scales(tmp_path: Path) -> None:
    write(tmp_path / "acme/ABC/a.parquet", QUOTES)
    write(tmp_path / "acme/ABC/b.parquet", QUOTES, {"price_scale": "2", "size_scale": "2"})
    (found,) = recording(tmp_path / "acme/ABC").instruments
    assert (found.price_scale, found.quantity_scale) == (2, 3)


def test_each_symbol_is_an_instrument(tmp_path: Path) -> None:
    file = write(tmp_path / "cme/ES/q.parquet", {**QUOTES, "symbol": ["202403", "202406", "X Y"]})
    found = recording(file)
    assert [each.id for each in found.instruments] == ["ES202403.CME", "ES202406.CME", "X-Y.CME"]
    ids = [event.instrument_id for event in found.events()]
    assert ids == ["ES202403.CME", "ES202406.CME", "X-Y.CME"]


@pytest.mark.parametrize("text", ["{", '{"instruments": [{"type": "spot"}]}', "[]"])
def test_a_broken_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "instruments.json").write_text(text)
    with pytest.raises(DataError, match="correct or move it"):
        recording(write(tmp_path / "acme/ABC/quotes.parquet", QUOTES))


def test_a_description_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    describe(tmp_path, {"file": "*", "quote": "USD", "tick": "0"})
    with pytest.raises(DataError, match="expected a tick above 0"):
        recording(write(tmp_path / "acme/ABC/quotes.parquet", QUOTES))


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("BTC-EUR", ("BTC", "EUR")),
        ("BTC-USDT-SWAP", ("BTC", "USDT")),
        ("BTC-USD-220527", ("BTC", "USD")),
        ("ETH/BTC", ("ETH", "BTC")),
        ("XRP/USDT:USDT", ("XRP", "USDT")),
        ("BTCUSD_PERP", ("BTC", "USD")),
        ("GBPCHF", ("GBP", "CHF")),
        ("USD", ("", "")),
        ("IF2101", ("", "")),
        ("", ("", "")),
    ],
)
def test_currencies_are_read_out_of_symbols(symbol: str, expected: tuple[str, str]) -> None:
    assert currencies(symbol) == expected
