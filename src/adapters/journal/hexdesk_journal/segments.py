"""Segments: the numbered files of a journal, and the header that each begins with.

A header is a prefix of 16 bytes, little-endian, then a JSON object:

    magic    8 bytes  b"HEXDESKJ"
    version  uint16   of the format, headers and frames together
    length   uint16   bytes of the JSON object
    crc      uint32   CRC-32 of version, length and the JSON object

Prefix and checksum never change, so that any hexdesk can tell the version of any journal.
"""

import mmap
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord
from hexdesk_journal.framing import Buffer, FrameReader

MAGIC = b"HEXDESKJ"
FORMAT_VERSION = 1
SUFFIX = ".seg"

_PREFIX = struct.Struct("<8sHHI")
_FACTS = struct.Struct("<HH")
_NAME = re.compile(r"(\d{8})\.seg")
PREFIX_BYTES = _PREFIX.size

_encode_json = msgspec.json.Encoder().encode


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment says about itself; fields unknown to this version are ignored.

    Attributes:
        segment: Its number, from 1 without a gap, as in its name.
        first_sequence: Number of its first record.
        run_id: Run that wrote it; a new run begins a new segment.
    """

    segment: int
    first_sequence: int
    run_id: str


_decode_json = msgspec.json.Decoder(SegmentHeader).decode


class HeaderError(ValueError):
    """A header is not there, not whole or not sound."""


def encode_header(header: SegmentHeader) -> bytes:
    """Return the bytes that a segment begins with."""
    text = _encode_json(header)
    facts = _FACTS.pack(FORMAT_VERSION, len(text))
    return (
        _PREFIX.pack(MAGIC, FORMAT_VERSION, len(text), zlib.crc32(text, zlib.crc32(facts))) + text
    )


def decode_header(buffer: Buffer, file: str = "") -> tuple[SegmentHeader, int]:
    """Return a segment's header and where its frames begin.

    Raises:
        HeaderError: It is torn or damaged.
        DataError: It is sound, but of another version of the format.
    """
    if len(buffer) < PREFIX_BYTES:
        raise HeaderError(f"the file ends after {len(buffer)} bytes of its header")
    magic, version, length, crc = _PREFIX.unpack_from(buffer, 0)
    if magic != MAGIC:
        raise HeaderError("it does not begin as a journal segment does")
    end = PREFIX_BYTES + length
    text = buffer[PREFIX_BYTES:end]
    if zlib.crc32(text, zlib.crc32(_FACTS.pack(version, length))) != crc:
        raise HeaderError("the checksum of its header is wrong")
    if version != FORMAT_VERSION:
        raise DataError(
            f"written in journal format {version}, this hexdesk reads format {FORMAT_VERSION}",
            file=file,
            remedy="start the hexdesk that wrote it, or set another state folder",
        )
    try:
        return _decode_json(text), end
    except msgspec.MsgspecError as error:
        raise HeaderError(f"its header is not of this format: {error}") from error


def segment_path(folder: Path, segment: int) -> Path:
    """Return where a segment lies."""
    return folder / f"{segment:08}{SUFFIX}"


def segment_numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments in a folder, ascending.

    Raises:
        DataError: One is missing.
    """
    found = sorted(
        int(match[1]) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))
    )
    for expected, number in enumerate(found, start=1):
        if number != expected:
            raise DataError(
                f"missing, though {segment_path(folder, number).name} is there",
                file=str(segment_path(folder, expected)),
                remedy="restore it from a backup; or move the whole folder away, which begins a"
                " new journal that knows only what the broker reports",
            )
    return found


def load(path: Path) -> Buffer:
    """Map a file into memory for reading.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return b""  # an empty file cannot be mapped
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def damaged(path: Path, offset: int, sequence: int, text: str) -> DataError:
    """Return the refusal of a segment that is bad at an offset, with sound data behind it."""
    return DataError(
        f"{text}; records from number {sequence} on cannot be trusted, though more follow",
        file=str(path),
        remedy="restore this file from a backup. Without one: copy the journal's folder, cut this"
        f" file with `truncate -s {offset} {path}` and move later segments away; the desk then"
        f" knows nothing of record {sequence} and later but what the broker reports",
    )


def read_records(folder: Path) -> Iterator[JournalRecord]:
    """Yield every record of a journal, oldest first.

    Raises:
        DataError: A segment is missing, damaged or of another format.
        OSError: A segment cannot be read.
    """
    sequence = 1
    for number in segment_numbers(folder):
        path = segment_path(folder, number)
        reader = open_segment(path, sequence)
        for records in reader.batches():
            yield from records
        if reader.problem is not None:
            raise damaged(path, reader.offset, reader.sequence, str(reader.problem))
        sequence = reader.sequence


def open_segment(path: Path, sequence: int) -> FrameReader:
    """Return a reader of a segment whose first record must have the number `sequence`.

    Raises:
        DataError: Its header is damaged or says otherwise.
        OSError: It cannot be read.
    """
    buffer = load(path)
    try:
        header, offset = decode_header(buffer, str(path))
    except HeaderError as error:
        raise DataError(
            str(error), file=str(path), remedy="restore this file from a backup"
        ) from error
    if header.first_sequence != sequence:
        raise damaged(path, offset, sequence, f"it begins with record {header.first_sequence}")
    return FrameReader(buffer, offset=offset, sequence=sequence)
