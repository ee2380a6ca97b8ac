"""E12, E34: a strategy of a stranger is loaded, changed, replaced and unloaded while ticks flow.

The desk is killed on the way. No tick is lost, no order is left without an owner, and the journal
gives the same desk again.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from hexdesk.domain.orders import NewOrder
from hexdesk_client import ApiError, PlainClient, Target
from tests.e2e.service import (
    TIMEOUT_S,
    free_port,
    hexdesk,
    run_desk,
    serve_venue,
)
from tests.e2e.test_paper_restart import DESK, books, eventually, records

NAME = "strategies/hot"
INSTRUMENT = "instruments/BTCUSDT-PERP.SIM"
PLUGIN = """
import msgspec
from hexdesk.plugin import CONTRACT_VERSION, Strategy, StrategyRegistration, hookimpl
from hexdesk.domain.values import BUY, LIMIT

class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: str
    every: int = 10

class Counter(Strategy):
    # Counts quotes; every so often it crosses the market once and lets one order rest.
    state_version = EDITION

    def __init__(self, context, settings):
        super().__init__(context)
        (self.instrument_id,) = context.instrument_ids
        self.instrument = context.instrument(self.instrument_id)
        self.size = self.instrument.parse_quantity(settings.size)
        self.every = settings.every
        self.times = []
        self.editions = [EDITION]

    def on_quote(self, quote):
        self.times.append(quote.ts_event)
        if self.every and len(self.times) % self.every == 0 and quote.ask_price:
            self.context.cancel_all()
            self.context.submit(self.instrument_id, BUY, self.size, LIMIT, quote.ask_price)
            self.context.submit(self.instrument_id, BUY, self.size, LIMIT, quote.bid_price // 2)

    def save_state(self):
        return {"times": self.times, "editions": self.editions}

    def restore_state(self, state, version):
        self.times = list(state["times"])
        self.editions = [*state["editions"], EDITION]

def factory(context, settings):
    if settings.every < 0:
        raise ValueError("every is negative")
    return Counter(context, settings)

@hookimpl
def hexdesk_strategies():
    return [StrategyRegistration(
        name="counter", summary="Counts", settings=Settings, factory=factory,
        contract=CONTRACT_VERSION)]
"""
WITNESS = """
[strategies.witness]
plugin = "counter"
broker = "sim"
instruments = ["BTCUSDT-PERP.SIM"]
settings = { size = "0.01", every = 0 }

[risk.rules]
allocation = {}
"""


class Site:
    """A folder where a stranger's plugin is installed, and a desk that finds it."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.address = address
        self.process: subprocess.Popen[str] | None = None
        self.runs = 0

    @property
    def log(self) -> Path:
        return self.folder / f"{self.runs}.log"

    def install(self, edition: int) -> None:
        """Put a version where pip would."""
        shutil.rmtree(self.site, ignore_errors=True)
        info = self.site / f"acme_counter-{edition}.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: acme-counter\nVersion: {edition}.0\n"
        )
        (info / "entry_points.txt").write_text("[hexdesk.strategies]\ncounter = acme_counter\n")
        text = dedent(PLUGIN).replace("EDITION", str(edition))
        (self.site / "acme_counter.py").write_text(text + "#" * edition)

    def start(self) -> None:
        """Run the desk until it is ready."""
        self.runs += 1
        with self.log.open("w") as errors:
            self.process = run_desk(self.folder, log=errors, PYTHONPATH=str(self.site))
        eventually(lambda: "is ready" in self.log.read_text(), self.log)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate(timeout=TIMEOUT_S)

    def state_of(self, client: PlainClient, name: str) -> dict[str, Any]:
        """Return what a strategy keeps."""
        return dict(client.ask("StrategyService.SaveStrategyState", {"name": name})["state"])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve a market, install the first version, configure a desk with a witness."""
    with serve_venue(tmp_path, "--data", "walk", "--speed", "10") as (venue, _):
        made = Site(tmp_path, f"127.0.0.1:{free_port()}")
        made.install(1)
        desk = DESK.format(venue=venue, control=made.address)
        kept = re.sub(r"\[strategies\.\w+\][^\[]*\[[^\[]*", "", desk)
        (tmp_path / "plugins.toml").write_text(f"{kept}\n{WITNESS}")
        try:
            yield made
        finally:
            made.kill()


def lost_ticks(client: PlainClient, site: Site) -> int:
    """Return how many ticks the witness saw that the other strategy did not, while both ran."""
    hot = site.state_of(client, NAME)["times"]
    seen = site.state_of(client, "strategies/witness")["times"]
    expected = [each for each in seen if hot[0] <= each <= hot[-1]]
    assert len(expected) > 20
    return sum(a != b for a, b in zip(hot, expected, strict=True))


def strategy(client: PlainClient, name: str = NAME) -> dict[str, Any]:
    return client.ask("StrategyService.GetStrategy", {"name": name})


def fill_count(client: PlainClient) -> int:
    return int(strategy(client)["fill_count"])


def open_orders(client: PlainClient) -> list[dict[str, Any]]:
    return client.all("OrderService.ListOrders", "orders", {"strategy": NAME, "open_only": True})


def load(client: PlainClient, **fields: Any) -> dict[str, Any]:
    given = {
        "strategy_id": "hot",
        "plugin": "plugins/counter",
        "instruments": [INSTRUMENT],
        "settings": {"size": 0.01, "every": 5},
    }
    return client.ask("StrategyService.LoadStrategy", {**given, **fields})


def test_from_nothing_running_to_fills(site: Site) -> None:
    """A desk without any strategy asks its feed for nothing; loading one changes that."""
    file = site.folder / "plugins.toml"
    file.write_text(file.read_text().partition("[strategies.")[0])
    site.start()
    with PlainClient(Target(site.address)) as client:
        assert load(client)["state"] == "STATE_LOADED"
        client.ask("StrategyService.InitStrategy", {"name": NAME})
        eventually(lambda: len(site.state_of(client, NAME)["times"]) > 10, site.log)
        assert fill_count(client) == 0, "it sees its market and opens nothing"
        client.ask("StrategyService.StartStrategy", {"name": NAME})
        eventually(lambda: fill_count(client) > 0, site.log)


def test_the_whole_life_of_a_hot_strategy(site: Site) -> None:
    target = Target(site.address)
    site.start()
    with PlainClient(target) as client:
        load_change_and_reload(client, site)
    site.kill()

    site.start()
    with PlainClient(target) as client:
        held = recover_and_unload(client, site)
    site.kill()

    site.start()
    with PlainClient(target) as client:
        assert strategy(client)["state"] == "STATE_UNLOADED"
        assert position(client) == held
        assert strategy(client, "strategies/witness")["state"] == "STATE_RUNNING"
        client.ask("DeskService.Shutdown", {"reason": "done"})
    assert site.process is not None
    site.process.communicate(timeout=TIMEOUT_S)
    assert site.process.returncode == 0
    assert_sound(site)


def load_change_and_reload(client: PlainClient, site: Site) -> None:
    for settings in ({"size": 0.01, "every": -1}, {"sise": 1}):
        with pytest.raises(ApiError) as refused:
            load(client, settings=settings)
        assert refused.value.reason in {"PLUGIN_FAILED", "CONFIG_INVALID"}
    assert load(client, dry_run=True)["state"] == "STATE_LOADED"
    with pytest.raises(ApiError):
        strategy(client)
    with pytest.raises(ApiError, match="-1 USDT would be left"):
        load(client, capital="1000001 USDT")
    assert load(client, request_id="load-1", capital="10 %")["plugin_version"] == "1.0"
    assert capital(client)[0]["capital"] == "100000"
    client.ask("StrategyService.StartStrategy", {"name": NAME})
    eventually(lambda: fill_count(client) > 1, site.log)
    preview = {"name": NAME, "settings": {"size": 0.02}}
    update = "StrategyService.UpdateStrategySettings"
    tried = client.ask(update, {**preview, "dry_run": True})
    assert [each["after"] for each in tried["changes"]] == ['"0.02"']
    version = strategy(client)["version"]
    assert client.ask(update, {**preview, "expected_version": version})["revision"] == 2
    with pytest.raises(ApiError) as stale:
        client.ask(update, {**preview, "expected_version": version})
    assert stale.value.reason == "VERSION_CONFLICT"
    site.install(2)
    reloaded = client.ask("StrategyService.ReloadStrategy", {"name": NAME})
    assert (reloaded["plugin_version"], reloaded["state"]) == ("2.0", "STATE_RUNNING")
    before = fill_count(client)
    eventually(lambda: fill_count(client) > before, site.log)
    assert lost_ticks(client, site) == 0
    assert site.state_of(client, NAME)["editions"] == [1, 1, 2]


def recover_and_unload(client: PlainClient, site: Site) -> str:
    """Return the position that is left."""
    found = strategy(client)
    assert (found["state"], found["plugin_version"]) == ("STATE_RUNNING", "2.0")
    assert (found["settings"]["size"], found["settings_revision"]) == ("0.02", 2)
    again = load(client, request_id="load-1", capital="10 %")
    assert again["name"] == NAME, "the key is known after a crash"
    assert capital(client)[0]["capital"] == "100000", "and so is what it brought"
    assert site.state_of(client, NAME)["editions"] == [1, 1, 2, 2]
    before = fill_count(client)
    eventually(lambda: fill_count(client) > before and bool(open_orders(client)), site.log)
    shown = hexdesk(
        site.folder, "strategy", "params", "hot", "--history", "--json",
        HEXDESK_ADDRESS=site.address,
    )  # fmt: skip
    assert [each["revision"] for each in json.loads(shown.stdout)["data"]] == [2, 1]
    client.ask("StrategyService.UnloadStrategy", {"name": NAME, "reason": "enough"})
    assert strategy(client)["state"] == "STATE_UNLOADED"
    eventually(lambda: not open_orders(client), site.log)
    held = position(client)
    assert held != "0"
    part, left = capital(client)
    assert part["unloaded"]
    assert Decimal(left) == 1_000_000 - Decimal(part["needed"]), "all but what its position needs"
    return held


def capital(client: PlainClient) -> tuple[dict[str, Any], str]:
    """Return what the strategy has of its account, and what is left of that."""
    (found,) = client.ask("RiskService.GetCapital")["divisions"]
    (part,) = (each for each in found["parts"] if each["strategy"] == NAME)
    return part, found["left"]


def position(client: PlainClient) -> str:
    name = f"{NAME}/positions/BTCUSDT-PERP.SIM"
    return str(client.ask("PortfolioService.GetPosition", {"name": name})["quantity"])


def assert_sound(site: Site) -> None:
    """The journal gives the desk again, and every order in it has an owner."""
    written = records(site.folder)
    desk = books(written)
    for order in written:
        if isinstance(order, NewOrder):
            assert order.strategy_id in desk.hosts
    done = hexdesk(site.folder, "replay", "--json")
    assert done.returncode == 0, done.stderr
    checks = json.loads(done.stdout)["data"]["checks"]
    assert checks
    assert all(each["is_equal"] for each in checks), checks
