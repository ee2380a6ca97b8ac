"""`bench replay`: a journal of orders read back from disk, folded into the desk that wrote it."""

import tempfile
import time

from hexdesk.application.durability.replay import read_life
from hexdesk.domain.commands import StartStrategy
from hexdesk.ports.journal import Journal
from hexdesk_app.bench.live import JOURNAL
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.bench.ticks import play
from hexdesk_app.running.interpreter import tuned_interpreter

RECORDS_PER_ORDER = 3
ROUNDS = 3


def bench_replay(events: int) -> BenchResult:
    """Write at least that many records, then read and fold them; the best of three rounds."""
    with tempfile.TemporaryDirectory() as folder, tuned_interpreter():
        write_journal(folder, events // RECORDS_PER_ORDER)
        journal = make_app(
            instrument_ids(1), {}, extra=JOURNAL, overrides=(f"desk.state_path={folder}",)
        ).journal
        decoding = min(_decode(journal) for _ in range(ROUNDS))
        rounds = [_fold(journal) for _ in range(ROUNDS)]
        records = journal.sequence
        journal.close()
    seconds, cpu_seconds, closed = map(min, zip(*rounds, strict=True))
    return BenchResult(
        name="replay",
        events=records,
        seconds=seconds,
        calibration_per_second=records / decoding,
        details={
            "orders_closed": int(closed),
            "cpu_seconds": round(cpu_seconds, 6),
            "per_cpu_second": round(records / cpu_seconds, 1),
            "calibration": "decoding alone",
        },
    )


def write_journal(folder: str, orders: int) -> None:
    """Write a journal of limit orders, half of them filled, into a state folder."""
    names = instrument_ids(1)
    app = make_app(names, {}, extra=JOURNAL, overrides=(f"desk.state_path={folder}",))
    app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
    app.desk.command(StartStrategy("", START_NS))
    for batch in batches(orders, names):
        play(app, batch)
    app.journal.close()


def _decode(journal: Journal) -> float:
    begun = time.perf_counter()
    for _record in journal.records():
        pass
    return time.perf_counter() - begun


def _fold(journal: Journal) -> tuple[float, float, int]:
    """Rebuild the desk from the journal; return seconds, the processor's, and closed orders."""
    begun, cpu_begun = time.perf_counter(), time.process_time()
    desk = read_life(journal.records())
    cpu_seconds = time.process_time() - cpu_begun
    seconds = time.perf_counter() - begun
    return seconds, cpu_seconds, 0 if desk is None else len(desk.execution.closed)
