"""Incidents: one of a subject at a time, bounded, with who decided what and why."""

import msgspec
import pytest

from hexdesk.application.reconciliation import incidents as module
from hexdesk.application.reconciliation.findings import Finding, Mismatch, Policy
from hexdesk.application.reconciliation.incidents import Incident, Incidents, IncidentState


def finding(key: str, theirs: str = "1") -> Finding:
    return Finding(Mismatch.CASH, key, "0", theirs, "cash differs")


def test_one_subject_has_one_open_incident_that_follows_what_is_seen() -> None:
    incidents = Incidents("sim")
    first = incidents.raise_for(finding("USDT"), 5)
    assert first is not None
    assert incidents.raise_for(finding("USDT"), 6) is None
    second = incidents.raise_for(finding("USDT", "2"), 7)
    assert second is not None
    assert (second.id, second.opened_ns, second.finding.theirs) == (first.id, 5, "2")
    assert incidents.open == [second]
    other = incidents.raise_for(finding("EUR"), 8)
    assert other is not None
    assert [each.id for each in incidents.open] == [1, 2]


def test_a_resolved_incident_says_who_when_what_and_why() -> None:
    incidents = Incidents("sim")
    incident = incidents.raise_for(finding("USDT"), 5)
    assert incident is not None
    incidents.resolve(incident, Policy.ADOPT, by="ann", why="interest", now_ns=9)
    assert incidents.open == []
    kept = incidents.find(1)
    assert kept is not None
    assert (kept.state, kept.by, kept.why, kept.policy, kept.resolved_ns) == (
        IncidentState.RESOLVED, "ann", "interest", Policy.ADOPT, 9,
    )  # fmt: skip
    again = incidents.raise_for(finding("USDT"), 10)
    assert again is not None
    assert again.id == 2


def test_there_is_room_for_so_many_and_open_ones_are_never_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "INCIDENTS_MAX", 3)
    incidents = Incidents("sim")
    opened = [incidents.raise_for(finding(f"C{number}"), number) for number in range(3)]
    assert opened[1] is not None
    incidents.resolve(opened[1], None, by="x", why="y", now_ns=5)
    assert incidents.raise_for(finding("C3"), 6) is not None
    assert [each.finding.key for each in incidents] == ["C0", "C2", "C3"]
    assert incidents.raise_for(finding("C4"), 7) is None
    assert incidents.dropped_count == 1


def test_an_incident_survives_the_wire() -> None:
    incidents = Incidents("sim")
    incident = incidents.raise_for(finding("USDT"), 5)
    encoded = msgspec.msgpack.encode(incident)
    assert msgspec.msgpack.decode(encoded, type=Incident) == incident
