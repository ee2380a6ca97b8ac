"""Durations in buckets: constant memory, percentiles within 3 %."""

from hexdesk.domain.metrics import Distribution, Log2Histogram
from hexdesk_app.result import Latency

SUB_BUCKETS = 32
_SHIFT = 5
BUCKETS = 64 * SUB_BUCKETS
US = 1_000.0


class LatencyHistogram:
    """Counts durations in ns: 32 buckets per power of two, as HDR histograms do.

    Attributes:
        count: Durations added.
        largest_ns: The longest.
    """

    __slots__ = ("_buckets", "count", "largest_ns")

    def __init__(self) -> None:
        self._buckets = [0] * BUCKETS
        self.count = 0
        self.largest_ns = 0

    def add(self, duration_ns: int) -> None:
        """Count a duration."""
        duration_ns = max(duration_ns, 0)
        exponent = max(duration_ns.bit_length() - _SHIFT - 1, 0)
        self._buckets[(exponent << _SHIFT) + (duration_ns >> exponent)] += 1
        self.count += 1
        self.largest_ns = max(self.largest_ns, duration_ns)

    def percentile_us(self, part: float) -> float:
        """Return the duration that a part (0 to 1) of all stay at or below, in microseconds."""
        wanted = part * self.count
        seen = 0
        for index, number in enumerate(self._buckets):
            seen += number
            if number and seen >= wanted:
                return min(_upper_ns(index), self.largest_ns) / US
        return 0.0

    def distribution(self) -> Distribution:
        """Return the same counts in the buckets that leave the process; the total is near."""
        histogram = Log2Histogram()
        for index, number in enumerate(self._buckets):
            if number:
                histogram.add_many(min(_upper_ns(index), self.largest_ns), number)
        return histogram.distribution()

    def summary(self) -> Latency | None:
        """Return the usual percentiles; None without any duration."""
        if not self.count:
            return None
        return Latency(
            p50_us=self.percentile_us(0.5),
            p99_us=self.percentile_us(0.99),
            p999_us=self.percentile_us(0.999),
            max_us=self.largest_ns / US,
        )


def _upper_ns(index: int) -> int:
    """Return the largest duration that falls into a bucket."""
    if index < 2 * SUB_BUCKETS:
        return index
    exponent = (index >> _SHIFT) - 1
    base = index - (exponent << _SHIFT)
    return ((base + 1) << exponent) - 1
