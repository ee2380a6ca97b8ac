"""Differences that hold: what persons decided of them, which let instruments only shrink."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from hexdesk.application.reconciliation import patience
from hexdesk.application.reconciliation.actions import Action, CloseIncident
from hexdesk.application.reconciliation.books import Books
from hexdesk.application.reconciliation.compare import Comparison
from hexdesk.application.reconciliation.findings import IGNORE, REDUCE, Finding, Policy
from hexdesk.application.reconciliation.handling import is_still_asked
from hexdesk.application.reconciliation.incidents import Incidents
from hexdesk.application.reconciliation.recall import recall
from hexdesk.application.reconciliation.reductions import Reason
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import QueryKind
from hexdesk.domain.commands import NoteIncident
from hexdesk.domain.values import TimeNs


class Standing:
    """The differences of one broker's books that were acted on and are not gone."""

    def __init__(
        self, past: Iterable[NoteIncident], incidents: Incidents, settings: ReconciliationSettings
    ) -> None:
        """Begin with what incidents of earlier runs leave."""
        self._incidents = incidents
        self._settings = settings
        self._holding, self._ignored, self._reduced = recall(past, incidents, settings)

    def is_ignored(self, finding: Finding) -> bool:
        """Whether a person wants nothing done about a difference as it is."""
        return finding.identity in self._ignored

    def is_decided(self, finding: Finding) -> bool:
        """Whether a person decided that its instrument may only shrink."""
        return finding.identity in self._reduced

    def hold(self, finding: Finding, source: QueryKind, *, reduces: bool) -> None:
        """Take a difference for one that holds until an answer to `source` shows otherwise."""
        reduces = reduces or self.is_decided(finding)
        self._holding[finding.subject] = (finding, source, reduces)

    def decide(self, finding: Finding, policy: Policy) -> None:
        """Take a person's decision about a difference."""
        known = self._holding.pop(finding.subject, None)
        if policy is IGNORE:
            self._ignored[finding.identity] = None
            if len(self._ignored) > patience.IGNORED_MAX:
                del self._ignored[next(iter(self._ignored))]
        elif policy is REDUCE and known is not None:
            self._reduced[finding.identity] = None
            self.hold(finding, known[1], reduces=True)

    def clear(
        self, source: QueryKind, comparison: Comparison, books: Books, now_ns: TimeNs
    ) -> list[Action]:
        """Let go of differences that a comparison of the same kind does not find any more."""
        actions: list[Action] = []
        for subject, (finding, shown_by, _) in list(self._holding.items()):
            if shown_by is not source or not comparison.has_cleared(finding):
                continue
            incident = self._incidents.about(finding)
            if is_still_asked(incident, self._settings, books):
                self._holding[subject] = (finding, shown_by, False)
                continue
            del self._holding[subject]
            if incident is not None:
                actions.append(CloseIncident(self._incidents.end(incident, now_ns)))
        return actions

    def reasons(self, instrument_ids: AbstractSet[str]) -> dict[Reason, str]:
        """Return why which instruments may only shrink; what names none concerns all of them."""
        reasons: dict[Reason, str] = {}
        for finding, _, is_reducing in self._holding.values():
            if is_reducing:
                ids = {finding.instrument_id} if finding.instrument_id else instrument_ids
                reasons |= {(each, finding.kind.value): finding.evidence for each in ids}
        return reasons
