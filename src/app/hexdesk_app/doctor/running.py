"""Checks around a desk that runs, in its own process: nothing here waits or writes."""

from collections.abc import Iterator

from hexdesk.ports.control_checks import CheckInfo, CheckOutcome
from hexdesk_app.config import Config
from hexdesk_app.doctor.machine import check_clock, check_disk, check_folder
from hexdesk_app.resolve import Parts
from hexdesk_app.running.links import Links

PASSED, WARNED = CheckOutcome.PASSED, CheckOutcome.WARNED
FAILED, SKIPPED = CheckOutcome.FAILED, CheckOutcome.SKIPPED


def running_checks(
    config: Config, parts: Parts, links: Links | None, *, live: bool
) -> tuple[CheckInfo, ...]:
    """Return checks of the process, its files and its machine; with `live` of a live desk, too."""
    found = [check_clock(), check_disk(config.state_path), check_folder(config.state_path)]
    if links is not None and links.latest:
        found.append(_links(links))
    return (*found, *live_checks(config, parts)) if live else tuple(found)


def live_checks(config: Config, parts: Parts) -> Iterator[CheckInfo]:
    """Yield what a desk for real money needs (experience.md, section 5), as far as it is known."""
    unset = [each.path for each in parts.unset_secrets]
    yield CheckInfo(
        code="KEYS",
        title="Keys are there",
        outcome=FAILED if unset else PASSED,
        text=", ".join(unset),
        remedy="set what the secret references name" if unset else "",
    )
    has_journal = config.journal is not None
    yield CheckInfo(
        code="JOURNAL_KEPT",
        title="There is a journal",
        outcome=PASSED if has_journal else FAILED,
        text="" if has_journal else "nothing would survive a crash",
        remedy="" if has_journal else 'add [journal] with plugin = "journal"',
    )
    if not config.channels:
        yield CheckInfo(
            code="ALERT_CHANNELS",
            title="Somebody is told of alerts",
            outcome=WARNED,
            text="there is no channel",
            remedy="add [channels.NAME]; hexdesk alert test tries it",
        )
    for code, title, text in _UNKNOWN:
        yield CheckInfo(code=code, title=title, outcome=SKIPPED, text=text)


_UNKNOWN = (
    ("KEY_RIGHTS", "Keys may trade and not withdraw", "no broker of this desk can tell"),
    ("CALENDAR", "Trading hours are known", "no broker of this desk can tell"),
    ("VALIDATION", "The strategies' verdict card is not red", "there are no verdict cards yet"),
)
"""What has to be seen by a person until something can tell."""


def _links(links: Links) -> CheckInfo:
    down = [
        f"{kind.value} {name}: {status.state.name.lower()} {status.error}".strip()
        for (kind, name), status in sorted(links.latest.items())
        if not status.is_live
    ]
    return CheckInfo(
        code="LINKS",
        title="Brokers and feeds are connected",
        outcome=FAILED if down else PASSED,
        text="; ".join(down),
        remedy="hexdesk status shows when they come back" if down else "",
    )
