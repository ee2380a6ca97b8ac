"""`bench telemetry`: what being watched costs ticks and orders, side by side in one run."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from statistics import median

from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk_app.bench.bare import calibrate
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.bench.ticks import play
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.running.session import frozen_garbage
from hexdesk_app.telemetry.watch import Watch, make_watch

ROUNDS_MIN, ROUNDS_MAX = 3, 15
ROUND_EVENTS = 20_000
"""Fewer events than `ROUNDS_MAX` of these are played in fewer rounds."""
ROUND_SHARE = 5
"""A round plays so small a part of the events: neighbours on a shared machine change slowly."""
ORDERS_SHARE = 8
"""One order in the time of so many ticks."""
SAMPLE_EVENTS = 10_000
RECEIVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
"""A receiver in a process of its own: it takes everything and keeps nothing."""
SECTION = """
[telemetry]
plugin = "otel"
prometheus_listen = ""
endpoint = "{endpoint}"
protocol = "http/protobuf"
sample_ratio = {ratio}
metrics_interval_s = 1.0
"""


def bench_telemetry(events: int) -> BenchResult:
    """Play ticks and orders unwatched, configured off, and sampled at 1 % and 100 %, in turn.

    An event is a tick of the unwatched rounds. A slowdown is the median over rounds of the time
    beside that of the same round's unwatched turn, by processor time of all threads: as if one
    core did it all, and without what neighbours on a shared machine take.
    """
    return asyncio.run(_bench(events))


async def _bench(events: int) -> BenchResult:
    rounds = min(max(events // ROUND_EVENTS, ROUNDS_MIN), ROUNDS_MAX)
    names, events = instrument_ids(1), max(events // ROUND_SHARE, ORDERS_SHARE)
    quotes = next(iter(batches(events, names, size=events)))
    with _receiver() as port:
        endpoint = f"http://127.0.0.1:{port}"
        variants = {
            "unwatched": "",
            "configured_off": SECTION.format(endpoint="", ratio=0.0),
            "sampled_1": SECTION.format(endpoint=endpoint, ratio=0.01),
            "sampled_100": SECTION.format(endpoint=endpoint, ratio=1.0),
        }
        times: dict[tuple[str, str], list[float]] = {}
        exported = dropped = 0
        for number in range(rounds):
            shift = number % len(variants)  # whoever comes first finds a colder machine
            turn = [*list(variants)[shift:], *list(variants)[:shift]]
            for variant in turn:
                for kind in ("ticks", "orders"):
                    seconds, watch = await _round(kind, variants[variant], quotes, names)
                    times.setdefault((kind, variant), []).append(seconds)
                    if variant == "sampled_100" and watch is not None:
                        exported += watch.exported("traces")
                        dropped += watch.dropped
    return BenchResult(
        name="telemetry",
        events=events,
        seconds=min(times["ticks", "unwatched"]),
        calibration_per_second=calibrate(quotes),
        details={**_slowdowns(times), "traces_exported": exported, "items_dropped": dropped},
    )


def _slowdowns(times: dict[tuple[str, str], list[float]]) -> dict[str, float | int | str]:
    """Return percent of time more than unwatched, by kind, and the worse of both."""
    found: dict[str, float | int | str] = {}
    for variant in ("configured_off", "sampled_1", "sampled_100"):
        worst = -100.0
        for kind in ("ticks", "orders"):
            pairs = zip(times[kind, variant], times[kind, "unwatched"], strict=True)
            percent = 100 * (median(watched / bare for watched, bare in pairs) - 1)
            found[f"{kind}_slowdown_pct_{variant}"] = round(percent, 2)
            worst = max(worst, percent)
        found[f"slowdown_pct_{variant}"] = round(worst, 2)
    return found


async def _round(
    kind: str, section: str, quotes: list[Quote], names: list[str]
) -> tuple[float, Watch | None]:
    app = make_app(names, {"ema": names} if kind == "ticks" else {}, extra=section)
    if kind == "orders":
        app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
        quotes = quotes[: len(quotes) // ORDERS_SHARE]
    watch = make_watch(app, LatencyHistogram())
    if watch is not None:
        watch.start()
    with frozen_garbage():
        app.desk.command(StartStrategy("", START_NS))
        begun = time.process_time()
        for first in range(0, len(quotes), SAMPLE_EVENTS):
            play(app, quotes[first : first + SAMPLE_EVENTS])
            if watch is not None:
                watch.sample(app.desk.pulse.now_ns, first)
        seconds = time.process_time() - begun
    if watch is not None:
        await asyncio.sleep(0)
        watch.close()
    app.journal.close()
    return seconds, watch


@contextmanager
def _receiver() -> Generator[int]:
    """Run the receiver beside; yields its port."""
    with subprocess.Popen(  # noqa: S603 - our own text, by this interpreter
        [sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            yield int(line)
        finally:
            process.kill()
