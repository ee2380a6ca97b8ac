"""Secrets planted everywhere are found nowhere: logs, traces, journal, alerts, output (A2, A36)."""

import json
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.adapters.otel.receiver import Received, grpc_receiver
from tests.child import Child
from tests.e2e.service import command, environment
from tests.e2e.test_alarm_chain import eventually, inbox

SECRETS = {
    "HOOK": "http://127.0.0.1:9/hook/planted-path-4711",
    "SIGNING": "planted-signing-4711",
    "BOT": "4711:planted-bot-token",
    "MAIL": "planted-mail-pass/4711",
    "LEAK": "planted?leaked=secret 4711",
}
HEADER = "planted-header-4711"
LEAKY = '''
import logging
import msgspec
from hexdesk.plugin import CONTRACT_VERSION, Secret, ServerRegistration, hookimpl

class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: Secret

class Leaky:
    """Says its secret in every way that a careless plugin might."""

    address = "nowhere"

    def __init__(self, context, settings):
        self.logger, self.settings = context.logger, settings

    async def start(self):
        value = self.settings.key.reveal()
        self.logger.warning("leaks %s with settings %r", value, self.settings)
        self.logger.warning("headers %s", {"Authorization": f"Bearer {value}"})
        from urllib.parse import quote
        self.logger.warning("GET https://host/?key=%s", quote(value, safe=""))
        try:
            raise OSError(f"cannot reach https://user:{value}@host/")
        except OSError:
            self.logger.exception("failed")

    async def stop(self):
        pass

@hookimpl
def hexdesk_servers():
    return [ServerRegistration(name="leaky", summary="Leaks", settings=Settings, factory=Leaky,
                               contract=CONTRACT_VERSION)]
'''
DESK = """
[desk]
name = "leaky"
state_path = "state"

[brokers.sim]
plugin = "sim"

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
speed = 60

[strategies.maker]
plugin = "market_making"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ order_size = "0.01", max_position = "0.05", spread_bps = 1.0 }}

[journal]
plugin = "journal"

[telemetry]
plugin = "otel"
endpoint = "http://127.0.0.1:{otlp}"
prometheus_listen = ""
sample_ratio = 1.0

[servers.leaky]
plugin = "leaky"
key = "env:LEAK"

[alerts.rules.planted]
metric = "hexdesk.order.intents"
above = 0
level = "critical"
text = "a planted breach"

[channels.hook]
plugin = "webhook"
url = "env:HOOK"
secret = "env:SIGNING"

[channels.robot]
plugin = "dingtalk"
url = "env:HOOK"
secret = "env:SIGNING"

[channels.bot]
plugin = "telegram"
token = "env:BOT"
chat_id = "1"
base_url = "http://127.0.0.1:9"

[channels.mail]
plugin = "mail"
host = "127.0.0.1"
port = 9
security = "none"
sender = "a@b.c"
recipients = ["d@e.f"]
username = "u"
password = "env:MAIL"

[channels.fine]
plugin = "webhook"
url = "env:FINE"
"""


def install(folder: Path) -> Path:
    """Write the careless plugin as an installed distribution; return where."""
    site = folder / "site"
    info = site / "leaky-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "leaky.py").write_text(LEAKY)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leaky\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hexdesk.adapters]\nleaky = leaky\n")
    return site


def planted() -> list[str]:
    """Return what must be nowhere: each value, and the part of it that tells most."""
    return [*SECRETS.values(), HEADER, "planted-path", "planted-signing", "planted-bot",
            "planted-mail", "leaked=secret", "leaked%3Dsecret", "planted-header"]  # fmt: skip


def found_in(what: str, content: str) -> list[str]:
    return [f"{each!r} in {what}" for each in planted() if each in content]


@contextmanager
def desk(folder: Path, fine: str) -> Generator[subprocess.Popen[str]]:
    extra = {
        **SECRETS, "FINE": f"{fine}/fine", "PYTHONPATH": str(install(folder)),
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={HEADER}",
    }  # fmt: skip
    with Child[str](
        [*command(), "run", "--no-table", "-vv"], cwd=folder, env=environment(folder, **extra),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def test_secrets_are_found_nowhere(tmp_path: Path) -> None:
    received = Received()
    with grpc_receiver(received) as otlp, inbox() as post:
        (tmp_path / "plugins.toml").write_text(DESK.format(otlp=otlp))
        with desk(tmp_path, post.url) as process:
            log = tmp_path / "state/log/hexdesk.jsonl"
            eventually(log.exists, "it logs")
            eventually(lambda: post.of("/fine", "planted"), "an alert goes out")
            eventually(lambda: received.spans, "an order is traced")
            eventually(lambda: log.read_text().count("not delivered yet") >= 4, "channels fail")
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
    assert "leaks ***" in errors
    assert "headers {'Authorization': 'Bearer ***'}" in errors
    assert "OSError: cannot reach https://user:***@host/" in errors
    wrong = [*found_in("stdout", output), *found_in("stderr", errors)]
    files = [each for each in (tmp_path / "state").rglob("*") if each.is_file()]
    assert {each.suffix for each in files} >= {".jsonl", ".seg"}
    for file in files:
        wrong += found_in(str(file), file.read_bytes().decode(errors="replace"))
    for kind in ("spans", "metrics", "logs"):
        items = getattr(received, kind)
        assert items, kind
        wrong += [each for item in items for each in found_in(kind, str(item))]
    wrong += [each for _, body in post.posts for each in found_in("alerts", json.dumps(body))]
    assert wrong == []
