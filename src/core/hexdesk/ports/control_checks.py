"""Checks of a running desk through the Control port: what is in order, and what is not."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from hexdesk.ports.control import Query


class CheckOutcome(StrEnum):
    """How something came out that was looked at."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


class CheckInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Attributes:
        code: Stable, as `DISK_FREE`.
        title: What was looked at, for people.
        outcome: How it came out; a warning does not stand in the way, a failure does.
        text: What was expected and what was found.
        remedy: What to do about it.
    """

    code: str
    title: str
    outcome: CheckOutcome
    text: str = ""
    remedy: str = ""


class RunChecks(Query[tuple[CheckInfo, ...]], frozen=True, kw_only=True):
    """Look at everything; with `live` also at what only a live desk must have."""

    live: bool = False


def failed(checks: Iterable[CheckInfo]) -> list[CheckInfo]:
    """Return those that stand in the way."""
    return [each for each in checks if each.outcome is CheckOutcome.FAILED]
