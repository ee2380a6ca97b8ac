"""A venue that is killed comes back as it was, where it keeps its state: real processes."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT, MARKET
from tests.e2e.service import serve_venue

TIMEOUT_S = 30.0
INSTRUMENT_ID = "BTCUSDT-PERP.SIM"


@contextmanager
def venue(folder: Path) -> Generator[str]:
    """Serve a random walk, and kill it in the end."""
    words = ("--data", "walk", "--admin", "--state", "kept")
    with serve_venue(folder, *words) as (address, process):
        try:
            yield f"http://{address}"
        finally:
            process.kill()


def ask(url: str, body: bytes | None = None) -> Any:
    request = Request(url, data=body, headers={"X-Account": "a"})  # noqa: S310 - our own process
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the same
        return json.load(answer)


def truth(url: str) -> list[Any]:
    paths = ("orders?open", "orders/K1", "orders/K2", "fills?since_ns=0", "positions", "balances")
    return [ask(f"{url}/v1/{path}") for path in paths]


def test_orders_executions_and_money_outlive_a_killed_venue(tmp_path: Path) -> None:
    resting = NewOrder("K1", "s", "a", INSTRUMENT_ID, BUY, LIMIT, 10, 1, 1_000)
    taking = NewOrder("K2", "s", "a", INSTRUMENT_ID, BUY, MARKET, 10, 1, 0)
    with venue(tmp_path) as url:
        for order in (resting, taking):
            ask(f"{url}/v1/orders", msgspec.json.encode(order))
        while not ask(f"{url}/v1/fills?since_ns=0"):
            ask(f"{url}/healthz")
        before = truth(url)
        epoch = ask(f"{url}/v1/time")["epoch"]
    with venue(tmp_path) as url:
        assert truth(url) == before
        assert ask(f"{url}/v1/time")["epoch"] == epoch
        ask(f"{url}/v1/admin/cut", b"")
