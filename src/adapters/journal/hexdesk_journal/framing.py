"""Frames: what one commit becomes in bytes, and back. Pure.

A frame is a header of 24 bytes, little-endian, then its payload:

    marker    4 bytes  b"HXFR"; lets a reader find the next frame behind a damaged one
    crc       uint32   CRC-32 of all that follows it in the frame
    length    uint32   bytes of payload
    count     uint32   records in the payload
    sequence  uint64   number of its first record; records are numbered from 1, without a gap

The payload is a msgpack array of records. msgpack has no integers beyond 64 bits, which an absurd
but journalled order may hold; such a frame's payload is the same array as JSON, told apart by its
first byte `[`, with which no msgpack array begins.
"""

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import TypeAlias, TypeVar

import msgspec

from hexdesk.errors import InvariantError, require
from hexdesk.ports.journal import JournalRecord

T = TypeVar("T")

Buffer: TypeAlias = bytes | bytearray | mmap.mmap
"""What can be read as frames; unlike a memoryview it can be searched."""

MARKER = b"HXFR"
PAYLOAD_BYTES_MAX = 256 << 20
"""A larger length is damage, not a frame."""

_HEADER = struct.Struct("<4sIIIQ")
_CHECK = struct.Struct("<4sI")
_FACTS = struct.Struct("<IIQ")
HEADER_BYTES = _HEADER.size
_CHECKED_FROM = _CHECK.size
_JSON_ARRAY = b"["

_msgpack_encode = msgspec.msgpack.Encoder().encode
_json_encode = msgspec.json.Encoder().encode
_msgpack_decode = msgspec.msgpack.Decoder(list[JournalRecord]).decode
_json_decode = msgspec.json.Decoder(list[JournalRecord]).decode


class Damage(Enum):
    """Why a frame cannot be read."""

    TORN = "the file ends inside it"
    MARKER = "it does not begin with the frame marker"
    LENGTH = "its length is impossible"
    CHECKSUM = "its checksum is wrong"
    SEQUENCE = "its number does not follow the frame before"
    RECORDS = "its bytes are sound but its records are not of this version of hexdesk"


class Problem(msgspec.Struct, frozen=True):
    """The first frame that cannot be read: where it begins, in bytes, and why not."""

    offset: int
    damage: Damage
    text: str = ""

    def __str__(self) -> str:
        detail = f" ({self.text})" if self.text else ""
        return f"the frame at byte {self.offset} is bad: {self.damage.value}{detail}"


def encode_frame(records: Sequence[JournalRecord], sequence: int) -> bytes:
    """Return the frame of records whose first has the number `sequence`.

    Raises:
        InvariantError: A record holds what no journal can keep, as a number type of another
            library, or the records are beyond `PAYLOAD_BYTES_MAX`.
    """
    try:
        payload = _encode_payload(records)
    except (TypeError, ValueError) as error:
        raise InvariantError(
            f"a record cannot be journalled: {error}",
            remedy="report it; hexdesk must refuse such a value before it becomes a record",
        ) from error
    length = len(payload)
    require(length <= PAYLOAD_BYTES_MAX, f"a frame of {length} bytes, at most {PAYLOAD_BYTES_MAX}")
    facts = _FACTS.pack(length, len(records), sequence)
    return _CHECK.pack(MARKER, zlib.crc32(payload, zlib.crc32(facts))) + facts + payload


def _encode_payload(records: Sequence[JournalRecord]) -> bytes:
    try:
        return _msgpack_encode(records)
    except OverflowError:
        return _json_encode(records)


def decode_payload(payload: bytes | memoryview) -> list[JournalRecord]:
    """Return the records of a payload.

    Raises:
        msgspec.MsgspecError: They are not records of this version.
    """
    try:
        return _msgpack_decode(payload)
    except msgspec.MsgspecError:
        if payload[:1] == _JSON_ARRAY:
            return _json_decode(payload)
        raise


class FrameReader:
    """Walks the frames of a buffer once and stops at the first bad one.

    Attributes:
        offset: End of the last good frame, in bytes.
        sequence: Number that the next record must have.
        problem: Why the walk ended before the buffer did; None if it did not.

    While a frame is handed out, `offset` is its begin and `sequence` its first record's number.
    """

    def __init__(self, buffer: Buffer, *, offset: int = 0, sequence: int = 1) -> None:
        self._buffer = buffer
        self.offset = offset
        self.sequence = sequence
        self.problem: Problem | None = None

    def payloads(self) -> Iterator[memoryview]:
        """Yield each good frame's payload, not decoded."""
        return self._walk(_as_it_is)

    def batches(self) -> Iterator[list[JournalRecord]]:
        """Yield the records of each good frame."""
        return self._walk(decode_payload)

    def _walk(self, decode: Callable[[memoryview], T]) -> Iterator[T]:
        buffer = self._buffer
        view = memoryview(buffer)
        unpack, crc32, end = _HEADER.unpack_from, zlib.crc32, len(buffer)
        while self.offset < end:
            offset = self.offset
            start = offset + HEADER_BYTES
            if start > end:
                return self._stop(Damage.TORN, f"{end - offset} bytes of its header")
            marker, crc, length, count, sequence = unpack(buffer, offset)
            if marker != MARKER:
                return self._stop(Damage.MARKER)
            if length > PAYLOAD_BYTES_MAX:
                return self._stop(Damage.LENGTH, f"{length} bytes")
            stop = start + length
            if stop > end:
                return self._stop(Damage.TORN, f"{end - start} of {length} bytes")
            if crc32(view[offset + _CHECKED_FROM : stop]) != crc:
                return self._stop(Damage.CHECKSUM)
            if sequence != self.sequence:
                return self._stop(Damage.SEQUENCE, f"is {sequence}, expected {self.sequence}")
            try:
                decoded = decode(view[start:stop])
            except msgspec.MsgspecError as error:
                return self._stop(Damage.RECORDS, str(error))
            yield decoded
            self.offset = stop
            self.sequence = sequence + count
        return None

    def _stop(self, damage: Damage, text: str = "") -> None:
        self.problem = Problem(self.offset, damage, text)


def _as_it_is(payload: memoryview) -> memoryview:
    return payload


def find_frame(buffer: Buffer, start: int) -> int:
    """Return where the first sound frame at or after `start` begins, -1 if there is none.

    Its sequence is not looked at: the caller asks whether anything that was once written whole
    lies behind a damaged place.
    """
    offset = buffer.find(MARKER, start)
    while offset >= 0:
        if _is_sound(buffer, offset):
            return offset
        offset = buffer.find(MARKER, offset + 1)
    return -1


def _is_sound(buffer: Buffer, offset: int) -> bool:
    start = offset + HEADER_BYTES
    if start > len(buffer):
        return False
    crc: int
    length: int
    _marker, crc, length, _count, _sequence = _HEADER.unpack_from(buffer, offset)
    if length > PAYLOAD_BYTES_MAX or start + length > len(buffer):
        return False
    with memoryview(buffer) as view, view[offset + _CHECKED_FROM : start + length] as checked:
        return zlib.crc32(checked) == crc
