from contextlib import suppress
from io import BytesIO
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.values import Aggressor
from hexdesk.errors import DataError
from hexdesk_replay import columns
from hexdesk_replay.columns import MAGIC, read_columns, write_columns

ID = "BTCUSDT-PERP.BINANCE"
NUMBERS = st.integers(min_value=-(2**62), max_value=2**62 - 1)
QUOTES = st.builds(Quote, st.just(ID), NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
TRADES = st.builds(
    Trade, st.just(ID), NUMBERS, NUMBERS, st.sampled_from(Aggressor), NUMBERS.map(str), NUMBERS,
    NUMBERS,
)  # fmt: skip
EVENTS = st.lists(QUOTES | TRADES, max_size=30)


def written(events: list[Quote | Trade]) -> bytes:
    file = BytesIO()
    write_columns(file, events)
    return file.getvalue()


def read(data: bytes) -> list[Quote | Trade]:
    return list(read_columns(BytesIO(data), "x.columns", ID))


def some(count: int) -> list[Quote | Trade]:
    return [
        Quote(ID, n, 1, n + 1, 1, n, n) if n % 3 else Trade(ID, n, 1, Aggressor.BUYER, str(n), n, n)
        for n in range(1, count + 1)
    ]


@given(EVENTS)
def test_what_was_written_is_read(events: list[Quote | Trade]) -> None:
    assert read(written(events)) == events


def test_blocks_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCK_EVENTS", 4)
    assert read(written(some(10))) == some(10)


def test_a_block_is_read_only_when_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCK_EVENTS", 4)
    file = BytesIO(written(some(10)))
    events = read_columns(file, "x.columns", ID)
    assert list(islice(events, 4)) == some(4)
    assert file.tell() < len(file.getvalue()) / 2


@given(st.data())
def test_a_file_cut_off_anywhere_says_so(data: st.DataObject) -> None:
    whole = written(some(20))
    cut = whole[: data.draw(st.integers(min_value=0, max_value=len(whole) - 1))]
    with pytest.raises(DataError, match="install hexdesk-replay again"):
        read(cut)


@given(st.integers(min_value=len(MAGIC)), st.integers(min_value=1, max_value=255))
def test_a_damaged_file_never_plays_something_else(place: int, change: int) -> None:
    whole = bytearray(written(some(20)))
    whole[place % (len(whole) - len(MAGIC)) + len(MAGIC)] ^= change
    with suppress(DataError):
        assert read(bytes(whole)) == some(20)


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_a_data_error(data: bytes) -> None:
    with pytest.raises(DataError):
        read(data)
    with pytest.raises(DataError):
        read(MAGIC + data + b"\x01")


def test_a_size_too_large_is_refused_before_memory_is_given_to_it() -> None:
    head = (2**32 - 1).to_bytes(4, "little")
    with pytest.raises(DataError, match="damaged"):
        read(MAGIC + head * 3)


def test_a_trade_id_that_is_no_number_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        written([Trade(ID, 1, 1, Aggressor.BUYER, "a", 1, 1)])
