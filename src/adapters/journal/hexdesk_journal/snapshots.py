"""Snapshots: states that stand for all records before them, one file each."""

import os
import struct
import zlib
from pathlib import Path

from hexdesk.ports.journal import Snapshot
from hexdesk_journal.recovery import sync_folder

MAGIC = b"HEXDESKS"
FORMAT_VERSION = 1
SUFFIX = ".snap"
_HEADER = struct.Struct("<8sHIQ")


def snapshot_path(folder: Path, sequence: int) -> Path:
    """Return where the snapshot of a record's number lies."""
    return folder / f"{sequence:012}{SUFFIX}"


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Put a snapshot on the disk, whole or not at all.

    Raises:
        OSError: The medium refuses.
    """
    path = snapshot_path(folder, snapshot.sequence)
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        crc = zlib.crc32(snapshot.state)
        file.write(_HEADER.pack(MAGIC, FORMAT_VERSION, crc, snapshot.sequence) + snapshot.state)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync_folder(folder)


def read_snapshot(folder: Path) -> Snapshot | None:
    """Return the latest sound snapshot."""
    for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
        data = path.read_bytes()
        if len(data) < _HEADER.size:
            continue
        magic, version, crc, sequence = _HEADER.unpack_from(data)
        state = data[_HEADER.size :]
        if (magic, version, crc) == (MAGIC, FORMAT_VERSION, zlib.crc32(state)):
            return Snapshot(sequence, state)
    return None
