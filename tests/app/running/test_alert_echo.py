"""Each alert is logged once, soon after it was raised."""

import pytest

from hexdesk.application.alerts import ALERTS_MAX, Alert, AlertLog
from hexdesk_app.logs import configure_logging
from hexdesk_app.running.alert_echo import AlertEcho


def test_an_alert_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    alerts, echo = AlertLog(), AlertEcho()
    lines: list[list[str]] = []
    for text in ("", "one", "", "two", "three"):
        if text:
            alerts.add(Alert("HALTED", "desk", text, 1))
        echo.tell(alerts)
        lines.append(
            [line.rpartition("alert: ")[2] for line in capsys.readouterr().err.split("\n")]
        )
    assert lines[1] == ["HALTED desk: one", ""]
    assert lines[0] == lines[2] == [""]
    assert lines[4] == ["HALTED desk: three", ""]


def test_alerts_that_were_dropped_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    alerts = AlertLog()
    for number in range(ALERTS_MAX + 5):
        alerts.add(Alert("OVERFILL", str(number), "x", number))
    AlertEcho().tell(alerts)
    first, second, *rest = capsys.readouterr().err.splitlines()
    assert "5 alerts came faster than they could be told" in first
    assert second.endswith("OVERFILL 5: x")
    assert len(rest) == ALERTS_MAX - 1
