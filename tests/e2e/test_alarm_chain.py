"""Alarms arrive: from a desk's own rules, from Prometheus by Alertmanager, and when the desk dies.

Each part is a process; B17 (within five minutes), E22 (de-duplicated, raised by repetition), A36.
"""

import json
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.child import Child
from tests.e2e.service import command, environment, free_port, hexdesk

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
DESK = """
[desk]
name = "guarded"
mode = "paper"
state_path = "state"

[brokers.sim]
plugin = "sim"

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
speed = 20

[strategies.maker]
plugin = "market_making"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ order_size = "0.01", max_position = "0.05" }}

[servers.control]
plugin = "grpc"
listen = "{control}"

[telemetry]
plugin = "otel"
prometheus_listen = "127.0.0.1:{metrics}"

[alerts.rules.planted]
metric = "hexdesk.risk.halted"
above = 0
level = "warning"
text = "a planted breach"
remedy = "smile"

[channels.ops]
plugin = "webhook"
url = "env:OPS_URL"

[channels.boss]
plugin = "webhook"
url = "env:BOSS_URL"
stage = 2
"""


class Inbox:
    """What arrived at a webhook, by path."""

    def __init__(self) -> None:
        self.url = ""
        self.posts: list[tuple[str, dict[str, Any]]] = []

    def of(self, path: str, code: str) -> list[dict[str, Any]]:
        return [body for at, body in self.posts if at == path and body.get("code") == code]


@contextmanager
def inbox() -> Generator[Inbox]:
    found = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posts.append((self.path, json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running(arguments: list[str], folder: Path, **extra: str) -> Generator[subprocess.Popen[bytes]]:
    with Child[bytes](
        arguments, cwd=folder, env=environment(folder, **extra),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def eventually(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
            return True
    except OSError:
        return False


@contextmanager
def desk(folder: Path, control: str, metrics: int, urls: str) -> Generator[subprocess.Popen[bytes]]:
    (folder / "plugins.toml").write_text(DESK.format(control=control, metrics=metrics))
    extra = {"OPS_URL": f"{urls}/ops", "BOSS_URL": f"{urls}/boss"}
    with running([*command(), "run", "--no-table"], folder, **extra) as process:
        with grpc.insecure_channel(control) as channel:
            grpc.channel_ready_future(channel).result(timeout=PATIENCE_S)
        yield process


def verb(folder: Path, control: str, *words: str) -> None:
    done = hexdesk(folder, *words, "--reason", "test", HEXDESK_ADDRESS=control)
    assert done.returncode == 0, done.stderr


def test_a_planted_breach_arrives_once_and_escalates_when_it_is_repeated(tmp_path: Path) -> None:
    control = f"127.0.0.1:{free_port()}"
    with inbox() as post, desk(tmp_path, control, free_port(), post.url):
        verb(tmp_path, control, "halt")
        eventually(lambda: post.of("/ops", "planted"), "the breach arrives")
        verb(tmp_path, control, "risk", "rearm")
        eventually(lambda: len(post.of("/ops", "planted")) == 2, "its recovery arrives")
        begun, recovered = post.of("/ops", "planted")
        assert (begun["level"], begun["is_recovery"], begun["count"]) == ("warning", False, 1)
        assert recovered["is_recovery"]
        assert not post.of("/boss", "planted"), "nobody else is told before it is escalated"
        for _ in range(2):
            verb(tmp_path, control, "halt")
            time.sleep(1.5)  # readings are a second apart: the rule has to see it
            verb(tmp_path, control, "risk", "rearm")
            time.sleep(1.5)
        eventually(lambda: post.of("/boss", "planted"), "the third time is escalated")
        told = [each for each in post.of("/ops", "planted") if not each["is_recovery"]]
    assert [(each["level"], each["count"]) for each in told] == [("warning", 1), ("critical", 3)]
    assert post.of("/boss", "planted")[0]["level"] == "critical"


def test_a_desk_that_is_killed_is_missed_by_who_watches_beside_it(tmp_path: Path) -> None:
    control, metrics = f"127.0.0.1:{free_port()}", free_port()
    with inbox() as post:
        extra = {"OPS_URL": f"{post.url}/ops", "BOSS_URL": f"{post.url}/boss"}
        with desk(tmp_path, control, metrics, post.url) as process:
            watch = [*command(), "alert", "watch", "--after", "2"]
            with running(watch, tmp_path, **extra) as watcher:
                eventually((tmp_path / "state/heartbeat.json").exists, "it beats")
                process.send_signal(signal.SIGKILL)
                eventually(lambda: post.of("/ops", "DESK_GONE"), "the alarm arrives")
                with desk(tmp_path, control, metrics, post.url):
                    eventually(lambda: len(post.of("/ops", "DESK_GONE")) == 2, "so does its end")
                watcher.send_signal(signal.SIGTERM)
                assert watcher.wait(PATIENCE_S) == 0
    gone, back = post.of("/ops", "DESK_GONE")
    assert (gone["level"], gone["is_recovery"], gone["scope"]) == ("emergency", False, "guarded")
    assert back["is_recovery"]


PROMETHEUS = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}
rule_files: [alerts.yml, planted.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["{manager}"]}}]}}]
scrape_configs:
  - job_name: hexdesk
    static_configs: [{{targets: ["127.0.0.1:{metrics}"]}}]
"""
PLANTED = """
groups:
  - name: planted
    rules:
      - alert: Planted
        expr: hexdesk_risk_halted > 0
        labels: {severity: critical}
"""
MANAGER = """
route: {{receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}/manager", send_resolved: false}}]
"""


def fired(post: Inbox, name: str) -> list[dict[str, Any]]:
    return [
        alert
        for path, body in post.posts
        if path == "/manager"
        for alert in body["alerts"]
        if alert["labels"]["alertname"] == name and alert["status"] == "firing"
    ]


@contextmanager
def prometheus(folder: Path, metrics: int, url: str) -> Generator[None]:
    """Run both with the operator's kit, whose waits are cut short."""
    programs = [shutil.which(name) for name in ("prometheus", "prometheus-alertmanager")]
    if None in programs:
        pytest.skip("not installed: apt-get install prometheus prometheus-alertmanager")
    first, second = (str(each) for each in programs)
    manager, server = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    rules = (ROOT / "deploy/telemetry/alerts.yml").read_text().replace("for: 30s", "for: 1s")
    (folder / "alerts.yml").write_text(rules)
    (folder / "planted.yml").write_text(PLANTED)
    (folder / "prometheus.yml").write_text(PROMETHEUS.format(manager=manager, metrics=metrics))
    (folder / "manager.yml").write_text(MANAGER.format(url=url))
    with (
        running(
            [second, "--config.file=manager.yml", "--storage.path=manager",
             f"--web.listen-address={manager}", "--cluster.listen-address="], folder,
        ),
        running(
            [first, "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
             f"--web.listen-address={server}"], folder,
        ),
    ):  # fmt: skip
        eventually(lambda: answers(f"http://{manager}/-/ready"), "Alertmanager is ready")
        eventually(lambda: answers(f"http://{server}/-/ready"), "Prometheus is ready")
        yield


def test_prometheus_and_alertmanager_tell_of_a_breach_and_of_a_desk_that_was_killed(
    tmp_path: Path,
) -> None:
    control, metrics = f"127.0.0.1:{free_port()}", free_port()
    with (
        inbox() as post,
        desk(tmp_path, control, metrics, post.url) as process,
        prometheus(tmp_path, metrics, post.url),
    ):
        verb(tmp_path, control, "halt")
        eventually(lambda: fired(post, "Planted"), "the breach arrives")
        time.sleep(2)
        assert len(fired(post, "Planted")) == 1
        assert not fired(post, "HexdeskGone")
        process.send_signal(signal.SIGKILL)
        eventually(lambda: fired(post, "HexdeskGone"), "the desk is missed")
    assert fired(post, "HexdeskGone")[0]["annotations"]["remedy"] == "hexdesk health"
