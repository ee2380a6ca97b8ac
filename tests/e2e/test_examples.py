"""The scripts of `examples` do what they say, against a desk that runs."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hexdesk_app.control.files import audit_file
from tests.child import Child
from tests.e2e.service import (
    PAPER,
    TIMEOUT_S,
    await_control,
    environment,
    free_port,
    run_desk,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
INSTRUMENT = "BTCUSDT-PERP.BINANCE"


class Desk:
    """A desk on paper that runs.

    Attributes:
        address: Of its control plane.
        process: It.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        server = f'\n[servers.control]\nplugin = "grpc"\nlisten = "{self.address}"\n'
        (folder / "plugins.toml").write_text(PAPER + server)
        self.process = run_desk(folder)
        await_control(self.process, self.address)

    def begin(self, script: str, *words: str) -> subprocess.Popen[str]:
        """Start a script of `examples/python`."""
        return Child[str](
            [sys.executable, str(EXAMPLES / "python" / script), *words],
            cwd=self.folder,
            env=environment(self.folder, HEXDESK_ADDRESS=self.address, PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *words: str) -> str:
        """Run it to its good end and return what it printed."""
        return end(self.begin(script, *words))

    def close(self) -> None:
        """Stop the desk."""
        self.process.kill()
        self.process.communicate()


def end(script: subprocess.Popen[str]) -> str:
    output, errors = script.communicate(timeout=TIMEOUT_S)
    assert script.returncode == 0, output + errors
    return output


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    running = Desk(tmp_path_factory.mktemp("desk"))
    yield running
    running.close()


def test_looking(desk: Desk) -> None:
    printed = desk.run("look.py")
    assert printed.startswith("e2e: MODE_PAPER, STATE_RUNNING")
    assert "strategies/trend: STATE_RUNNING" in printed


def test_fills_are_written_once_each_over_a_stop(desk: Desk) -> None:
    file = desk.folder / "fills.jsonl"
    for start in range(2):
        reader = desk.begin("fills.py", str(file), "--count", "1")
        bought = desk.run("buy.py", INSTRUMENT, "0.01")
        assert "ORDER_STATUS_FILLED" in bought
        assert "bought 0.01 at" in bought
        assert "fills written" in end(reader)
        if start == 0:
            with file.open("a") as torn:
                torn.write('{"fills": [{"na')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    names = [fill["name"] for line in lines for fill in line["fills"]]
    assert len(names) == len(set(names)) >= 2


def test_what_is_refused_is_said(desk: Desk) -> None:
    script = desk.begin("buy.py", "NOBODY.NOWHERE", "0.01")
    errors = script.communicate(timeout=TIMEOUT_S)[1]
    assert script.returncode == 1
    assert errors.startswith("RESOURCE_UNKNOWN: ")


def test_a_bot_tells_of_the_red_button(desk: Desk) -> None:
    told: list[Any] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Chat) as chat:
        threading.Thread(target=chat.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{chat.server_port}/"
        bot = desk.begin("alert_bot.py", "--webhook", url, "--count", "3")
        assert bot.stdout is not None
        assert bot.stdout.readline() == "listening\n"
        dry = desk.run("stop_everything.py", "a drill", "--dry-run")
        assert "positions closing" in dry
        printed = desk.run("stop_everything.py", "a drill")
        assert printed.startswith("desk: STATE_HALTED")
        end(bot)
        chat.shutdown()
    assert {"text": "halt: a drill"} in told
    methods = [each.method for each in audit_file(desk.folder / "state").load()]
    assert methods[-2:] == ["Halt", "Flatten"]


def install(folder: Path) -> Path:
    """Copy the example in another language into a folder and install what it needs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node here: the example in another language was not run")
    place = folder / "node"
    shutil.copytree(EXAMPLES / "node", place, ignore=shutil.ignore_patterns("node_modules"))
    installed = subprocess.run(
        [npm, "ci"], cwd=place, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if installed.returncode:
        text = installed.stderr
        if any(word in text for word in ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN")):
            pytest.skip(f"no package registry answers: {text.strip()[-200:]}")
        raise AssertionError(text)
    return place


def test_another_language_lives_an_orders_life(tmp_path: Path) -> None:
    """By @grpc/grpc-js from the contract's files alone, from the connection to the shutdown."""
    place = install(tmp_path)
    desk = Desk(tmp_path)
    try:
        proto = str(EXAMPLES.parent / "proto")
        done = subprocess.run(
            ["node", "order_life.mjs", INSTRUMENT, "0.01", "--shutdown"],
            cwd=place,
            env={**os.environ, "HEXDESK_ADDRESS": desk.address, "HEXDESK_PROTO": proto},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        desk.process.communicate(timeout=TIMEOUT_S)
        assert desk.process.returncode == 0
    finally:
        desk.close()
    steps = {each["step"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert list(steps) == [
        "connected", "checked", "tried", "submitted", "accepted", "amended", "canceled", "filled",
        "closed", "halted", "shut down",
    ]  # fmt: skip
    assert steps["tried"]["name"] == ""
    assert steps["submitted"]["same"] is True
    assert steps["closed"]["quantity"] == "0"
