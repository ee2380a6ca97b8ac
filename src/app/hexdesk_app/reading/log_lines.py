"""Reads the log that a desk writes into files, also while it writes: today's, and those packed."""

import gzip
import os
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import BufferedReader
from pathlib import Path

import msgspec

from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk_app.log_file import NAME

LEVELS = ("debug", "info", "warning", "error", "critical")
"""Severities, the least first."""
DAMAGED = "damaged"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LogLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the log, with the names that `logs.JsonFormatter` gives.

    Attributes:
        time: UTC, as 2026-11-21T08:30:00.000Z.
        level: One of `LEVELS`; `DAMAGED` for bytes that are no line of a log.
        logger: Who said it.
        message: What was said.
        order_id: The order that it is about, if one.
        trace_id: The trace that it belongs to, if one.
        span_id: The call that it was said in, if one.
        traceback: Where it came from, if it is a fault.
    """

    time: str
    level: str
    logger: str
    message: str
    order_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    traceback: str = ""

    @property
    def ts_ns(self) -> TimeNs:
        """When it was said; 0 where nobody knows."""
        try:
            since = datetime.fromisoformat(self.time) - _EPOCH
        except (ValueError, TypeError):
            return 0
        return (since.days * 86_400 + since.seconds) * NS_PER_SECOND + since.microseconds * 1_000


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are wanted.

    Attributes:
        level: This one and what is worse.
        since_ns: From this time on.
        until_ns: Before this time; 0 for no end.
        logger: Only of this one and those below it; empty for all.
        order: Only about this client order id; empty for all.
    """

    level: str = LEVELS[0]
    since_ns: TimeNs = 0
    until_ns: TimeNs = 0
    logger: str = ""
    order: str = ""

    def takes(self, line: LogLine) -> bool:
        """Whether a line is wanted; a damaged one is, unless something of it is asked for."""
        if line.level not in LEVELS:
            return self == Choice()
        if LEVELS.index(line.level) < LEVELS.index(self.level):
            return False
        if self.logger and not f"{line.logger}.".startswith(f"{self.logger}."):
            return False
        if self.order and line.order_id != self.order:
            return False
        if not (self.since_ns or self.until_ns):
            return True
        ts_ns = line.ts_ns
        return ts_ns >= self.since_ns and not 0 < self.until_ns <= ts_ns


class LogReader:
    """The log in one folder.

    Attributes:
        is_there: Whether there is a log at all.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file: BufferedReader | None = None
        self._rest = b""

    @property
    def is_there(self) -> bool:
        """Whether anything was ever logged there."""
        return self._path.exists() or bool(self._packed())

    def latest(self, choice: Choice, count: int | None) -> list[LogLine]:
        """Return wanted lines that are there now, oldest first; only the last `count`, if given.

        Raises:
            OSError: A file cannot be read.
        """
        found = deque(filter(choice.takes, self.more()), count)
        for packed in reversed(self._packed(choice.since_ns)):
            if count is not None and len(found) >= count:
                break
            with gzip.open(packed, "rb") as file:
                left = None if count is None else count - len(found)
                found.extendleft(reversed(deque(_wanted(file, choice), left)))
        return list(found)

    def more(self) -> Iterator[LogLine]:
        """Yield lines that were written since, over the end of a day; unfinished ones wait.

        Raises:
            OSError: The file cannot be read.
        """
        yield from self._read()
        if self._is_replaced():
            yield from self._read()  # what was written between the two looks
            self.close()
            yield from self._read()

    def close(self) -> None:
        """Let go of the file; idempotent."""
        if self._file is not None:
            self._file.close()
        self._file, self._rest = None, b""

    def _read(self) -> Iterator[LogLine]:
        if self._file is None:
            if not self._path.exists():
                return
            self._file = self._path.open("rb")
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            yield parse(line)

    def _is_replaced(self) -> bool:
        """Whether a new day has begun a new file."""
        if self._file is None:
            return False
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:  # between the two days
            return False

    def _packed(self, since_ns: TimeNs = 0) -> list[Path]:
        """Return files of days that are over, oldest first; none that end before a time."""
        first = datetime.fromtimestamp(since_ns // NS_PER_SECOND, UTC).date()
        files = self._path.parent.glob(f"{NAME}.*.gz")
        return sorted(each for each in files if _day_of(each) >= first)


def parse(line: bytes) -> LogLine:
    """Return a line; bytes that are none are one of the level `DAMAGED`."""
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        return LogLine("", DAMAGED, "", line.decode(errors="replace"))


_decode: Callable[[bytes], LogLine] = msgspec.json.Decoder(LogLine).decode


def _wanted(file: gzip.GzipFile, choice: Choice) -> Iterator[LogLine]:
    return filter(choice.takes, (parse(line.rstrip(b"\n")) for line in file))


def _day_of(packed: Path) -> date:
    """Return the day that a packed file is of, `hexdesk.jsonl.2026-11-21.gz`."""
    try:
        return date.fromisoformat(packed.name.removeprefix(f"{NAME}.").removesuffix(".gz"))
    except ValueError:  # somebody else's, which is read in any case
        return date.max
