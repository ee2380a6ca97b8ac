"""What is done about a confirmed difference: by the configured policies, then by a person."""

from collections.abc import Callable

from hexdesk.application.alerts import Alert
from hexdesk.application.reconciliation import patience
from hexdesk.application.reconciliation.actions import (
    Action,
    CloseIncident,
    OpenIncident,
    Resolution,
)
from hexdesk.application.reconciliation.books import Books
from hexdesk.application.reconciliation.confirmations import Sighting
from hexdesk.application.reconciliation.findings import (
    ADOPT,
    ASK,
    CANCEL,
    FLATTEN,
    HALT,
    REDUCE,
    Finding,
    Mismatch,
    Policy,
)
from hexdesk.application.reconciliation.handling import actions_for, decided
from hexdesk.application.reconciliation.incidents import Incident, Incidents
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.standing import Standing
from hexdesk.application.reconciliation.truth import Query
from hexdesk.domain.values import TimeNs


class Treatment:
    """Treats the differences of one broker's books."""

    def __init__(
        self,
        settings: ReconciliationSettings,
        standing: Standing,
        incidents: Incidents,
        is_halted: Callable[[], bool],
    ) -> None:
        """Make it; `is_halted` says whether the desk is."""
        self._settings = settings
        self._standing = standing
        self._incidents = incidents
        self._is_halted = is_halted

    def act(self, sighting: Sighting, query: Query, books: Books, now_ns: TimeNs) -> list[Action]:
        """Do what the policies say, once; later only what must be repeated."""
        finding = sighting.finding
        policies = self._settings.policies_of(finding.kind)
        sighting.acts += 1
        if sighting.acts > 1:
            return self._act_again(sighting, policies, query, books, now_ns)
        actions: list[Action] = [Alert(finding.kind.value, finding.key, finding.evidence, now_ns)]
        self._standing.hold(finding, query.kind, reduces=REDUCE in policies)
        for policy in policies:
            actions += actions_for(finding, policy, books, asked_ns=query.asked_ns, now_ns=now_ns)
        if ASK in policies:
            actions += self._ask(finding, now_ns)
        return actions

    def decide(
        self,
        incident: Incident,
        policy: Policy,
        books: Books,
        *,
        is_seen: bool,
        by: str,
        why: str,
        now_ns: TimeNs,
        dry_run: bool,
    ) -> Resolution:
        """Carry a person's decision out; what is gone since (`is_seen`) is not adopted again."""
        finding = incident.finding
        if policy is ADOPT and finding.instrument_id in books.busy_instruments():
            problem = f"{finding.instrument_id} has something in flight or in doubt; try again"
            return Resolution(problem=problem)
        actions: list[Action] = []
        if policy is not ADOPT or is_seen:
            told = decided(finding, by, why, is_seen=is_seen)
            actions += actions_for(told, policy, books, asked_ns=now_ns, now_ns=now_ns)
        if dry_run:
            return Resolution(actions)
        resolved = self._incidents.resolve(incident, policy, by=by, why=why, now_ns=now_ns)
        self._standing.decide(finding, policy)
        return Resolution([CloseIncident(resolved), *actions])

    def _act_again(
        self,
        sighting: Sighting,
        policies: tuple[Policy, ...],
        query: Query,
        books: Books,
        now_ns: TimeNs,
    ) -> list[Action]:
        """Repeat cancels of ghosts and halts; ask a person where adopting changed nothing."""
        finding = sighting.finding
        actions: list[Action] = []
        if finding.kind is Mismatch.GHOST_ORDER and CANCEL in policies:
            actions += actions_for(finding, CANCEL, books, asked_ns=query.asked_ns, now_ns=now_ns)
            if sighting.acts <= patience.GHOST_CANCELS_MAX:
                return actions
        elif HALT in policies and not self._is_halted():  # re-armed, and nothing mended
            actions += actions_for(finding, HALT, books, asked_ns=query.asked_ns, now_ns=now_ns)
        elif not {ADOPT, FLATTEN} & set(policies):
            return []
        return actions + self._ask(finding, now_ns)

    def _ask(self, finding: Finding, now_ns: TimeNs) -> list[Action]:
        is_decided = self._standing.is_decided(finding)
        incident = None if is_decided else self._incidents.raise_for(finding, now_ns)
        return [] if incident is None else [OpenIncident(incident)]
