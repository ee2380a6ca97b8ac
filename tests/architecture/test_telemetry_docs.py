"""The guide's table of metrics is the code's."""

from hexdesk.domain.metrics import METRICS
from hexdesk_app.alerting.rules import BUILT_IN
from scripts.telemetry_tables import PAGE, written
from tests.architecture.docs import rows, section, words


def test_the_table_of_metrics_is_generated() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run python -m scripts.telemetry_tables"


def test_every_metric_is_listed() -> None:
    found = [row[0] for row in rows(section("telemetry.md", "Metrics"), "name")]
    assert found == [f"`{metric.name}`" for metric in METRICS]


def test_every_built_in_rule_is_named() -> None:
    assert set(BUILT_IN) - words(section("telemetry.md", "Alerts")) == set()
