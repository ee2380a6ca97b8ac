"""Fifty kills, as CI makes them; a thousand are one command: `hexdesk chaos --kills 1000`."""

import json
import re
import signal
import socket
import subprocess
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.child import Child
from tests.e2e.service import command, environment

KILLS = 50
TIMEOUT_S = 580
STOP_S = 60.0


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_goes_on_when_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    with Child[str](
        [*command(), "chaos", "--kills", "1000", "--folder", "site"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        log = tmp_path / "site" / "desk.log"
        deadline = monotonic() + STOP_S
        while not log.exists():
            assert process.poll() is None
            assert monotonic() < deadline
            sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=STOP_S)
    assert process.returncode == 130, errors
    found = re.search(r"listens on 127\.0\.0\.1:(\d+)", (log.parent / "venue.log").read_text())
    assert found
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(found[1])), timeout=STOP_S).close()
