"""Snapshots: states that stand for all records before them, one file each.

A file is a prefix of 16 bytes, little-endian, then a JSON object, then the state:

    magic    8 bytes  b"HEXDESKS"
    version  uint16   of the format
    length   uint16   bytes of the JSON object
    crc      uint32   CRC-32 of all that follows, after version and length

It is written under another name, forced to the disk and renamed: under its own name it is whole.
"""

import logging
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from hexdesk.ports.journal import Snapshot
from hexdesk_journal.framing import CHAIN_BYTES
from hexdesk_journal.recovery import sync_folder

MAGIC = b"HEXDESKS"
SNAPSHOT_VERSION = 1
SUFFIX = ".snap"
DRAFT_SUFFIX = ".snap-new"

_PREFIX = struct.Struct("<8sHHI")
_FACTS = struct.Struct("<HH")
_NAME = re.compile(r"\d{20}\.snap")
PREFIX_BYTES = _PREFIX.size

_encode_json = msgspec.json.Encoder().encode


class SnapshotHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot says about itself; fields unknown to this version are ignored.

    Attributes:
        sequence: Number of the last record that it holds.
        chain: Behind that record, hexadecimal.
        segment: Number of the segment that was written then.
        run_id: Run that made it.
    """

    sequence: int
    chain: str
    segment: int
    run_id: str


class StoredSnapshot(msgspec.Struct, frozen=True):
    """A snapshot as it lies on the disk."""

    header: SnapshotHeader
    state: bytes

    @property
    def snapshot(self) -> Snapshot:
        """What the port gives of it."""
        return Snapshot(self.header.sequence, self.state)


_decode_json = msgspec.json.Decoder(SnapshotHeader).decode


class SnapshotError(ValueError):
    """A snapshot file is damaged or of another version."""


def encode_snapshot(stored: StoredSnapshot) -> bytes:
    """Return the content of a snapshot's file."""
    text = _encode_json(stored.header)
    facts = _FACTS.pack(SNAPSHOT_VERSION, len(text))
    crc = zlib.crc32(stored.state, zlib.crc32(text, zlib.crc32(facts)))
    return _PREFIX.pack(MAGIC, SNAPSHOT_VERSION, len(text), crc) + text + stored.state


def decode_snapshot(data: bytes) -> StoredSnapshot:
    """Return a snapshot from its file's content.

    Raises:
        SnapshotError: It is damaged, or of another version.
    """
    if len(data) < PREFIX_BYTES:
        raise SnapshotError(f"the file ends after {len(data)} bytes of its prefix")
    magic, version, length, crc = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise SnapshotError("it does not begin as a snapshot does")
    if zlib.crc32(data[PREFIX_BYTES:], zlib.crc32(_FACTS.pack(version, length))) != crc:
        raise SnapshotError("its checksum is wrong")
    if version != SNAPSHOT_VERSION:
        raise SnapshotError(
            f"written in snapshot format {version}, this hexdesk reads {SNAPSHOT_VERSION}"
        )
    end = PREFIX_BYTES + length
    try:
        header = _decode_json(data[PREFIX_BYTES:end])
        chain_bytes = len(bytes.fromhex(header.chain))
    except (msgspec.MsgspecError, ValueError) as error:
        raise SnapshotError(f"its header is not of this format: {error}") from error
    if chain_bytes != CHAIN_BYTES:
        raise SnapshotError(f"the chain in its header has {chain_bytes} bytes")
    return StoredSnapshot(header, data[end:])


def snapshot_path(folder: Path, sequence: int) -> Path:
    """Return where the snapshot behind a record lies."""
    return folder / f"{sequence:020}{SUFFIX}"


def snapshot_paths(folder: Path) -> list[Path]:
    """Return the files of all snapshots in a folder, the latest first.

    Raises:
        OSError: The folder cannot be read.
    """
    return sorted((p for p in folder.iterdir() if _NAME.fullmatch(p.name)), reverse=True)


class Refusals:
    """Tells of snapshots that are not used, of each once."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told: set[Path] = set()

    def __call__(self, path: Path, text: str) -> None:
        """Say why one is not used."""
        if path not in self._told:
            self._told.add(path)
            self._logger.warning("%s: %s; not used", path, text)


def sound_snapshots(
    folder: Path, refuse: Callable[[Path, str], None]
) -> Iterator[tuple[Path, StoredSnapshot]]:
    """Yield the snapshots that can be read, the latest first; tell of the others and pass them.

    Raises:
        OSError: The folder cannot be read.
    """
    for path in snapshot_paths(folder):
        try:
            stored = _read_snapshot(path)
        except FileNotFoundError:
            continue  # a later one stands in its place
        except (OSError, SnapshotError) as error:
            refuse(path, str(error))
        else:
            yield path, stored


def _read_snapshot(path: Path) -> StoredSnapshot:
    stored = decode_snapshot(path.read_bytes())
    sequence = stored.header.sequence
    if path != snapshot_path(path.parent, sequence):
        raise SnapshotError(f"it is the snapshot of record {sequence}")
    return stored


def write_snapshot(folder: Path, stored: StoredSnapshot) -> None:
    """Put a snapshot on the disk, whole or not at all.

    Raises:
        OSError: The medium refuses.
    """
    path = snapshot_path(folder, stored.header.sequence)
    draft = path.with_suffix(DRAFT_SUFFIX)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(encode_snapshot(stored))
            file.flush()
            os.fsync(fd)
        draft.rename(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    sync_folder(folder)


def remove_drafts(folder: Path) -> None:
    """Remove what a killed process left of snapshots that it was writing.

    Raises:
        OSError: The folder cannot be written.
    """
    for draft in folder.glob(f"*{DRAFT_SUFFIX}"):
        draft.unlink()
