"""Segment headers, and what is said of files that are not there or not sound."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.errors import DataError
from hexdesk_journal.framing import FORMAT_VERSION
from hexdesk_journal.segments import (
    HeaderError,
    SegmentHeader,
    decode_header,
    encode_header,
    segment_numbers,
    segment_path,
)

HEADER = SegmentHeader(segment=3, first_sequence=41, run_id="run1")


@given(
    st.integers(1, 10**8 - 1),
    st.integers(1, 2**63),
    st.text(st.characters(codec="utf-8")),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**63),
)
def test_a_header_comes_back_as_it_was(
    segment: int, first: int, run_id: str, chain: bytes, lost_from: int
) -> None:
    header = SegmentHeader(
        segment=segment,
        first_sequence=first,
        run_id=run_id,
        chain=chain.hex(),
        lost_from=lost_from,
    )
    data = encode_header(header)
    assert decode_header(data + b"frames") == (header, FORMAT_VERSION, len(data))
    assert header.chain_before == chain


@pytest.mark.parametrize("chain", ["", "00", "g" * 32, "0" * 34])
def test_a_chain_of_another_kind_is_none(chain: str) -> None:
    data = encode_header(SegmentHeader(segment=1, first_sequence=1, run_id="", chain=chain))
    with pytest.raises(HeaderError, match="header"):
        decode_header(data)


def test_a_torn_header_is_none() -> None:
    data = encode_header(HEADER)
    for length in range(len(data)):
        with pytest.raises(HeaderError):
            decode_header(data[:length])


def test_any_flipped_bit_is_found() -> None:
    data = encode_header(HEADER)
    for bit in range(8 * len(data)):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(HeaderError):
            decode_header(broken)


@pytest.mark.parametrize("version", [0, FORMAT_VERSION + 1, 0xFFFF])
def test_another_version_of_the_format_is_told_from_damage(version: int) -> None:
    text = f"format {version}, this hexdesk reads formats 1 to {FORMAT_VERSION}"
    with pytest.raises(DataError, match=text):
        decode_header(encode_header(HEADER, version), "00000003.seg")


def test_other_files_are_no_segments_and_a_missing_one_is_missed(tmp_path: Path) -> None:
    for name in ("lock", "00000001.seg.torn-40", "1.seg"):
        (tmp_path / name).touch()
    assert segment_numbers(tmp_path) == []
    for number in (1, 2, 4):
        segment_path(tmp_path, number).touch()
    with pytest.raises(DataError, match=r"missing, as 00000004\.seg shows") as caught:
        segment_numbers(tmp_path)
    assert caught.value.file == str(tmp_path / "00000003.seg")
    segment_path(tmp_path, 1).unlink()
    segment_path(tmp_path, 4).unlink()
    assert segment_numbers(tmp_path) == [2], "the first may have been given up"
