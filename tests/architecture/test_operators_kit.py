"""The operator's kit is the code's, and asks for nothing that does not exist."""

import json
import re
import shutil
import subprocess

import pytest

from hexdesk.domain.metrics import METRICS, MetricKind
from scripts.operators_kit import FOLDER, files

NAME = re.compile(r"\bhexdesk_\w+")
SUFFIXES = ("_bucket", "_sum", "_count")


def exposed() -> set[str]:
    found: set[str] = set()
    for metric in METRICS:
        name = metric.prometheus_name
        is_histogram = metric.kind is MetricKind.HISTOGRAM
        found |= {f"{name}{suffix}" for suffix in SUFFIXES} if is_histogram else {name}
    return found


@pytest.mark.parametrize("name", files())
def test_the_files_are_as_the_code_says(name: str) -> None:
    """B18: dashboards, and alert rules, from code."""
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == files()[name], "run python -m scripts.operators_kit"


@pytest.mark.parametrize("name", files())
def test_every_query_names_a_metric_that_exists(name: str) -> None:
    asked = set(NAME.findall(files()[name]))
    assert asked
    assert asked - exposed() == set()


def test_every_metric_has_a_panel() -> None:
    panels = json.loads(files()["dashboard.json"])["panels"]
    titles = {panel["title"] for panel in panels if panel["type"] == "timeseries"}
    assert titles == {metric.name for metric in METRICS}
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("words", [("rules", "alerts.yml"), ("config", "prometheus.yml")])
def test_promtool_finds_no_fault(words: tuple[str, str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    command = [promtool, "check", words[0], str(FOLDER / words[1])]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert found.returncode == 0, found.stdout + found.stderr
