"""Requests of brokers to their venues, held until it is known whether their order's trace is kept.

Adapters tell it in the desk's thread, the feed of timelines takes from it in its own. A request
may outlive its order: the venue's stream told the end before the answer came.
"""

from collections import deque
from typing import TypeVar

from hexdesk.ports.telemetry import Telemetry, TraceParent, VenueRequest, order_traceparent

V = TypeVar("V")
WAITING_MAX = 4_096
"""Requests that may wait for the feed; more are dropped, and counted."""
ORDERS_MAX = 10_000
"""Orders, open or just ended, that something is remembered of; beyond it the oldest is not."""


class RequestBook:
    """Implements `RequestTracer`; traces nothing before somebody follows.

    Attributes:
        dropped: Requests that found no room.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._is_followed = False
        self._waiting: deque[VenueRequest] = deque()
        self._calls: dict[str, str] = {}
        self._held: dict[str, list[VenueRequest]] = {}
        self._kept: dict[str, bool] = {}

    def follow(self) -> None:
        """Begin to trace."""
        self._is_followed = True

    # --- the desk's thread -----------------------------------------------------------------------

    def begin(self, client_order_id: str, part: str, call: str) -> TraceParent | None:
        """Return the context of a request; all of an order are in the trace that it began in."""
        if not self._is_followed:
            return None
        if call:
            _remember(self._calls, client_order_id, call)
        return order_traceparent(client_order_id, part, self._calls.get(client_order_id, ""))

    def end(self, request: VenueRequest) -> None:
        """Let a request wait for the feed."""
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(request)
        else:
            self.dropped += 1

    # --- the feed's thread -----------------------------------------------------------------------

    def pass_on(self, telemetry: Telemetry) -> None:
        """Export what waits of orders that are kept; hold what waits of open ones."""
        while self._waiting:
            request = self._waiting.popleft()
            is_kept = self._kept.get(request.client_order_id)
            if is_kept:
                telemetry.request(request)
            elif is_kept is None:
                held = self._held.get(request.client_order_id)
                if held is None:
                    _remember(self._held, request.client_order_id, [request])
                else:
                    held.append(request)

    def decide(self, client_order_id: str, telemetry: Telemetry, *, is_kept: bool) -> None:
        """Note whether an order that has ended is kept, and export its requests if so."""
        self._calls.pop(client_order_id, None)
        _remember(self._kept, client_order_id, is_kept)
        for request in self._held.pop(client_order_id, ()):
            if is_kept:
                telemetry.request(request)


def _remember(memory: dict[str, V], key: str, value: V) -> None:
    """Keep a value, and forget the oldest where there are too many."""
    if key not in memory and len(memory) >= ORDERS_MAX:
        memory.pop(next(iter(memory)), None)
    memory[key] = value
