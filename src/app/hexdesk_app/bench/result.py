"""What a benchmark prints; a name once printed does not change."""

import platform
import sys
from pathlib import Path

import msgspec


class BenchResult(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one benchmark.

    Attributes:
        name: Of the benchmark.
        events: Handled in the best round.
        seconds: Wall-clock time of the best round.
        calibration_per_second: A bare Python loop over the same input with the same signal.
        p50_us: Latency, where it is measured.
        p99_us: The same.
        details: Whatever else was measured.
    """

    name: str
    events: int
    seconds: float
    calibration_per_second: float
    p50_us: float | None = None
    p99_us: float | None = None
    details: dict[str, float | int | str] = msgspec.field(
        default_factory=dict[str, float | int | str]
    )

    @property
    def per_second(self) -> float:
        """Events a second in the best round."""
        return self.events / self.seconds

    @property
    def ratio(self) -> float:
        """Part of the bare loop's speed that is reached."""
        return self.per_second / self.calibration_per_second


def to_data(result: BenchResult) -> dict[str, object]:
    """Return what `--json` prints as `data`."""
    data: dict[str, object] = {
        "name": result.name,
        "events": result.events,
        "seconds": round(result.seconds, 6),
        "per_second": round(result.per_second, 1),
        "calibration_per_second": round(result.calibration_per_second, 1),
        "ratio": round(result.ratio, 4),
    }
    if result.p50_us is not None and result.p99_us is not None:
        data["p50_us"] = round(result.p50_us, 3)
        data["p99_us"] = round(result.p99_us, 3)
    data |= result.details
    data["python"] = f"{platform.python_implementation()} {sys.version.split()[0]}"
    data["machine"] = machine()
    return data


def machine() -> str:
    """Return processor, number of cores and system, for beside a figure."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = f"{len(names)} cores" if names else ""
    return ", ".join(
        part for part in (names[0] if names else model, cores, platform.system()) if part
    )
