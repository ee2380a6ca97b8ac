"""Acting on the second equal finding only: the first may be a report that is still on its way."""

from collections.abc import Iterable

from hexdesk.application.reconciliation.findings import Finding, Mismatch
from hexdesk.domain.values import TimeNs

CONFIRMED = 2


class Sighting:
    """A difference that was seen in the latest comparison.

    Attributes:
        finding: As it was seen last.
        times: How often in a row it was seen, always the same.
        since_ns: When the first of those answers was asked for.
        acts: How often something was done about it.
    """

    __slots__ = ("acts", "finding", "since_ns", "times")

    def __init__(self, finding: Finding, since_ns: TimeNs) -> None:
        self.finding = finding
        self.times = 1
        self.since_ns = since_ns
        self.acts = 0

    @property
    def is_confirmed(self) -> bool:
        """Whether it was seen often enough to act."""
        return self.times >= CONFIRMED


class Confirmations:
    """The sightings of one kind of answer.

    Attributes:
        sightings: By subject, those of the latest comparison.
    """

    def __init__(self) -> None:
        self.sightings: dict[tuple[Mismatch, str], Sighting] = {}

    def count(self, findings: Iterable[Finding], asked_ns: TimeNs) -> list[Sighting]:
        """Take the findings of a comparison; one that is absent, or other, begins anew."""
        before, self.sightings = self.sightings, {}
        for finding in findings:
            sighting = before.get(finding.subject)
            if sighting is None or not sighting.finding.is_same(finding):
                sighting = Sighting(finding, asked_ns)
            else:
                sighting.finding = finding
                sighting.times += 1
            self.sightings[finding.subject] = sighting
        return list(self.sightings.values())

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits for a second look."""
        return all(sighting.is_confirmed for sighting in self.sightings.values())
