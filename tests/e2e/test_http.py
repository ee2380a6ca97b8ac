"""A running desk is driven over HTTPS alone, and by the command line over mutual TLS."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.child import Child
from tests.e2e.service import PAPER, POLL_S, TIMEOUT_S, command, environment, free_port, hexdesk

SERVERS = """
[servers.control]
plugin = "grpc"
listen = "127.0.0.1:{grpc}"
tls_certificate = "certs/server.pem"
tls_key = "certs/server.key"
tls_client_ca = "certs/ca.pem"

[servers.http]
plugin = "http"
listen = "127.0.0.1:{http}"
tls_certificate = "certs/server.pem"
tls_key = "certs/server.key"
"""
PROFILES = """
[desk]
address = "127.0.0.1:{grpc}"
ca = "certs/ca.pem"
certificate = "certs/client.pem"
key = "certs/client.key"
"""


class Https:
    """Calls of one desk by the standard library, as any program makes them."""

    def __init__(self, folder: Path, port: int) -> None:
        self._url = f"https://127.0.0.1:{port}"
        self._trust = ssl.create_default_context(cafile=folder / "certs/ca.pem")

    def __call__(self, verb: str, path: str, **body: Any) -> tuple[int, Any]:
        """Return status and answer."""
        data = json.dumps(body).encode() if verb == "POST" else None
        headers = {"Content-Type": "application/json"}
        request = Request(self._url + path, data, headers, method=verb)  # noqa: S310 - our own
        try:
            with urlopen(request, timeout=10, context=self._trust) as answer:  # noqa: S310 - likewise
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def wait(self) -> None:
        """Wait until the desk is ready."""
        deadline = monotonic() + TIMEOUT_S
        while monotonic() < deadline:
            try:
                if self("GET", "/readyz")[0] == 200:
                    return
            except (URLError, ConnectionError):
                sleep(POLL_S)
        pytest.fail("the desk does not come up")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with certificates, a desk and a profile."""
    ports = {"grpc": free_port(), "http": free_port()}
    assert hexdesk(tmp_path, "certs", "init").returncode == 0
    (tmp_path / "plugins.toml").write_text(PAPER + SERVERS.format(**ports))
    (tmp_path / "profiles.toml").write_text(PROFILES.format(**ports))
    (tmp_path / "port").write_text(str(ports["http"]))
    return tmp_path


@pytest.fixture
def desk(folder: Path) -> Iterator[Https]:
    process = Child[bytes](
        [*command(), "run", "--json", "--no-table"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    call = Https(folder, int((folder / "port").read_text()))
    with process:
        try:
            call.wait()
            yield call
            assert call("POST", "/v1/desk:shutdown", reason="done")[0] == 200
            assert process.wait(TIMEOUT_S) == 0
        finally:
            process.kill()


def test_strategies_account_history_and_configuration_over_https(desk: Https) -> None:
    """E16, E30: made, read, changed, started, stopped, deleted; by plain HTTP, documented there."""
    loading = {
        "strategy_id": "second",
        "plugin": "plugins/ema_cross",
        "instruments": ["instruments/BTCUSDT-PERP.BINANCE"],
        "settings": {"quantity": "0.02"},
        "reason": "try",
    }
    status, made = desk("POST", "/v1/strategies:load", **loading)
    assert (status, made["state"]) == (200, "STATE_LOADED")
    one = "/v1/strategies/second"
    assert desk("POST", f"{one}:start")[1]["state"] == "STATE_RUNNING"
    changed = desk("POST", f"{one}:updateSettings", settings={"quantity": "0.03"}, reason="more")
    assert changed[0] == 200, changed
    assert desk("GET", one)[1]["settings"]["quantity"] == "0.03"
    assert desk("POST", f"{one}:stop")[1]["state"] == "STATE_STOPPED"
    assert desk("POST", f"{one}:unload", reason="enough")[0] == 200
    assert desk("GET", one)[1]["state"] == "STATE_UNLOADED", "its books stay"
    (account,) = desk("GET", "/v1/accounts")[1]["accounts"]
    assert account["balances"][0]["currency"] == "USDT"
    assert desk("GET", "/v1/fills?page_size=5")[0] == 200
    assert desk("GET", "/v1/configuration")[0] == 200
    assert desk("GET", "/v1/plugins")[1]["plugins"]
    assert "/v1/strategies/{strategies_id}:unload" in desk("GET", "/openapi.json")[1]["paths"]


@pytest.mark.usefixtures("desk")
def test_the_command_line_speaks_mutual_tls_by_a_profile(folder: Path) -> None:
    """Flags, files and variables say less than a name that one has given a desk."""
    profile = {"HEXDESK_PROFILES": "profiles.toml"}
    named = hexdesk(folder, "status", "--desk", "desk", "--json", **profile)
    assert (named.returncode, json.loads(named.stdout)["schema"]) == (0, "hexdesk.status/1")
    unknown = hexdesk(folder, "status", "--desk", "dusk", **profile)
    assert (unknown.returncode, "known: desk" in unknown.stderr) == (4, True)
    bare = hexdesk(folder, "status", "--desk", "desk", "--ca", "certs/client.pem", **profile)
    assert (bare.returncode, "--certificate" in bare.stderr) == (3, True)
