"""An operator's verbs at a desk whose venue cannot be reached: kept, shown, done once it is back.

Issue 4, item 4.
"""

import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from hexdesk_client import ApiError, PlainClient, Target
from tests.e2e.cut_off import wire_to
from tests.e2e.service import TIMEOUT_S, free_port, hexdesk, run_desk
from tests.e2e.test_reconcile import DESK, INSTRUMENT, open_orders
from tests.e2e.test_venue import venue

IDLE = DESK.replace(
    "fast_period = 900, slow_period = 1000", "fast_period = 90000, slow_period = 99000"
)
NOT_YET = {"FEED_STALE", "PRICE_UNAVAILABLE", "STRATEGY_DISABLED"}
"""What an order is denied for while a desk comes up."""


class Desk:
    """A desk that is driven over its control plane."""

    def __init__(self, folder: Path, control: str) -> None:
        self._folder = folder
        self._control = control
        self.process: subprocess.Popen[str] | None = None

    @contextmanager
    def running(self) -> Generator[None]:
        """Run it until the block ends, or it is killed."""
        with run_desk(self._folder) as self.process:
            try:
                self.wait(
                    "ReconciliationService.GetReconciliation",
                    lambda found: found["accounts"][0]["ready"],
                )
                yield
            finally:
                self.process.kill()
                self.process.communicate()

    def ask(self, method: str, fields: Mapping[str, Any] | None = None) -> Any:
        """Ask the desk."""
        with PlainClient(Target(self._control)) as client:
            return client.ask(method, fields)

    def wait(
        self,
        method: str,
        until: Callable[[Any], object],
        fields: Mapping[str, Any] | None = None,
    ) -> Any:
        """Ask again and again until the answer is as wanted."""
        deadline = monotonic() + TIMEOUT_S
        while True:
            found: Any = None
            with suppress(ApiError):  # it may not be up yet
                found = self.ask(method, fields)
                if until(found):
                    return found
            assert monotonic() < deadline, found
            assert self.process is not None
            assert self.process.poll() is None, self.process.communicate()[1]
            sleep(0.1)

    def buy(self, **terms: str) -> None:
        """Send an order of the strategy, as soon as it is started and its feed is current."""
        order = {
            "instrument": f"instruments/{INSTRUMENT}", "strategy": "strategies/trend",
            "side": "SIDE_BUY", "order_type": "ORDER_TYPE_MARKET", "quantity": "0.01", **terms,
        }  # fmt: skip
        made = self.wait(
            "OrderService.CreateOrder",
            lambda found: found["code"] not in NOT_YET,
            {"order": order},
        )
        assert not made["code"]

    def is_held(self, quantity: str) -> bool:
        """Whether the strategy holds a quantity."""
        found = self.ask("PortfolioService.ListPositions")["positions"]
        return sum(Decimal(each["quantity"]) for each in found) == Decimal(quantity)


OPEN, STATUS = "OrderService.ListOrders", "DeskService.GetDesk"
RESTING = {"order_type": "ORDER_TYPE_LIMIT", "price": "50000"}


def is_open(found: Any) -> bool:
    return any(each["status"] == "ORDER_STATUS_ACCEPTED" for each in found["orders"])


def test_verbs_wait_for_the_venue_and_a_restart_forgets_none(tmp_path: Path) -> None:
    """Flatten and cancel-all while the wire is cut; the second outlives the process."""
    with venue(tmp_path) as address, wire_to(address) as wire:
        control = f"127.0.0.1:{free_port()}"
        (tmp_path / "plugins.toml").write_text(
            IDLE.format(venue=wire.address, control=control, external="ask")
        )
        desk = Desk(tmp_path, control)
        with desk.running():
            desk.buy()
            desk.buy(**RESTING)
            desk.wait(OPEN, lambda found: is_open(found) and desk.is_held("0.01"))
            wire.cut()
            answer = desk.wait("DeskService.Flatten", lambda found: found["queued"])
            assert (answer["closing_orders"], answer["canceled_orders"]) == ([], [])
            (queued,) = answer["queued"]
            assert (queued["verb"], queued["strategy"]) == ("flatten", "strategies/trend")
            assert desk.ask(STATUS)["queued"] == [queued]
            shown = hexdesk(tmp_path, "status", HEXDESK_ADDRESS=control).stdout
            assert "flatten for trend at venue: the broker cannot be reached" in shown
            again = hexdesk(tmp_path, "flatten", HEXDESK_ADDRESS=control)
            assert "queued: 1, done when the broker is back" in again.stderr
            assert len(open_orders(address)) == 1
            wire.mend()
            desk.wait(STATUS, lambda found: not found["queued"] and desk.is_held("0"))
            orders = desk.wait(OPEN, lambda found: not is_open(found))["orders"]
            assert open_orders(address) == []
            assert sum(each["tag"] == "flatten" for each in orders) == 1

            desk.buy(**RESTING)
            desk.wait(OPEN, is_open)
            wire.cut()
            answer = desk.wait("OrderService.CancelAllOrders", lambda found: found["queued"])
            assert answer["queued"][0]["verb"] == "cancel-all"
        wire.mend()
        assert len(open_orders(address)) == 1
        with desk.running():
            desk.wait(STATUS, lambda found: not found["queued"] and not found["open_order_count"])
            assert open_orders(address) == []
