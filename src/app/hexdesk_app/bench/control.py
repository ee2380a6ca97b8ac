"""`bench control`: the control plane beside a bare grpc.aio echo, and what it costs the ticks.

Desk, control plane and echo share one loop, as in a real desk; clients and the venue that sends
ticks are processes of their own.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hexdesk_app.bench.control_rig import Rig, TickLine, play, serve
from hexdesk_app.bench.live import make_frames
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.running.interpreter import tuned_interpreter

EVENTS_PER_ORDER = 8
CALL_SHARE = 20
"""One call of each kind in the time of so many events."""
TICK_SHARE = 30
"""One tick in a window, likewise."""
ROUNDS = 3
WINDOWS = 5
FEW_TICKS = 100
"""With fewer a window says nothing: one is enough to see that it runs."""
READERS = 5
TICKS_PER_SECOND = 500
PATIENCE_S = 600.0
US_PER_S = 1_000_000


def bench_control(events: int) -> BenchResult:
    """Call, follow that many events, and send ticks without and with clients."""
    with tempfile.TemporaryDirectory() as folder, tuned_interpreter():
        return asyncio.run(_bench(events, folder))


async def _bench(events: int, folder: str) -> BenchResult:
    async with serve(folder) as rig, _clients(rig) as clients:
        frames = list(make_frames(max(events // EVENTS_PER_ORDER, 1)))
        await play(rig, frames[:1])
        spent = await clients.do(do="calls", count=max(events // CALL_SHARE, 10))
        echo, create = _percentile(spent["echo"], 0.5), _percentile(spent["create"], 0.5)
        query = max((spent["desk"], spent["order"]), key=lambda each: _percentile(each, 0.5))
        streams = await _streams(rig, clients, frames)
        ticks = max(events // TICK_SHARE, 10)
        ticked = await _ticks(rig, clients, ticks)
    idle, loaded, hostile = ticked["idle"], ticked["users"], ticked["hostiles"]
    return BenchResult(
        name="control",
        events=streams.count,
        seconds=streams.one_s,
        calibration_per_second=streams.count / streams.bare_s,
        p50_us=_percentile(query, 0.5),
        p99_us=_percentile(query, 0.99),
        details={
            "echo_p50_us": round(echo, 1),
            "echo_p99_us": round(_percentile(spent["echo"], 0.99), 1),
            "query_ratio": round(_percentile(query, 0.5) / echo, 3),
            "order_p50_us": round(create, 1),
            "order_p99_us": round(_percentile(spent["create"], 0.99), 1),
            "order_ratio": round(create / echo, 3),
            "five_readers_per_second_each": round(streams.count / streams.five_s, 1),
            "event_cpu_us": round(streams.one_cpu_s / streams.count * US_PER_S, 2),
            "event_cpu_us_five": round(streams.five_cpu_s / streams.count * US_PER_S, 2),
            "tick_idle_p50_us": round(idle[0], 1),
            "tick_idle_p99_us": round(idle[1], 1),
            "tick_loaded_p50_us": round(loaded[0], 1),
            "tick_loaded_p99_us": round(loaded[1], 1),
            "tick_ratio": round(loaded[1] / idle[1], 3),
            "tick_hostile_p50_us": round(hostile[0], 1),
            "tick_hostile_p99_us": round(hostile[1], 1),
            "hostile_ratio": round(hostile[1] / idle[1], 3),
        },
    )


class Clients:
    """The process of the clients."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Let them do something and return what they say.

        Raises:
            RuntimeError: They ended instead.
        """
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the clients have no pipes")
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        if not line:
            raise RuntimeError("the clients ended; what they said stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def _clients(rig: Rig) -> AsyncGenerator[Clients]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hexdesk_app.bench.control_load", rig.address, rig.echo.address,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
    )  # fmt: skip
    try:
        yield Clients(process)
    finally:
        with suppress(ProcessLookupError):  # it has ended by itself
            process.kill()
        await process.wait()


@dataclass(frozen=True)
class Streams:
    """The best of what was measured of streams.

    Attributes:
        count: Events of each.
        one_s: Until one reader had them all, in seconds.
        five_s: Until the slowest of five had.
        bare_s: A bare stream of as many bytes.
        one_cpu_s: Processor time of the desk's process for one reader.
        five_cpu_s: For five.
    """

    count: int
    one_s: float
    five_s: float
    bare_s: float
    one_cpu_s: float
    five_cpu_s: float


async def _streams(rig: Rig, clients: Clients, frames: Sequence[bytes]) -> Streams:
    one: list[float] = []
    five: list[float] = []
    one_cpu: list[float] = []
    five_cpu: list[float] = []
    count = 0
    for readers, found, spent in [(1, one, one_cpu), (READERS, five, five_cpu)] * ROUNDS:
        begun = await clients.do(do="token")
        first = int(begun["token"].split(":")[1])
        await play(rig, frames)
        cpu_s = time.process_time()
        found.append(max((await clients.do(do="streams", count=readers, **begun))["seconds"]))
        spent.append(time.process_time() - cpu_s)
        ended = await clients.do(do="token")
        count = int(ended["token"].split(":")[1]) - first
    rig.echo.parts = [b"x" * 40_000] * (count // 256 + 1)
    bare = [(await clients.do(do="bare"))["seconds"] for _ in range(ROUNDS)]
    return Streams(count, min(one), min(five), min(bare), min(one_cpu), min(five_cpu))


async def _ticks(rig: Rig, clients: Clients, count: int) -> dict[str, tuple[float, float]]:
    """Return p50 and p99 alone and beside each crowd: the best of windows that take turns."""
    found: dict[str, list[tuple[float, float]]] = {"idle": [], "users": [], "hostiles": []}
    for _ in range(WINDOWS if count >= FEW_TICKS else 1):
        for crowd, windows in found.items():
            if crowd != "idle":
                await clients.do(do="crowd", kind=crowd)
            windows.append(await _window(rig, count))
            if crowd != "idle":
                await clients.do(do="leave")
    return {crowd: _best(windows) for crowd, windows in found.items()}


async def _window(rig: Rig, count: int) -> tuple[float, float]:
    line = TickLine(rig)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: line, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    feed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hexdesk_app.bench.control_feed",
        str(port), str(count), str(TICKS_PER_SECOND),
    )  # fmt: skip
    await asyncio.wait_for(feed.wait(), PATIENCE_S)
    async with asyncio.timeout(PATIENCE_S):
        await line.wait(count)
    server.close()
    return line.histogram.percentile_us(0.5), line.histogram.percentile_us(0.99)


def _best(windows: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(each[0] for each in windows), min(each[1] for each in windows)


def _percentile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]
