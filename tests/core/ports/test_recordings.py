"""What readers of recordings share."""

from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.market import Quote
from hexdesk.ports.market_data import RowProblem
from hexdesk.ports.recordings import PROBLEMS_MAX, ReportsProblems, merge_by_receipt


class Reader(ReportsProblems):
    """A reader whose passes meet as many bad rows as they are told."""

    def play(self, bad_rows: int) -> None:
        log = self._begin_pass()
        for row in range(1, bad_rows + 1):
            log.add("file", row, "odd")


def quote(stream: int, ts_ns: int) -> Quote:
    return Quote(f"{stream}.X", 1, 1, 2, 1, ts_ns, ts_ns)


@given(st.integers(0, 3 * PROBLEMS_MAX), st.integers(0, 3))
def test_all_problems_are_counted_and_the_first_are_kept(first: int, second: int) -> None:
    reader = Reader()
    assert (reader.problem_count, reader.problems) == (0, ())
    for bad_rows in (first, second):  # each pass counts anew
        reader.play(bad_rows)
        assert reader.problem_count == bad_rows
        kept = min(bad_rows, PROBLEMS_MAX)
        assert reader.problems == tuple(RowProblem("file", row + 1, "odd") for row in range(kept))


@given(st.lists(st.lists(st.integers(0, 9)), max_size=4))
def test_streams_are_merged_by_receipt_and_ties_keep_the_order_of_streams(
    times: list[list[int]],
) -> None:
    streams = [
        iter([quote(number, time) for time in sorted(each)]) for number, each in enumerate(times)
    ]
    merged = [(each.ts_init, each.instrument_id) for each in merge_by_receipt(streams)]
    expected = [(time, f"{number}.X") for number, each in enumerate(times) for time in each]
    assert merged == sorted(expected)


def test_a_single_stream_is_played_as_it_stands() -> None:
    backwards = [quote(0, 2), quote(0, 1)]
    assert list(merge_by_receipt([iter(backwards)])) == backwards
