"""`hexdesk config check` makes what a start would make, what watches a desk included."""

import pytest

from tests.app.cli.conftest import Run
from tests.app.site import Site

TELEMETRY = """
import os
from hexdesk.errors import ConfigError
from hexdesk.plugin import CONTRACT_VERSION, NoSettings, TelemetryRegistration, hookimpl
from hexdesk.testing.telemetry import FakeTelemetry

def make(context, settings):
    ratio = os.environ.get("ACME_RATIO", "1")
    if not ratio.isdecimal():
        raise ConfigError(f"ACME_RATIO: expected a number, was {ratio!r}", code="CONFIG_VALUE")
    return FakeTelemetry()

@hookimpl
def hexdesk_telemetry():
    return [TelemetryRegistration(
        name="acme_watch", summary="Watches", settings=NoSettings, factory=make,
        contract=CONTRACT_VERSION)]
"""


def test_variables_that_an_exporter_refuses_are_named(
    hexdesk: Run, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.module("acme_watch_module", TELEMETRY)
    site.distribution("dist-acme-watch", entries="acme_watch = acme_watch_module")
    words = ("config", "check", "--set", "telemetry.plugin=acme_watch")
    assert hexdesk(*words).code == 0
    monkeypatch.setenv("ACME_RATIO", "all")
    answer = hexdesk(*words)
    assert answer.code == 4
    assert "ACME_RATIO: expected a number, was 'all'" in answer.err
    assert "telemetry" in answer.err


def test_a_rule_on_a_metric_that_is_not_there_is_refused(hexdesk: Run) -> None:
    where = ("--set", "alerts.heartbeat_url=http://127.0.0.1:9/")
    rule = ("--set", "alerts.rules.far.metric=nope", "--set", "alerts.rules.far.above=1")
    answer = hexdesk("config", "check", *where, *rule)
    assert answer.code == 4
    assert "nope" in answer.err
