"""Our books against what a broker said: a pure function from both to findings.

A key (order, instrument, currency) is only compared while nothing about it is in flight or in
doubt, and once it has been as it is for longer than the broker needs to show a change. One
difference makes one finding: what an execution explains is not reported again as a position, nor
what a position explains as cash.
"""

import msgspec

from hexdesk.application.reconciliation.books import Books
from hexdesk.application.reconciliation.compare_fills import FillView, Unbooked
from hexdesk.application.reconciliation.compare_holdings import (
    cash_findings,
    mode_findings,
    opposed_findings,
    position_findings,
)
from hexdesk.application.reconciliation.compare_orders import order_findings
from hexdesk.application.reconciliation.findings import (
    FILL_KINDS,
    POSITION_KINDS,
    Finding,
    Mismatch,
)
from hexdesk.application.reconciliation.quiet import EVERYTHING, Quiet
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import Truth
from hexdesk.domain.values import NS_PER_MS

NOTHING = Unbooked()
FILL_ANSWER = FILL_KINDS | {Mismatch.ORDER_EXTERNAL}
ORDER_ANSWER = FILL_ANSWER | {Mismatch.ORDER_GONE, Mismatch.ORDER_FIELDS, Mismatch.GHOST_ORDER}
POSITION_ANSWER = POSITION_KINDS | {
    Mismatch.POSITION_OPPOSED,
    Mismatch.AVERAGE_PRICE,
    Mismatch.MODE,
}


class Comparison(msgspec.Struct, frozen=True):
    """What a comparison brought.

    Attributes:
        findings: Differences, by kind and key.
        kinds: What was looked at.
        skipped: Keys and instruments that could not be compared now, `EVERYTHING` for all.
        unbooked: What executions that are not booked yet would change.
    """

    findings: tuple[Finding, ...]
    kinds: frozenset[Mismatch]
    skipped: frozenset[str]
    unbooked: Unbooked

    def has_cleared(self, finding: Finding) -> bool:
        """Whether a difference found before is gone for sure."""
        return (
            finding.kind in self.kinds
            and not self.skipped & {finding.key, finding.instrument_id, EVERYTHING}
            and all(found.subject != finding.subject for found in self.findings)
        )


def compare(
    books: Books,
    truth: Truth,
    settings: ReconciliationSettings,
    *,
    visibility_ms: int = 0,
    known: Unbooked = NOTHING,
) -> Comparison:
    """Return what differs between our books and what was asked for.

    `known` is what executions that were found before, and not booked yet, would change.
    """
    quiet = Quiet(books, truth.asked_ns - visibility_ms * NS_PER_MS)
    fills = FillView(books, truth, quiet, known)
    found = fills.findings
    kinds: frozenset[Mismatch] = frozenset()
    if truth.orders is not None:
        kinds |= ORDER_ANSWER
        found += order_findings(books, truth.orders, quiet, fills)
    if truth.fills is not None:
        kinds |= FILL_ANSWER
        found += fills.stranger_findings()
    unbooked = fills.unbooked
    if truth.positions is not None:
        kinds |= POSITION_ANSWER
        tolerance_pct = settings.average_price_tolerance_pct
        found += position_findings(books, truth, unbooked.positions, quiet, tolerance_pct)
        found += opposed_findings(books, quiet)
        found += mode_findings(books, truth)
    if truth.balances is not None:
        kinds |= {Mismatch.CASH}
        if any(unbooked.positions.values()) or any(each.kind in POSITION_KINDS for each in found):
            quiet.skipped.add(EVERYTHING)
        else:
            found += cash_findings(books, truth, quiet, settings.cash_tolerance_pct)
    found.sort(key=lambda finding: finding.subject)
    return Comparison(tuple(found), kinds, frozenset(quiet.skipped), unbooked)
