"""Frames: whatever happens to their bytes, nothing false is read."""

import hashlib
import struct
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hexdesk.domain.orders import CancelOrder
from hexdesk.errors import InvariantError
from hexdesk.ports.journal import JournalRecord
from hexdesk_journal.framing import (
    HEADER_BYTES,
    MARKER,
    NO_CHAIN,
    PAYLOAD_BYTES_MAX,
    Damage,
    FrameReader,
    chain_of,
    encode_frame,
    find_frame,
    link,
)
from tests.adapters.journal.samples import BATCHES, RECORD_TYPES, order, records_of

Batches = list[list[JournalRecord]]


def frames_of(batches: Batches, sequence: int = 1) -> list[bytes]:
    frames: list[bytes] = []
    chain = NO_CHAIN
    for batch in batches:
        frames.append(encode_frame(batch, sequence, chain))
        sequence += len(batch)
        chain = chain_of(frames[-1])
    return frames


def read(data: bytes) -> tuple[Batches, FrameReader]:
    reader = FrameReader(data)
    return list(reader.batches()), reader


@given(BATCHES)
def test_frames_come_back_as_they_were(batches: Batches) -> None:
    data = b"".join(frames_of(batches))
    found, reader = read(data)
    assert found == batches
    assert reader.problem is None
    assert reader.offset == len(data)
    assert reader.sequence == 1 + sum(map(len, batches))


@pytest.mark.parametrize("kind", RECORD_TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_every_type_of_record_comes_back(kind: type[Any], data: st.DataObject) -> None:
    record = data.draw(records_of(kind))
    ((found,),), _reader = read(encode_frame([record], 1, NO_CHAIN))
    assert found == record
    assert type(found) is kind


@given(st.integers(2**64, 2**300) | st.integers(-(2**300), -(2**63) - 1))
def test_absurd_numbers_come_back_too(quantity: int) -> None:
    absurd = msgspec.structs.replace(order(1), quantity=quantity)
    found, reader = read(b"".join(frames_of([[order(1), absurd], [order(2)]])))
    assert found == [[order(1), absurd], [order(2)]]
    assert reader.problem is None


@settings(max_examples=50)
@given(BATCHES)
def test_a_cut_anywhere_loses_only_the_frame_it_cuts(batches: Batches) -> None:
    frames = frames_of(batches)
    whole = b"".join(frames[:-1])
    for length in range(1, len(frames[-1])):
        found, reader = read(whole + frames[-1][:length])
        assert found == batches[:-1]
        assert reader.problem is not None
        assert reader.problem.damage is Damage.TORN
        assert reader.problem.offset == reader.offset == len(whole)


@given(BATCHES, st.data())
def test_any_flipped_bit_is_found_where_it_is(batches: Batches, data: st.DataObject) -> None:
    frames = frames_of(batches)
    which = data.draw(st.integers(0, len(frames) - 1))
    before = b"".join(frames[:which])
    bit = data.draw(st.integers(0, 8 * len(frames[which]) - 1))
    broken = bytearray(b"".join(frames))
    broken[len(before) + bit // 8] ^= 1 << bit % 8
    found, reader = read(bytes(broken))
    assert found == batches[:which]
    assert reader.problem is not None
    assert reader.problem.offset == len(before)
    behind = len(before) + len(frames[which])
    expected = behind if which + 1 < len(frames) else -1
    assert find_frame(broken, reader.problem.offset + 1) == expected


def test_every_bit_of_a_frame_counts() -> None:
    frame = encode_frame([order(1)], 1, NO_CHAIN)
    for bit in range(8 * len(frame)):
        broken = bytearray(frame)
        broken[bit // 8] ^= 1 << bit % 8
        found, reader = read(bytes(broken))
        assert found == []
        assert reader.problem is not None


@given(st.binary(max_size=200), st.integers(0, 10))
def test_no_bytes_crash_the_reader(garbage: bytes, markers: int) -> None:
    data = MARKER.join([garbage] * (markers + 1))
    found, reader = read(data)
    assert found == []
    assert (reader.problem is None) == (data == b"")
    assert find_frame(data, 0) == -1


def test_a_missing_frame_is_a_gap() -> None:
    first, _second, third = frames_of([[order(1), order(2)], [order(3)], [order(4)]])
    found, reader = read(first + third)
    assert found == [[order(1), order(2)]]
    assert reader.problem is not None
    assert reader.problem.damage is Damage.SEQUENCE
    assert "is 4, expected 3" in str(reader.problem)


def test_an_impossible_length_is_not_waited_for() -> None:
    length = (PAYLOAD_BYTES_MAX + 1).to_bytes(4, "little")
    frame = encode_frame([order(1)], 1, NO_CHAIN)
    _found, reader = read(frame[:8] + length + frame[12:])
    assert reader.problem is not None
    assert reader.problem.damage is Damage.LENGTH


@pytest.mark.parametrize(
    "record", [["nobody", 1], ["new", 1, 2], ["cancel", "id", 1.5, 2], [], "cancel"]
)
def test_a_record_of_another_version_is_no_record(record: object) -> None:
    foreign: Any = record
    found, reader = read(b"".join(frames_of([[order(1)], [foreign]])))
    assert found == [[order(1)]]
    assert reader.problem is not None
    assert reader.problem.damage is Damage.RECORDS


def test_what_cannot_be_kept_is_refused_at_once() -> None:
    half_a_character: JournalRecord = CancelOrder("\ud800", 1, 1)
    foreign: Any = object()
    for record in (half_a_character, foreign):
        with pytest.raises(InvariantError, match="cannot be journalled"):
            encode_frame([record], 1, NO_CHAIN)


def test_a_count_that_is_not_that_of_the_records_is_found() -> None:
    frame = reforged(encode_frame([order(1), order(2)], 1, NO_CHAIN), count=1)
    found, reader = read(frame)
    assert found == []
    assert reader.problem is not None
    assert reader.problem.damage is Damage.RECORDS


@given(BATCHES, st.data())
def test_reading_from_a_number_on_skips_what_is_before(
    batches: Batches, data: st.DataObject
) -> None:
    records = [record for batch in batches for record in batch]
    after = data.draw(st.integers(0, len(records) + 2))
    found = list(FrameReader(b"".join(frames_of(batches))).batches(after))
    assert [record for batch in found for record in batch] == records[after:]
    assert all(found)


def reforged(frame: bytes, *, count: int | None = None, payload: bytes | None = None) -> bytes:
    """Return a frame changed by somebody who computes its own checksum and chain again."""
    payload = frame[HEADER_BYTES:] if payload is None else payload
    sequence = int.from_bytes(frame[16:24], "little")
    count = int.from_bytes(frame[12:16], "little") if count is None else count
    facts = struct.pack("<IIQ", len(payload), count, sequence)
    checked = facts + link(NO_CHAIN, facts + payload) + payload
    return MARKER + zlib.crc32(checked).to_bytes(4, "little") + checked


def with_checksum(frame: bytes) -> bytes:
    """Return a changed frame with a checksum that fits."""
    return frame[:4] + zlib.crc32(frame[8:]).to_bytes(4, "little") + frame[8:]


def test_an_edited_frame_is_found_though_its_checksum_was_computed_again() -> None:
    frames = frames_of([[order(1)], [order(2)], [order(3)]])
    for place in range(8, len(frames[1])):
        edited = bytearray(frames[1])
        edited[place] ^= 1
        data = frames[0] + with_checksum(bytes(edited)) + frames[2]
        found, reader = read(data)
        assert found == [[order(1)]]
        assert reader.problem is not None
        assert reader.problem.damage in {
            Damage.CHAIN,
            Damage.SEQUENCE,
            Damage.CHECKSUM,
            Damage.TORN,
        }


def test_an_edited_frame_with_a_chain_of_its_own_is_found_at_the_next() -> None:
    first, second = frames_of([[order(1)], [order(2)]])
    other = encode_frame([order(9)], 1, NO_CHAIN)
    assert len(other) == len(first)
    found, reader = read(other + second)
    assert found == [[order(9)]], "by itself it is as good as any"
    assert reader.problem is not None
    assert reader.problem.damage is Damage.CHAIN


def test_a_frame_of_another_journal_is_found() -> None:
    first, _second = frames_of([[order(1)], [order(2)]])
    _other, foreign = frames_of([[order(7)], [order(2)]])
    found, reader = read(first + foreign)
    assert found == [[order(1)]]
    assert reader.problem is not None
    assert reader.problem.damage is Damage.CHAIN


def test_the_layout_is_as_documented() -> None:
    frame = encode_frame([order(1), order(2)], 0x0102, b"c" * 16)
    assert frame[:4] == b"HXFR"
    assert int.from_bytes(frame[8:12], "little") == len(frame) - HEADER_BYTES
    assert int.from_bytes(frame[12:16], "little") == 2
    assert int.from_bytes(frame[16:24], "little") == 0x0102
    chain = hashlib.blake2b(b"c" * 16 + frame[8:24] + frame[40:], digest_size=16)
    assert frame[24:40] == chain_of(frame) == chain.digest()
    assert int.from_bytes(frame[4:8], "little") == zlib.crc32(frame[8:])
    assert msgspec.msgpack.decode(frame[40:])[0][:2] == ["new", "run000001"]
