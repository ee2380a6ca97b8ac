"""When written frames are forced to the disk: the three modes of `sync`."""

import logging
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Protocol

from hexdesk.domain.metrics import Log2Histogram

ANSWER_S_MAX = 10.0
"""A disk that has not answered for so long is taken for broken."""
QUIET_WINDOWS_MAX = 20
"""After so many windows without a frame the thread waits to be woken."""
REST_S_MAX = 60.0
"""Longest that it does."""


class Sync(Protocol):
    """Forces a file's data to the disk; the file changes at each rotation.

    Attributes:
        times: How long the disk took each time, in ns.
    """

    times: Log2Histogram

    def written(self) -> None:
        """Say that a frame was written; called before what it records leaves.

        Raises:
            OSError: Data could not be forced to the disk, now or since the last call.
        """
        ...

    def force(self) -> None:
        """Return when all is on the disk; raises as `written`."""
        ...

    def follow(self, fd: int) -> None:
        """Watch another file from now on."""
        ...

    def close(self) -> None:
        """Watch no more; does not force anything."""
        ...


def _force(fd: int, times: Log2Histogram) -> None:
    begun = perf_counter_ns()
    os.fdatasync(fd)
    times.add(perf_counter_ns() - begun)


class NoSync:
    """Leaves it to the operating system."""

    def __init__(self) -> None:
        self.times = Log2Histogram()

    def written(self) -> None:
        """Do nothing."""

    def force(self) -> None:
        """Do nothing."""

    def follow(self, fd: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class EachSync:
    """Forces each frame before the commit returns."""

    def __init__(self, fd: int) -> None:
        self.times = Log2Histogram()
        self._fd = fd

    def written(self) -> None:
        """Force it."""
        _force(self._fd, self.times)

    def force(self) -> None:
        """Force it."""
        _force(self._fd, self.times)

    def follow(self, fd: int) -> None:
        """Watch another file from now on."""
        self._fd = fd

    def close(self) -> None:
        """Do nothing."""


class GroupSync:
    """Forces what was written in a thread, once per window.

    The thread polls while frames come: waking it by a lock would cost each commit more than the
    write itself. While none come it rests: each time that it wanted the interpreter, a busy loop
    lost 10 us. Once the disk has refused, nothing is tried again, for a later success says nothing
    about what was lost by then.
    """

    def __init__(self, fd: int, window_ms: int, logger: logging.Logger) -> None:
        self.times = Log2Histogram()
        self._fd = fd
        self._window_s = window_ms / 1_000
        self._logger = logger
        self._dirty = False
        self._is_resting = self._is_stopping = False
        self._failure: OSError | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """Leave it to the thread, unless the disk has refused before."""
        if self._failure is not None:
            raise self._failure
        self._dirty = True
        if self._is_resting:
            self._wake.set()

    def force(self) -> None:
        """Force it now, in this thread."""
        if self._failure is not None:
            raise self._failure
        with self._file() as fd:
            self._dirty = False
            _force(fd, self.times)

    def follow(self, fd: int) -> None:
        """Watch another file from now on; the thread is not inside the old one any more."""
        with self._file():
            self._fd = fd

    def close(self) -> None:
        """End the thread."""
        self._is_stopping = True
        self._wake.set()
        self._thread.join(ANSWER_S_MAX)

    @contextmanager
    def _file(self) -> Generator[int]:
        if not self._lock.acquire(timeout=ANSWER_S_MAX):
            raise TimeoutError(f"the disk has not answered for {ANSWER_S_MAX:.0f} s")
        try:
            yield self._fd
        finally:
            self._lock.release()

    def _run(self) -> None:
        quiet_count = 0
        while not self._is_stopping:
            self._is_resting = rests = quiet_count >= QUIET_WINDOWS_MAX
            if not (rests and self._dirty):  # who wrote before it rested did not wake it
                self._wake.wait(REST_S_MAX if rests else self._window_s)
            self._is_resting = False
            self._wake.clear()
            quiet_count = 0 if rests or self._dirty else quiet_count + 1
            if self._dirty and not rests and not self._forced():
                return

    def _forced(self) -> bool:
        """Force it; return whether the disk did."""
        try:
            with self._file() as fd:
                self._dirty = False  # before, so that what is written meanwhile counts again
                _force(fd, self.times)
        except OSError as error:
            self._failure = error
            self._logger.error("the journal cannot be forced to the disk: %s", error)  # noqa: TRY400 - the text says it all
            return False
        return True
