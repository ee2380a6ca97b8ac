"""How fast a desk is, out of its readings; beside system E's numbers (E19, E20, E21, E32)."""

from hexdesk.domain.metrics import BEYOND, EXPORTED_BOUNDS, Log2Histogram
from hexdesk.ports.telemetry import Reading, Readings
from hexdesk_app.telemetry.performance import GAUGES, LATENCIES, THROUGHPUTS, performance

S = 10**9


def readings(at_s: int, *values: Reading) -> Readings:
    return Readings(at_s * S, S, values)


def times(*values: int) -> Log2Histogram:
    histogram = Log2Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def test_latencies_are_added_up_over_strategies() -> None:
    fast, slow = times(*[1_500] * 98), times(1_000_000, 1_000_000)
    found = performance(
        readings(
            11,
            Reading("hexdesk.order.order_to_ack", ("a", "x"), fast.distribution()),
            Reading("hexdesk.order.order_to_ack", ("b", "x"), slow.distribution()),
        ),
        readings(10),
    )
    (acks,) = (each for each in found.latencies if each.name == "order_to_ack")
    assert (acks.count, acks.p50_us, acks.p99_us) == (100, 2.048, 1_048.576)
    assert round(acks.mean_us, 2) == 21.47
    assert found.measured_ns == 10 * S
    assert found.notes == ()


def test_rates_are_those_of_the_last_interval() -> None:
    before = readings(10, Reading("hexdesk.market.events", (), 100))
    now = readings(12, Reading("hexdesk.market.events", (), 150))
    (events,) = (
        each for each in performance(now, before).throughputs if each.name == "market_events"
    )
    assert (events.count, events.per_second) == (150, 25.0)


def test_numbers_of_system_e_stand_beside_ours() -> None:
    values = (
        Reading("hexdesk.desk.handling", (), times(*[10_000] * 10).distribution()),
        Reading("hexdesk.order.intents", (), 200),
        Reading("hexdesk.order.rejects", ("X",), 1),
        Reading("hexdesk.process.memory", (), 120_000_000),
        Reading("hexdesk.link.up", ("feed", "a"), 1),
        Reading("hexdesk.link.up", ("broker", "b"), 0),
    )
    found = {each.name: each for each in performance(readings(2, *values), None).comparisons}
    assert found["latency, mean"].ours == "0.010 ms"
    assert found["latency, mean"].theirs == "0.39 ms"
    assert found["operations a second"].ours == "100,000"
    assert found["operations a second"].theirs == "2,584"
    assert found["success"].ours == "99.50 %"
    assert found["memory"].ours == "0.12 GB"
    assert found["connections"].ours == "50.0 %"
    assert all(each.definition for each in found.values())


def test_a_desk_that_did_nothing_yet_says_so() -> None:
    found = performance(readings(2), None)
    assert "ask again" in found.notes[0]
    assert {each.ours for each in found.comparisons if each.name == "success"} == {""}
    assert len(found.latencies) == len(LATENCIES)
    assert len(found.throughputs) == len(THROUGHPUTS)
    assert len(found.gauges) == len(GAUGES) + 1
    assert "no order" in performance(readings(3), readings(2)).notes[0]


def test_percentiles_are_bounds_from_above() -> None:
    found = times(5, 3_000, 10**12).distribution()
    assert found.percentile(0.1) == EXPORTED_BOUNDS[0]
    assert found.percentile(0.5) == 4_096
    assert found.percentile(1.0) == BEYOND
    assert times().distribution().percentile(0.99) == 0
