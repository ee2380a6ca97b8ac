import asyncio
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import pytest

from hexdesk.application.alerts import Alert
from hexdesk.errors import ConfigError
from hexdesk.ports.alerts import AlertLevel, AlertMessage, Delivery, Outcome
from hexdesk.ports.telemetry import Reading, Readings
from hexdesk.testing.alerts import FakeAlertChannel
from hexdesk_app.alerting.alarm import Alarm, quiet_hours
from hexdesk_app.alerting.post import Route
from hexdesk_app.config.schema import AlertRule, AlertSettings

S = 10**9


class Hanging(FakeAlertChannel):
    """Answers nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    async def send(self, message: AlertMessage, /) -> Delivery:
        self.attempts += 1
        await asyncio.to_thread(self.let_go.wait, 60)
        return Delivery(Outcome.DELIVERED)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000

    def __call__(self) -> int:
        return self.now_s * S


def make(clock: Clock, *channels: FakeAlertChannel, **settings: object) -> Alarm:
    routes = {
        str(stage): Route(str(stage), channel, AlertLevel.WARNING, stage)
        for stage, channel in enumerate(channels, 1)
    }
    given = AlertSettings(**settings)  # type: ignore[arg-type]
    return Alarm(given, routes, desk="d", mode="paper", wall_ns=clock, step_s=0.01)


def eventually(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_so()


def test_a_planted_breach_arrives_once_and_escalates_when_repeated() -> None:
    clock, first, second = Clock(), FakeAlertChannel(), FakeAlertChannel()
    alarm = make(clock, first, second)
    alarm.start(
        lambda: Readings(clock(), 0, (Reading("hexdesk.account.drawdown", ("USDT",), 0.2),))
    )
    eventually(lambda: first.messages)
    clock.now_s += 1
    time.sleep(0.1)
    alarm.take(Alert("HALTED", "desk", "no", 1))
    eventually(lambda: len(first.messages) == 2)
    assert [each.code for each in first.messages] == ["drawdown", "HALTED"]
    assert first.messages[1].level is AlertLevel.EMERGENCY
    assert not second.messages
    for _ in range(2):
        alarm.take(Alert("HALTED", "desk", "again", 1))
    eventually(lambda: second.messages)
    assert second.messages[0].count == 3
    alarm.close()
    assert first.is_closed
    assert {each.code for each in alarm.shown()} == {"drawdown", "HALTED"}


def test_a_delivery_that_fails_is_tried_again_and_a_hanging_channel_delays_no_other() -> None:
    failing = FakeAlertChannel([Delivery(Outcome.FAILED, "busy")])
    hanging = Hanging()
    clock = Clock()
    routes = {
        "a": Route("a", hanging, AlertLevel.INFO, 1),
        "b": Route("b", failing, AlertLevel.INFO, 1),
    }
    alarm = Alarm(AlertSettings(), routes, desk="d", mode="paper", wall_ns=clock, step_s=0.01)
    alarm.start(lambda: None)
    alarm.take(Alert("OVER_BUDGET", "mm", "slow", 1))
    eventually(lambda: failing.messages)
    assert failing.attempts == 2
    assert alarm.stats["b"].failed_attempts == 1
    assert hanging.attempts == 1
    hanging.let_go.set()
    alarm.close()


def test_a_desk_that_hangs_is_an_emergency() -> None:
    clock, channel = Clock(), FakeAlertChannel()
    alarm = make(clock, channel)
    readings = Readings(clock(), 0, ())
    alarm.start(lambda: readings)
    clock.now_s += 11
    eventually(lambda: channel.messages)
    assert channel.messages[0].code == "DESK_HANGS"
    alarm.close()


def test_an_alert_that_ends_another_is_its_recovery() -> None:
    clock, channel = Clock(), FakeAlertChannel()
    alarm = make(clock, channel)
    alarm.start(lambda: None)
    alarm.take(Alert("DOUBT_OPEN", "o1", "?", 1))
    eventually(lambda: channel.messages)
    alarm.take(Alert("DOUBT_SETTLED", "o1", "!", 1))
    eventually(lambda: len(channel.messages) == 2)
    assert channel.messages[1].is_recovery
    alarm.close()


def test_quiet_hours_may_span_midnight() -> None:
    zone = ZoneInfo("UTC")
    is_quiet = quiet_hours(AlertSettings(quiet_from="22:00", quiet_until="06:00"), zone)
    assert [is_quiet(hour * 3_600 * S) for hour in (21, 22, 3, 6)] == [False, True, True, False]
    assert not quiet_hours(AlertSettings(), zone)(0)


def test_recovery_of_what_the_desk_alarmed_of_is_announced() -> None:
    """E22: a step of the ladder ends with NORMAL, a halt when a person re-arms the desk."""
    clock, channel = Clock(), FakeAlertChannel()
    alarm = make(clock, channel)
    alarm.start(lambda: None)
    alarm.take(Alert("RISK_FLATTEN", "mm", "loss", 1))
    alarm.take(Alert("HALTED", "desk", "by hand", 1))
    eventually(lambda: len(channel.messages) == 2)
    clock.now_s += 1
    alarm.take(Alert("RISK_NORMAL", "mm", "well", 2))
    eventually(lambda: len(channel.messages) == 3)
    assert (channel.messages[2].code, channel.messages[2].is_recovery) == ("RISK_FLATTEN", True)
    alarm.take(Alert("HALT_ENDED", "desk", "smoke cleared", 2))
    eventually(lambda: len(channel.messages) == 4)
    alarm.close()
    assert (channel.messages[3].code, channel.messages[3].is_recovery) == ("HALTED", True)
    assert all(each.remedy for each in channel.messages[:2])
    assert {each.text for each in alarm.shown()} == {"loss", "by hand"}, "history keeps what it was"
    assert [each.level for each in channel.messages[:2]] == [AlertLevel.EMERGENCY] * 2


def test_a_halt_right_behind_a_re_arming_is_told_whoever_knew_of_the_one_before() -> None:
    clock, channel = Clock(), FakeAlertChannel()
    alarm = make(clock, channel)
    alarm.start(lambda: None)
    alarm.take(Alert("HALTED", "desk", "loss", 1))
    eventually(alarm.shown)
    alarm.acknowledge(1, "ann")
    eventually(lambda: alarm.shown()[0].acknowledged_by)
    alarm.take(Alert("HALT_ENDED", "desk", "try again", 2))
    alarm.take(Alert("HALTED", "desk", "loss", 2))
    eventually(lambda: len(channel.messages) == 3)
    alarm.close()
    assert [each.is_recovery for each in channel.messages] == [False, True, False]
    assert [each.acknowledged_by for each in alarm.shown()] == [""]


def test_settings_and_channels_change_while_it_watches() -> None:
    """A channel that goes is closed, one that comes is told; a rule that goes ends its alarms."""
    clock, old, kept, new = Clock(), FakeAlertChannel(), FakeAlertChannel(), FakeAlertChannel()
    alarm = make(clock, old, kept)
    alarm.start(
        lambda: Readings(clock(), 0, (Reading("hexdesk.account.drawdown", ("USDT",), 0.2),))
    )
    eventually(lambda: old.messages)
    routes = {"1": None, "3": Route("3", new, AlertLevel.INFO, 1)}
    alarm.prepare(AlertSettings(built_in=False), routes, ZoneInfo("UTC"))()
    eventually(lambda: old.is_closed)
    alarm.take(Alert("HALTED", "desk", "no", 1))
    eventually(lambda: new.messages)
    assert [each.code for each in new.messages] == ["HALTED"]
    assert not kept.is_closed
    eventually(lambda: {each.code for each in alarm.shown() if each.end_ns} == {"drawdown"})
    replaced = FakeAlertChannel()
    again = {"3": Route("3", replaced, AlertLevel.INFO, 1)}
    alarm.prepare(AlertSettings(built_in=False, dedupe_s=0.0), again, ZoneInfo("UTC"))()
    eventually(lambda: new.is_closed)
    alarm.take(Alert("HALTED", "desk", "again", 1))
    eventually(lambda: replaced.messages)
    alarm.close()
    assert (kept.is_closed, replaced.is_closed) == (True, True)
    assert {each.code for each in old.messages} == {"drawdown"}


def test_rules_that_make_no_sense_change_nothing() -> None:
    alarm = make(Clock())
    rule = AlertRule(metric="hexdesk.no.such", above=1.0)
    with pytest.raises(ConfigError, match="there is no metric"):
        alarm.prepare(AlertSettings(rules={"odd": rule}), {}, ZoneInfo("UTC"))


def test_without_a_channel_there_is_a_list_that_nobody_was_told_of() -> None:
    clock = Clock()
    alarm = make(clock)
    alarm.start(lambda: None)
    alarm.take(Alert("HALTED", "desk", "no", 1))
    eventually(alarm.shown)
    alarm.acknowledge(1, "ann")
    eventually(lambda: alarm.shown()[0].acknowledged_by == "ann")
    assert (alarm.shown()[0].code, alarm.shown()[0].told_ns) == ("HALTED", 0)
    alarm.close()


def test_the_heartbeat_is_called_while_the_desk_publishes_and_no_longer() -> None:
    calls: list[str] = []

    class Outside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(500 if len(calls) == 1 else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Outside)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/desk"
    clock, published_s = Clock(), [1_000]
    alarm = make(clock, heartbeat_url=url, heartbeat_s=30.0)
    alarm.start(lambda: Readings(published_s[0] * S, 0, ()))
    eventually(lambda: calls == ["/desk"])
    clock.now_s = published_s[0] = 1_030
    eventually(lambda: len(calls) == 2)  # that one was refused did not matter
    clock.now_s = 1_090  # it hangs
    eventually(alarm.shown)
    time.sleep(0.2)
    assert len(calls) == 2
    published_s[0] = 1_090
    eventually(lambda: len(calls) == 3)
    alarm.close()
    server.shutdown()
    server.server_close()
