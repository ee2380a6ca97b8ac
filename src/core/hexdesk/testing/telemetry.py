"""Telemetry that keeps what it is given."""

from hexdesk.domain.timeline import OrderTimeline
from hexdesk.ports.telemetry import LatestReadings, Readings, SignalStats, VenueRequest


class FakeTelemetry:
    """Implements `Telemetry` in memory.

    Attributes:
        orders: Timelines taken.
        requests: Requests taken.
        is_closed: Whether it was closed.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.orders: list[OrderTimeline] = []
        self.requests: list[VenueRequest] = []
        self.is_closed = False
        self._keeps = keeps
        self._latest: LatestReadings | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything leaves: it does."""
        return True

    def start(self, latest: LatestReadings) -> None:
        """Remember where readings come from."""
        self._latest = latest

    @property
    def readings(self) -> Readings | None:
        """What would be exported now."""
        return self._latest() if self._latest is not None else None

    def order(self, timeline: OrderTimeline) -> bool:
        """Keep a timeline."""
        self.orders.append(timeline)
        return self._keeps

    def request(self, request: VenueRequest) -> None:
        """Keep a request."""
        self.requests.append(request)

    @property
    def stats(self) -> dict[str, SignalStats]:
        """How many were taken."""
        return {"traces": SignalStats(exported=len(self.orders))}

    def close(self, timeout_s: float) -> None:
        """Note that it was closed."""
        self.is_closed = True
