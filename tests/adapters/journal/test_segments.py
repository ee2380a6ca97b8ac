"""Segment headers, and what is said of files that are not there or not sound."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.errors import DataError
from hexdesk_journal import segments
from hexdesk_journal.segments import (
    FORMAT_VERSION,
    HeaderError,
    SegmentHeader,
    decode_header,
    encode_header,
    segment_numbers,
    segment_path,
)

HEADER = SegmentHeader(segment=3, first_sequence=41, run_id="run1")


@given(st.integers(1, 10**8 - 1), st.integers(1, 2**63), st.text(st.characters(codec="utf-8")))
def test_a_header_comes_back_as_it_was(segment: int, first: int, run_id: str) -> None:
    header = SegmentHeader(segment=segment, first_sequence=first, run_id=run_id)
    data = encode_header(header)
    assert decode_header(data + b"frames") == (header, len(data))


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


def test_another_version_of_the_format_is_told_from_damage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segments, "FORMAT_VERSION", FORMAT_VERSION + 1)
    data = encode_header(HEADER)
    monkeypatch.undo()
    with pytest.raises(DataError, match="format 2, this hexdesk reads format 1"):
        decode_header(data, "00000003.seg")


def test_other_files_are_no_segments_and_a_missing_one_is_missed(tmp_path: Path) -> None:
    for name in ("lock", "00000001.seg.torn-40", "1.seg"):
        (tmp_path / name).touch()
    assert segment_numbers(tmp_path) == []
    for number in (1, 2, 4):
        segment_path(tmp_path, number).touch()
    with pytest.raises(DataError, match=r"missing, though 00000004\.seg is there") as caught:
        segment_numbers(tmp_path)
    assert caught.value.file == str(tmp_path / "00000003.seg")
