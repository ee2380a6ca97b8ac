"""Write the operator's kit from the code: `python -m scripts.operators_kit`.

Prometheus alert rules are those that are built in, the dashboard has every metric; a test compares
the files with what this writes, and every query with the metrics that exist.
"""

import json
from pathlib import Path

from hexdesk.domain.metrics import BY_NAME, METRICS, Metric, MetricKind
from hexdesk_app.alerting.rules import BUILT_IN
from hexdesk_app.config import AlertRule

FOLDER = Path(__file__).parents[1] / "deploy" / "telemetry"
GENERATED = "# Written by python -m scripts.operators_kit\n"
SEVERITIES = {"info": "info", "warning": "warning", "critical": "critical", "emergency": "critical"}
UNITS = {"s": "s", "By": "bytes", "1": "percentunit"}
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 3
PLUGIN_PREFIX = "hexdesk_plugin_"
"""Of all that plugins measure: which they are is known only where they run."""


def files() -> dict[str, str]:
    """Return the generated files by name."""
    return {"alerts.yml": alert_rules(), "dashboard.json": dashboard()}


def alert_rules() -> str:
    """Return the built-in rules in Prometheus' form; JSON strings are YAML strings."""
    lines = [GENERATED + "groups:", "  - name: hexdesk", "    rules:"]
    for name, rule in BUILT_IN.items():
        text, remedy = json.dumps(rule.text), json.dumps(rule.remedy)
        lines += [
            f"      - alert: Hexdesk{name.title().replace('_', '')}",
            f"        expr: {json.dumps(rule_query(rule))}",
            f"        for: {int(rule.for_s)}s",
            f"        labels: {{severity: {SEVERITIES[rule.level]}}}",
            f"        annotations: {{summary: {text}, remedy: {remedy}}}",
        ]
    lines += [
        "      - alert: HexdeskGone",
        '        expr: "absent(hexdesk_process_uptime_seconds)"',
        "        for: 30s",
        "        labels: {severity: critical}",
        '        annotations: {summary: "no desk is scraped", remedy: "hexdesk health"}',
    ]
    return "\n".join(lines) + "\n"


def rule_query(rule: AlertRule) -> str:
    """Return a rule's condition in PromQL."""
    metric = BY_NAME[rule.metric]
    name = metric.prometheus_name
    chosen = ",".join(f'{key}="{value}"' for key, value in rule.labels.items())
    labels = f"{{{chosen}}}" if chosen else ""
    if metric.kind is MetricKind.HISTOGRAM:
        value = f"rate({name}_sum{labels}[1m]) / rate({name}_count{labels}[1m])"
    else:
        value = f"rate({name}{labels}[1m])" if rule.rate else f"{name}{labels}"
    sign, limit = (">", rule.above) if rule.above is not None else ("<", rule.below)
    return f"{value} {sign} {limit:g}"


def panel_queries(metric: Metric) -> list[tuple[str, str]]:
    """Return queries with their legends."""
    name = metric.prometheus_name
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels) or metric.name
    if metric.kind is MetricKind.HISTOGRAM:
        by = ", ".join(("le", *metric.labels))
        rates = f"sum by ({by}) (rate({name}_bucket[$__rate_interval]))"
        return [
            (f"histogram_quantile({part}, {rates})", f"p{part * 100:g} {legend}")
            for part in (0.5, 0.99)
        ]
    if metric.kind is MetricKind.COUNTER:
        return [(f"rate({name}[$__rate_interval])", legend)]
    return [(name, legend)]


def dashboard() -> str:
    """Return a Grafana dashboard: a row a group of metrics, a panel a metric; plugins' the last."""
    panels: list[dict[str, object]] = []
    group, column, y = "", 0, 0
    for metric in METRICS:
        if metric.name.split(".")[1] != group:
            y += HEIGHT if column else 0
            group, column = metric.name.split(".")[1], 0
            panels.append(_row(group, len(panels) + 1, y))
            y += 1
        panels.append(_panel(metric, len(panels) + 1, column * WIDTH, y))
        column = (column + 1) % COLUMNS
        y += HEIGHT if column == 0 else 0
    y += HEIGHT if column else 0
    panels.append(_row("plugin", len(panels) + 1, y))
    panels.append(_plugin_panel(len(panels) + 1, y + 1))
    board = {
        "uid": "hexdesk",
        "title": "hexdesk",
        "timezone": "utc",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }
    return json.dumps(board, indent=1) + "\n"


def _row(title: str, number: int, y: int) -> dict[str, object]:
    place = {"x": 0, "y": y, "w": WIDTH * COLUMNS, "h": 1}
    return {"id": number, "type": "row", "title": title, "gridPos": place, "collapsed": False}


def _panel(metric: Metric, number: int, x: int, y: int) -> dict[str, object]:
    has_exemplars = metric.kind is MetricKind.HISTOGRAM
    return {
        "id": number,
        "type": "timeseries",
        "title": metric.name,
        "description": metric.text,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {
            "defaults": {"unit": UNITS.get(metric.unit, "short")},
            "overrides": [],
        },
        "targets": [
            _target(index, query, legend, has_exemplars=has_exemplars)
            for index, (query, legend) in enumerate(panel_queries(metric))
        ],
    }


def _plugin_panel(number: int, y: int) -> dict[str, object]:
    query = f'{{__name__=~"{PLUGIN_PREFIX}.+"}}'
    return {
        "id": number,
        "type": "timeseries",
        "title": "metrics of strategies' own",
        "datasource": SOURCE,
        "gridPos": {"x": 0, "y": y, "w": WIDTH * COLUMNS, "h": HEIGHT},
        "targets": [_target(0, query, "{{__name__}} {{strategy}} {{instrument}}")],
    }


def _target(
    index: int, query: str, legend: str, *, has_exemplars: bool = False
) -> dict[str, object]:
    target: dict[str, object] = {
        "refId": chr(ord("A") + index),
        "datasource": SOURCE,
        "expr": query,
        "legendFormat": legend,
    }
    return {**target, "exemplar": True} if has_exemplars else target


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file_name, content in files().items():
        (FOLDER / file_name).write_text(content, encoding="utf-8")
