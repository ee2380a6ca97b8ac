"""One journal, one writer: a lock that ends with its process."""

import fcntl
import os
from pathlib import Path

from hexdesk.errors import ConfigError

HOLDER_BYTES_MAX = 200


class WriterLock:
    """Holds a journal's folder for this process until it is released or the process ends.

    The file stays where it is: its content names the last holder, the operating system's lock on
    it says whether that one lives.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        """Take the lock.

        Raises:
            ConfigError: Another process or journal object has it; the text names the holder.
            OSError: The folder cannot be written.
        """
        path = folder / "lock"
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, _describe(run_id), 0)
        except BlockingIOError:
            holder = os.pread(self._fd, HOLDER_BYTES_MAX, 0).decode(errors="replace").strip()
            os.close(self._fd)
            raise ConfigError(
                f"in {folder} is being written by {holder or 'another process'}",
                code="JOURNAL_LOCKED",
                remedy="stop that desk first, or give this one a name or state folder of its own",
            ) from None
        except BaseException:
            os.close(self._fd)
            raise

    def release(self) -> None:
        """Let others write."""
        os.close(self._fd)


def _describe(run_id: str) -> bytes:
    text = f"process {os.getpid()} on {os.uname().nodename}, run {run_id}\n"
    return text.encode()[:HOLDER_BYTES_MAX]
