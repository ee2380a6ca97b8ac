"""Incidents over a restart: the same numbers, what was decided holds, what is gone is closed."""

import pytest

from hexdesk.application.operating.incident_notes import NOTES_MAX, IncidentNotes
from hexdesk.application.reconciliation.actions import (
    AdjustCash,
    CloseIncident,
    OpenIncident,
)
from hexdesk.application.reconciliation.findings import Mismatch, Policy
from hexdesk.application.reconciliation.incidents import BY_ITSELF, Incident
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import QueryKind
from hexdesk.domain.commands import NoteIncident
from hexdesk.domain.money import Money
from hexdesk.domain.values import BUY
from hexdesk.testing.broker_bench import INSTRUMENT, LOT
from tests.core.application.reconciliation.session import Session
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import DEPOSIT

ID = INSTRUMENT.id
MORE = [Money(DEPOSIT.amount * 2, "USDT")]


def lived(session: Session) -> list[NoteIncident]:
    """Do with the incidents of a session what a desk does; return what its journal keeps."""
    repairs = Repairs(session.desk, "venue")
    for action in session.done:
        if isinstance(action, OpenIncident | CloseIncident):
            repairs.do(action, session.rig.now())
    assert_replayed(session.rig, len(session.rig.records) // 2)
    return session.desk.operator.incidents.of("venue")


def unclear(policy: Policy | None = None) -> list[NoteIncident]:
    """Return the notes of a run whose cash differed, and of what a person decided."""
    session = Session()
    session.balances = MORE
    session.wait(200)
    assert len(session.reconciler.incidents.open) == 1
    if policy is not None:
        now_ns = session.rig.clock.now_ns()
        session.do(
            session.reconciler.resolve(1, policy, by="ada", why="known", now_ns=now_ns).actions
        )
    return lived(session)


def again(past: list[NoteIncident], settings: ReconciliationSettings | None = None) -> Session:
    session = Session(settings, past=past, starts=False)
    session.balances = MORE
    return session


def start(session: Session, seconds: float = 200) -> None:
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(seconds)


def only(session: Session) -> Incident:
    (incident,) = session.reconciler.incidents
    return incident


def test_an_open_one_keeps_its_number_and_is_not_opened_twice() -> None:
    session = again(unclear())
    before = only(session)
    start(session)
    assert session.of(OpenIncident) == []
    incident = only(session)
    assert (incident.id, incident.opened_ns) == (before.id, before.opened_ns)
    assert incident.is_open


def test_one_whose_difference_is_gone_is_closed_by_itself() -> None:
    session = again(unclear())
    session.balances = [DEPOSIT]
    start(session)
    incident = only(session)
    assert (incident.is_open, incident.by) == (False, BY_ITSELF)
    assert len(session.of(CloseIncident)) == 1


def test_adopting_waits_until_it_was_seen_again() -> None:
    session = again(unclear())
    tried = session.reconciler.resolve(1, Policy.ADOPT, by="ada", why="so", now_ns=1)
    assert tried.problem == "it was not seen again since the start; try again"
    start(session)
    done = session.reconciler.resolve(1, Policy.ADOPT, by="ada", why="so", now_ns=1)
    assert any(isinstance(action, AdjustCash) for action in done.actions)


@pytest.mark.parametrize("policy", [Policy.IGNORE, Policy.HALT])
def test_what_needs_no_look_can_be_decided_at_once(policy: Policy) -> None:
    session = again(unclear())
    assert not session.reconciler.resolve(1, policy, by="ada", why="so", now_ns=1).problem


def test_what_a_person_ignores_stays_ignored() -> None:
    session = again(unclear(Policy.IGNORE))
    start(session)
    assert session.of(OpenIncident) == []
    assert "CASH" not in session.codes()
    assert (only(session).by, only(session).why) == ("ada", "known")


def test_another_difference_of_the_same_subject_is_a_new_incident() -> None:
    session = again(unclear(Policy.IGNORE))
    session.balances = [Money(DEPOSIT.amount * 3, "USDT")]
    start(session)
    assert [each.id for each in session.reconciler.incidents.open] == [2]


def test_an_execution_that_the_broker_does_not_know_is_asked_for_from_its_time_on() -> None:
    """Else the first look would not see it, and call the difference gone."""
    session = Session()
    order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT))
    session.rig.fill(order_id)
    session.agree()
    session.fills.clear()
    session.wait(120)
    incidents = session.reconciler.incidents.open
    (incident,) = [
        each for each in incidents if each.finding.kind is Mismatch.FILL_UNKNOWN_TO_VENUE
    ]
    notes = lived(session)
    filled_ns = incident.finding.fills[0].ts_event
    later = Session(past=notes, starts=False)
    later.rig.clock.advance_by(10**15)
    now_ns = later.rig.clock.now_ns()
    later.reconciler.start(now_ns, quiet_since_ns=now_ns)
    asked = [each for each in later.reconciler.due(now_ns) if each.kind is QueryKind.FILLS]
    assert [each.since_ns for each in asked] == [filled_ns]


def test_a_reduction_that_a_person_decided_holds_on() -> None:
    settings = ReconciliationSettings(policies={Mismatch.POSITION_UNOWNED: Policy.ASK})
    session = Session(settings)
    session.positions = {ID: 700}
    session.wait(200)
    now_ns = session.rig.clock.now_ns()
    resolution = session.reconciler.resolve(1, Policy.REDUCE, by="ada", why="so", now_ns=now_ns)
    session.do(resolution.actions)
    later = Session(settings, past=lived(session), starts=False)
    later.positions = {ID: 700}
    start(later)
    assert Mismatch.POSITION_UNOWNED.value in later.reducing[ID]
    assert later.of(OpenIncident) == []
    later.positions = {}
    later.wait(200)
    assert ID not in later.reducing


def test_notes_are_bounded_and_open_ones_go_last() -> None:
    notes = IncidentNotes()
    (note,) = unclear()
    (done,) = unclear(Policy.IGNORE)
    for number in range(NOTES_MAX + 1):
        texts = (done.mismatch, done.key, done.ours, done.theirs, done.evidence, "")
        notes.take(
            note
            if number == 0
            else NoteIncident("venue", number + 1, *texts, 0, 1, 2, "ada", "so", "ignore", 3)
        )
    kept = notes.of("venue")
    assert len(kept) == NOTES_MAX
    assert kept[0] is note
    assert kept[1].incident == 3
