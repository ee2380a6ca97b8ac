"""`bench recovery`: a start with a day of records behind it, and a snapshot near their end."""

import tempfile
import time
import tracemalloc

from hexdesk.application.durability.recovery import Past, read_past
from hexdesk.application.durability.replay import read_life
from hexdesk.application.durability.state import capture, encode_state
from hexdesk.domain.commands import StartStrategy
from hexdesk.errors import InvariantError
from hexdesk_app.bench.live import JOURNAL
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.bench.ticks import play
from hexdesk_app.build import Application
from hexdesk_app.running.interpreter import tuned_interpreter
from hexdesk_app.running.resume import SNAPSHOT_RECORDS

ROUNDS = 3
BATCH = 10_000
"""Orders between two looks at how many records there are."""
BYTES_PER_MB = 1_000_000
MS_PER_SECOND = 1_000


def bench_recovery(events: int) -> BenchResult:
    """Write about that many records, then open the journal and come to the desk's state.

    The snapshot is as old as one can be: `SNAPSHOT_RECORDS` records follow it.
    """
    with tempfile.TemporaryDirectory() as folder, tuned_interpreter():
        blocked, size = _write(folder, events)
        seconds, past = min((_recover(folder) for _ in range(ROUNDS)), key=lambda each: each[0])
        peak = _peak_bytes(folder)
        records, decoding, whole = _read_all(folder)
    return BenchResult(
        name="recovery",
        events=records,
        seconds=seconds,
        calibration_per_second=records / decoding,
        details={
            "calibration": "decoding all of it",
            "records_after_snapshot": past.record_count,
            "whole_seconds": round(whole, 3),
            "memory_mb": round(peak / BYTES_PER_MB, 1),
            "closed_orders": len(past.state.closed),
            "snapshot_ms": round(blocked * MS_PER_SECOND, 1),
            "snapshot_mb": round(size / BYTES_PER_MB, 2),
        },
    )


def _app(folder: str) -> Application:
    """Return a desk without end, as a live one is: it lets go of closed orders."""
    overrides = (f"desk.state_path={folder}",)
    return make_app(
        instrument_ids(1), {}, extra=JOURNAL, overrides=overrides, objects={"is_virtual": False}
    )


def _write(folder: str, events: int) -> tuple[float, int]:
    """Write a journal; return how long its snapshot held the desk up, and the snapshot's size."""
    app, names = _app(folder), instrument_ids(1)
    app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
    app.desk.command(StartStrategy("", START_NS))
    due = max(events - SNAPSHOT_RECORDS, 1)
    taken: tuple[float, int] | None = None
    for batch in batches(events, names, min(BATCH, max(events // 20, 1))):
        play(app, batch)
        if taken is None and app.journal.sequence >= due:
            taken = _save(app)
        if app.journal.sequence >= events:
            break
    taken = taken or _save(app)
    app.journal.close()
    return taken


def _save(app: Application) -> tuple[float, int]:
    begun = time.perf_counter()
    state = encode_state(capture(app.desk))
    seconds = time.perf_counter() - begun
    app.journal.save_snapshot(state)
    return seconds, len(state)


def _recover(folder: str) -> tuple[float, Past]:
    """Open the journal as a start does, and read what is behind; return seconds and the result."""
    begun = time.perf_counter()
    journal = _app(folder).journal
    past = read_past(journal)
    seconds = time.perf_counter() - begun
    journal.close()
    if past is None:
        raise InvariantError("the journal tells of no desk")
    return seconds, past


def _peak_bytes(folder: str) -> int:
    tracemalloc.start()
    _recover(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def _read_all(folder: str) -> tuple[int, float, float]:
    """Return the number of records, seconds to decode them, and seconds without a snapshot."""
    journal = _app(folder).journal
    begun = time.perf_counter()
    for _record in journal.records():
        pass
    decoded = time.perf_counter()
    read_life(journal.records())
    whole = time.perf_counter() - decoded
    journal.close()
    return journal.sequence, decoded - begun, whole
