import msgspec
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from hexdesk.domain.timeline import Cause, Mark, Stage
from hexdesk.ports.telemetry import TraceParent, VenueRequest, order_span_id, order_trace_id
from hexdesk_otel.keeper import SAMPLES_MIN, Keeper
from hexdesk_otel.spans import SpanMaker
from tests.adapters.otel.samples import CALL, DENIED, timeline

MAKER = SpanMaker(Resource({}), "1")


def context_of(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def test_one_trace_holds_cause_risk_submit_and_fill() -> None:
    spans = MAKER.spans(timeline())
    assert [span.name for span in spans] == ["order", "signal", "risk", "submit", "fill"]
    root = spans[0]
    assert context_of(root) == (order_trace_id("a1"), order_span_id("a1", "order"))
    for span in spans[1:]:
        assert span.parent is not None
        assert span.parent.span_id == context_of(root)[1]
        assert context_of(span)[0] == order_trace_id("a1")
        assert (root.start_time or 0) <= (span.start_time or 0) <= (span.end_time or 0)
        assert (span.end_time or 0) <= (root.end_time or 0)
    submit = spans[3]
    assert (submit.kind, submit.start_time, submit.end_time) == (SpanKind.CLIENT, 1_100, 2_000)
    assert [event.name for event in root.events] == ["accepted", "filled"]
    assert len({context_of(span) for span in spans}) == len(spans)


def test_the_trace_is_that_of_the_call_that_asked() -> None:
    root = MAKER.spans(timeline(origin=CALL))[0]
    assert f"{context_of(root)[0]:032x}" == CALL[3:35]
    assert root.parent is not None
    assert f"{root.parent.span_id:016x}" == CALL[36:52]
    assert root.parent.is_remote


def test_a_denied_order_was_not_submitted_and_is_an_error() -> None:
    spans = MAKER.spans(timeline("a1", DENIED, state="denied", code="HALTED"))
    assert [span.name for span in spans] == ["order", "signal", "risk"]
    assert spans[0].status.status_code is StatusCode.ERROR
    assert (spans[2].attributes or {})["error.type"] == "HALTED"


def test_a_cancel_is_a_request_of_its_own() -> None:
    marks = (
        Mark(Stage.ACCEPTED, 2_000),
        Mark(Stage.CANCEL_ASKED, 2_500),
        Mark(Stage.CANCELED, 2_700),
    )
    cancel = MAKER.spans(timeline("a1", *marks, state="canceled"))[-1]
    assert (cancel.name, cancel.start_time, cancel.end_time) == ("cancel", 2_500, 2_700)


def test_an_order_that_a_fill_caused_links_to_the_one_filled() -> None:
    caused = msgspec.structs.replace(timeline(), cause=Cause("report", "b7", 0, 1_000))
    (link,) = MAKER.spans(caused)[0].links
    assert link.context.trace_id == order_trace_id("b7")


def test_trouble_is_kept_whatever_the_ratio() -> None:
    keeper = Keeper(0.0, 0)
    assert keeper.keeps(timeline("a1", DENIED))
    assert keeper.keeps(timeline("a1", Mark(Stage.IN_DOUBT, 1), Mark(Stage.FILLED, 2)))
    assert not keeper.keeps(timeline())
    assert keeper.keeps(timeline(origin=CALL))
    assert not keeper.keeps(timeline(origin=CALL[:-1] + "0"))
    assert Keeper(1.0, 0).keeps(timeline())


def test_the_slowest_are_kept() -> None:
    slow = timeline("a1", Mark(Stage.ACCEPTED, 900_000_000))
    assert Keeper(0.0, 1_000_000).keeps(slow)
    keeper = Keeper(0.0, 0)
    for _ in range(SAMPLES_MIN):
        assert not keeper.keeps(timeline())
    assert keeper.keeps(slow)


def test_a_request_is_a_span_below_the_part_that_it_was_made_for() -> None:
    request = VenueRequest(
        client_order_id="a1",
        context=TraceParent(5, 6, is_sampled=True),
        parent_span_id=order_span_id("a1", "submit"),
        name="POST /v1/orders",
        begin_ns=10,
        end_ns=20,
        attributes={"http.request.method": "POST", "http.response.status_code": 503},
        error="503",
    )
    span = MAKER.request(request)
    assert context_of(span) == (5, 6)
    assert span.parent is not None
    assert span.parent.span_id == order_span_id("a1", "submit")
    assert (span.kind, span.status.status_code) == (SpanKind.CLIENT, StatusCode.ERROR)
    assert (span.attributes or {})["error.type"] == "503"
    served = MAKER.request(msgspec.structs.replace(request, is_server=True, error=""))
    assert (served.kind, served.status.status_code) == (SpanKind.SERVER, StatusCode.UNSET)
    assert served.parent is not None
    assert served.parent.is_remote
