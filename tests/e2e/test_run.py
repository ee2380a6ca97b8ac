"""A running desk is stopped in good order."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import PAPER, data_of, run_desk, wait_until

STOP_TIMEOUT_S = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugins.toml").write_text(PAPER, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_desk_and_it_exits_0(folder: Path, number: signal.Signals) -> None:
    """C1: the application assembles a desk and owns its life, to an orderly end."""
    data = stopped(folder, number)
    assert data["events"]
    assert {row["state"] for row in data["strategies"]} == {"stopped"}
    assert all(account["reserved"] == "0" for account in data["accounts"])


def stopped(folder: Path, number: signal.Signals) -> dict[str, Any]:
    """Run a desk for a while, stop it by a signal, and return what it printed."""
    with run_desk(folder) as process:
        wait_until(process, folder / "state", lambda beat: beat.events > 0)
        process.send_signal(number)
        output, errors = process.communicate(timeout=STOP_TIMEOUT_S)
    assert process.returncode == 0, errors
    return data_of(output)


def test_a_journal_on_disk_is_flushed_and_opens_again(folder: Path) -> None:
    text = PAPER + '\n[journal]\nplugin = "journal"\n'
    (folder / "plugins.toml").write_text(text, encoding="utf-8")
    runs = [stopped(folder, signal.SIGTERM), stopped(folder, signal.SIGTERM)]
    assert runs[0]["run_id"] != runs[1]["run_id"]
    segments = [path for path in (folder / "state" / "journal").iterdir() if path.stat().st_size]
    assert len(segments) > 1
