"""`hexdesk alert list` and its like, `hexdesk log`: alarms and logs of a running desk."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.acting import How
from hexdesk_app.cli.remote.arming import duration_option
from hexdesk_app.cli.remote.connect import desk_options, mutation_options, watch_option
from hexdesk_app.cli.remote.show import Plain, bare, facts_table, when, word
from hexdesk_app.display.numbers import duration
from hexdesk_app.display.tables import Table, make_table

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

LEVELS = ("debug", "info", "warning", "error", "critical")
scope_option = click.option(
    "scope", "--scope", default="", help="Only there, as the list shows it; everywhere otherwise."
)


# --- alarms -------------------------------------------------------------------------------------


@click.command("list")
@click.option("every", "--all", "-a", is_flag=True, help="Those that are over, too.")
@desk_options
@watch_option
def list_alarms(output: Output, client: "PlainClient", *, every: bool) -> None:
    """List what is wrong on a running desk, newest first, and what is silenced."""
    alarms = client.all("MonitoringService.ListAlarms", "alarms", {"open_only": not every})
    silences = client.all("MonitoringService.ListSilences", "silences")
    data = {"alarms": alarms, "silences": silences}
    tables = [_alarm_table(alarms)]
    if silences:
        tables.append(_silence_table(silences))
    output.result("alert.list", data, tables)


@click.command("ack")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@mutation_options
@desk_options
def acknowledge(output: Output, client: "PlainClient", *, how: How, number: int) -> None:
    """Say that you know of an alarm: it is not escalated any more."""
    fields = {"name": f"alarms/{number}", **how}
    found = client.ask("MonitoringService.AcknowledgeAlarm", fields)
    output.result("alert.ack", found, [_alarm_table([found])])


@click.command("silence")
@click.argument("rule")
@scope_option
@duration_option("seven days")
@mutation_options
@desk_options
def silence(
    output: Output, client: "PlainClient", *, how: How, rule: str, scope: str, seconds: int
) -> None:
    """Say nothing of a rule for a while; needs --reason. What happens is told afterwards."""
    fields = {"code": rule, "scope": scope, "duration": f"{seconds}s", **how}
    found = client.ask("MonitoringService.SilenceAlarms", fields)
    output.result("alert.silence", found, [_silence_table([found])])


@click.command("unsilence")
@click.argument("rule")
@scope_option
@mutation_options
@desk_options
def unsilence(output: Output, client: "PlainClient", *, how: How, rule: str, scope: str) -> None:
    """End a silence at once."""
    fields = {"code": rule, "scope": scope, **how}
    found = client.ask("MonitoringService.UnsilenceAlarms", fields)
    output.result("alert.unsilence", found, [_silence_table([found])])


def _alarm_table(alarms: Iterable[Plain]) -> Table:
    headers = ("#id", "level", "rule", "about", "#times", "since", "state", "what", "what to do")
    rows = [
        (
            bare(each["name"]), word(each["level"]).removeprefix("level_"), each["code"],
            each["scope"], str(each["count"]), when(each.get("create_time", "")), _state(each),
            each["text"], each["remedy"],
        )
        for each in alarms
    ]  # fmt: skip
    return make_table("alarms", headers, rows)


def _state(alarm: Plain) -> str:
    """Return what became of an alarm, in a word."""
    if "end_time" in alarm:
        return f"over {when(alarm['end_time'])}"
    if alarm["acknowledged_by"]:
        return f"known to {alarm['acknowledged_by']}"
    return "held back" if alarm["held_back"] else "open"


def _silence_table(silences: Iterable[Plain]) -> Table:
    rows = [
        (
            each["code"], each["scope"] or "everywhere", when(each.get("expire_time", "")),
            each["created_by"], each["reason"],
        )
        for each in silences
    ]  # fmt: skip
    return make_table("silenced", ("rule", "about", "until", "by", "why"), rows)


# --- performance --------------------------------------------------------------------------------


def performance_tables(found: Plain) -> list[Table]:
    """Return what `hexdesk status --perf` shows."""
    latencies = [
        (
            each["name"], f"{int(each['count']):,}", *_micros(each, "mean", "p50", "p99"),
            each["definition"],
        )
        for each in found["latencies"]
    ]  # fmt: skip
    throughputs = [
        (each["name"], f"{int(each['count']):,}", f"{float(each['per_second']):,.1f}")
        for each in found["throughputs"]
    ]
    gauges = {each["name"].replace("_", " "): _amount(each) for each in found["gauges"]}
    comparisons = [
        (each["name"], each["ours"] or "not yet", each["theirs"], each["mark"], each["definition"])
        for each in found["comparisons"]
    ]
    return [
        make_table(
            f"latency, measured for {duration(_seconds(found.get('measured', '0s')))}",
            ("stage", "#count", "#mean us", "#p50 us", "#p99 us", "from where to where"),
            latencies,
        ),
        make_table("throughput", ("what", "#since the start", "#a second"), throughputs),
        facts_table("queues and process", gauges),
        make_table(
            "beside system E", ("what", "#ours", "#theirs", "their mark", "meaning"), comparisons
        ),
    ]


def _micros(latency: Plain, *names: str) -> tuple[str, ...]:
    """Return durations, which are texts as `0.0041s`, in microseconds."""
    if not int(latency["count"]):
        return ("-",) * len(names)
    return tuple(f"{_seconds(latency[each]) * 1e6:,.1f}" for each in names)


def _seconds(text: str) -> float:
    return float(text.rstrip("s"))


def _amount(gauge: Plain) -> str:
    value = float(gauge["value"])
    if gauge["unit"] == "By":
        return f"{value / 1e6:,.1f} MB"
    return f"{value:.1f} %" if gauge["unit"] == "%" else f"{value:,.0f}"


# --- logs ---------------------------------------------------------------------------------------


@click.group(no_args_is_help=True)
def log() -> None:
    """What a running desk logs."""


@log.command("level")
@click.argument("level", required=False, type=click.Choice(LEVELS))
@click.option(
    "logger", "--logger", default="", metavar="NAME", help="As hexdesk.run; all otherwise."
)
@mutation_options
@desk_options
def log_level(
    output: Output, client: "PlainClient", *, how: How, level: str | None, logger: str
) -> None:
    """Show what is logged, or log more or less from now on, until the desk stops."""
    found: list[dict[str, Any]]
    if level is None:
        found = client.all("MonitoringService.ListLogLevels", "log_levels")
    else:
        fields = {"logger": logger, "level": level, **how}
        found = [client.ask("MonitoringService.SetLogLevel", fields)]
    rows = [(each["logger"] or "all", each["level"]) for each in found]
    output.result("log.level", found, [make_table("logging", ("logger", "level"), rows)])
