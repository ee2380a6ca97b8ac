"""`bench read_model`: a journal written as history off the path, and what that costs the path."""

import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from statistics import median

import msgspec

from hexdesk.domain.projection import Projection
from hexdesk.errors import InvariantError
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import ReadModel
from hexdesk_app.bench.live import JOURNAL, WARM_UP, make_frames, run_frames
from hexdesk_app.bench.market import instrument_ids, make_app
from hexdesk_app.bench.replay import RECORDS_PER_ORDER, write_journal
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.build import Application
from hexdesk_app.history.feed import BATCH_RECORDS, FeedStats
from hexdesk_app.history.keeping import make_history
from hexdesk_app.history.opening import open_read_model
from hexdesk_app.running.interpreter import tuned_interpreter

HISTORY = """
[read_model]
plugin = "sqlite"
"""
ROUNDS = 3
LIVE_ROUNDS = 5
LIVE_MESSAGES_MAX = 50_000
Beside = Callable[[Application], AbstractContextManager[None]]


def bench_read_model(events: int) -> BenchResult:
    """Write about that many records as rows, the best of three rounds; an event is a row.

    Then the messages of `bench live` without and with a read model in turn: in one run, since no
    two runs of a shared machine compare. Processor times tell the same on a busy machine.
    """
    with tempfile.TemporaryDirectory() as folder, tuned_interpreter():
        write_journal(folder, max(events // RECORDS_PER_ORDER, 1))
        records = _read(folder)
        rows, folding = _fold(records)
        rounds = [_write(records, f"{folder}/{number}") for number in range(ROUNDS)]
        seconds, cpu_seconds = map(min, zip(*rounds, strict=True))
        rebuilding = _rebuild(folder)
    live = _live(min(events, LIVE_MESSAGES_MAX))
    return BenchResult(
        name="read_model",
        events=rows,
        seconds=seconds,
        calibration_per_second=rows / folding,
        details={
            "calibration": "the fold alone",
            "records": len(records),
            "cpu_seconds": round(cpu_seconds, 6),
            "per_cpu_second": round(rows / cpu_seconds, 1),
            "records_per_second": round(len(records) / seconds, 1),
            "rebuild_per_second": round(len(records) / rebuilding, 1),
            **live,
        },
    )


def _read(folder: str) -> list[JournalRecord]:
    app = make_app(instrument_ids(1), {}, extra=JOURNAL, overrides=(f"desk.state_path={folder}",))
    records = list(app.journal.records())
    app.journal.close()
    return records


def _fold(records: Sequence[JournalRecord]) -> tuple[int, float]:
    """Return how many rows are added or replaced, and how long it takes to know them."""
    projection = Projection()
    rows = 0
    begun = time.perf_counter()
    for start in range(0, len(records), BATCH_RECORDS):
        for number, record in enumerate(records[start : start + BATCH_RECORDS], start + 1):
            projection.add(number, record)
        changes = projection.take()
        for changed in (changes.orders, changes.fills, changes.positions, changes.events):
            rows += len(changed)
        rows += len(changes.order_events)
    return rows, time.perf_counter() - begun


def _write(records: Sequence[JournalRecord], folder: str) -> tuple[float, float]:
    """Return how long it takes by the clock, and of the processor."""
    model = _opened(folder)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for start in range(0, len(records), BATCH_RECORDS):
        model.write(start + 1, records[start : start + BATCH_RECORDS])
    taken = time.perf_counter() - begun, time.process_time() - cpu_begun
    model.close()
    return taken


def _rebuild(folder: str) -> float:
    app = make_app(instrument_ids(1), {}, extra=JOURNAL, overrides=(f"desk.state_path={folder}",))
    model = _opened(folder)
    begun = time.perf_counter()
    model.rebuild(app.journal.records())
    seconds = time.perf_counter() - begun
    model.close()
    app.journal.close()
    return seconds


def _opened(folder: str) -> ReadModel:
    Path(folder).mkdir(exist_ok=True)
    model = open_read_model(Path(folder), is_read_only=False)
    model.open()
    return model


class _Round(msgspec.Struct, frozen=True):
    """Of one run of messages: latencies, and the processor time of the desk's thread a message."""

    p50_us: float
    p99_us: float
    cpu_us: float


def _live(messages: int) -> dict[str, float | int | str]:
    """Return latencies of the order path without and with a feed, the medians of some rounds."""
    frames = list(make_frames(messages + WARM_UP))
    alone: list[_Round] = []
    fed: list[_Round] = []
    stats: list[FeedStats] = []

    @contextmanager
    def beside(app: Application) -> Generator[None]:
        history = make_history(app)
        if history is None:
            raise InvariantError("the benchmark's desk keeps no history")
        history.start()
        yield
        stats.append(history.stats)
        history.close()

    for _ in range(LIVE_ROUNDS):
        alone.append(_run(frames, None))
        fed.append(_run(frames, beside))
    figures: dict[str, float | int | str] = {}
    for name, rounds in (("live", alone), ("live_fed", fed)):
        for each in ("p50_us", "p99_us", "cpu_us"):
            figures[f"{name}_{each}"] = round(median(getattr(one, each) for one in rounds), 3)
    changes = [
        100 * (with_feed.p50_us / without.p50_us - 1)
        for without, with_feed in zip(alone, fed, strict=True)
    ]
    figures["live_p50_change_pct"] = round(median(changes), 1)
    figures["live_behind"] = max(each.behind for each in stats)
    return figures


def _run(frames: Sequence[bytes], beside: Beside | None) -> _Round:
    """Handle all messages, with something beside."""
    cpu_s = 0.0

    @contextmanager
    def timed(app: Application) -> Generator[None]:
        nonlocal cpu_s
        with nullcontext() if beside is None else beside(app):
            begun = time.thread_time()
            yield
            cpu_s = time.thread_time() - begun

    with tempfile.TemporaryDirectory() as folder, tuned_interpreter():
        histogram, _, _ = run_frames(frames, folder, extra=HISTORY if beside else "", beside=timed)
    return _Round(
        histogram.percentile_us(0.5), histogram.percentile_us(0.99), cpu_s / len(frames) * 1e6
    )
