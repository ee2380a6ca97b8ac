"""An operator's verbs at a desk whose venue cannot be reached: kept, shown, done once it is back.

Issue 4, item 4.
"""

import json
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from tests.e2e.cut_off import wire_to
from tests.e2e.service import TIMEOUT_S, command, environment, hexdesk
from tests.e2e.test_control import free_port
from tests.e2e.test_reconcile import DESK, INSTRUMENT, open_orders
from tests.e2e.test_venue import venue

IDLE = (
    DESK.replace(
        "fast_period = 900, slow_period = 1000", "fast_period = 90000, slow_period = 99000"
    )
    + """
[journal]
plugin = "journal"
"""
)
RESTING = ("order", "buy", INSTRUMENT, "0.01", "--price", "50000", "--strategy", "trend")


class Desk:
    """A desk that is driven by the command."""

    def __init__(self, folder: Path, control: str) -> None:
        self._folder = folder
        self._control = control
        self.process: subprocess.Popen[str] | None = None

    @contextmanager
    def running(self) -> Generator[None]:
        """Run it until the block ends, or it is killed."""
        with subprocess.Popen(
            [*command(), "run", "--json", "--no-table"],
            cwd=self._folder,
            env=environment(self._folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as self.process:
            try:
                self.wait("reconcile", until=lambda found: found["accounts"][0]["ready"])
                yield
            finally:
                self.process.kill()
                self.process.communicate()

    def say(self, *words: str) -> tuple[int, Any]:
        """Run a verb and return its exit code and data."""
        done = hexdesk(self._folder, *words, "--json", HEXDESK_ADDRESS=self._control)
        document = json.loads(done.stdout)
        return done.returncode, document.get("data", document)

    def wait(self, *words: str, until: Callable[[Any], object]) -> Any:
        """Repeat a verb until its data are as wanted."""
        deadline = monotonic() + TIMEOUT_S
        while True:
            code, found = self.say(*words)
            if code == 0 and until(found):
                return found
            assert monotonic() < deadline, (code, found)
            assert self.process is not None
            assert self.process.poll() is None, self.process.communicate()[1]
            sleep(0.2)


def held(found: Any) -> Decimal:
    return sum((Decimal(each["quantity"]) for each in found["positions"]), Decimal(0))


def test_verbs_wait_for_the_venue_and_a_restart_forgets_none(tmp_path: Path) -> None:
    """Flatten and cancel-all while the wire is cut; the second outlives the process."""
    with venue(tmp_path) as address, wire_to(address) as wire:
        control = f"127.0.0.1:{free_port()}"
        (tmp_path / "plugins.toml").write_text(IDLE.format(venue=wire.address, control=control))
        desk = Desk(tmp_path, control)
        with desk.running():
            assert desk.say("order", "buy", INSTRUMENT, "0.01", "--strategy", "trend")[0] == 0
            assert desk.say(*RESTING)[0] == 0
            desk.wait("status", until=lambda found: held(found) == Decimal("0.01"))
            assert len(open_orders(address)) == 1
            wire.cut()
            answer = desk.wait("flatten", until=lambda found: found["queued"])
            assert (answer["closing_orders"], answer["canceled_orders"]) == ([], [])
            (queued,) = answer["queued"]
            assert (queued["verb"], queued["strategy"]) == ("flatten", "strategies/trend")
            assert desk.say("status")[1]["desk"]["queued"] == [queued]
            shown = hexdesk(tmp_path, "status", HEXDESK_ADDRESS=control).stdout
            assert "flatten for trend at venue: the broker cannot be reached" in shown
            assert len(open_orders(address)) == 1
            wire.mend()
            done = desk.wait(
                "status", until=lambda found: not (found["desk"]["queued"] or held(found))
            )
            desk.wait("orders", until=lambda found: not found)
            assert open_orders(address) == []
            closes = [each for each in desk.say("orders", "--all")[1] if each["tag"] == "flatten"]
            assert len(closes) == 1, done

            assert desk.say(*RESTING)[0] == 0
            desk.wait("orders", until=lambda found: found)
            wire.cut()
            answer = desk.wait("cancel-all", until=lambda found: found["queued"])
            assert answer["queued"][0]["verb"] == "cancel-all"
        wire.mend()
        assert len(open_orders(address)) == 1
        with desk.running():
            desk.wait("orders", until=lambda found: not found)
            assert open_orders(address) == []
            assert desk.say("status")[1]["desk"]["queued"] == []
