import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hexdesk.errors import DataError
from hexdesk_replay.text import LINE_LENGTH_MAX, read_rows

HEADER = "ts_event,bid_price,bid_size,ask_price,ask_size\n"
TOO_LONG = "1" * (3 * LINE_LENGTH_MAX)


def rows(path: Path, text: str | bytes) -> list[tuple[int, str]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [
        (number, str(found) if isinstance(found, ValueError) else str(found[1]["ts_event"]))
        for number, found in read_rows(path)
    ]


def test_rows_are_numbered_as_an_editor_shows_lines(tmp_path: Path) -> None:
    text = HEADER + "1,2,3,4,5\r\n\n  \n2,2,3,4,5"
    assert rows(tmp_path / "a.csv", text) == [(2, "1"), (5, "2")]


def test_a_byte_order_mark_and_quotation_marks_are_understood(tmp_path: Path) -> None:
    text = '\ufeff"ts_event", bid_price,bid_size,ask_price,ask_size\n"1","2",3,4,5\n'
    assert rows(tmp_path / "a.csv", text) == [(2, "1")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1,2,3,4", "expected 5 columns, was 4"),
        ('1,"2,3,4,5', "unexpected end of data"),
        (TOO_LONG, "expected at most 65,536 characters in a row"),
    ],
)
def test_a_malformed_line_spoils_one_row(tmp_path: Path, line: str, problem: str) -> None:
    text = HEADER + "1,2,3,4,5\n" + line + "\n2,2,3,4,5\n"
    assert rows(tmp_path / "a.csv", text) == [(2, "1"), (3, problem), (4, "2")]


def test_bytes_that_are_no_text_spoil_one_row(tmp_path: Path) -> None:
    text = HEADER.encode() + b"1,2,3,4,\xff\n2,2,3,4,5\n"
    assert rows(tmp_path / "a.csv", text) == [(2, "the row is not UTF-8"), (3, "2")]


def test_json_lines_may_mix_kinds(tmp_path: Path) -> None:
    text = (
        '{"ts_event": 1, "price": 1.10, "size": "2", "aggressor": 1, "trade_id": "x"}\n'
        "{\n"
        '{"ts_event": 2, "rate": 1}\n'
        "[1]\n"
        '{"ts_event": 3, "bid_price": 1, "bid_size": 1, "ask_price": 1, "ask_size": 1}\n'
    )
    found = rows(tmp_path / "a.jsonl", text)
    assert [number for number, _ in found] == [1, 2, 3, 4, 5]
    assert (found[0][1], found[4][1]) == ("1", "3")
    assert found[2][1] == "the names fit no known kind: ts_event, rate"


def test_compressed_files_are_read(tmp_path: Path) -> None:
    text = gzip.compress((HEADER + "1,2,3,4,5\n").encode())
    assert rows(tmp_path / "a.csv.gz", text) == [(2, "1")]


def test_a_compressed_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    text = gzip.compress((HEADER + "1,2,3,4,5\n" * 99).encode())
    with pytest.raises(DataError, match="the file is cut off"):
        rows(tmp_path / "a.csv.gz", text[:-9])


def test_a_damaged_compressed_file_says_so(tmp_path: Path) -> None:
    text = bytearray(gzip.compress((HEADER + "1,2,3,4,5\n" * 99).encode()))
    text[-8] ^= 1
    with pytest.raises(DataError, match="fetch it again"):
        rows(tmp_path / "a.csv.gz", bytes(text))
    with pytest.raises(DataError, match="cannot be read"):
        rows(tmp_path / "b.csv.gz", b"not gzip")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        list(read_rows(tmp_path / "a.csv"))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_header_of_no_kind_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="expected one of these"):
        rows(tmp_path / "a.csv", text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.jsonl", "a.csv.gz"]))
def test_any_bytes_are_rows_problems_or_a_data_error(
    tmp_path: Path, data: bytes, name: str
) -> None:
    head = HEADER.encode() if name == "a.csv" else b""
    with suppress(DataError):
        found = rows(tmp_path / name, head + data)
        assert [number for number, _ in found] == sorted({number for number, _ in found})
