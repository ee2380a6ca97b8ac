"""Logs on stderr: as text, and as one JSON object a line (E31)."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from hexdesk_app.incident import record_incident
from hexdesk_app.logs import configure_logging


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """The root logger as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    logging.getLogger("hexdesk.x").info("said %d", 5)
    logging.getLogger("hexdesk.x").debug("unsaid")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(" INFO    hexdesk.x: said 5\n")


def test_text_has_the_time_of_the_readers_zone_and_json_has_utc(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = logging.LogRecord("hexdesk.x", logging.INFO, "", 0, "said", None, None)
    record.created = 1_762_300_800.0
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    configure_logging("info", "text", kathmandu)
    logging.getLogger().handle(record)
    assert "05:45:00." in capsys.readouterr().err
    configure_logging("info", "json", kathmandu)
    logging.getLogger().handle(record)
    assert "2025-11-05T00:00:00." in capsys.readouterr().err


def test_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    configure_logging("info")
    configure_logging("info", "json")
    try:
        (tmp_path / "no").open()
    except OSError:
        logging.getLogger("hexdesk.x").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert record["time"].endswith("Z")
    assert (record["level"], record["logger"]) == ("error", "hexdesk.x")
    assert "FileNotFoundError" in record["traceback"]


def test_what_is_no_unicode_is_logged_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    error = ValueError("a venue said \ud800")
    logging.getLogger("hexdesk.x").error("order \ud801", exc_info=error)
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert record["message"] == "order \\ud801"
    assert "a venue said \\ud800" in record["traceback"]


def test_an_incident_without_a_place_goes_to_the_log(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure_logging("error")
    file = tmp_path / "file"
    file.write_text("")
    shown = record_incident(ValueError("odd"), file / "log")
    assert "unexpected ValueError: odd (incident " in str(shown)
    assert "the log above" in shown.remedy
    assert "ValueError: odd" in capsys.readouterr().err
