"""Times on the command line: dates, moments, or how long ago."""

import re
from datetime import UTC, datetime

import click

from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk_app.running.live_clock import wall_time_ns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGO = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def to_ns(context: click.Context, option: click.Parameter, text: str) -> TimeNs:
    """Return a time, 0 for an empty one: a date, a date and time (UTC unless it says otherwise).

    Nanoseconds are taken, too, and how long ago: `90s`, `15m`, `8h`, `3d`.

    Raises:
        click.BadParameter: It is nothing of these.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return wall_time_ns() - int(ago[1]) * _SECONDS[ago[2]] * NS_PER_SECOND
    if text.isdigit() and len(text) > len("20261121"):
        return int(text)
    try:
        found = datetime.fromisoformat(text) if text else EPOCH
    except ValueError:
        message = f"{text!r} is no time; write 2026-11-21, 2026-11-21T08:30:00, or 15m for ago"
        raise click.BadParameter(message, ctx=context, param=option) from None
    since = (found if found.tzinfo else found.replace(tzinfo=UTC)) - EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_SECOND + since.microseconds * 1_000
