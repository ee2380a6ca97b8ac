"""Runs the `hexdesk` command of this environment as a user would."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from hexdesk_app.running.heartbeat import Beat, last_beat

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
