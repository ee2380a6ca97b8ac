"""`hexdesk alert`."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from hexdesk.errors import HexdeskError
from hexdesk_app.cli.common import config_options, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.monitoring import acknowledge, list_alarms, silence, unsilence
from hexdesk_app.display.tables import make_table
from hexdesk_app.problems import NotFoundError

if TYPE_CHECKING:
    from hexdesk.ports.alerts import AlertLevel, Delivery
    from hexdesk_app.alerting.post import Route
    from hexdesk_app.config import Config, Sources
    from hexdesk_app.resolve import Parts


class AlertError(HexdeskError):
    """A channel did not deliver."""

    code = "ALERT_UNDELIVERED"


@click.group(no_args_is_help=True)
def alert() -> None:
    """Alerts: what is wrong, who knows of it, and whether people would be told."""


for each in (list_alarms, acknowledge, silence, unsilence):
    alert.add_command(each)


@alert.command()
@click.option("names", "--channel", multiple=True, metavar="NAME", help="Only this; repeatable.")
@click.option(
    "level",
    "--level",
    type=click.Choice(["info", "warning", "critical", "emergency"]),
    default="info",
    show_default=True,
    help="Severity of the message.",
)
@config_options
@output_options
def test(
    output: Output,
    *,
    wanted: "Sources",
    names: tuple[str, ...],
    level: str,
) -> None:
    """Send a test message through every channel of plugins.toml (or FILES), once."""
    from hexdesk.ports.alerts import AlertLevel, Outcome
    from hexdesk_app.alerting.routes import make_routes
    from hexdesk_app.config import load_config
    from hexdesk_app.resolve import resolve

    config = load_config(wanted)
    routes = make_routes(resolve(config))
    unknown = sorted(set(names) - set(routes))
    if unknown or not routes:
        what = f"no channel {unknown[0]!r}" if unknown else "no channel at all"
        raise NotFoundError(
            f"there is {what}", remedy='add [channels.ops] with plugin = "webhook" and its url'
        )
    chosen = {name: route for name, route in routes.items() if not names or name in names}
    found = asyncio.run(send_test(chosen, config, AlertLevel[level.upper()]))
    rows = [(name, each.outcome.value, each.text) for name, each in found.items()]
    data = {
        name: {"outcome": each.outcome.value, "text": each.text} for name, each in found.items()
    }
    output.result("alert_test", data, [make_table("channels", ("channel", "", "why"), rows)])
    failed = [name for name, each in found.items() if each.outcome is not Outcome.DELIVERED]
    if failed:
        raise AlertError(
            f"not delivered by {', '.join(failed)}",
            remedy="correct the channel's settings, or look at the receiver",
        )


async def send_test(
    routes: "dict[str, Route]", config: "Config", level: "AlertLevel"
) -> "dict[str, Delivery]":
    """Try each channel once with a test message, all at the same time."""
    from hexdesk.ports.alerts import AlertMessage
    from hexdesk_app.alerting.post import attempt
    from hexdesk_app.running.live_clock import wall_time_ns

    message = AlertMessage(
        number=0,
        desk=config.desk.name,
        mode=config.desk.mode.value,
        level=level,
        code="TEST",
        scope="",
        text="This is a test: whoever reads it would have been told of an alert.",
        ts_ns=wall_time_ns(),
    )
    found = await asyncio.gather(*(attempt(each.channel, message) for each in routes.values()))
    for each in routes.values():
        await each.channel.close()
    return dict(zip(routes, found, strict=True))


@alert.command()
@click.option(
    "after_s",
    "--after",
    type=click.FloatRange(min=1.5, max=3_600.0),
    default=10.0,
    show_default=True,
    help="Seconds without a heartbeat until people are told.",
)
@config_options
@output_options
def watch(
    output: Output,
    *,
    wanted: "Sources",
    after_s: float,
) -> None:
    """Alarm when the desk of plugins.toml (or FILES) dies: run it beside the desk."""
    from hexdesk_app.alerting.routes import make_routes
    from hexdesk_app.config import load_config
    from hexdesk_app.resolve import resolve

    config = load_config(wanted)
    parts = resolve(config)
    routes = make_routes(parts)
    if not routes:
        raise NotFoundError(
            "there is no channel at all",
            remedy='add [channels.ops] with plugin = "webhook" and its url',
        )
    output.note(f"watching the heartbeat in {config.state_path}; Ctrl-C stops it")
    asyncio.run(_watch(config, routes, parts, after_s))


async def _watch(
    config: "Config", routes: "dict[str, Route]", parts: "Parts", after_s: float
) -> None:
    """Look at a desk's heartbeat until somebody asks to stop."""
    from hexdesk_app.alerting.guard import STEP_S, Guard
    from hexdesk_app.alerting.routes import alarm_of
    from hexdesk_app.running.heartbeat import last_beat
    from hexdesk_app.running.live_clock import wall_time_ns
    from hexdesk_app.running.signals import stop_signals

    alarm, guard, stopped = alarm_of(config, routes, parts), Guard(after_s), asyncio.Event()
    alarm.start(lambda: None)
    try:
        with stop_signals(lambda _signal: stopped.set()):
            while not stopped.is_set():
                told = guard.look(last_beat(config.state_path), wall_time_ns())
                if told is not None:
                    alarm.take(told)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), STEP_S)
    finally:
        alarm.close()
