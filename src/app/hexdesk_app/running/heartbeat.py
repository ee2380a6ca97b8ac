"""A file that a running desk touches, so that others can tell a live one from one that hangs.

It is written by the loop that runs the desk: a strategy that never returns stops it.
"""

from contextlib import suppress
from logging import getLogger
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import msgspec

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk_app.running.live_clock import wall_time_ns

FILE = "heartbeat.json"
BEAT_EVERY_S = 1.0
LOGGER = getLogger(__name__)


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk says of itself; how long ago is the file's own time.

    Attributes:
        name: Of the desk.
        run_id: Start of all its order ids.
        mode: backtest, paper or live.
        state: running or stopping.
        pid: Of its process, as that process sees it.
        events: Market events handled.
        orders: Orders made, denied ones included.
        fills: Executions.
    """

    name: str
    run_id: str
    mode: str
    state: str
    pid: int
    events: int = 0
    orders: int = 0
    fills: int = 0


class Heartbeat:
    """Writes the file at most once a second, and takes it away at an orderly end.

    What another desk wrote stays: a start that is refused, for that desk runs, must not hide it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._due_s = 0.0
        self._has_written = self._is_failing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._has_written:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    @property
    def is_due(self) -> bool:
        """Whether a beat would be written now."""
        return monotonic() >= self._due_s

    def write(self, beat: Beat) -> None:
        """Write a beat if one is due; a disk that refuses is told once and stops nothing."""
        if not self.is_due:
            return
        self._due_s = monotonic() + BEAT_EVERY_S
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(msgspec.json.encode(beat))
            part.replace(self._path)
        except OSError as error:
            if not self._is_failing:
                LOGGER.warning("no heartbeat: %s cannot be written: %s", self._path, error.strerror)
            self._is_failing = True
        else:
            self._has_written, self._is_failing = True, False


def last_beat(folder: Path) -> tuple[Beat, float] | None:
    """Return the last beat and its age in seconds; None where no desk runs.

    Raises:
        OSError: The file is there and cannot be read.
    """
    path = folder / FILE
    try:
        content = path.read_bytes()
        written_ns = path.stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        beat = msgspec.json.decode(content, type=Beat)
    except msgspec.DecodeError:
        return None  # nothing of ours, and nothing that beats
    return beat, max(wall_time_ns() - written_ns, 0) / NS_PER_SECOND
