"""Reads on in a journal as it grows, beside its writer and without its noticing.

Where a reader stopped is remembered by the number of the record it stopped behind: who comes back
with that number goes on there, and reads each byte once.
"""

from pathlib import Path

import msgspec

from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord
from hexdesk_journal.framing import Damage, FrameReader
from hexdesk_journal.reading import walk_segments
from hexdesk_journal.segments import (
    HEADER_BYTES_MAX,
    HeaderError,
    damaged,
    decode_header,
    headless,
    segment_path,
)

CHUNK_BYTES = 256 * 1_024
STOPS_MAX = 8
"""Readers that go on where they stopped; one more looks for its place again."""


class Place(msgspec.Struct, frozen=True):
    """A border between two frames.

    Attributes:
        segment: Number of the segment.
        version: Of its format.
        offset: Byte at which the next frame begins.
        sequence: Number of the next frame's first record.
    """

    segment: int
    version: int
    offset: int
    sequence: int


class TailReader:
    """Reads what the journal of a folder has behind a number; from any thread."""

    def __init__(self, folder: Path, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._folder = folder
        self._chunk_bytes = chunk_bytes
        self._stops: dict[int, Place] = {}

    def read(self, after: int, limit: int) -> list[JournalRecord]:
        """Return at most so many records behind a number, none if there are no more yet.

        Raises:
            DataError: A segment is missing or damaged, or records are no longer kept.
            OSError: One cannot be read.
        """
        place = self._stops.pop(after, None) or self._find(after)
        records: list[JournalRecord] = []
        size = self._chunk_bytes
        while len(records) < limit:
            is_full = segment_path(self._folder, place.segment + 1).exists()
            chunk = self._bytes(place, size)
            reader = FrameReader(
                chunk, sequence=place.sequence, version=place.version, is_trusted=True
            )
            for batch in reader.batches(after):
                records += batch
                if len(records) >= limit:
                    break
            self._check(place, reader)
            if reader.offset:
                place = msgspec.structs.replace(
                    place, offset=place.offset + reader.offset, sequence=reader.sequence
                )
            elif len(records) >= limit:
                break
            elif len(chunk) == size:
                size *= 2  # a frame is larger than that
            elif is_full and (following := self._following(place)) is not None:
                place = following
            else:
                break
        del records[limit:]
        self._remember(after + len(records), place)
        return records

    def _remember(self, after: int, place: Place) -> None:
        if len(self._stops) >= STOPS_MAX:
            self._stops.clear()
        self._stops[after] = place

    def _bytes(self, place: Place, size: int) -> bytes:
        with segment_path(self._folder, place.segment).open("rb") as file:
            file.seek(place.offset)
            return file.read(size)

    def _find(self, after: int) -> Place:
        """Return the last border that a record behind a number cannot lie before."""
        found = next(walk_segments(self._folder, after, is_live=True), None)
        if found is None:
            raise DataError("there is no journal", file=str(self._folder))
        segment, reader = found
        number, version = segment.header.segment, segment.version
        place = Place(number, version, segment.frames_from, segment.header.first_sequence)
        for _ in reader.payloads():
            if reader.sequence > after + 1:
                return place
            place = Place(number, version, reader.offset, reader.sequence)
        self._check(Place(number, version, 0, 0), reader)
        if reader.sequence <= after + 1:
            return Place(number, version, reader.offset, reader.sequence)
        return place

    def _check(self, base: Place, reader: FrameReader) -> None:
        problem = reader.problem
        if problem is not None and problem.damage is not Damage.TORN:
            path = segment_path(self._folder, base.segment)
            raise damaged(path, base.offset + reader.offset, reader.sequence, str(problem))

    def _following(self, place: Place) -> Place | None:
        """Return where the next segment begins, None while it is being begun."""
        path = segment_path(self._folder, place.segment + 1)
        with path.open("rb") as file:
            try:
                header, version, frames_from = decode_header(file.read(HEADER_BYTES_MAX), str(path))
            except HeaderError as error:
                if error.is_torn:
                    return None
                raise headless(path, error, is_last=False) from error
        if header.first_sequence != place.sequence:
            text = f"it begins with record {header.first_sequence}"
            raise damaged(path, frames_from, place.sequence, text)
        return Place(place.segment + 1, version, frames_from, place.sequence)
