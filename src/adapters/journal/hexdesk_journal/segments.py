"""Segments: the numbered files of a journal, and the header that each begins with.

A header is a prefix of 16 bytes, little-endian, then a JSON object:

    magic    8 bytes  b"HEXDESKJ"
    version  uint16   of the format, headers and frames together
    length   uint16   bytes of the JSON object
    crc      uint32   CRC-32 of version, length and the JSON object

Prefix and checksum never change, so that any hexdesk can tell the version of any journal. The first
frame is chained to the header, and the header holds the chain behind the segment before: so neither
can be changed, nor a segment taken out, without changing all that follows.
"""

import mmap
import re
import struct
import zlib
from pathlib import Path

import msgspec

from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalSegment
from hexdesk_journal.framing import (
    CHAIN_BYTES,
    FORMAT_VERSION,
    NEVER_A_CRASH,
    NO_CHAIN,
    Buffer,
    FrameReader,
    Problem,
    find_frame,
    link,
)

MAGIC = b"HEXDESKJ"
SUFFIX = ".seg"
FOLDER = "journal"
"""Of segments and snapshots, in the desk's state folder."""

_PREFIX = struct.Struct("<8sHHI")
_FACTS = struct.Struct("<HH")
_NAME = re.compile(r"(\d{8})\.seg")
DO_WITHOUT = (
    "without one move it and all segments before it away: the desk goes on where a snapshot stands"
    " for them, and else says that none does"
)
LESS = (
    "the desk then knows nothing of its records but what a later snapshot holds and the broker"
    " reports"
)
DO_WITHOUT_LAST = f"without one move it and the file `head` away: {LESS}"
PREFIX_BYTES = _PREFIX.size
HEADER_BYTES_MAX = PREFIX_BYTES + 0xFFFF

_encode_json = msgspec.json.Encoder().encode


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment says about itself; fields unknown to this version are ignored.

    Attributes:
        segment: Its number, from 1 without a gap, as in its name.
        first_sequence: Number of its first record.
        run_id: Run that wrote it; a new run begins a new segment.
        chain: Behind the record before its first, hexadecimal; zeros in format 1.
        lost_from: Number of the first record that is missing before `first_sequence`, where the
            journal went on from a snapshot that outlived them; 0 if none is missing.
    """

    segment: int
    first_sequence: int
    run_id: str
    chain: str = NO_CHAIN.hex()
    lost_from: int = 0

    @property
    def chain_before(self) -> bytes:
        """The chain as bytes."""
        return bytes.fromhex(self.chain)


_decode_json = msgspec.json.Decoder(SegmentHeader).decode


class HeaderError(ValueError):
    """A header is not there, not whole or not sound.

    `is_torn` says whether the file ends inside it.
    """

    def __init__(self, text: str, *, is_torn: bool = False) -> None:
        super().__init__(text)
        self.is_torn = is_torn


class Segment(msgspec.Struct, frozen=True):
    """A segment that was opened for reading.

    Attributes:
        path: Of its file.
        buffer: All of it, at the time of opening.
        version: Of its format.
        header: What it says about itself.
        frames_from: Where its frames begin.
        is_live: Whether a frame at its end that is not whole may still be becoming so.
    """

    path: Path
    buffer: Buffer
    version: int
    header: SegmentHeader
    frames_from: int
    is_live: bool = False

    def reader(self, *, is_trusted: bool = False) -> FrameReader:
        """Return a reader of its frames, which computes no chain where that was done before."""
        chain = self.header.chain_before
        return FrameReader(
            self.buffer,
            offset=self.frames_from,
            sequence=self.header.first_sequence,
            chain=chain,
            seed=link(chain, bytes(self.buffer[: self.frames_from])),
            version=self.version,
            is_trusted=is_trusted,
        )

    def is_torn(self, problem: Problem) -> bool:
        """Whether a bad frame may be the work of a crash: nothing sound follows."""
        behind = problem.offset + 1
        return (
            problem.damage not in NEVER_A_CRASH
            and find_frame(self.buffer, behind, self.version) < 0
        )

    @property
    def facts(self) -> JournalSegment:
        """What the port tells of it."""
        header = self.header
        return JournalSegment(
            name=self.path.name,
            format=self.version,
            run_id=header.run_id,
            first_sequence=header.first_sequence,
        )


def encode_header(header: SegmentHeader, version: int = FORMAT_VERSION) -> bytes:
    """Return the bytes that a segment begins with."""
    text = _encode_json(header)
    crc = zlib.crc32(text, zlib.crc32(_FACTS.pack(version, len(text))))
    return _PREFIX.pack(MAGIC, version, len(text), crc) + text


def decode_header(buffer: Buffer, file: str = "") -> tuple[SegmentHeader, int, int]:
    """Return a segment's header, its version and where its frames begin.

    Raises:
        HeaderError: It is torn or damaged.
        DataError: It is sound, but of a version of the format that this hexdesk does not know.
    """
    if len(buffer) < PREFIX_BYTES:
        raise HeaderError(f"the file ends after {len(buffer)} bytes of its header", is_torn=True)
    magic, version, length, crc = _PREFIX.unpack_from(buffer, 0)
    if magic != MAGIC:
        raise HeaderError("it does not begin as a journal segment does")
    end = PREFIX_BYTES + length
    if len(buffer) < end:
        raise HeaderError("the file ends inside its header", is_torn=True)
    text = buffer[PREFIX_BYTES:end]
    if zlib.crc32(text, zlib.crc32(_FACTS.pack(version, length))) != crc:
        raise HeaderError("the checksum of its header is wrong")
    if not 1 <= version <= FORMAT_VERSION:
        raise DataError(
            f"written in journal format {version}, this hexdesk reads formats 1 to"
            f" {FORMAT_VERSION}",
            file=file,
            remedy="start the hexdesk that wrote it, or set another state folder",
        )
    try:
        header = _decode_json(text)
        chain_bytes = len(header.chain_before)
    except (msgspec.MsgspecError, ValueError) as error:
        raise HeaderError(f"its header is not of this format: {error}") from error
    if chain_bytes != CHAIN_BYTES:
        raise HeaderError(f"the chain in its header has {chain_bytes} bytes")
    return header, version, end


def segment_path(folder: Path, segment: int) -> Path:
    """Return where a segment lies."""
    return folder / f"{segment:08}{SUFFIX}"


def segment_numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments in a folder, ascending.

    They begin behind what retention gave up.

    Raises:
        DataError: One is missing between others.
        OSError: The folder cannot be read.
    """
    found = present_numbers(folder)
    for expected, number in enumerate(found, start=found[0] if found else 1):
        if number != expected:
            raise missing(segment_path(folder, expected), segment_path(folder, number).name)
    return found


def present_numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments in a folder, ascending, whether or not one is missing.

    Raises:
        OSError: The folder cannot be read.
    """
    matches = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def missing(path: Path, witness: str) -> DataError:
    """Return the refusal of a journal without one of its segments, with others behind it."""
    remedy = f"restore it from a backup; {DO_WITHOUT}"
    return DataError(f"missing, as {witness} shows", file=str(path), remedy=remedy)


def headless(path: Path, error: HeaderError, *, is_last: bool) -> DataError:
    """Return the refusal of a segment without a sound header."""
    remedy = f"restore this file from a backup; {DO_WITHOUT_LAST if is_last else DO_WITHOUT}"
    return DataError(str(error), file=str(path), remedy=remedy)


def load(path: Path, *, is_live: bool = False) -> Buffer:
    """Return a file's bytes for reading: mapped into memory, or copied where it is being written.

    A file that a writer shortens must not be mapped: reading behind its end kills the process.

    Raises:
        OSError: It cannot be read.
    """
    if is_live:
        return path.read_bytes()
    with path.open("rb") as file:
        if not path.stat().st_size:
            return b""  # an empty file cannot be mapped
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def read_header(path: Path) -> SegmentHeader:
    """Return a segment's header alone.

    Raises:
        HeaderError: As `decode_header`.
        DataError: Likewise.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return decode_header(file.read(HEADER_BYTES_MAX), str(path))[0]


def open_segment(path: Path, *, is_live: bool = False) -> Segment:
    """Open a segment for reading.

    Raises:
        HeaderError: Its header is torn or damaged.
        DataError: It is of another version of the format, or another segment than its name says.
        OSError: It cannot be read.
    """
    buffer = load(path, is_live=is_live)
    header, version, frames_from = decode_header(buffer, str(path))
    if path.name != segment_path(path.parent, header.segment).name:
        raise DataError(
            f"its header says that it is segment {header.segment}",
            file=str(path),
            remedy=f"name it {segment_path(path.parent, header.segment).name} again, or restore"
            " this file from a backup",
        )
    return Segment(path, buffer, version, header, frames_from, is_live)


def damaged(path: Path, offset: int, sequence: int, text: str) -> DataError:
    """Return the refusal of a segment that is bad at an offset, with sound data behind it."""
    return DataError(
        f"{text}; records from number {sequence} on cannot be trusted, though more follow",
        file=str(path),
        remedy=damage_remedy(path, offset, sequence),
    )


def torn(path: Path, text: str) -> DataError:
    """Return the refusal of a journal that ends with a bad frame."""
    return DataError(
        f"{text}, and nothing sound follows",
        file=str(path),
        remedy="start the desk: it keeps these bytes aside and goes on, and asks the broker for"
        " what they may have told",
    )


def damage_remedy(path: Path, offset: int, sequence: int) -> str:
    """Return what to do about a segment that is bad at an offset."""
    return (
        "restore this file from a backup. Without one: copy the journal's folder, cut this"
        f" file with `truncate -s {offset} {path}` and move later segments and the file `head`"
        f" away; the desk then knows nothing of record {sequence} and later but what a later"
        " snapshot holds and the broker reports"
    )
