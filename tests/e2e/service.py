"""Runs the `hexdesk` command of this environment as a user would."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

import grpc

from hexdesk_app.running.heartbeat import Beat, last_beat
from tests.child import Child

TIMEOUT_S = 120.0
POLL_S = 0.1

PAPER = """
[desk]
name = "e2e"
mode = "paper"
state_path = "state"

[brokers.sim]
plugin = "sim"
deposits = ["100000 USDT"]

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
speed = 20

[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = { quantity = "0.01" }

[strategies.maker]
plugin = "market_making"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = { order_size = "0.01", max_position = "0.05" }

[risk]
orders_per_second_max = "100"
"""


def command() -> list[str]:
    """Return what starts hexdesk here."""
    return [str(Path(sys.executable).with_name("hexdesk"))]


def environment(home: Path, **extra: str) -> dict[str, str]:
    """Return an environment with an empty home and no settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEXDESK")}
    return {**kept, "HOME": str(home), **extra}


def hexdesk(folder: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end in a folder, which is also its home."""
    return subprocess.run(
        [*command(), *arguments],
        cwd=folder,
        env=environment(folder, **extra),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def free_port() -> int:
    """Return a port of the loopback that is free just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def run_desk(folder: Path, *, log: IO[str] | None = None, **extra: str) -> subprocess.Popen[str]:
    """Start the desk of a folder; its log goes to a file, or into the pipe of its errors."""
    return Child[str](
        [*command(), "run", "--json", "--no-table"],
        cwd=folder,
        env=environment(folder, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if log is None else log,
        text=True,
    )


@contextmanager
def serve_venue(folder: Path, *words: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """Run `sim serve` on a free port until the block ends; yield its address and its process."""
    with Child[str](
        [*command(), "sim", "serve", "--listen", "127.0.0.1:0", *words],
        cwd=folder,
        env=environment(folder, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
            assert found
            yield found[0], process
        finally:
            process.send_signal(signal.SIGCONT)  # it may have been stopped
            process.terminate()
            process.wait(TIMEOUT_S)


def await_control(desk: subprocess.Popen[str], address: str) -> None:
    """Wait until the control plane of a desk is reached; says why where the desk ended."""
    deadline = monotonic() + TIMEOUT_S
    with grpc.insecure_channel(address) as channel:
        ready = grpc.channel_ready_future(channel)
        while True:
            with suppress(grpc.FutureTimeoutError):
                ready.result(timeout=1.0)
                return
            if desk.poll() is not None or monotonic() > deadline:
                desk.kill()
                raise AssertionError(desk.communicate()[1])


class Remote:
    """The command line of a folder, talking to a running desk.

    Attributes:
        address: Of its control plane.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address

    def say(self, *words: str) -> tuple[int, Any]:
        """Run a verb; return its exit code and its data."""
        done = hexdesk(self.folder, *words, "--json", HEXDESK_ADDRESS=self.address)
        return done.returncode, json.loads(done.stdout).get("data")

    def wait(self, desk: subprocess.Popen[str], *words: str, until: Callable[[Any], object]) -> Any:
        """Repeat a verb until its data is as wanted, while the desk runs."""
        deadline = monotonic() + TIMEOUT_S
        while True:
            code, found = self.say(*words)
            if code == 0 and until(found):
                return found
            assert monotonic() < deadline, (code, found)
            assert desk.poll() is None, desk.communicate()[1]
            sleep(2 * POLL_S)


def wait_until(process: subprocess.Popen[str], state: Path, holds: Callable[[Beat], bool]) -> None:
    """Wait until a running desk says something of itself in its state folder."""
    deadline = monotonic() + TIMEOUT_S
    while True:
        found = last_beat(state)
        if found is not None and holds(found[0]):
            return
        if process.poll() is not None or monotonic() > deadline:
            process.kill()
            raise AssertionError(f"{found}\n{process.communicate()[1]}")
        sleep(POLL_S)


def data_of(output: str) -> dict[str, Any]:
    """Return `data` of the envelope that `--json` prints as its last line or document."""
    document: dict[str, Any] = json.loads(output)
    return dict(document["data"])
