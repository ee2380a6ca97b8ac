"""Telemetry: numbers that a desk publishes and orders' timelines, handed over off the path.

The desk's own thread publishes `Readings` about once a second, an immutable value; a thread beside
it folds journal records into timelines. An adapter reads the one and takes the other, and whatever
happens to its receiver, the desk does not notice. The fake is `hexdesk.testing.telemetry`.

Trace ids are pure functions of the client order id, so that every process which knows the order
can join its trace without being told.
"""

from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias

import msgspec

from hexdesk.domain.metrics import BY_NAME, Distribution, Metric
from hexdesk.domain.timeline import OrderTimeline
from hexdesk.domain.values import TimeNs

LABEL_VALUES_MAX = 64
"""Values of one label that are told apart; all others read `other`."""
TRACE_BITS = 64

CALL: ContextVar[str] = ContextVar("hexdesk_call", default="")
"""W3C `traceparent` of the call being answered; whoever answers calls sets it around each."""

ORDER_KEY = "client_order_id"
"""`extra` of a log call that names the order: `extra={"client_order_id": ...}`."""
CALLS_MAX = 256
"""Latest calls remembered by a `CallLog`."""
OPEN_END = 1 << 62
HEADER = "traceparent"
"""Name of the header, and of the gRPC metadata, that carries a trace context."""


class CallLog:
    """Which journal records were written while which call was answered; one writer, any reader."""

    def __init__(self) -> None:
        self._spans: deque[list[Any]] = deque(maxlen=CALLS_MAX)

    @contextmanager
    def answering(self, sequence: Callable[[], int]) -> Generator[None]:
        """Note the call in `CALL`, if there is one; `sequence` is the journal's at the moment."""
        call = CALL.get()
        if not call:
            yield
            return
        span = [sequence(), OPEN_END, call]
        self._spans.append(span)
        try:
            yield
        finally:
            span[1] = sequence()

    def cut(self, first: int, last: int) -> list[tuple[int, int, str]]:
        """Return stretches of records behind `first` up to `last`, each with its call or none."""
        found: list[tuple[int, int, str]] = []
        for begin, end, call in list(self._spans):
            if end <= max(begin, first) or begin >= last:
                continue
            if begin > first:
                found.append((first, begin, ""))
            first, stop = max(begin, first), min(end, last)
            found.append((first, stop, call))
            first = stop
        if first < last:
            found.append((first, last, ""))
        return found


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One number, or distribution, of a metric; `labels` in the metric's own order."""

    metric: str
    labels: tuple[str, ...]
    value: int | float | Distribution


class Readings(msgspec.Struct, frozen=True):
    """Everything that is measured, at one moment.

    Attributes:
        ts_ns: UTC.
        start_ns: When counting began.
        values: Readings, in any order.
        plugin_metrics: What plugins measure, beside hexdesk's own metrics.
    """

    ts_ns: TimeNs
    start_ns: TimeNs
    values: tuple[Reading, ...]
    plugin_metrics: tuple[Metric, ...] = ()

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Every metric that a reading may name, by name."""
        if not self.plugin_metrics:
            return BY_NAME
        return {**BY_NAME, **{each.name: each for each in self.plugin_metrics}}


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


class TraceParent(msgspec.Struct, frozen=True):
    """A W3C trace context (https://www.w3.org/TR/trace-context)."""

    trace_id: int
    span_id: int
    is_sampled: bool

    def __str__(self) -> str:
        """Return the header's value."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.is_sampled:02x}"


class VenueRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request between a desk and a venue, as one side of it saw it: a span of its own.

    Attributes:
        client_order_id: What it was about; empty on the venue's side, which need not know.
        context: Its own span.
        parent_span_id: Span that it was made for.
        is_server: Whether this side answered.
        name: As `POST /v1/orders`: method and route, without ids.
        begin_ns: UTC, when it left, or arrived.
        end_ns: UTC, when the answer was there, or given up.
        attributes: By OpenTelemetry's semantic conventions, as `http.response.status_code`.
        error: Why it failed; empty where it did not.
    """

    client_order_id: str = ""
    context: TraceParent
    parent_span_id: int
    is_server: bool = False
    name: str
    begin_ns: TimeNs
    end_ns: TimeNs
    attributes: dict[str, str | int]
    error: str = ""


class RequestTracer(Protocol):
    """Follows requests to a venue: an adapter asks it before each, and tells it after."""

    def begin(self, client_order_id: str, part: str, call: str) -> TraceParent | None:
        """Return the context to send along, as the header `HEADER`; None where nothing is traced.

        Args:
            client_order_id: What the request is about.
            part: Which request of the order: `submit`, `cancel-3`, `amend-4`.
            call: What `CALL` held when the desk asked for it.
        """
        ...

    def end(self, request: VenueRequest) -> None:
        """Take what became of it; neither blocks nor raises."""
        ...


class Untraced:
    """A tracer where nobody asked for one."""

    def begin(self, client_order_id: str, part: str, call: str) -> TraceParent | None:
        """Send nothing along."""
        return None

    def end(self, request: VenueRequest) -> None:
        """Forget it."""


UNTRACED = Untraced()


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

    def request(self, request: VenueRequest) -> None:
        """Take a request whose trace is kept, from any thread; neither blocks nor raises."""
        ...

    @property
    def stats(self) -> dict[str, SignalStats]:
        """How each signal is doing, from any thread."""
        ...

    def close(self, timeout_s: float) -> None:
        """Export what waits, within a time; idempotent."""
        ...


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


def join_trace(header: str) -> None:
    """Let what is done from here on, in this task, belong to a caller's trace, if it has one."""
    CALL.set(header if parse_traceparent(header) is not None else "")


def order_trace_id(client_order_id: str) -> int:
    """Return the trace id of an order that no call asked for; never 0."""
    return int.from_bytes(blake2b(client_order_id.encode(), digest_size=16).digest()) or 1


def order_span_id(client_order_id: str, part: str) -> int:
    """Return the id of a part's span in an order's trace (`order`, `submit`, ...); never 0."""
    text = f"{part}:{client_order_id}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) or 1


def order_traceparent(client_order_id: str, part: str = "submit", call: str = "") -> TraceParent:
    """Return the context of a request about an order: of the span that one of its parts makes.

    Args:
        client_order_id: Which order.
        part: Which of its requests.
        call: `traceparent` of the call that asked for the order; empty where none did.
    """
    parent = parse_traceparent(call)
    trace_id = parent.trace_id if parent else order_trace_id(client_order_id)
    return TraceParent(
        trace_id, order_span_id(client_order_id, part), parent.is_sampled if parent else True
    )


def is_ratio_sampled(trace_id: int, ratio: float) -> bool:
    """Return whether a trace falls into a ratio (0 to 1), the same in every process."""
    return trace_id % (1 << TRACE_BITS) < int(ratio * (1 << TRACE_BITS))
