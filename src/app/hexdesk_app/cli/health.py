"""`hexdesk health`."""

import click
from msgspec.structs import replace

from hexdesk.errors import HexdeskError
from hexdesk_app.cli.common import config_options, output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.config import Sources, load_config
from hexdesk_app.display.numbers import count, duration
from hexdesk_app.display.tables import make_table
from hexdesk_app.problems import NotRunningError
from hexdesk_app.running.heartbeat import FILE, last_beat

MAX_AGE_S = 30.0


class HealthError(HexdeskError):
    """A desk shows no sign of life."""

    code = "HEALTH"


@click.command()
@click.option(
    "max_age_s",
    "--max-age",
    type=click.FloatRange(min=0.0, min_open=True),
    default=MAX_AGE_S,
    show_default=True,
    metavar="SECONDS",
    help="How long ago the last sign of life may be.",
)
@config_options
@output_options
def health(
    output: Output,
    *,
    wanted: Sources,
    max_age_s: float,
) -> None:
    """Tell whether the desk of plugins.toml (or FILES) runs and its loop turns."""
    folder = load_config(replace(wanted, required=False)).state_path
    try:
        last = last_beat(folder)
    except OSError as error:
        raise HealthError(
            f"{folder / FILE} cannot be read: {error.strerror}", remedy="ask as the desk's own user"
        ) from error
    if last is None:
        raise NotRunningError(f"no desk runs in {folder}", remedy="hexdesk run")
    beat, age_s = last
    if age_s > max_age_s:
        raise HealthError(
            f"{beat.name}, run {beat.run_id}: the last sign of life is {duration(age_s)} old,"
            f" expected at most {duration(max_age_s)}",
            remedy=f"see what process {beat.pid} does; restart the desk if it is gone",
        )
    data = {
        "ok": True,
        "name": beat.name,
        "run_id": beat.run_id,
        "mode": beat.mode,
        "state": beat.state,
        "age_s": round(age_s, 3),
        "events": beat.events,
        "orders": beat.orders,
        "fills": beat.fills,
    }
    rows = [
        ("desk", f"{beat.name} ({beat.mode}), run {beat.run_id}"),
        ("state", beat.state),
        ("last sign of life", f"{duration(age_s)} ago"),
        (
            "so far",
            f"{count(beat.events)} events, {count(beat.orders)} orders, {count(beat.fills)} fills",
        ),
    ]
    output.result("health", data, [make_table("", ("", ""), rows)])
