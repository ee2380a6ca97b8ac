"""Telemetry: numbers that a desk publishes and orders' timelines, handed over off the path.

The desk's own thread publishes `Readings` about once a second, an immutable value; a thread beside
it folds journal records into timelines. An adapter reads the one and takes the other, and whatever
happens to its receiver, the desk does not notice. The fake is `hexdesk.testing.telemetry`.

Trace ids are pure functions of the client order id, so that every process which knows the order
can join its trace without being told.
"""

from collections.abc import Callable
from contextvars import ContextVar
from hashlib import blake2b
from typing import Protocol, TypeAlias

import msgspec

from hexdesk.domain.metrics import Distribution
from hexdesk.domain.timeline import OrderTimeline
from hexdesk.domain.values import TimeNs

LABEL_VALUES_MAX = 64
"""Values of one label that are told apart; all others read `other`."""
TRACE_BITS = 64

CALL: ContextVar[str] = ContextVar("hexdesk_call", default="")
"""W3C `traceparent` of the call being answered; whoever answers calls sets it around each."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One number, or distribution, of a metric; `labels` in the metric's own order."""

    metric: str
    labels: tuple[str, ...]
    value: int | float | Distribution


class Readings(msgspec.Struct, frozen=True):
    """Everything that is measured, at one moment; `start_ns` is when counting began."""

    ts_ns: TimeNs
    start_ns: TimeNs
    values: tuple[Reading, ...]


LatestReadings: TypeAlias = Callable[[], Readings | None]
"""Returns the latest readings, from any thread; None before the first."""


class SignalStats(msgspec.Struct, frozen=True):
    """How one signal (traces, metrics, logs) of an adapter is doing.

    Attributes:
        exported: Items that a receiver took.
        dropped: Items that found no room, or that nobody took in the end.
        failures: Batches that failed.
        waiting: Items that wait.
        problem: What is wrong now; empty when nothing is.
    """

    exported: int = 0
    dropped: int = 0
    failures: int = 0
    waiting: int = 0
    problem: str = ""


class Telemetry(Protocol):
    """An exporter of metrics, traces and logs."""

    @property
    def is_on(self) -> bool:
        """Whether anything leaves; nobody samples for an exporter that is off."""
        ...

    def start(self, latest: LatestReadings) -> None:
        """Begin to export; asks for readings whenever it wants.

        Raises:
            HexdeskError: It cannot, for a reason that stays: a port is taken, say.
        """
        ...

    def order(self, timeline: OrderTimeline) -> bool:
        """Take an order that has ended; return whether its trace is kept.

        Called in one thread that is not the desk's; neither blocks for long nor raises.
        """
        ...

    @property
    def stats(self) -> dict[str, SignalStats]:
        """How each signal is doing, from any thread."""
        ...

    def close(self, timeout_s: float) -> None:
        """Export what waits, within a time; idempotent."""
        ...


class TraceParent(msgspec.Struct, frozen=True):
    """A W3C trace context (https://www.w3.org/TR/trace-context)."""

    trace_id: int
    span_id: int
    is_sampled: bool

    def __str__(self) -> str:
        """Return the header's value."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.is_sampled:02x}"


def parse_traceparent(text: str) -> TraceParent | None:
    """Return a trace context, None where the text is none (the standard says: ignore it)."""
    parts = text.strip().split("-")
    lengths = [len(part) for part in parts[:4]]
    if lengths != [2, 32, 16, 2] or (parts[0] == "00" and len(parts) > 4):  # noqa: PLR2004
        return None
    if any(letter not in "0123456789abcdef" for part in parts[:4] for letter in part):
        return None
    trace_id, span_id = int(parts[1], 16), int(parts[2], 16)
    if not trace_id or not span_id or parts[0] == "ff":
        return None
    return TraceParent(trace_id, span_id, bool(int(parts[3], 16) & 1))


def order_trace_id(client_order_id: str) -> int:
    """Return the trace id of an order that no call asked for; never 0."""
    return int.from_bytes(blake2b(client_order_id.encode(), digest_size=16).digest()) or 1


def order_span_id(client_order_id: str, part: str) -> int:
    """Return the id of a part's span in an order's trace (`order`, `submit`, ...); never 0."""
    text = f"{part}:{client_order_id}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) or 1


def order_traceparent(client_order_id: str) -> TraceParent:
    """Return the context that a broker adapter sends along with an order's request.

    Call it inside `Broker.submit`: there the call that the order came from is still known.
    """
    call = parse_traceparent(CALL.get())
    trace_id = call.trace_id if call else order_trace_id(client_order_id)
    is_sampled = call.is_sampled if call else True
    return TraceParent(trace_id, order_span_id(client_order_id, "submit"), is_sampled)


def is_ratio_sampled(trace_id: int, ratio: float) -> bool:
    """Return whether a trace falls into a ratio (0 to 1), the same in every process."""
    return trace_id % (1 << TRACE_BITS) < int(ratio * (1 << TRACE_BITS))
