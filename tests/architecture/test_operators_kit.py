"""The operator's kit is the code's, and asks for nothing that does not exist."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel
from grafana_foundation_sdk.models.prometheus import Dataquery

from hexdesk.domain.metrics import METRICS, MetricKind
from hexdesk_app.config.load import Sources, load_config
from hexdesk_app.resolve import resolve
from scripts.operators_kit import FOLDER, PLUGIN_PREFIX, files

NAME = re.compile(r"\bhexdesk_\w+")
SUFFIXES = ("_bucket", "_sum", "_count")
COMPOSE = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
COMPOSERS = (["docker", "compose"], ["docker-compose"])


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
    assert asked - exposed() - {PLUGIN_PREFIX} == set()


def test_every_metric_has_a_panel() -> None:
    panels = json.loads(files()["dashboard.json"])["panels"]
    titles = {panel["title"] for panel in panels if panel["type"] == "timeseries"}
    assert titles == {metric.name for metric in METRICS} | {"metrics of strategies' own"}
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_dashboard_is_what_grafanas_own_types_hold() -> None:
    """B18: read into Grafana's model and written again, nothing of it is lost or changed."""
    register_default_plugins()
    ours = json.loads(files()["dashboard.json"])
    board = Dashboard.from_json(ours)
    queries = [
        target
        for panel in board.panels or []
        if isinstance(panel, Panel)
        for target in panel.targets or []
    ]
    assert len(queries) > len(METRICS)
    assert {type(each) for each in queries} == {Dataquery}
    again = json.loads(JSONEncoder(sort_keys=True).encode(board))
    assert list(differences(ours, again)) == []


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Yield where what we wrote is missing or other."""
    first, second = children(ours), children(theirs)
    if not first or type(ours) is not type(theirs):
        if ours != theirs:
            yield f"{path}: {ours!r}, {theirs!r}"
        return
    for key, value in first.items():
        yield from differences(value, second.get(key), f"{path}/{key}")


def children(value: Any) -> dict[Any, Any]:
    kind = value.__class__
    if kind is dict:
        found: dict[Any, Any] = value
        return found
    items: Iterable[Any] = value if kind is list else ()
    return dict(enumerate(items))


@pytest.mark.parametrize("words", [("rules", "alerts.yml"), ("config", "prometheus.yml")])
def test_promtool_finds_no_fault(words: tuple[str, str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    command = [promtool, "check", words[0], str(FOLDER / words[1])]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert found.returncode == 0, found.stdout + found.stderr


def runs(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def test_the_compose_file_is_sound() -> None:
    """B22: a compose program takes it, where there is one."""
    composer = next((each for each in COMPOSERS if runs(*each, "version")), None)
    if composer is None:
        pytest.skip("no compose program is installed: apt-get install docker-compose")
    command = [*composer, "--file", str(FOLDER / "compose.yaml"), "config", "--quiet"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stderr


def test_what_the_compose_file_mounts_is_there() -> None:
    mounted = re.findall(r"\./([\w./]+):/", COMPOSE)
    assert len(mounted) >= 7
    assert [each for each in mounted if not (FOLDER / each).is_file()] == []


def test_each_part_of_the_stack_listens_where_operators_look_for_it() -> None:
    """B22: trader 9090 and 8010, Prometheus 9091, Grafana 3000."""
    config = load_config(Sources(files=(FOLDER / "desk.toml",), search=False))
    parts = resolve(config)
    http = parts.servers["http"].settings
    assert parts.telemetry is not None
    assert getattr(parts.telemetry.settings, "prometheus_listen", "") == "127.0.0.1:9090"
    assert getattr(http, "listen", "") == "127.0.0.1:8010"
    assert "--web.listen-address=127.0.0.1:9091" in COMPOSE
    assert 'GF_SERVER_HTTP_PORT: "3000"' in COMPOSE
    assert "http://127.0.0.1:9091" in (FOLDER / "grafana/datasources.yml").read_text()
    asked = {section.plugin.replace("_", "-") for section in config.plugin_sections}
    plugins = re.findall(r"PLUGINS: (.+)", COMPOSE)[0].split()
    missing = {each for each in asked if f"hexdesk-{each}" not in plugins}
    assert missing <= {"http"}, "http comes with hexdesk-grpc, and its extra"
    assert "EXTRAS: http" in COMPOSE


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["up"], "up --build --detach"),
        (["up", "prometheus"], "up --build --detach prometheus"),
        (["logs", "desk"], "logs --follow desk"),
        (["status"], "ps"),
        (["down"], "down"),
    ],
)
def test_the_start_script_asks_the_compose_program(
    words: list[str], asked: str, tmp_path: Path
) -> None:
    """B22: start script up, logs, down; from any folder."""
    environment = {**os.environ, "COMPOSE": "echo"}
    done = subprocess.run(
        [FOLDER / "stack", *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, asked)


@pytest.mark.parametrize("words", [[], ["restart"]])
def test_the_start_script_says_what_it_knows(words: list[str]) -> None:
    done = subprocess.run(
        [FOLDER / "stack", *words], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr.split()[0]) == (4, "usage:")
