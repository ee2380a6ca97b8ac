"""The guide's tables of metrics and attributes are the code's."""

import re

from hexdesk.domain.metrics import METRICS
from hexdesk_app.alerting.rules import BUILT_IN
from scripts.telemetry_tables import PAGE, written
from tests.architecture.docs import ROOT, rows, section, words


def test_the_table_of_metrics_is_generated() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run python -m scripts.telemetry_tables"


def test_every_metric_is_listed() -> None:
    found = [row[0] for row in rows(section("telemetry.md", "Metrics"), "name")]
    assert found == [f"`{metric.name}`" for metric in METRICS]


def test_every_built_in_rule_is_named() -> None:
    assert set(BUILT_IN) - words(section("telemetry.md", "Alerts")) == set()


ATTRIBUTE = re.compile(
    r'"((?:hexdesk\.(?:order|strategy|account|instrument|cause|risk|fill|position|mark)|http|url'
    r'|server|rpc|error)\.[a-z._]+)"'
)


def test_every_attribute_of_a_span_is_documented_and_no_other() -> None:
    """Of spans, their events and log lines; `.side` goes on from the name before it."""
    emitted = {
        name
        for path in (ROOT / "src").rglob("*.py")
        if "opentelemetry" in (text := path.read_text(encoding="utf-8")) or "VenueRequest(" in text
        for name in ATTRIBUTE.findall(text)
    }
    text = section("telemetry.md", "Traces").partition("Attributes:")[2]
    documented: list[str] = []
    for found in re.finditer(r"`([\w.]+)`", text):
        name = found[1]
        documented.append(documented[-1].rpartition(".")[0] + name if name[0] == "." else name)
    assert emitted == set(documented)
