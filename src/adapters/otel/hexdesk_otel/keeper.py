"""Which orders' traces are kept: a share of all, and every one that a person would ask about."""

from hexdesk.domain.metrics import Log2Histogram
from hexdesk.domain.timeline import OrderTimeline
from hexdesk.ports.telemetry import is_ratio_sampled, order_trace_id, parse_traceparent

SAMPLES_MIN = 200
"""Acknowledgements needed before the slowest hundredth can be told."""
SLOW_PART = 0.99


class Keeper:
    """Decides at an order's end, when all is known; in one thread."""

    def __init__(self, ratio: float, slow_ns: int) -> None:
        self._ratio = ratio
        self._slow_ns = slow_ns
        self._acks = Log2Histogram()

    def keeps(self, timeline: OrderTimeline) -> bool:
        """Return whether an order's trace is worth keeping; counts its latency."""
        is_slow = self._is_slow(timeline.order_to_ack_ns)
        if timeline.has_trouble or is_slow:
            return True
        call = parse_traceparent(timeline.origin)
        if call is not None:
            return call.is_sampled
        return is_ratio_sampled(order_trace_id(timeline.intent.client_order_id), self._ratio)

    def _is_slow(self, order_to_ack_ns: int | None) -> bool:
        if order_to_ack_ns is None:
            return False
        if self._slow_ns:
            return order_to_ack_ns > self._slow_ns
        acks = self._acks
        limit_ns = acks.percentile(SLOW_PART) if acks.count >= SAMPLES_MIN else 0
        acks.add(order_to_ack_ns)
        return bool(limit_ns) and order_to_ack_ns > limit_ns
