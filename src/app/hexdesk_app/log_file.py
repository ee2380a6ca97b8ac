"""The log on disk: one JSON object a line, a file a day, old ones compressed and in time deleted.

Lines are written by a thread behind a bounded queue: neither a slow disk nor the compression at
midnight holds up who logs. What finds no room is dropped, and counted in the file itself.
"""

import gzip
import logging
import queue
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler, QueueListener, TimedRotatingFileHandler
from pathlib import Path

from hexdesk_app.logs import JsonFormatter

NAME = "hexdesk.jsonl"
LINES_MAX = 10_000
"""Lines that may wait for the disk."""
logger = logging.getLogger("hexdesk.log")


class LineHandler(QueueHandler):
    """Makes lines in the thread that logs, and leaves them to another to write."""

    def __init__(self, lines: "queue.Queue[logging.LogRecord]") -> None:
        super().__init__(lines)
        self.setFormatter(JsonFormatter())
        self._lines = lines
        self._dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a record that holds nothing but its line."""
        line = self.format(record)
        made = {"name": record.name, "levelno": record.levelno, "created": record.created}
        return logging.makeLogRecord({**made, "msg": line})

    def enqueue(self, record: logging.LogRecord) -> None:
        """Leave a line to the writer, if there is room."""
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            self._dropped += 1
            return
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            logger.warning("%d lines found no room in the log file", dropped)


class LineFile(TimedRotatingFileHandler):
    """Writes lines; a disk that refuses them is told once, and tried again with each line."""

    _is_failing = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, into a file that is opened again where the last line was refused."""
        was_failing, self._is_failing = self._is_failing, False
        super().emit(record)
        if was_failing and not self._is_failing:
            logger.warning("the log file is written again; some lines are missing")
        elif self._is_failing and not was_failing:
            logger.error("%s is not written for now: %s", self.baseFilename, self._error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name
        """Keep the disk's refusal for who asked, and drop what the file still holds of it."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._is_failing, self._error = True, error.strerror or str(error)
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()

    def close(self) -> None:
        """Close the file; what a full disk does not take is lost."""
        with suppress(OSError):
            super().close()


@contextmanager
def log_file(folder: Path | None, keep_days: int) -> Generator[None]:
    """Write what all loggers say to a folder, too, until the end of the block; None for nowhere.

    A folder that cannot be written is told on stderr; nothing else fails for it.
    """
    writer = None if folder is None else _open(folder, keep_days)
    if writer is None:
        yield
        return
    handler = LineHandler(queue.Queue(LINES_MAX))
    listener = QueueListener(handler.queue, writer)
    listener.start()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        listener.stop()
        writer.close()


def _open(folder: Path, keep_days: int) -> LineFile | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writer = LineFile(
            folder / NAME, when="midnight", utc=True, backupCount=keep_days, encoding="utf-8"
        )
    except OSError as error:
        logger.warning("no log file: %s cannot be written: %s", folder, error.strerror or error)
        return None
    writer.namer = _compressed
    writer.rotator = _compress
    writer.setFormatter(logging.Formatter("%(message)s"))
    return writer


def _compressed(name: str) -> str:
    return f"{name}.gz"


def _compress(source: str, target: str) -> None:
    """Compress a day's file; the original goes once the other is whole."""
    part = Path(f"{target}.part")
    with Path(source).open("rb") as plain, gzip.open(part, "wb") as packed:
        shutil.copyfileobj(plain, packed)
    part.replace(target)
    Path(source).unlink()
