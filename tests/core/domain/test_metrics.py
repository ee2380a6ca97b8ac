from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.metrics import (
    BY_NAME,
    EXPORTED_BOUNDS,
    METRICS,
    Log2Histogram,
    MetricKind,
)


def test_names_are_unique_in_both_spellings() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert len({metric.prometheus_name for metric in METRICS}) == len(METRICS)


def test_prometheus_names_end_as_its_conventions_want() -> None:
    assert BY_NAME["hexdesk.order.order_to_ack"].prometheus_name == (
        "hexdesk_order_order_to_ack_seconds"
    )
    assert BY_NAME["hexdesk.process.cpu_time"].prometheus_name == (
        "hexdesk_process_cpu_time_seconds_total"
    )
    assert BY_NAME["hexdesk.order.fill_ratio"].prometheus_name == "hexdesk_order_fill_ratio"


def test_only_histograms_need_a_scale() -> None:
    assert {metric.unit for metric in METRICS if metric.kind is MetricKind.HISTOGRAM} == {"s", "1"}


@given(st.lists(st.integers(min_value=-5, max_value=1 << 60)))
def test_each_value_is_in_the_bucket_of_its_bound(values: list[int]) -> None:
    histogram = Log2Histogram()
    for value in values:
        histogram.add(value)
    found = histogram.distribution()
    assert len(found.counts) == len(EXPORTED_BOUNDS) + 1
    assert found.count == len(values) == sum(found.counts)
    assert found.total == sum(max(value, 0) for value in values)
    for index, bound in enumerate(EXPORTED_BOUNDS):
        assert sum(found.counts[: index + 1]) == sum(value <= bound for value in values)


@given(st.lists(st.integers(min_value=0, max_value=1 << 40), min_size=1))
def test_a_percentile_is_a_bound_that_enough_values_stay_at(values: list[int]) -> None:
    histogram = Log2Histogram()
    for value in values:
        histogram.add(value)
    bound = histogram.percentile(0.99)
    assert sum(value <= bound for value in values) >= 0.99 * len(values)
