"""What the operating system and the interpreter say of this process."""

import asyncio
import gc
import os
import resource
import time
from collections.abc import Mapping
from pathlib import Path

from hexdesk.domain.metrics import Log2Histogram
from hexdesk.ports.telemetry import Reading

LAG_STEP_S = 0.1
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STATM = Path("/proc/self/statm")


class ProcessGauges:
    """Memory, processor time, garbage collection, and how late the event loop is."""

    def __init__(self) -> None:
        self._pauses = Log2Histogram()
        self._lags = Log2Histogram()
        self._gc_begun = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure; on the desk's loop."""
        gc.callbacks.append(self._on_gc)
        self._task = asyncio.get_running_loop().create_task(self._measure_lag())

    def close(self) -> None:
        """Stop measuring; idempotent."""
        if self._on_gc in gc.callbacks:
            gc.callbacks.remove(self._on_gc)
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def readings(self) -> list[Reading]:
        """Return what was measured."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return [
            Reading("hexdesk.process.cpu_time", (), usage.ru_utime + usage.ru_stime),
            Reading("hexdesk.process.memory", (), _resident_bytes(usage.ru_maxrss)),
            Reading("hexdesk.desk.gc_pause", (), self._pauses.distribution()),
            Reading("hexdesk.desk.loop_lag", (), self._lags.distribution()),
        ]

    def _on_gc(self, phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            self._gc_begun = time.perf_counter_ns()
        else:
            self._pauses.add(time.perf_counter_ns() - self._gc_begun)

    async def _measure_lag(self) -> None:
        while True:
            begun = time.perf_counter_ns()
            await asyncio.sleep(LAG_STEP_S)
            self._lags.add(time.perf_counter_ns() - begun - int(LAG_STEP_S * 1e9))


def disk_readings(folder: Path) -> list[Reading]:
    """Return how much room is left for a folder, which may not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        found = os.statvfs(folder)
    except OSError:
        return []  # nobody can tell: a rule on it stays silent, the journal will say more
    return [Reading("hexdesk.disk.free", (), found.f_bavail * found.f_frsize)]


def _resident_bytes(most_kib: int) -> int:
    """Return resident memory; where the system does not tell, the most there was."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return most_kib * 1024
