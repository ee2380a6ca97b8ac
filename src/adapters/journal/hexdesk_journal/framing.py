"""Frames: what one commit becomes in bytes, and back. Pure.

A frame of format 2 is a header of 40 bytes, little-endian, then its payload:

    marker    4 bytes   b"HXFR"; lets a reader find the next frame behind a damaged one
    crc       uint32    CRC-32 of all that follows it in the frame
    length    uint32    bytes of payload
    count     uint32    records in the payload
    sequence  uint64    number of its first record; records are numbered from 1, without a gap
    chain     16 bytes  BLAKE2b over the chain before it, length, count, sequence and payload

Format 1 has no chain: a header of 24 bytes. The checksum finds what a disk did, the chain what a
person did: whoever changes, removes or moves a frame has to change every later one, too.

The payload is a msgpack array of records. msgpack has no integers beyond 64 bits, which an absurd
but journalled order may hold; such a frame's payload is the same array as JSON, told apart by its
first byte `[`, with which no msgpack array begins.
"""

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from hashlib import blake2b
from typing import TypeAlias, TypeVar

import msgspec

from hexdesk.errors import InvariantError
from hexdesk.ports.journal import JournalRecord

T = TypeVar("T", list[JournalRecord], memoryview)

Buffer: TypeAlias = bytes | bytearray | mmap.mmap
"""What can be read as frames; unlike a memoryview it can be searched."""

FORMAT_VERSION = 2
MARKER = b"HXFR"
PAYLOAD_BYTES_MAX = 256 << 20
"""A larger length is damage, not a frame."""

_HEADER = struct.Struct("<4sIIIQ")
_CHECK = struct.Struct("<4sI")
_FACTS = struct.Struct("<IIQ")
_CHECKED_FROM = _CHECK.size
CHAIN_FROM = _HEADER.size
CHAIN_BYTES = 16
HEADER_BYTES = CHAIN_FROM + CHAIN_BYTES
NO_CHAIN = bytes(CHAIN_BYTES)
"""The chain before the first frame, and all through format 1."""
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
    CHAIN = "its chain does not follow from what is before it: something was changed by hand"
    RECORDS = "its bytes are sound but its records are not of this version of hexdesk"


NEVER_A_CRASH = frozenset({Damage.SEQUENCE, Damage.CHAIN, Damage.RECORDS})
"""What is sound by itself but does not fit was never the work of a crash."""


class Problem(msgspec.Struct, frozen=True):
    """The first frame that cannot be read: where it begins, in bytes, and why not."""

    offset: int
    damage: Damage
    text: str = ""

    def __str__(self) -> str:
        detail = f" ({self.text})" if self.text else ""
        return f"the frame at byte {self.offset} is bad: {self.damage.value}{detail}"


def link(chain: bytes, data: bytes) -> bytes:
    """Return the chain behind some data, given the chain before them."""
    return blake2b(chain + data, digest_size=CHAIN_BYTES).digest()


def encode_frame(records: Sequence[JournalRecord], sequence: int, chain: bytes) -> bytes:
    """Return the frame of records whose first has the number `sequence`; see `chain_of`.

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
    if length > PAYLOAD_BYTES_MAX:  # on the order path: `require` would put its text together
        raise InvariantError(f"a frame of {length} bytes, at most {PAYLOAD_BYTES_MAX}")
    facts = _FACTS.pack(length, len(records), sequence)
    checked = facts + blake2b(chain + facts + payload, digest_size=CHAIN_BYTES).digest() + payload
    return _CHECK.pack(MARKER, zlib.crc32(checked)) + checked


def chain_of(frame: bytes) -> bytes:
    """Return the chain behind a frame."""
    return frame[CHAIN_FROM:HEADER_BYTES]


def _encode_payload(records: Sequence[JournalRecord]) -> bytes:
    try:
        return _msgpack_encode(records)
    except OverflowError:
        return _json_encode(records)


def decode_payload(payload: bytes | memoryview, count: int) -> list[JournalRecord]:
    """Return the records of a payload, so many.

    Raises:
        msgspec.MsgspecError: They are not records of this version, or not so many.
    """
    try:
        records = _msgpack_decode(payload)
    except msgspec.MsgspecError:
        if payload[:1] != _JSON_ARRAY:
            raise
        records = _json_decode(payload)
    if len(records) != count:
        raise msgspec.ValidationError(f"{len(records)} records, {count} expected")
    return records


class FrameReader:
    """Walks the frames of a buffer once and stops at the first bad one.

    Attributes:
        offset: End of the last good frame, in bytes.
        sequence: Number that the next record must have.
        problem: Why the walk ended before the buffer did; None if it did not.

    While a frame is handed out, all this is still as before it.
    """

    def __init__(
        self,
        buffer: Buffer,
        *,
        offset: int = 0,
        sequence: int = 1,
        chain: bytes = NO_CHAIN,
        seed: bytes | None = None,
        version: int = FORMAT_VERSION,
        is_trusted: bool = False,
    ) -> None:
        """Begin at an offset; who trusts the bytes believes their chain without computing it."""
        self._buffer = buffer
        self._chain = chain
        self._seed = chain if seed is None else seed
        self._is_chained = version > 1
        self._is_trusted = is_trusted
        self._chain_offset = -1  # of the chain in the last good frame; taken out when asked for
        self.offset = offset
        self.sequence: int = sequence
        self.problem: Problem | None = None

    @property
    def chain(self) -> bytes:
        """The chain behind the last good frame."""
        begin = self._chain_offset
        return self._chain if begin < 0 else bytes(self._buffer[begin : begin + CHAIN_BYTES])

    @property
    def seed(self) -> bytes:
        """What the next frame must be chained to: the chain, but for a segment's first frame."""
        return self._seed if self._chain_offset < 0 else self.chain

    def payloads(self) -> Iterator[memoryview]:
        """Yield each good frame's payload, not decoded."""
        return self._walk(_as_it_is, 0)

    def batches(self, after: int = 0) -> Iterator[list[JournalRecord]]:
        """Yield the records of each good frame, but none whose number is at most `after`."""
        return self._walk(decode_payload, after)

    def _walk(self, decode: Callable[[memoryview, int], T], after: int) -> Iterator[T]:
        buffer = self._buffer
        view = memoryview(buffer)
        unpack, crc32, end = _HEADER.unpack_from, zlib.crc32, len(buffer)
        is_chained, checks_chain = self._is_chained, self._is_chained and not self._is_trusted
        header_bytes = HEADER_BYTES if is_chained else CHAIN_FROM
        chain = self.seed
        crc: int
        length: int
        count: int
        sequence: int
        while self.offset < end:
            offset = self.offset
            start = offset + header_bytes
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
            payload = view[start:stop]
            if checks_chain:
                facts = buffer[offset + _CHECKED_FROM : offset + CHAIN_FROM]
                chain = blake2b(chain + facts + payload, digest_size=CHAIN_BYTES).digest()
                if chain != buffer[offset + CHAIN_FROM : start]:
                    return self._stop(Damage.CHAIN)
            behind = sequence + count
            if behind > after + 1:
                try:
                    decoded = decode(payload, count)
                except msgspec.MsgspecError as error:
                    return self._stop(Damage.RECORDS, str(error))
                yield decoded if sequence > after else decoded[after + 1 - sequence :]
            self.offset = stop
            self.sequence = behind
            if is_chained:
                self._chain_offset = offset + CHAIN_FROM
        return None

    def _stop(self, damage: Damage, text: str = "") -> None:
        self.problem = Problem(self.offset, damage, text)


def _as_it_is(payload: memoryview, _count: int) -> memoryview:
    return payload


def find_frame(buffer: Buffer, start: int, version: int = FORMAT_VERSION) -> int:
    """Return where the first sound frame at or after `start` begins, -1 if there is none.

    Its sequence and chain are not looked at: the caller asks whether anything that was once
    written whole lies behind a damaged place.
    """
    header_bytes = HEADER_BYTES if version > 1 else CHAIN_FROM
    offset = buffer.find(MARKER, start)
    while offset >= 0:
        if _is_sound(buffer, offset, header_bytes):
            return offset
        offset = buffer.find(MARKER, offset + 1)
    return -1


def _is_sound(buffer: Buffer, offset: int, header_bytes: int) -> bool:
    start = offset + header_bytes
    if start > len(buffer):
        return False
    crc: int
    length: int
    _marker, crc, length, _count, _sequence = _HEADER.unpack_from(buffer, offset)
    if length > PAYLOAD_BYTES_MAX or start + length > len(buffer):
        return False
    with memoryview(buffer) as view, view[offset + _CHECKED_FROM : start + length] as checked:
        return zlib.crc32(checked) == crc
