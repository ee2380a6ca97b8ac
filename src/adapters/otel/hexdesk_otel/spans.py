"""From an order's timeline to the spans of its trace. Pure: equal timelines give equal spans.

One trace an order: `order` from its cause to its end, and below it `signal`, `risk`, `submit`,
`cancel`, `amend`, one `fill` for each execution and below it the `position` that it led to. Ids
derive from the client order id, or the trace is that of the call that asked for the order. What an
adapter told of its requests to the venue, and a venue of those it answered, are spans as well.
"""

from collections.abc import Iterable

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.timeline import Mark, OrderTimeline, Stage
from hexdesk.domain.values import TimeNs
from hexdesk.plugin.redaction import redact
from hexdesk.ports.telemetry import (
    VenueRequest,
    order_span_id,
    order_trace_id,
    parse_traceparent,
)

FILLS_MAX = 32
"""Fills that become spans; further ones are events of the order's span, as all are."""
SCOPE = "hexdesk"
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_ANSWERS = frozenset(
    {Stage.ACCEPTED, Stage.REJECTED, Stage.FILLED, Stage.IN_DOUBT, Stage.CANCELED, Stage.EXPIRED,
     Stage.ABANDONED}
)  # fmt: skip
_CANCEL_ANSWERS = frozenset({Stage.CANCELED, Stage.REQUEST_REJECTED, Stage.FILLED, Stage.EXPIRED})
_AMEND_ANSWERS = _CANCEL_ANSWERS | {Stage.UPDATED}

Attributes = dict[str, AttributeValue]


class SpanMaker:
    """Makes spans with the resource of one process."""

    def __init__(self, resource: Resource, version: str) -> None:
        self._resource = resource
        self._scope = InstrumentationScope(SCOPE, version)

    def spans(self, timeline: OrderTimeline) -> list[ReadableSpan]:
        """Return the spans of an order, its root first."""
        trace = _Trace(self._resource, self._scope, timeline)
        return list(trace.spans())

    def request(self, request: VenueRequest) -> ReadableSpan:
        """Return the span of a request between desk and venue."""
        context = request.context
        attributes: Attributes = {
            name: redact(value) if isinstance(value, str) else value
            for name, value in request.attributes.items()
        }
        if request.client_order_id:
            attributes["hexdesk.order.client_id"] = request.client_order_id
        if request.error:
            attributes.setdefault("error.type", request.error)
        return ReadableSpan(
            request.name,
            _span_context(context.trace_id, context.span_id),
            _span_context(context.trace_id, request.parent_span_id, is_remote=request.is_server),
            self._resource,
            attributes,
            kind=SpanKind.SERVER if request.is_server else SpanKind.CLIENT,
            status=Status(StatusCode.ERROR if request.error else StatusCode.UNSET),
            start_time=request.begin_ns,
            end_time=max(request.end_ns, request.begin_ns),
            instrumentation_scope=self._scope,
        )


def _span_context(trace_id: int, span_id: int, *, is_remote: bool = False) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=is_remote, trace_flags=SAMPLED)


class _Trace:
    def __init__(
        self, resource: Resource, scope: InstrumentationScope, timeline: OrderTimeline
    ) -> None:
        self._resource = resource
        self._scope = scope
        self._timeline = timeline
        self._order_id = timeline.intent.client_order_id
        call = parse_traceparent(timeline.origin)
        self._trace_id = call.trace_id if call else order_trace_id(self._order_id)
        self._call = _span_context(call.trace_id, call.span_id, is_remote=True) if call else None
        self._root = self._context("order")
        self._begin_ns = min(timeline.cause.ts_init or timeline.decided_ns, timeline.decided_ns)

    def spans(self) -> Iterable[ReadableSpan]:
        timeline = self._timeline
        left_ns = timeline.left_ns
        yield self._order_span()
        yield self._child("signal", self._begin_ns, left_ns, _signal_attributes(timeline))
        denied = timeline.first(Stage.DENIED)
        verdict: Attributes = {"hexdesk.risk.verdict": "denied" if denied else "passed"}
        if denied:
            verdict["error.type"] = denied.text
        yield self._child("risk", left_ns, left_ns, verdict, is_error=denied is not None)
        if denied is None:
            yield self._request("submit", left_ns, _ANSWERS)
        asked = timeline.first(Stage.CANCEL_ASKED)
        if asked is not None:
            yield self._request("cancel", asked.ts_ns, _CANCEL_ANSWERS)
        amended = timeline.first(Stage.AMEND_ASKED)
        if amended is not None:
            yield self._request("amend", amended.ts_ns, _AMEND_ANSWERS)
        yield from self._fills()

    def _order_span(self) -> ReadableSpan:
        timeline = self._timeline
        return self._span(
            "order", self._root, self._call, self._begin_ns, timeline.end_ns,
            _order_attributes(timeline),
            events=[_event(mark, timeline) for mark in timeline.marks],
            links=self._links(),
            is_error=timeline.has_trouble,
            problem=timeline.code,
        )  # fmt: skip

    def _links(self) -> list[Link]:
        """Return a link to the order whose report this one was decided in."""
        cause = self._timeline.cause
        if cause.kind != "report":
            return []
        context = _span_context(order_trace_id(cause.name), order_span_id(cause.name, "order"))
        return [Link(context, {"hexdesk.order.client_id": cause.name})]

    def _request(self, name: str, begin_ns: TimeNs, answers: frozenset[Stage]) -> ReadableSpan:
        """Return the span of a request to the venue, up to its answer."""
        timeline = self._timeline
        answer = next(
            (mark for mark in timeline.marks if mark.stage in answers and mark.ts_ns >= begin_ns),
            None,
        )
        attributes: Attributes = {"hexdesk.account.id": timeline.intent.account_id}
        is_error = answer is None
        if answer is not None:
            attributes["hexdesk.order.answer"] = answer.stage.name.lower()
            is_error = answer.stage in {Stage.REJECTED, Stage.IN_DOUBT, Stage.REQUEST_REJECTED}
            if is_error:
                attributes["error.type"] = answer.text or answer.stage.name.lower()
        end_ns = answer.ts_ns if answer is not None else timeline.end_ns
        return self._child(name, begin_ns, end_ns, attributes, SpanKind.CLIENT, is_error=is_error)

    def _fills(self) -> Iterable[ReadableSpan]:
        timeline = self._timeline
        instrument = timeline.instrument
        begin_ns = timeline.left_ns
        number = 0
        for mark in timeline.marks:
            if mark.stage is Stage.ACCEPTED:
                begin_ns = mark.ts_ns
            elif mark.stage is Stage.FILLED and number < FILLS_MAX:
                number += 1
                attributes: Attributes = {"hexdesk.fill.trade_id": mark.text}
                if instrument is not None:
                    attributes["hexdesk.fill.quantity"] = instrument.format_quantity(mark.quantity)
                    attributes["hexdesk.fill.price"] = instrument.format_price(mark.price)
                yield self._child("fill", begin_ns, mark.ts_ns, attributes, part=f"fill{number}")
                begin_ns = mark.ts_ns
                if mark.position is not None and instrument is not None:
                    yield self._position(instrument, mark, number)

    def _position(self, instrument: Instrument, mark: Mark, number: int) -> ReadableSpan:
        """Return the moment at which a fill was in the books."""
        return self._child(
            "position",
            mark.ts_ns,
            mark.ts_ns,
            {
                "hexdesk.strategy.id": self._timeline.intent.strategy_id,
                "hexdesk.instrument.id": instrument.id,
                "hexdesk.position.quantity": instrument.format_quantity(mark.position or 0),
            },
            part=f"position{number}",
            parent=f"fill{number}",
        )

    def _context(self, part: str) -> SpanContext:
        return _span_context(self._trace_id, order_span_id(self._order_id, part))

    def _child(
        self,
        name: str,
        begin_ns: TimeNs,
        end_ns: TimeNs,
        attributes: Attributes,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        part: str = "",
        parent: str = "",
        is_error: bool = False,
    ) -> ReadableSpan:
        context = self._context(part or name)
        attributes["hexdesk.order.client_id"] = self._order_id
        return self._span(
            name,
            context,
            self._context(parent) if parent else self._root,
            begin_ns,
            end_ns,
            attributes,
            kind=kind,
            is_error=is_error,
        )

    def _span(  # noqa: PLR0917 - what every span has
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        begin_ns: TimeNs,
        end_ns: TimeNs,
        attributes: Attributes,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        events: Iterable[Event] = (),
        links: Iterable[Link] = (),
        is_error: bool = False,
        problem: str = "",
    ) -> ReadableSpan:
        status = Status(StatusCode.ERROR, problem or None) if is_error else Status(StatusCode.UNSET)
        return ReadableSpan(
            name,
            context,
            parent,
            self._resource,
            attributes,
            tuple(events),
            tuple(links),
            kind,
            status=status,
            start_time=begin_ns,
            end_time=max(end_ns, begin_ns),
            instrumentation_scope=self._scope,
        )


def _signal_attributes(timeline: OrderTimeline) -> Attributes:
    cause = timeline.cause
    return {
        "hexdesk.strategy.id": timeline.intent.strategy_id,
        "hexdesk.order.tag": timeline.intent.tag,
        "hexdesk.cause.kind": cause.kind,
        "hexdesk.cause.name": cause.name,
        "hexdesk.cause.seq": timeline.intent.causation_id,
    }


def _order_attributes(timeline: OrderTimeline) -> Attributes:
    intent, instrument = timeline.intent, timeline.instrument
    attributes: Attributes = {
        "hexdesk.order.client_id": intent.client_order_id,
        "hexdesk.order.side": intent.side.name.lower(),
        "hexdesk.order.type": intent.order_type.name.lower(),
        "hexdesk.order.time_in_force": intent.time_in_force.name.lower(),
        "hexdesk.order.state": timeline.state,
        "hexdesk.strategy.id": intent.strategy_id,
        "hexdesk.account.id": intent.account_id,
        "hexdesk.instrument.id": intent.instrument_id,
        "hexdesk.cause.kind": timeline.cause.kind,
        "hexdesk.order.marks_dropped": timeline.marks_dropped,
    }
    if instrument is not None:
        attributes["hexdesk.order.quantity"] = instrument.format_quantity(intent.quantity)
        attributes["hexdesk.order.filled"] = instrument.format_quantity(timeline.filled)
        if intent.price:
            attributes["hexdesk.order.price"] = instrument.format_price(intent.price)
    if timeline.code:
        attributes["error.type"] = timeline.code
    return attributes


def _event(mark: Mark, timeline: OrderTimeline) -> Event:
    attributes: Attributes = {}
    if mark.text:
        attributes["hexdesk.mark.text"] = mark.text
    if mark.ts_event:
        attributes["hexdesk.mark.venue_time_ns"] = mark.ts_event
    instrument = timeline.instrument
    if mark.quantity and instrument is not None:
        attributes["hexdesk.fill.quantity"] = instrument.format_quantity(mark.quantity)
        attributes["hexdesk.fill.price"] = instrument.format_price(mark.price)
    return Event(mark.stage.name.lower(), attributes, mark.ts_ns)
