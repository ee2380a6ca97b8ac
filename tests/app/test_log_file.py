"""The log on disk: JSON, a file a day, compressed, some days kept (E31, A36, D43)."""

import gzip
import json
import logging
import os
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hexdesk.ports.telemetry import CALL, order_trace_id
from hexdesk_app.log_file import NAME, LineHandler, log_file
from hexdesk_app.logs import configure_logging

LOGGER = logging.getLogger("hexdesk.x")
CALLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
DAY_S = 86_400


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """The root logger as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    configure_logging("info", stderr_level=logging.CRITICAL)
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def test_lines_name_the_order_and_the_trace_that_they_are_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with log_file(tmp_path / "log", 30):
        LOGGER.info("filled %d", 5, extra={"client_order_id": "a1"})
        token = CALL.set(CALLED)
        LOGGER.warning("asked")
        CALL.reset(token)
        LOGGER.debug("unsaid")
    first, second = lines(tmp_path / "log")
    assert (first["message"], first["order_id"]) == ("filled 5", "a1")
    assert first["trace_id"] == f"{order_trace_id('a1'):032x}"
    assert (second["trace_id"], second["span_id"]) == (CALLED[3:35], CALLED[36:52])
    assert "order_id" not in second
    assert capsys.readouterr().err == "", "stderr may be quieter than the file"


def test_a_day_that_is_over_is_compressed_and_old_ones_go(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"{NAME}.2025-01-0{day}.gz").write_bytes(b"")
    (tmp_path / NAME).write_text("of yesterday\n")
    yesterday = time.time() - DAY_S  # noqa: TID251 - of a file
    os.utime(tmp_path / NAME, (yesterday, yesterday))
    with log_file(tmp_path, 3):
        LOGGER.info("of today")
    packed = sorted(tmp_path.glob("*.gz"))
    assert len(packed) == 3
    assert gzip.decompress(packed[-1].read_bytes()) == b"of yesterday\n"
    assert [each["message"] for each in lines(tmp_path)] == ["of today"]
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_that_cannot_be_written_is_told_and_nothing_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info")
    (tmp_path / "file").write_text("")
    with log_file(tmp_path / "file" / "log", 30):
        LOGGER.info("goes on")
    told = capsys.readouterr().err
    assert "no log file" in told
    assert "goes on" in told
    with log_file(None, 30):
        pass


def test_a_full_disk_is_told_once_and_lines_come_again_when_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info")
    said: list[str] = []

    def is_said(words: str) -> bool:
        said.append(capsys.readouterr().err)
        return words in "".join(said)

    (tmp_path / NAME).symlink_to("/dev/full")
    with log_file(tmp_path, 30):
        for number in range(3):
            LOGGER.info("lost %d", number)
        eventually(lambda: is_said("is not written for now: No space left"))
        (tmp_path / NAME).unlink()
        for number in range(3):
            LOGGER.info("kept %d", number)
        eventually(lambda: is_said("the log file is written again; some lines are missing"))
    messages = {line["message"] for line in lines(tmp_path)}
    assert {"kept 0", "kept 1", "kept 2"} <= messages
    text = "".join(said)
    assert (text.count("is not written"), text.count("Traceback")) == (1, 0)


def test_a_disk_that_is_full_at_the_end_is_no_error(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/dev/full")
    with log_file(tmp_path, 30):
        LOGGER.info("lost")


def test_a_disk_that_hangs_holds_nobody_up_and_what_is_lost_is_counted() -> None:
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(2)
    handler = LineHandler(waiting)
    for number in range(5):
        handler.handle(logging.makeLogRecord({"msg": f"line {number}"}))
    assert [json.loads(waiting.get().msg)["message"] for _ in range(2)] == ["line 0", "line 1"]
    told: list[logging.LogRecord] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record)

    listener = Listener()
    logging.getLogger("hexdesk.log").addHandler(listener)
    handler.handle(logging.makeLogRecord({"msg": "room again"}))
    logging.getLogger("hexdesk.log").removeHandler(listener)
    assert [each.getMessage() for each in told] == ["3 lines found no room in the log file"]
