import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.child import Child

PATIENCE_S = 30.0
START_S = 120.0
BENCH = ["-c", "import sys; from hexdesk_app.cli import main; sys.exit(main())", "bench"]


def test_the_receiver_ends_with_who_started_it() -> None:
    """Killed, the benchmark cannot end it."""
    program = (
        "import time\n"
        "from hexdesk_app.bench.telemetry import _receiver\n"
        "with _receiver() as port:\n"
        "    print(port, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with Child[str]([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        request = urllib.request.Request(url, data=b"x")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - ours
            assert answer.status == 200
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(request, timeout=PATIENCE_S).close()  # noqa: S310 - ours
        except OSError:
            return
        time.sleep(0.05)
    raise AssertionError("it still listens")


def processes() -> dict[int, tuple[str, int]]:
    """Return the state and the parent of every process, by id."""
    found: dict[int, tuple[str, int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, parent = place.read_text().rpartition(")")[2].split()[:2]
            found[int(place.parent.name)] = (state, int(parent))
    return found


def family(root: int) -> dict[int, str]:
    """Return the states of all that a process started, by id."""
    known = processes()
    found: dict[int, str] = {}
    front = {root}
    while front:
        front = {pid for pid, (_, parent) in known.items() if parent in front}
        found |= {pid: known[pid][0] for pid in front}
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_its_desks_end_with_it_stopped_or_not(number: signal.Signals) -> None:
    words = [sys.executable, *BENCH, "telemetry", "--events", "40000000"]
    begun: dict[int, str] = {}
    with Child[bytes](words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + START_S
            while "T" not in begun.values():
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline, f"none was stopped: {begun}"
                time.sleep(0.05)
                begun = family(process.pid)
            process.send_signal(number)
            process.communicate(timeout=PATIENCE_S)
            deadline = time.monotonic() + PATIENCE_S
            while left := begun.keys() & processes().keys():
                assert time.monotonic() < deadline, left
                time.sleep(0.05)
        finally:
            process.kill()
            for pid in begun:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
