"""The two processes and their folder: how they are started, waited for and killed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from hexdesk.errors import HexdeskError
from hexdesk_app.chaos import disorder

HOST = "127.0.0.1"
DEPOSIT = "10000000 USDT"
INSTRUMENT_ID = "BTCUSDT-PERP.SIM"
"""What a venue lists that walks by itself."""
SHARED = "shared"
"""Account of several strategies, whose positions the venue nets."""
APART = "apart"
"""Account of the brackets alone: its position is theirs, and must be protected."""
BRACKETS = "brackets"
"""Strategy that has that account."""
VENUE_SPEED = 15
POLL_S = 0.01
END_TIMEOUT_S = 20.0
START_TIMEOUT_S = 60.0
COMMAND = (sys.executable, "-c", "import sys; from hexdesk_app.cli import main; sys.exit(main())")

LINK = """plugin = "sim_venue"
url = "http://{address}"
heartbeat_ms = 300
heartbeat_timeout_ms = 1_500
reconnect_first_ms = 20
reconnect_max_ms = 200
"""
BROKER = f"""{LINK}answer_timeout_ms = 1_500
close_timeout_ms = 500
deposits = ["{DEPOSIT}"]
"""
CONFIGURATION = f"""# Written by `hexdesk chaos`.
[desk]
name = "chaos"
state_path = "desk"
on_stop = "keep"

[logging]
format = "json"

[journal]
plugin = "journal"

[read_model]
plugin = "sqlite"

[brokers.{SHARED}]
{BROKER}
[brokers.{APART}]
{BROKER}
[feeds.venue]
{LINK}
[reconciliation]
in_flight_s = 0.1
orders_s = 1
positions_s = 1
balances_s = 2
confirm_s = 0.1
lookup_s = 0.1
lookup_s_max = 1
backoff_s_min = 0.1
backoff_s_max = 1
pause_s = 1
stale_s = 10

[risk]
preset = "unlimited"

[strategies.{BRACKETS}]
plugin = "{disorder.NAME}"
broker = "{APART}"
instruments = ["{INSTRUMENT_ID}"]
settings = {{{{ play = "brackets", seed = {{seed}} }}}}

[strategies.orders]
plugin = "{disorder.NAME}"
broker = "{SHARED}"
instruments = ["{INSTRUMENT_ID}"]
settings = {{{{ play = "orders", seed = {{seed}}, rate = 0.3 }}}}

[strategies.trend]
plugin = "ema_cross"
broker = "{SHARED}"
instruments = ["{INSTRUMENT_ID}"]
settings = {{{{ quantity = "0.01", fast_period = 2, slow_period = 5 }}}}

[strategies.maker]
plugin = "market_making"
broker = "{SHARED}"
instruments = ["{INSTRUMENT_ID}"]
settings.order_size = "0.005"
settings.max_position = "0.05"
settings.spread_bps = 0.1
settings.refresh_interval_ms = 50
settings.stale_after_ms = 0
"""


class ChaosError(HexdeskError):
    """A process did what no kill explains; the text says which and what it said last."""


class Process:
    """One of the two, started as often as it is killed; what it says goes to a file.

    Attributes:
        name: For people.
        log_path: What it said in all its lives.
    """

    def __init__(self, name: str, folder: Path, arguments: Sequence[str]) -> None:
        self.name = name
        self.log_path = folder / f"{name}.log"
        self._folder = folder
        self._arguments = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._begun = 0

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self, arguments: Sequence[str] = ()) -> None:
        """Start it anew."""
        self.kill()
        self._log = self.log_path.open("ab")
        self._begun = self._log.tell()
        self._process = subprocess.Popen(  # noqa: S603 - hexdesk itself
            [*COMMAND, *(arguments or self._arguments)],
            cwd=self._folder,
            env=_environment(self._folder),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def said(self) -> str:
        """Return what it has said in this life."""
        with self.log_path.open("rb") as file:
            file.seek(self._begun)
            return file.read().decode(errors="replace")

    def says(self, *words: str) -> bool:
        """Wait until it says one of some things; False if it ended instead.

        Raises:
            ChaosError: It does neither within a minute.
        """
        deadline = monotonic() + START_TIMEOUT_S
        while not any(each in self.said() for each in words):
            if self.exit_code is not None:
                return False
            if monotonic() > deadline:
                raise ChaosError(
                    f"{self.name} did not say {words[0]!r} in {START_TIMEOUT_S:g} s: {self.tail()}"
                )
            sleep(POLL_S)
        return True

    def tail(self) -> str:
        """Return the last that it said."""
        return "\n".join(self.said().splitlines()[-12:])

    def ask_to_stop(self) -> None:
        """Ask it to end in good order."""
        if self._process is not None and self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it has ended, and return how.

        Raises:
            ChaosError: It goes on.
        """
        if self._process is None:
            return 0
        try:
            return self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise ChaosError(f"{self.name} does not stop: {self.tail()}") from error

    def kill(self) -> None:
        """Kill it as a power cut would, and forget it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(END_TIMEOUT_S)
        if self._log is not None:
            self._log.close()
            self._log = None


class Site:
    """Both processes in a folder.

    Attributes:
        folder: Where all of it is.
        desk: `hexdesk run`.
        venue: `hexdesk sim serve`.
        address: Where the venue listens, in all its lives.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.address = ""
        self._seed = seed
        self.desk = Process("desk", folder, ("run", "--no-table", "--json"))
        self.venue = Process("venue", folder, ())

    def open(self) -> None:
        """Write what both need, and start the venue on a free port.

        Raises:
            ChaosError: It does not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _pretend_installed(self.folder)
        self.start_venue()
        text = CONFIGURATION.format(address=self.address, seed=self._seed)
        (self.folder / "plugins.toml").write_text(text)

    def start_venue(self) -> None:
        """Start the venue, again where it was before; wait until it listens.

        Raises:
            ChaosError: It does not.
        """
        words = ("sim", "serve", "--listen", self.address or f"{HOST}:0", "--data", "walk")
        more = ("--speed", str(VENUE_SPEED), "--state", "venue", "--admin", "--deposit", DEPOSIT)
        self.venue.start((*words, "--seed", str(self._seed), *more))
        if not self.venue.says("listens on"):
            raise ChaosError(f"the venue did not start: {self.venue.tail()}")
        found = re.search(rf"listens on ({re.escape(HOST)}:\d+)", self.venue.said())
        self.address = found[1] if found else ""

    def close(self) -> None:
        """Leave nothing running."""
        self.desk.kill()
        self.venue.kill()


def alerts_in(path: Path) -> Mapping[str, int]:
    """Return how often a desk's log tells of each kind of alert."""
    counts: dict[str, int] = {}
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if '"hexdesk.alert"' in line:
                code = str(json.loads(line)["message"]).partition(" ")[0]
                counts[code] = counts.get(code, 0) + 1
    return counts


def _pretend_installed(folder: Path) -> None:
    """Let this folder be a distribution that offers the strategy: to the desk, and nobody else."""
    home = folder / "hexdesk_chaos-0.dist-info"
    home.mkdir(exist_ok=True)
    (home / "METADATA").write_text("Metadata-Version: 2.1\nName: hexdesk-chaos\nVersion: 0\n")
    entry = f"[hexdesk.strategies]\n{disorder.NAME} = {disorder.__name__}\n"
    (home / "entry_points.txt").write_text(entry)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEXDESK")}
    path = os.pathsep.join(filter(None, (str(folder), kept.get("PYTHONPATH", ""))))
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
