"""`hexdesk bench`."""

import signal
from typing import TYPE_CHECKING

import click

from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output
from hexdesk_app.display.numbers import count, rate
from hexdesk_app.display.tables import make_table

if TYPE_CHECKING:
    from hexdesk_app.bench import BenchResult

BENCHES = {
    "ticks": "Quotes through a strategy with orders, simulated venue and positions.",
    "orders": "Limit orders submitted and filled or canceled.",
    "live": "Bytes of a websocket to a framed order record: latency.",
    "replay": "A journal decoded and folded.",
    "recovery": "A start with a day of records behind it, and a snapshot.",
    "read_model": "A journal written as history, and what that costs the order path.",
    "telemetry": "What being watched costs ticks and orders.",
    "control": "The control plane beside a bare echo, and what it costs the ticks.",
    "scale": "Growth of cost with instruments and strategies.",
}


@click.group(no_args_is_help=True)
def bench() -> None:
    """Measure speed on this machine."""


def _make_command(name: str, text: str, *, is_alias: bool = False) -> click.Command:
    @click.option(
        "events",
        "--events",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="How many; each has its usual number.",
    )
    @output_options
    def measure(output: Output, events: int | None) -> None:
        from hexdesk_app.bench import BENCHES as FUNCTIONS
        from hexdesk_app.bench import to_data

        signal.signal(signal.SIGTERM, signal.default_int_handler)  # else stopped desks live on
        function, usual = FUNCTIONS[name]
        result = function(events or usual)
        data = to_data(result)
        output.result("bench", data, [make_table(f"bench {name}", ("", ""), _rows(result, data))])

    return click.command(name, help=text, hidden=is_alias)(measure)


for _name, _text in BENCHES.items():
    bench.add_command(_make_command(_name, _text))
    if "_" in _name:  # as verbs are written elsewhere
        bench.add_command(_make_command(_name, _text, is_alias=True), _name.replace("_", "-"))


def _rows(result: "BenchResult", data: dict[str, object]) -> list[tuple[str, str]]:
    rows = [
        ("events", f"{count(result.events)} in {result.seconds:.3f} s"),
        ("speed", rate(result.per_second)),
        ("bare loop", rate(result.calibration_per_second)),
    ]
    known = {"name", "events", "seconds", "per_second", "calibration_per_second"}
    return rows + [(name, str(value)) for name, value in data.items() if name not in known]
