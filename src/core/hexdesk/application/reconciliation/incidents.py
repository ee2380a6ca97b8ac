"""Differences that wait for a person: open until resolved, or until they are gone."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from hexdesk.application.reconciliation.findings import (
    ASK,
    POLICIES_POSSIBLE,
    Finding,
    Mismatch,
    Policy,
)
from hexdesk.domain.values import TimeNs

INCIDENTS_MAX = 1_000
"""Incidents kept; resolved ones are forgotten first. More open ones are counted, not kept."""
NEEDS_NO_LOOK = frozenset({Policy.IGNORE, Policy.REDUCE, Policy.HALT})
"""Decisions about a difference of an earlier run that may come before it was seen again."""
BY_ITSELF = "reconciliation"
"""Who resolved what nobody had to."""


class IncidentState(StrEnum):
    """Whether somebody still has to decide."""

    OPEN = "open"
    RESOLVED = "resolved"


class Incident(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="incident"):
    """One difference that a person should decide about.

    Attributes:
        id: Number within a broker, from 1.
        broker: Section of the broker.
        finding: As it was seen last.
        opened_ns: When it was opened.
        state: Open or resolved.
        resolved_ns: When; 0 while open.
        by: Who resolved it.
        why: In that person's words.
        policy: What was decided; None if the difference went away.
    """

    id: int
    broker: str
    finding: Finding
    opened_ns: TimeNs
    state: IncidentState = IncidentState.OPEN
    resolved_ns: TimeNs = 0
    by: str = ""
    why: str = ""
    policy: Policy | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.state is IncidentState.OPEN


class Incidents:
    """The incidents of one broker.

    Attributes:
        dropped_count: Incidents that there was no room for.
    """

    def __init__(self, broker: str) -> None:
        self.dropped_count = 0
        self._recalled: set[int] = set()
        self._broker = broker
        self._by_id: dict[int, Incident] = {}
        self._open: dict[tuple[Mismatch, str], int] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Incident]:
        """Yield what is kept, oldest first."""
        return iter(list(self._by_id.values()))

    @property
    def open(self) -> list[Incident]:
        """Those that wait, oldest first."""
        return [self._by_id[number] for number in sorted(self._open.values())]

    def find(self, number: int) -> Incident | None:
        """Return an incident by its number."""
        return self._by_id.get(number)

    def about(self, finding: Finding) -> Incident | None:
        """Return the open incident of a finding's subject."""
        number = self._open.get(finding.subject)
        return None if number is None else self._by_id[number]

    def raise_for(self, finding: Finding, now_ns: TimeNs) -> Incident | None:
        """Open an incident, or bring the open one up to date; None if there is nothing new."""
        known = self.about(finding)
        if known is not None:
            self._recalled.discard(known.id)
            incident = replace(known, finding=finding)
            if known.finding.is_same(finding):
                self._by_id[known.id] = incident  # one of an earlier run lacks what was found
                return None
        else:
            if not self._make_room():
                self.dropped_count += 1
                return None
            self._count += 1
            incident = Incident(self._count, self._broker, finding, now_ns)
            self._open[finding.subject] = incident.id
        self._by_id[incident.id] = incident
        return incident

    def recall(self, incident: Incident) -> None:
        """Take up an incident of an earlier run."""
        self._count = max(self._count, incident.id)
        self._by_id[incident.id] = incident
        if incident.is_open:
            self._open[incident.finding.subject] = incident.id
            self._recalled.add(incident.id)

    def problem(self, incident: Incident | None, policy: Policy, by: str, why: str) -> str:
        """Return why a person's decision cannot be carried out, or an empty string."""
        problem = resolve_problem(incident, policy, by, why)
        is_recalled = incident is not None and incident.id in self._recalled
        if is_recalled and not problem and policy not in NEEDS_NO_LOOK:
            return "it was not seen again since the start; try again"
        return problem

    def resolve(
        self, incident: Incident, policy: Policy | None, *, by: str, why: str, now_ns: TimeNs
    ) -> Incident:
        """Close an open incident."""
        resolved = replace(
            incident,
            state=IncidentState.RESOLVED,
            resolved_ns=now_ns,
            by=by,
            why=why,
            policy=policy,
        )
        self._by_id[incident.id] = resolved
        self._recalled.discard(incident.id)
        del self._open[incident.finding.subject]
        return resolved

    def end(self, incident: Incident, now_ns: TimeNs) -> Incident:
        """Close an open incident about which there is nothing to decide any more."""
        why = "the difference is gone"
        return self.resolve(incident, None, by=BY_ITSELF, why=why, now_ns=now_ns)

    def _make_room(self) -> bool:
        """Forget the oldest resolved incident if there are too many."""
        if len(self._by_id) < INCIDENTS_MAX:
            return True
        oldest = next((each.id for each in self._by_id.values() if not each.is_open), None)
        if oldest is None:
            return False
        del self._by_id[oldest]
        return True


def resolve_problem(incident: Incident | None, policy: Policy, by: str, why: str) -> str:
    """Return why a person's decision cannot be carried out, or an empty string."""
    if incident is None:
        return ""
    if not incident.is_open:
        return f"incident {incident.id} was resolved by {incident.by}"
    possible = POLICIES_POSSIBLE[incident.finding.kind] - {ASK}
    if policy not in possible:
        return f"{incident.finding.kind}: expected one of {', '.join(sorted(possible))}"
    if not by.strip() or not why.strip():
        return "who decides and why must be said"
    return ""
