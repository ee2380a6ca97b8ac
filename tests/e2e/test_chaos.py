"""Fifty kills, as CI makes them; a thousand are one command: `hexdesk chaos --kills 1000`."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.service import command, environment

KILLS = 50
TIMEOUT_S = 280


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S + 20)
def test_a_desk_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [*command(), "chaos", "--kills", str(KILLS), "--seed", "20261121", "--json",
         "--folder", "site"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "hexdesk.chaos/1"
    data = document["data"]
    assert data["ok"] is True
    assert data["differences"] == []
    assert data["kills"] == sum(data["lives"].values()) == KILLS
    assert data["looks"] == data["replays"] == 2
    assert data["counts"]["orders"] > KILLS
    assert data["counts"]["fills"] > KILLS
    assert data["doubts"], "none of the kills came between an intent and its answer"
    assert sum(data["doubts"].values()) >= sum(data["resolved"].values())
