"""Limits, alerts and channels follow the files of a desk that runs; the rest says why not (E4)."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import PAPER, TIMEOUT_S, Remote, await_control, free_port, run_desk

CHANNEL = '\n[channels.{name}]\nplugin = "webhook"\nurl = "env:HOOK_{name}"\n'
RULE = '\n[alerts.rules.planted]\nmetric = "hexdesk.market.events"\nabove = 1.0\ntext = "planted"\n'
LIMIT = "order_notional_max"


@pytest.fixture
def told() -> Iterator[tuple[list[str], int]]:
    """What a receiver of webhooks was told: its path and the rule; and its port."""
    found: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.append(f"{self.path} {'planted' if b'planted' in body else 'other'}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found, server.server_address[1]
        server.shutdown()
        thread.join(TIMEOUT_S)


def test_limits_alerts_and_channels_follow_the_files(
    tmp_path: Path, told: tuple[list[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, port = told
    for name in ("old", "new"):
        monkeypatch.setenv(f"HOOK_{name}", f"http://127.0.0.1:{port}/{name}")
    address = f"127.0.0.1:{free_port()}"
    server = f'\n[servers.control]\nplugin = "grpc"\nlisten = "{address}"\n'
    head = PAPER + server + '[journal]\nplugin = "journal"\n'
    file = tmp_path / "plugins.toml"
    file.write_text(head + CHANNEL.format(name="old"))
    remote = Remote(tmp_path, address)
    desk = run_desk(tmp_path)
    try:
        await_control(desk, address)
        better = head.replace("[risk]", f'[risk]\n{LIMIT} = "777"\nstage = 50')
        changed = better + CHANNEL.format(name="new") + RULE
        file.write_text(changed.replace('"paper"', '"live"').replace("speed = 20", "speed = 10"))
        code, refused = remote.say("config", "reload")
        assert code == 6
        assert "desk.mode (it is what the desk and its state are)" in json.dumps(refused)
        assert limit(remote) == "100000", "all or nothing"
        file.write_text(changed)
        assert all(not each["needs_restart"] for each in remote.say("config", "diff")[1]["changes"])
        code, done = remote.say("config", "reload", "--reason", "evening")
        assert (code, done["revision"]) == (0, 2)
        assert limit(remote) == "388.5", "of 777 half, by the stage"
        remote.wait(desk, "alert", "list", until=lambda _: "/new planted" in heard)
        assert "/old planted" not in heard
        audit = [each for each in remote.say("audit")[1] if each["method"] == "ReloadConfiguration"]
        assert [LIMIT in each["after"] for each in audit] == [True, False], audit
    finally:
        desk.terminate()
        desk.communicate(timeout=TIMEOUT_S)
    file.write_text(changed.replace('"777"', '"500"'))
    desk = run_desk(tmp_path)
    try:
        await_control(desk, address)
        assert limit(remote) == "250", "after a restart the files win over what was reloaded"
    finally:
        desk.terminate()
        desk.communicate(timeout=TIMEOUT_S)


def limit(remote: Remote) -> Any:
    """Return the limit that an order of any instrument has."""
    (found,) = {
        each["limit"] for each in remote.say("risk", "report")[1]["rules"] if each["rule"] == LIMIT
    }
    return found
