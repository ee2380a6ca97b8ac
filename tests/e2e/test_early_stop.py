"""A desk that is told to stop before it is up ends in good order, as one that trades does."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from hexdesk_app.problems import EXIT_OK
from tests.child import Child
from tests.e2e.service import TIMEOUT_S, command, environment
from tests.e2e.test_late_venue import OTHERWISE, Site, eventually

SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", SIGNALS)
def test_before_it_knows_any_instrument(tmp_path: Path, number: signal.Signals) -> None:
    site = Site(tmp_path)
    site.configure()
    with (
        (tmp_path / "desk.log").open("w") as log,
        Child[bytes](
            [*command(), "run", "--json", "--no-table"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=log,
        ) as desk,
    ):
        eventually(lambda: site.says("feed venue cannot be reached, trying on"), site.log)
        desk.send_signal(number)
        answer, _ = desk.communicate(timeout=TIMEOUT_S)
    assert desk.returncode == EXIT_OK, site.log()
    document = json.loads(answer)
    assert (document["schema"], document["data"]) == ("hexdesk.run/1", None)
    (warning,) = document["warnings"]
    assert f"{number.name} came before the desk was up" in warning
    assert not site.says("Traceback")


@pytest.mark.parametrize("number", SIGNALS)
def test_while_its_broker_does_not_answer(tmp_path: Path, number: signal.Signals) -> None:
    """All that was open is closed, and the run's end is in the journal."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = Site(tmp_path)
        site.venue = f"127.0.0.1:{silent.getsockname()[1]}"
        site.configure(rest=OTHERWISE)
        with site.desk() as desk:
            eventually(lambda: site.says("feed venue cannot be reached, trying on"), site.log)
            silent.settimeout(TIMEOUT_S)
            callers = [silent.accept()[0] for _ in ("feed", "broker")]
            desk.send_signal(number)
            assert desk.wait(TIMEOUT_S) == EXIT_OK, site.log()
        for caller in callers:
            caller.close()
    assert not site.says("Traceback")
    assert not (tmp_path / "hexdesk_data" / "heartbeat.json").exists()
