"""Each alert is logged once, soon after it was raised."""

import pytest

from hexdesk.application.alerts import ALERTS_MAX, Alert, AlertLog
from hexdesk_app.logs import configure_logging
from hexdesk_app.running.alert_echo import LINES_MAX, PERIOD_S, AlertEcho


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
    assert len(rest) == LINES_MAX - 1


def test_a_flood_of_one_code_hides_no_other_and_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info")
    now_s = 5.0
    alerts, echo = AlertLog(), AlertEcho(lambda: now_s)
    for number in range(LINES_MAX + 7):
        alerts.add(Alert("DEAD_LETTER", str(number), "x", number))
        echo.tell(alerts)
    alerts.add(Alert("HALTED", "desk", "x", 1))
    echo.tell(alerts)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == LINES_MAX + 1
    assert lines[-1].endswith("HALTED desk: x")
    now_s += PERIOD_S
    alerts.add(Alert("DEAD_LETTER", "again", "x", 2))
    echo.tell(alerts)
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("DEAD_LETTER: 7 more within a minute, kept as events")
    assert second.endswith("DEAD_LETTER again: x")
    echo.end_period()
    assert not capsys.readouterr().err, "nothing was left out"
