from hexdesk_app.telemetry.labels import Labels


def test_values_beyond_the_limit_are_other() -> None:
    labels = Labels(most=2)
    assert [labels.cap("x", each) for each in ("a", "b", "c", "a")] == ["a", "b", "other", "a"]
    assert labels.cap("y", "c") == "c"
