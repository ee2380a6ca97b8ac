"""Why instruments may only shrink, as far as reconciliation is the reason.

What is wanted is compared with what the desk has: a reason that is missing is set, one of ours that
is not wanted any more is taken away. Reasons survive a restart in the desk's journal.
"""

from collections.abc import Collection, Mapping

from hexdesk.application.reconciliation.findings import Mismatch
from hexdesk.domain.commands import ClearReducing, SetReducing
from hexdesk.domain.values import TimeNs

DOUBT = "DOUBT"
"""Nobody can tell what became of an order."""
RECON_STALE = "RECON_STALE"
"""The books have not been compared for too long."""
CODES = frozenset({DOUBT, RECON_STALE, *(kind.value for kind in Mismatch)})

Reason = tuple[str, str]
"""Instrument and code."""


class Reductions:
    """The reasons that one broker's reconciliation has given."""

    def __init__(self) -> None:
        self._given: set[Reason] = set()

    def take_over(
        self, reducing: Mapping[str, Mapping[str, str]], instrument_ids: Collection[str]
    ) -> None:
        """Answer for the reasons that were given before a restart."""
        self._given |= {
            (instrument_id, code)
            for instrument_id, codes in reducing.items()
            for code in codes
            if instrument_id in instrument_ids and code in CODES
        }

    def bring_to(
        self,
        wanted: Mapping[Reason, str],
        reducing: Mapping[str, Mapping[str, str]],
        *,
        may_clear: bool,
        now_ns: TimeNs,
    ) -> list[SetReducing | ClearReducing]:
        """Return what makes the desk's reasons the wanted ones."""
        changes: list[SetReducing | ClearReducing] = []
        for (instrument_id, code), text in sorted(wanted.items()):
            self._given.add((instrument_id, code))
            if code not in reducing.get(instrument_id, {}):
                changes.append(SetReducing(instrument_id, code, text, now_ns))
        if may_clear:
            for instrument_id, code in sorted(self._given - wanted.keys()):
                self._given.discard((instrument_id, code))
                if code in reducing.get(instrument_id, {}):
                    why = f"{code}: cleared"
                    changes.append(ClearReducing(instrument_id, code, why, now_ns))
        return changes
