"""Watches how far positions are from their liquidation; it stands before the venue's own measures.

Cross positions share their account's money, so the nearest of them is the account's; an isolated
one is of its instrument alone.
"""

from collections.abc import Iterator, Mapping

from hexdesk.application.ledgers.margins import liquidations
from hexdesk.application.risk.books import Purse, Stake
from hexdesk.application.risk.ladders import LIQUIDATION, LadderRule
from hexdesk.application.risk.numbers import NO_LIMIT, ONE
from hexdesk.application.risk.watch import Report
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import MarginMode

FAR = -NO_LIMIT
"""What is measured where no price would liquidate anything."""
Reading = tuple[str, str, int]
"""A scope, the instrument that is nearest there, and its distance, negative: nearer is more."""


class LiquidationWatch:
    """The distance to liquidation of every account.

    A look at an account whose equity is plenty for what it holds is a comparison.
    """

    __slots__ = ("_accounts", "_enough", "_purses", "_report", "_rule", "_steps")

    def __init__(self, report: Report, steps: Mapping[tuple[str, str], object]) -> None:
        self._report = report
        self._steps = steps
        self._rule: LadderRule | None = None
        self._accounts: dict[str, Account] = {}
        self._purses: dict[str, list[Purse]] = {}
        self._enough: dict[Purse, int] = {}

    def watch(self, rule: LadderRule | None) -> None:
        """Watch by this rule from now on; None is off."""
        self._rule = rule
        for purse in self._enough:
            self._enough[purse] = _enough(purse, rule)

    def join(self, stake: Stake, account: Account) -> None:
        """Watch what a strategy holds in an instrument."""
        purse = stake.account
        if purse not in self._enough:
            self._accounts[purse.scope] = account
            self._purses.setdefault(purse.scope, []).append(purse)
        self._enough[purse] = _enough(purse, self._rule)

    def look(self, purse: Purse) -> None:
        """Measure an account by its purse, unless there is plenty."""
        rule = self._rule
        if rule is None or purse.blind:
            return
        if (
            purse.equity * ONE >= purse.gross * self._enough.get(purse, NO_LIMIT)
            and (purse.scope, LIQUIDATION) not in self._steps
        ):
            return
        for _, (scope, _, measured) in self.readings():
            self._report(scope, rule, measured)

    def readings(self) -> Iterator[tuple[LadderRule, Reading]]:
        """Yield the rule with what it measures now at each scope; nothing follows from it."""
        nearest: dict[str, Reading] = {}
        if self._rule is not None:
            for account in self._accounts:
                for reading in self._of(account):
                    known = nearest.get(reading[0])
                    if known is None or reading[2] > known[2]:
                        nearest[reading[0]] = reading
            for reading in nearest.values():
                yield self._rule, reading

    def _of(self, scope: str) -> Iterator[Reading]:
        """Yield what is measured at an account, and at each isolated instrument of it."""
        purses = self._purses[scope]
        if any(purse.blind for purse in purses):
            return
        ledgers = [stake.ledger for purse in purses for stake in purse.stakes]
        found = liquidations(self._accounts[scope], ledgers)
        nearest: Reading = (scope, "", FAR)
        for instrument in {each.instrument.id: each.instrument for each in ledgers}.values():
            each = found.get(instrument.id)
            measured = FAR if each is None else -each.distance
            if instrument.margin_mode is MarginMode.ISOLATED:
                yield f"instrument:{instrument.id}", instrument.id, measured
            elif measured > nearest[2]:
                nearest = (scope, instrument.id, measured)
        yield nearest


def _enough(purse: Purse, rule: LadderRule | None) -> int:
    """Return equity, times what is held, from which on no position is near; at `RATE_SCALE`.

    With maintenance m of all that is held, G, a price that moves by t takes at most t / (1 - t) of
    it, and that much more maintenance, so m + (1 + m) * t / (1 - t) is plenty. Spot holdings are
    no collateral, and isolated positions have no share in equity: there nothing is.
    """
    instruments = [stake.instrument for stake in purse.stakes]
    if rule is None or any(
        not each.is_margined or each.margin_mode is MarginMode.ISOLATED for each in instruments
    ):
        return NO_LIMIT
    moved = -rule.thresholds[-1][1]
    most = max(each.maintenance_margin for each in instruments)
    return most + (ONE + most) * moved // (ONE - moved) + 1 if moved < ONE else NO_LIMIT
