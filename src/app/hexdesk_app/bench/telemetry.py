"""`bench telemetry`: what being watched costs ticks and orders, side by side in one run."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from statistics import median

from hexdesk_app.bench.bare import calibrate
from hexdesk_app.bench.live import WARM_UP, make_frames, run_frames
from hexdesk_app.bench.market import batches, instrument_ids
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.bench.telemetry_turns import TURN_TICKS, Comparison, compare
from hexdesk_app.build import Application
from hexdesk_app.running.interpreter import tuned_interpreter
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.telemetry.watch import make_watch

KINDS = ("ticks", "orders")
TURNS_MIN = 4
LIVE_ROUNDS = 8
LIVE_MESSAGES_MAX = 15_000
RECEIVER = """
import os, sys, threading
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
threading.Thread(target=lambda: os._exit(len(sys.stdin.read())), daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
"""A receiver in a process of its own: takes everything, keeps nothing, ends with who started it."""
SECTION = """
[telemetry]
plugin = "otel"
prometheus_listen = ""
endpoint = "{endpoint}"
protocol = "http/protobuf"
sample_ratio = {ratio}
"""


def bench_telemetry(events: int) -> BenchResult:
    """Compare desks configured off, and sampled at 1 % and 100 %, each with one that is unwatched.

    An event is a tick of one desk; of orders there are an eighth as many. A slowdown is what the
    desk's own thread and those of telemetry use more, in processor time: as if one core did it all.
    """
    ticks = min(events, TURN_TICKS)
    turns = max(events // ticks, TURNS_MIN)
    with _receiver() as port:
        endpoint = f"http://127.0.0.1:{port}"
        variants = {
            "configured_off": SECTION.format(endpoint="", ratio=0.0),
            "sampled_1": SECTION.format(endpoint=endpoint, ratio=0.01),
            "sampled_100": SECTION.format(endpoint=endpoint, ratio=1.0),
        }
        found = {
            variant: {kind: compare(kind, section, turns, ticks) for kind in KINDS}
            for variant, section in variants.items()
        }
        live = _live(min(events, LIVE_MESSAGES_MAX), variants["sampled_1"])
    full = found["sampled_100"].values()
    fastest = min((each["ticks"] for each in found.values()), key=lambda each: each.seconds)
    return BenchResult(
        name="telemetry",
        events=fastest.events,
        seconds=fastest.seconds,
        calibration_per_second=calibrate(next(batches(fastest.events, instrument_ids(1)))),
        details={
            **_slowdowns(found),
            "traces_exported": sum(each.traces for each in full),
            "items_dropped": sum(each.dropped for each in full),
            **live,
        },
    )


def _slowdowns(found: dict[str, dict[str, Comparison]]) -> dict[str, float | int | str]:
    """Return each slowdown with its parts, and the worse of ticks and orders."""
    details: dict[str, float | int | str] = {}
    for variant, by_kind in found.items():
        worst = max(by_kind.values(), key=lambda each: each.slowdown_pct)
        details[f"slowdown_pct_{variant}"] = round(worst.slowdown_pct, 2)
        details[f"noise_pct_{variant}"] = round(worst.noise_pct, 2)
        for kind, each in by_kind.items():
            details[f"{kind}_slowdown_pct_{variant}"] = round(each.slowdown_pct, 2)
            details[f"{kind}_noise_pct_{variant}"] = round(each.noise_pct, 2)
            details[f"{kind}_threads_pct_{variant}"] = round(each.threads_pct, 2)
            details[f"{kind}_wall_pct_{variant}"] = round(each.wall_pct, 2)
    return details


def _live(messages: int, section: str) -> dict[str, float | int | str]:
    """Return the order path's latencies, unwatched and sampled at 1 % in turn; medians of rounds.

    The noise is how far the unwatched rounds' p99 lie apart, in percent of their median.
    """
    frames = list(make_frames(messages + WARM_UP))
    alone: list[LatencyHistogram] = []
    watched: list[LatencyHistogram] = []

    async def watch_round() -> LatencyHistogram:
        with tempfile.TemporaryDirectory() as folder:
            return run_frames(frames, folder, extra=section, beside=_watched)[0]

    async def bare_round() -> LatencyHistogram:
        with tempfile.TemporaryDirectory() as folder:
            return run_frames(frames, folder)[0]

    for number in range(LIVE_ROUNDS):
        turns = [(alone, bare_round), (watched, watch_round)]
        for found, run_round in turns if number % 2 else reversed(turns):
            with tuned_interpreter():
                found.append(asyncio.run(run_round()))
    p99s = [each.percentile_us(0.99) for each in alone]
    return {
        "live_p50_us": _middle(alone, 0.5),
        "live_p50_us_sampled_1": _middle(watched, 0.5),
        "live_p99_us": _middle(alone, 0.99),
        "live_p99_us_sampled_1": _middle(watched, 0.99),
        "live_p99_noise_pct": round(100 * (max(p99s) - min(p99s)) / median(p99s), 1),
    }


def _middle(rounds: list[LatencyHistogram], part: float) -> float:
    return round(median(each.percentile_us(part) for each in rounds), 3)


@contextmanager
def _watched(app: Application) -> Generator[None]:
    watch = make_watch(app, LatencyHistogram())
    if watch is not None:
        watch.start()
    try:
        yield
    finally:
        if watch is not None:
            watch.close()


@contextmanager
def _receiver() -> Generator[int]:
    """Run the receiver beside; yields its port."""
    with subprocess.Popen(  # noqa: S603 - our own text, by this interpreter
        [sys.executable, "-c", RECEIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            yield int(line)
        finally:
            process.kill()
