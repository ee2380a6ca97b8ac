"""The segment being written."""

import os
from contextlib import suppress
from pathlib import Path

from hexdesk_journal.head import write_head
from hexdesk_journal.recovery import sync_folder
from hexdesk_journal.segments import SegmentHeader, encode_header, segment_path


class SegmentWriter:
    """Appends bytes to one segment file.

    Attributes:
        header: What the segment says about itself.
        fd: Of the open file.
        size: Of the file, in bytes.
    """

    def __init__(self, path: Path, header: SegmentHeader, size: int) -> None:
        """Go on with a segment whose sound part has `size` bytes.

        Raises:
            OSError: It cannot be opened.
        """
        self.header = header
        self.size = size
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND)

    @classmethod
    def create(cls, folder: Path, header: SegmentHeader, *, durable: bool) -> "SegmentWriter":
        """Begin a segment; if durable, its name and header are on the disk on return.

        Raises:
            OSError: The medium refuses; the file is then not there.
        """
        path = segment_path(folder, header.segment)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        writer = cls(path, header, 0)
        try:
            writer.write(encode_header(header))
            if durable:
                os.fsync(writer.fd)
                sync_folder(folder)
                write_head(folder, header.segment)
        except OSError:
            writer.close()
            path.unlink()
            raise
        return writer

    @property
    def has_frames(self) -> bool:
        """Whether there is more than the header."""
        return self.size > len(encode_header(self.header))

    def write(self, data: bytes) -> None:
        """Append all or nothing, with one system call unless the medium is nearly full.

        Raises:
            OSError: The medium refuses.
        """
        written = 0
        try:
            written = os.write(self.fd, data)
            while written < len(data):  # a full disk takes a part, and refuses the next call
                written += os.write(self.fd, data[written:])
        except OSError:
            # What cannot be taken back now is cut at the next start.
            with suppress(OSError):
                os.ftruncate(self.fd, self.size)
            raise
        self.size += written

    def close(self) -> None:
        """Free the file."""
        os.close(self.fd)
