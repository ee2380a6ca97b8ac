from hexdesk_app.cli.remote.monitoring import performance_tables


def test_the_time_of_a_measurement_is_for_people() -> None:
    """Durations come as texts with nine decimals."""
    latency = {"name": "a", "count": "2", "definition": "what", "mean": "0.000032s"}
    latency |= {"p50": "0.0000041s", "p99": "0.262s"}
    found = {"measured": "4212.190107734s", "latencies": [latency]}
    first = performance_tables({"throughputs": [], "gauges": [], "comparisons": [], **found})[0]
    assert first.title == "latency, measured for 1:10:12"
    assert first.rows[0][2:5] == ("32.0", "4.1", "262,000.0")
