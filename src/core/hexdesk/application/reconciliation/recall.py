"""Incidents over a restart: what is written down of them, and what holds in the next run."""

from collections.abc import Iterable

from hexdesk.application.reconciliation.compare import ORDER_ANSWER, POSITION_ANSWER
from hexdesk.application.reconciliation.findings import (
    FILL_KINDS,
    IGNORE,
    REDUCE,
    Finding,
    Mismatch,
    Policy,
)
from hexdesk.application.reconciliation.incidents import Incident, Incidents, IncidentState
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import QueryKind
from hexdesk.domain.commands import NoteIncident
from hexdesk.domain.values import TimeNs

Standing = dict[tuple[Mismatch, str], tuple[Finding, QueryKind, bool]]
"""Differences that hold by subject: finding, what shows that it is gone, whether it reduces."""
Identities = dict[tuple[Mismatch, str, str, str], None]


def note_of(incident: Incident, now_ns: TimeNs) -> NoteIncident:
    """Return what the journal keeps of an incident."""
    finding = incident.finding
    times = [fill.ts_event for fill in finding.fills if fill.ts_event]
    return NoteIncident(
        incident.broker,
        incident.id,
        finding.kind.value,
        finding.key,
        finding.ours,
        finding.theirs,
        finding.evidence,
        finding.instrument_id,
        min(times, default=0),
        incident.opened_ns,
        incident.resolved_ns,
        incident.by,
        incident.why,
        incident.policy.value if incident.policy is not None else "",
        now_ns,
    )


def recall(
    notes: Iterable[NoteIncident], incidents: Incidents, settings: ReconciliationSettings
) -> tuple[Standing, Identities, Identities]:
    """Take incidents up; return what still holds, and what persons ignored and let reduce."""
    standing: Standing = {}
    ignored: Identities = {}
    reduced: Identities = {}
    for note in notes:
        incident = incident_of(note)
        finding = incident.finding
        incidents.recall(incident)
        if incident.policy is IGNORE:
            ignored[finding.identity] = None
        elif incident.is_open:
            reduces = REDUCE in settings.policies_of(finding.kind)
            standing[finding.subject] = (finding, _shown_by(finding.kind), reduces)
        elif incident.policy is REDUCE:
            standing[finding.subject] = (finding, _shown_by(finding.kind), True)
            reduced[finding.identity] = None
        else:
            standing.pop(finding.subject, None)
    return standing, ignored, reduced


def incident_of(note: NoteIncident) -> Incident:
    """Return an incident without what only a new look can tell: executions, orders, quantities."""
    kind = Mismatch(note.mismatch)
    texts = (note.key, note.ours, note.theirs, note.evidence, note.instrument_id)
    return Incident(
        note.incident,
        note.broker,
        Finding(kind, *texts),
        note.opened_ns,
        IncidentState.RESOLVED if note.resolved_ns else IncidentState.OPEN,
        note.resolved_ns,
        note.by,
        note.why,
        Policy(note.policy) if note.policy else None,
    )


def earliest_ns(notes: Iterable[NoteIncident], otherwise_ns: TimeNs) -> TimeNs:
    """Return from when on executions have to be asked for, to see those of open incidents."""
    times = [note.since_ns for note in notes if note.since_ns and not note.resolved_ns]
    return min(otherwise_ns, *times) if times else otherwise_ns


def _shown_by(kind: Mismatch) -> QueryKind:
    """Return the query whose answer shows that a difference is gone."""
    if kind in FILL_KINDS:
        return QueryKind.FILLS
    if kind in ORDER_ANSWER:
        return QueryKind.ORDERS
    return QueryKind.POSITIONS if kind in POSITION_ANSWER else QueryKind.BALANCES
