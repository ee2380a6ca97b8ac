"""A whole desk with telemetry and alerts: every part is real, receivers are on this machine.

Needs every member installed.
"""

import asyncio
import json
import socket
import urllib.request
from pathlib import Path

import pytest

from hexdesk.domain.commands import StartStrategy
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.ticks import play
from hexdesk_app.config.load import Sources, load_config
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.running.runner import run_async
from hexdesk_app.running.session import Options, Session
from hexdesk_app.telemetry.watch import make_watch
from tests.adapters.alerts.receiver import http_receiver
from tests.adapters.otel.receiver import Received, grpc_receiver

CONFIGURATION = """
[desk]
name = "watched"
mode = "paper"

[brokers.sim]
plugin = "sim"

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
speed = 60

[strategies.mm-btc]
plugin = "market_making"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = { order_size = "0.01", max_position = "0.05", spread_bps = 1.0 }

[telemetry]
plugin = "otel"
endpoint = "http://127.0.0.1:%(otlp)d"
prometheus_listen = "127.0.0.1:%(metrics)d"
sample_ratio = 1.0
metrics_interval_s = 0.2

[alerts.rules.planted]
metric = "hexdesk.order.intents"
above = 0
level = "critical"
text = "an order was made"
remedy = "smile"

[channels.ops]
plugin = "webhook"
url = "env:E2E_ALERT_URL"
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


async def test_a_desk_is_seen_and_a_planted_breach_arrives_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received, metrics = Received(), free_port()
    sessions: list[Session] = []
    with grpc_receiver(received) as port:
        async with http_receiver() as webhook:
            monkeypatch.setenv("E2E_ALERT_URL", webhook.url)
            path = tmp_path / "plugins.toml"
            path.write_text(CONFIGURATION % {"otlp": port, "metrics": metrics}, encoding="utf-8")
            config = load_config(Sources(files=(path,)))
            options = Options(watch=sessions.append, handle_signals=False)
            running = asyncio.create_task(run_async(config, options))
            text = ""
            for _ in range(300):
                await asyncio.sleep(0.05)
                if running.done():
                    break
                if webhook.requests and received.spans and sessions and not text:
                    text = await asyncio.to_thread(scrape, metrics)
                if text and "hexdesk_order_intents_total 0.0" not in text:
                    break
                text = ""
            if sessions:
                sessions[-1].stop()
            result = await running
    assert result.orders > 0
    planted = [json.loads(each.body) for each in webhook.requests if b"planted" in each.body]
    assert [(each["level"], each["is_recovery"]) for each in planted] == [("critical", False)]
    roots = [span for span in received.spans if span.name == "order"]
    assert roots
    names = {span.name for span in received.spans if span.trace_id == roots[0].trace_id}
    assert {"order", "signal", "risk", "submit"} <= names
    assert "hexdesk_account_equity{" in text
    assert {each.name for each in received.metrics} >= {
        "hexdesk.order.intents", "hexdesk.account.equity", "hexdesk.process.memory",
    }  # fmt: skip
    assert received.resources[0]["hexdesk.desk"] == "watched"


def records_of(extra: str) -> list[object]:
    """Return the journal of a storm of orders, watched as a section says."""

    async def run() -> list[object]:
        names = instrument_ids(1)
        quotes = next(iter(batches(300, names, size=300)))
        app = make_app(names, {}, extra=extra)
        app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
        watch = make_watch(app, LatencyHistogram())
        if watch is not None:
            watch.start()
        app.desk.command(StartStrategy("", START_NS))
        play(app, quotes)
        if watch is not None:
            await asyncio.sleep(0)
            watch.close()
        return list(app.journal.records())

    return asyncio.run(run())


def test_orders_are_the_same_whatever_becomes_of_the_collector() -> None:
    received = Received()
    received.is_hanging = True
    with grpc_receiver(received) as port:
        hanging, gone = (
            records_of(
                f'[telemetry]\nplugin = "otel"\nprometheus_listen = ""\ntimeout_s = 0.3\n'
                f'sample_ratio = 1.0\nendpoint = "http://127.0.0.1:{each}"\n'
            )
            for each in (port, free_port())
        )
    assert len(hanging) > 600
    assert hanging == gone == records_of("")
