import hashlib
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from hexdesk.domain.instruments import Instrument, TickBand
from hexdesk.domain.market import Quote, Trade
from hexdesk_replay.sample import SAMPLES
from tests.recorded import DATA, needs_data

SAMPLE = SAMPLES["btcusdt"]
EVENTS = list(SAMPLE.events())


def test_it_holds_every_quote_and_trade_of_the_recording() -> None:
    assert Counter(type(event) for event in EVENTS) == {Quote: 66_089, Trade: 21_313}
    digest = hashlib.sha256(msgspec.json.encode(EVENTS)).hexdigest()
    assert digest == "41b410fc78483fba8ec80f27e5777a17b40c8b529951763582fd7152c271e153"


def test_its_order_is_that_of_receipt() -> None:
    assert all(earlier.ts_init <= later.ts_init for earlier, later in pairwise(EVENTS))


def test_the_clock_of_the_recorder_ran_behind_the_exchange() -> None:
    late = sorted(event.ts_init - event.ts_event for event in EVENTS)
    assert -1_300_000_000 < late[len(late) // 2] < -1_200_000_000


def test_trade_ids_have_no_gap() -> None:
    ids = [int(event.trade_id) for event in EVENTS if isinstance(event, Trade)]
    assert ids == list(range(5_266_583_935, 5_266_605_248))


def test_its_prices_and_sizes_lie_on_the_grid() -> None:
    instrument: Instrument = SAMPLE.instrument
    assert (instrument.price_scale, instrument.quantity_scale, instrument.lot) == (1, 3, 1)
    assert instrument.ticks == (TickBand(0, 1),)
    quotes = [event for event in EVENTS if isinstance(event, Quote)]
    assert all(0 < quote.bid_price < quote.ask_price for quote in quotes)


def test_it_is_small_and_carries_its_licence() -> None:
    folder = files("hexdesk_replay") / "samples"
    assert len((folder / SAMPLE.file).read_bytes()) < 1_000_000
    notice = (folder / "NOTICE.md").read_text()
    assert "MIT License" in notice
    assert "5f3ec40b2afb764e0fea112f941ed85523ef4e88" in notice


@needs_data
def test_the_script_makes_it_again(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the script that makes the sample needs pyarrow")
    from hexdesk_replay.columns import read_columns  # noqa: PLC0415
    from scripts.make_sample import main  # noqa: PLC0415 - imports pyarrow

    main(DATA / "binance-usdm/BTCUSDT", tmp_path / "again")
    with (tmp_path / "again").open("rb") as file:
        assert list(read_columns(file, "again", SAMPLE.instrument.id)) == EVENTS
