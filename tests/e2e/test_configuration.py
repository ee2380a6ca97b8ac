"""A desk reads its files again while it runs: values, faults, all or nothing (E4, E16)."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hexdesk_client import ApiError, PlainClient, Target
from tests.child import Child
from tests.e2e.service import PAPER, TIMEOUT_S, command, environment, free_port, hexdesk
from tests.e2e.test_paper_restart import eventually

MODEL = '\n[read_model]\nplugin = "sqlite"\n\n[journal]\nplugin = "journal"\n'


class Files:
    """A running desk and its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self.log = folder / "log"
        server = f'\n[servers.control]\nplugin = "grpc"\nlisten = "{self.address}"\n'
        self.text = PAPER + MODEL + server
        self.write(self.text)

    def write(self, text: str) -> None:
        (self.folder / "plugins.toml").write_text(text)

    def say(self, *words: str) -> tuple[int, Any]:
        done = hexdesk(self.folder, *words, "--json", HEXDESK_ADDRESS=self.address)
        return done.returncode, json.loads(done.stdout).get("data")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    made = Files(tmp_path)
    with made.log.open("w") as errors:
        process = Child[bytes](
            [*command(), "run", "--no-table"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        eventually(lambda: "is ready" in made.log.read_text(), made.log)
        yield made
    finally:
        process.kill()
        process.wait(TIMEOUT_S)


def values(client: PlainClient) -> dict[str, tuple[str, str]]:
    found = client.ask("ConfigurationService.GetConfiguration")["values"]
    return {each["path"]: (each["value"], each["origin"]) for each in found}


def strategies(client: PlainClient) -> dict[str, str]:
    found = client.all("StrategyService.ListStrategies", "strategies")
    return {each["name"].rpartition("/")[2]: each["state"] for each in found}


def test_the_files_are_read_again(files: Files) -> None:
    with PlainClient(Target(files.address)) as client:
        before = values(client)
        value, origin = before["strategies.trend.settings.quantity"]
        assert value == '"0.01"'
        assert "plugins.toml:" in origin
        assert before["strategies.trend.settings.mode"][1].startswith("default of ema_cross")

        files.write(files.text.replace('quantity = "0.01"', 'quantitty = "0.02"'))
        wrong = client.ask("ConfigurationService.ValidateConfiguration")
        assert wrong["faults"][0]["code"] == "CONFIG_UNKNOWN_KEY"
        assert "did you mean quantity" in wrong["faults"][0]["remedy"]
        with pytest.raises(ApiError) as refused:
            client.ask("ConfigurationService.ReloadConfiguration")
        assert refused.value.reason == "CONFIG_INVALID"

        better = files.text.replace('quantity = "0.01"', 'quantity = "0.02"')
        files.write(better.replace('name = "e2e"', 'name = "other"'))
        with pytest.raises(ApiError) as restart:
            client.ask("ConfigurationService.ReloadConfiguration")
        assert (restart.value.reason, "desk.name" in restart.value.message) == ("STATE_WRONG", True)
        assert values(client) == before

        maker, _, rest = better.partition("[strategies.maker]")
        fresh = maker + rest.partition("\n\n")[2] + '\n[strategies.fresh]\nplugin = "ema_cross"\n'
        files.write(
            fresh + 'instruments = ["BTCUSDT-PERP.BINANCE"]\nsettings = { quantity = "0.03" }\n'
        )
        tried = client.ask("ConfigurationService.ReloadConfiguration", {"dry_run": True})
        assert (tried["revision"], values(client)) == (0, before)
        code, done = files.say("config", "reload", "--reason", "evening")
        assert (code, done["revision"]) == (0, 2)
        states = strategies(client)
        assert (states["fresh"], states["maker"]) == ("STATE_RUNNING", "STATE_UNLOADED")
        trend = client.ask("StrategyService.GetStrategy", {"name": "strategies/trend"})
        assert (trend["settings"]["quantity"], trend["state"]) == ("0.02", "STATE_RUNNING")
        assert values(client)["strategies.trend.settings.quantity"][0] == '"0.02"'
        _, revisions = files.say("config", "history")
        assert [each["revision"] for each in revisions] == [2, 1]
        assert revisions[0]["reason"] == "evening"
        assert files.say("config", "diff")[1] == {"changes": [], "faults": []}
        code, done = files.say("config", "rollback", "1")
        assert (code, done["revision"]) == (0, 3)
        states = strategies(client)
        assert (states["fresh"], states["maker"]) == ("STATE_UNLOADED", "STATE_RUNNING")
        assert values(client) == before
        assert files.say("config", "rollback", "9")[0] == 2


def test_plugins_events_and_equity_are_told(files: Files) -> None:
    with PlainClient(Target(files.address)) as client:
        plugins = {
            each["name"]: each for each in client.all("PluginService.ListPlugins", "plugins")
        }
        assert plugins["plugins/ema_cross"]["used_by"] == ["strategies.trend"]
        assert plugins["plugins/ema_cross"]["kinds"] == ["strategy"]
        assert plugins["plugins/webhook"]["contract_version"] == 0, "it was never imported"
        found = client.ask("PluginService.GetPlugin", {"name": "plugins/ema_cross"})
        keys = {each["key"]: each for each in found["settings"]}
        assert (keys["quantity"]["required"], keys["mode"]["default_value"]) == (
            True, '"long_short"',
        )  # fmt: skip
        kinds = {"kinds": ["EVENT_KIND_COMMAND"]}
        events = client.all("HistoryService.ListEvents", "events", {**kinds, "page_size": 1})
        assert "start_strategy" in {each["command"]["command"] for each in events}

        def points() -> list[dict[str, Any]]:
            asked = {"point_count_max": 5}
            return list(client.ask("HistoryService.ListEquityPoints", asked)["points"])

        eventually(lambda: len(points()) >= 3, files.log)
        shown = points()
        assert len(shown) <= 6
        assert [each["time"] for each in shown] == sorted(each["time"] for each in shown)
        assert {each["equity"]["currency"] for each in shown} == {"USDT"}
