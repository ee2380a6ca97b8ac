"""The desk of `plugins.toml` in this folder runs as it is written, in paper and in backtest."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.child import Child
from tests.e2e.service import TIMEOUT_S, command, environment, free_port, hexdesk

SAMPLE = Path(__file__).parents[2] / "plugins.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(SAMPLE, tmp_path)
    return tmp_path


def test_it_is_sound(folder: Path) -> None:
    done = hexdesk(folder, "config", "check")
    assert (done.returncode, done.stdout + done.stderr) == (
        0, "ok: plugins.toml: 0 instruments, 1 brokers, 1 feeds, 2 strategies, 1 servers\n"
    )  # fmt: skip


def assert_both_trade(text: str) -> None:
    data: dict[str, Any] = json.loads(text.splitlines()[-1])["data"]
    found = {each["name"]: each for each in data["strategies"]}
    for name in ("mm-btc", "trend"):
        assert (found[name]["state"], found[name]["fault"]) == ("stopped", "")
        assert found[name]["fills"]


def test_it_may_be_backtested(folder: Path) -> None:
    done = hexdesk(folder, "backtest", "--json")
    assert done.returncode == 0, done.stderr
    assert_both_trade(done.stdout)


def test_it_runs_until_it_is_stopped(folder: Path) -> None:
    changes = ["feeds.recorded.speed=0", f"servers.control.listen=127.0.0.1:{free_port()}"]
    words = ["run", "--json", *(each for change in changes for each in ("--set", change))]
    with Child[str](
        [*command(), *words],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as desk:
        assert desk.stderr is not None
        told = next(line for line in desk.stderr if "waiting to be stopped" in line)
        assert "the recordings have ended" in told
        desk.terminate()
        out, _ = desk.communicate(timeout=TIMEOUT_S)
    assert desk.returncode == 0
    assert_both_trade(out)
