from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hexdesk.ports.telemetry import (
    CALL,
    CallLog,
    is_ratio_sampled,
    order_span_id,
    order_trace_id,
    order_traceparent,
    parse_traceparent,
)

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_context_is_read_and_written() -> None:
    found = parse_traceparent(HEADER)
    assert found is not None
    assert str(found) == HEADER
    assert found.is_sampled


@given(st.text(alphabet="0123456789abcdefg-", max_size=60))
def test_anything_else_is_ignored(text: str) -> None:
    found = parse_traceparent(text)
    assert found is None or str(found)[3:52] == text[3:52]


def test_what_the_standard_forbids_is_ignored() -> None:
    for text in (
        HEADER.replace("00-", "ff-", 1),
        HEADER + "-x",
        f"00-{'0' * 32}-{'1' * 16}-01",
        "",
    ):
        assert parse_traceparent(text) is None


def test_a_later_version_may_say_more() -> None:
    assert parse_traceparent(HEADER.replace("00-", "01-", 1) + "-more") is not None


def test_an_order_has_the_same_trace_in_every_process() -> None:
    assert order_trace_id("demo1a2b") == order_trace_id("demo1a2b") != order_trace_id("demo1a2c")
    assert order_traceparent("demo1a2b").trace_id == order_trace_id("demo1a2b")
    assert order_span_id("demo1a2b", "order") != order_span_id("demo1a2b", "submit")


def test_an_order_belongs_to_the_call_that_asked_for_it() -> None:
    assert str(order_traceparent("demo1a2b", "submit", HEADER)).startswith(HEADER[:35])
    assert order_traceparent("demo1a2b", "submit", "junk").trace_id == order_trace_id("demo1a2b")


def test_sampling_is_near_its_ratio() -> None:
    ids = [order_trace_id(f"order{number}") for number in range(5_000)]
    assert 0 < sum(is_ratio_sampled(each, 0.01) for each in ids) < 150
    assert all(is_ratio_sampled(each, 1.0) for each in ids)
    assert not any(is_ratio_sampled(each, 0.0) for each in ids)


class Place:
    """Where a journal is."""

    def __init__(self) -> None:
        self.number = 0

    def now(self) -> int:
        return self.number


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20), st.integers(0, 60))
def test_records_are_cut_where_calls_begin_and_end(
    lengths: list[tuple[int, int]], first: int
) -> None:
    log, place = CallLog(), Place()
    expected: list[str] = []
    for number, (between, within) in enumerate(lengths):
        place.number += between
        expected += [""] * between
        token = CALL.set(f"call {number}")
        with log.answering(place.now):
            place.number += within
        CALL.reset(token)
        expected += [f"call {number}"] * within
    cut = log.cut(min(first, place.number), place.number)
    assert [call for begin, end, call in cut for _ in range(begin, end)] == expected[first:]
    assert all(begin < end for begin, end, _ in cut)
    assert all(one[1] == two[0] for one, two in pairwise(cut))
