"""What was looked at, as messages; pure."""

from collections.abc import Iterable

from hexdesk.ports.control_checks import CheckInfo, CheckOutcome
from hexdesk_api.v1 import desk_pb2

_OUTCOMES = {
    CheckOutcome.PASSED: desk_pb2.Check.OUTCOME_PASSED,
    CheckOutcome.WARNED: desk_pb2.Check.OUTCOME_WARNED,
    CheckOutcome.FAILED: desk_pb2.Check.OUTCOME_FAILED,
    CheckOutcome.SKIPPED: desk_pb2.Check.OUTCOME_SKIPPED,
}


def checks(found: Iterable[CheckInfo]) -> desk_pb2.RunChecksResponse:
    """Return checks in the order of looking."""
    return desk_pb2.RunChecksResponse(checks=map(_check, found))


def _check(found: CheckInfo) -> desk_pb2.Check:
    return desk_pb2.Check(
        code=found.code,
        title=found.title,
        outcome=_OUTCOMES[found.outcome],
        text=found.text,
        remedy=found.remedy,
    )
