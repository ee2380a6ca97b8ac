import os
import signal
import subprocess
import sys
import time
import urllib.request

PATIENCE_S = 30.0


def test_the_receiver_ends_with_who_started_it() -> None:
    """Killed, the benchmark cannot end it."""
    program = (
        "import time\n"
        "from hexdesk_app.bench.telemetry import _receiver\n"
        "with _receiver() as port:\n"
        "    print(port, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
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
