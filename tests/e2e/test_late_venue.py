"""A desk that starts before its venue: it comes up, waits, and trades once the venue is there."""

import json
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from hexdesk_app.running.heartbeat import last_beat
from tests.child import Child
from tests.e2e.service import TIMEOUT_S, command, environment, free_port, hexdesk

DESK = """
[desk]
name = "late"
{more}

[journal]
plugin = "journal"

[brokers.venue]
plugin = "sim_venue"
url = "http://{venue}"

[feeds.venue]
plugin = "sim_venue"
url = "http://{venue}"

[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.SIM"]
settings = {{ quantity = "0.01", fast_period = 3, slow_period = 8 }}

[servers.control]
plugin = "grpc"
listen = "{control}"
"""
OTHERWISE = """
[instruments."BTCUSDT-PERP.SIM"]
kind = "perpetual"
base = "BTC"
quote = "USDT"
tick = "0.001"
lot = "0.001"
"""


class Site:
    """A folder, two addresses, and what is run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venue = f"127.0.0.1:{free_port()}"
        self.control = f"127.0.0.1:{free_port()}"

    def configure(self, more: str = "", rest: str = "") -> None:
        text = DESK.format(venue=self.venue, control=self.control, more=more)
        (self.folder / "plugins.toml").write_text(text + rest)

    @contextmanager
    def serve(self) -> Generator[None]:
        """Run the venue."""
        with Child[bytes](
            [*command(), "sim", "serve", "--listen", self.venue, "--data", "walk", "--speed", "10",
             "--state", "venue"],
            cwd=self.folder,
            env=environment(self.folder),
            stdout=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                yield
            finally:
                process.terminate()

    @contextmanager
    def desk(self) -> Generator[subprocess.Popen[str]]:
        """Run the desk."""
        with (
            (self.folder / "desk.log").open("w") as log,
            Child[str](
                [*command(), "run", "--json", "--no-table"],
                cwd=self.folder,
                env=environment(self.folder),
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def log(self) -> str:
        return (self.folder / "desk.log").read_text()

    def says(self, text: str) -> bool:
        return text in self.log()

    def ask(self, *words: str) -> Any:
        done = hexdesk(self.folder, *words, "--json", HEXDESK_ADDRESS=self.control)
        return json.loads(done.stdout).get("data") if done.returncode == 0 else None

    def fills(self) -> int:
        found = last_beat(self.folder / "hexdesk_data")
        return found[0].fills if found is not None else 0

    def shut_down(self, desk: subprocess.Popen[str]) -> None:
        assert hexdesk(self.folder, "shutdown", HEXDESK_ADDRESS=self.control).returncode == 0
        assert desk.wait(TIMEOUT_S) == 0, self.log()


def eventually(holds: Callable[[], object], what: Callable[[], str]) -> None:
    deadline = monotonic() + TIMEOUT_S
    while not holds():
        assert monotonic() < deadline, what()
        sleep(0.1)


@pytest.mark.timeout(3 * TIMEOUT_S)
def test_a_desk_waits_for_its_venue_and_trades_once_it_is_there(tmp_path: Path) -> None:
    """First not knowing any instrument, then up with all it knows from its journal."""
    site = Site(tmp_path)
    site.configure()
    with site.desk() as desk:
        eventually(lambda: site.says("feed venue cannot be reached, trying on"), site.log)
        with site.serve():
            eventually(lambda: site.fills() > 0, site.log)
            site.shut_down(desk)
    with site.desk() as desk:
        eventually(lambda: site.says("broker venue cannot be reached, trying on"), site.log)
        eventually(lambda: site.ask("status"), site.log)
        assert not site.says("is ready")
        assert site.ask("status")["strategies"][-1]["state"] != "running"
        (account,) = site.ask("reconcile")["accounts"]
        assert account["link_state"] == "BACKING_OFF"
        assert (
            "Connect call failed" in account["link_error"]
            or "Cannot connect" in account["link_error"]
        )
        assert not account["ready"]
        with site.serve():
            eventually(lambda: site.says("is ready"), site.log)
            assert site.says("broker venue is reached after")
            eventually(lambda: site.fills() > 0, site.log)
            (account,) = site.ask("reconcile")["accounts"]
            assert (account["ready"], account["link_state"]) == (True, "LIVE")
            site.shut_down(desk)
    assert hexdesk(tmp_path, "replay", "hexdesk_data").returncode == 0


@pytest.mark.timeout(3 * TIMEOUT_S)
def test_a_desk_without_strategies_waits_for_the_instruments_that_people_will_trade(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path)
    site.configure()
    file = tmp_path / "plugins.toml"
    before, _, after = file.read_text().partition("[strategies.trend]")
    file.write_text(before + after[after.index("[servers") :])
    with site.desk() as desk:
        eventually(lambda: site.says("feed venue cannot be reached, trying on"), site.log)
        with site.serve():
            eventually(lambda: site.says("is ready"), site.log)
            words = ("order", "check", "BTCUSDT-PERP.SIM", "0.01", "--side", "buy", "--json")
            checked = hexdesk(tmp_path, *words, HEXDESK_ADDRESS=site.control)
            assert "hexdesk.order.check/1" in checked.stdout, checked.stderr
            site.shut_down(desk)


def test_asked_to_fail_it_ends_at_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.configure(more='on_unreachable = "fail"')
    with site.desk() as desk:
        assert desk.wait(TIMEOUT_S) != 0
    assert site.says("VENUE_UNAVAILABLE")
    assert site.says("start the venue, or correct the url")


def test_what_no_further_try_can_mend_ends_it_also_later(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.configure(rest=OTHERWISE)
    with site.desk() as desk:
        eventually(lambda: site.says("broker venue cannot be reached, trying on"), site.log)
        with site.serve():
            assert desk.wait(TIMEOUT_S) != 0
    assert site.says("price_scale is 1 at the venue, 3 here")
