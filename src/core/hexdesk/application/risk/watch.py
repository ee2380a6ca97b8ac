"""Measures what the watching rules ask of the market: losses, exposure, movement.

A mark costs a comparison unless the market's sums are older than the plan allows. What they ask of
venues' reports is measured in `hexdesk.application.risk.reports`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from hexdesk.application.market.markets import Market
from hexdesk.application.risk.books import Purse, Stake
from hexdesk.application.risk.days import TradingDays
from hexdesk.application.risk.ladders import LadderRule
from hexdesk.application.risk.numbers import NO_LIMIT, ONE, share
from hexdesk.domain.market import Trade
from hexdesk.domain.money import SCALE_MAX, pow10
from hexdesk.domain.values import NS_PER_SECOND, MoneyRaw, PriceRaw, TimeNs

Report = Callable[[str, LadderRule, int], None]
"""Takes a scope, a rule and what it measured."""
Note = Callable[[str, str, tuple[int, ...]], None]
"""Writes down what is to be remembered: scope, name, numbers."""
Recall = Callable[[str, str], tuple[int, ...]]
"""Returns what was written down of a scope under a name; empty for nothing."""
PEAK_NOTE_NS = 60 * NS_PER_SECOND
"""How long a new peak may wait to be written down."""


class Losses:
    """Daily loss, drawdown, loss of a strategy and exposure: all that follows from equity.

    A full look works out above which result nothing can happen; until then a look is a comparison.
    """

    __slots__ = ("_days", "_note", "_report", "_rules", "_scopes", "_steps")

    def __init__(
        self, days: TradingDays, report: Report, note: Note, steps: Mapping[tuple[str, str], object]
    ) -> None:
        self._days = days
        self._report = report
        self._note = note
        self._steps = steps
        self._rules: dict[Purse, tuple[tuple[Measure, LadderRule], ...]] = {}
        self._scopes: dict[str, list[Purse]] = {}

    def watch(self, purse: Purse, rules: dict[str, tuple[LadderRule, object]]) -> None:
        """Watch a purse by some of these rules, in place of those before."""
        found: list[tuple[Measure, LadderRule]] = []
        for name, (rule, settings) in rules.items():
            measure = _measure(purse, name, settings)
            if measure is not None:
                found.append((measure, rule))
        self._rules[purse] = tuple(found)
        purses = self._scopes.setdefault(purse.scope, [])
        if purse not in purses:
            purses.append(purse)
        purse.calm_above = NO_LIMIT

    def look(self, purse: Purse, now_ns: TimeNs) -> None:
        """Measure a purse, unless something in it has no price yet."""
        paid_in = purse.paid_in
        result = purse.equity - paid_in
        if (
            purse.calm_above < result <= purse.peak
            and now_ns < purse.day_end_ns
            and paid_in == purse.calm_paid_in
        ):
            return
        rules = self._rules.get(purse)
        if not rules or purse.blind:
            return
        if now_ns >= purse.day_end_ns:
            self._begin_day(purse, now_ns)
        if result > purse.peak:
            purse.peak = result
            if now_ns - purse.noted_ns >= PEAK_NOTE_NS:
                self.note_peak(purse, now_ns)
        for measure, rule in rules:
            self._report(purse.scope, rule, self._worst(purse, measure, rule))
        purse.calm_paid_in = paid_in
        is_calm = not any(scope == purse.scope for scope, _ in self._steps)
        purse.calm_above = (
            max(measure.calm_above(purse, rule.thresholds[-1][1]) for measure, rule in rules)
            if is_calm
            else NO_LIMIT
        )

    def _worst(self, purse: Purse, measure: "Measure", rule: LadderRule) -> int:
        """Return the most that a rule measures in any currency: a level is that of all of them."""
        worst = measure.of(purse)
        for other in self._scopes[purse.scope]:
            if other is not purse and not other.blind:
                its = [each.of(other) for each, of in self._rules[other] if of.name == rule.name]
                worst = max(worst, *its)
        return worst

    @property
    def names(self) -> frozenset[str]:
        """Names of all rules that follow from equity."""
        return _EQUITY_RULES

    def readings(self, purse: Purse) -> list[tuple[LadderRule, int]]:
        """Return what the rules of a purse measure now; nothing follows from it."""
        if purse.blind:
            return []
        return [(rule, measure.of(purse)) for measure, rule in self._rules.get(purse, ())]

    def remember(
        self, purse: Purse, day: tuple[int, ...], peak: tuple[int, ...], accepted: tuple[int, ...]
    ) -> None:
        """Take over what was written down before a restart."""
        if accepted:
            purse.accepted = accepted[0]
        if day:
            purse.day_end_ns = self._days.bounds(day[0])[1]
            purse.day_base = day[1]
        if peak:
            purse.peak = purse.noted_peak = peak[0]

    def begin_anew(self, purse: Purse, now_ns: TimeNs) -> None:
        """Let day and peak begin here: a person says that what was lost is accepted."""
        if not purse.is_account:
            purse.accepted = purse.equity - purse.paid_in
            self._note(purse.scope, f"accepted.{purse.balance.currency}", (purse.accepted,))
        self._begin_day(purse, now_ns)
        purse.peak = purse.equity - purse.paid_in
        purse.calm_above = NO_LIMIT
        self.note_peak(purse, now_ns)

    def note_peak(self, purse: Purse, now_ns: TimeNs) -> None:
        """Write the peak down."""
        purse.noted_ns = now_ns
        if purse.peak != purse.noted_peak:
            purse.noted_peak = purse.peak
            self._note(purse.scope, f"peak.{purse.balance.currency}", (purse.peak,))

    def _begin_day(self, purse: Purse, now_ns: TimeNs) -> None:
        begin_ns, purse.day_end_ns = self._days.bounds(now_ns)
        purse.day_base = purse.equity - purse.paid_in
        name = f"day.{purse.balance.currency}"
        self._note(purse.scope, name, (begin_ns, purse.day_base))


class Measure(Protocol):
    """A number that follows from equity, and the result above which it is below a threshold."""

    def of(self, purse: Purse, /) -> int:
        """Return the number."""
        ...

    def calm_above(self, purse: Purse, threshold: int, /) -> MoneyRaw:
        """Return a result above which the number is surely below a threshold."""
        ...


class _Gross:
    """Exposure against equity; it changes with orders too, so there is no calm."""

    @staticmethod
    def of(purse: Purse) -> int:
        return share(purse.gross, purse.equity)

    @staticmethod
    def calm_above(_purse: Purse, _threshold: int) -> MoneyRaw:
        return NO_LIMIT


class _Loss:
    """Loss since a result: of a day's start, a peak, or nothing."""

    def __init__(self, start: Callable[[Purse], MoneyRaw], *, in_amount: bool) -> None:
        self._start = start
        self._in_amount = in_amount

    def of(self, purse: Purse) -> int:
        start = self._start(purse)
        loss = start - (purse.equity - purse.paid_in)
        if self._in_amount:
            return loss * pow10(SCALE_MAX - purse.balance.scale)
        return share(loss, purse.paid_in + start)

    def calm_above(self, purse: Purse, threshold: int) -> MoneyRaw:
        start = self._start(purse)
        if self._in_amount:
            return start - (threshold - 1) // pow10(SCALE_MAX - purse.balance.scale)
        whole = purse.paid_in + start
        return start - (threshold - 1) * whole // ONE if whole > 0 else NO_LIMIT


DESK_WATCHES = frozenset({"desk_loss", "desk_drawdown"})
DESK_RULES = DESK_WATCHES | {"desk_exposure"}
"""Rules that need a sum over all accounts."""
ACCOUNT_WATCHES = frozenset({"daily_loss", "drawdown", "gross_watch"})
_WATCHES = {
    "desk": DESK_WATCHES,
    "account": ACCOUNT_WATCHES,
    "strategy": frozenset({"strategy_loss"}),
}
"""Rules about equity by what they are about."""
_EQUITY_RULES = frozenset(name for names in _WATCHES.values() for name in names)


def _measure(purse: Purse, name: str, settings: object) -> Measure | None:
    """Return how a rule measures a purse; None where it does not hold for it."""
    in_amount = getattr(settings, "unit", "pct") == "amount"
    if name not in _WATCHES[purse.scope.partition(":")[0]]:
        return None
    if name == "gross_watch":
        return _Gross()
    if name in {"drawdown", "desk_drawdown"}:
        return _Loss(_peak, in_amount=False)
    if name in {"daily_loss", "desk_loss"}:
        return _Loss(_day_base, in_amount=in_amount)
    return _Loss(_accepted, in_amount=in_amount) if in_amount or purse.has_capital else None


def _peak(purse: Purse) -> MoneyRaw:
    return purse.peak


def _day_base(purse: Purse) -> MoneyRaw:
    return purse.day_base


def _accepted(purse: Purse) -> MoneyRaw:
    return purse.accepted


class MarketWatch:
    """What is held in one instrument, to be marked when its market moves, but not too often.

    Between two marks a quote costs the desk one comparison, with `Market.look_ns`.

    Attributes:
        purses: Whom it belongs to, each once.
    """

    __slots__ = ("_every_ns", "_look", "_market", "_stakes", "_take", "purses")

    def __init__(
        self, market: Market, every_ns: int, look: Callable[["MarketWatch", TimeNs], None],
        take: Callable[[PriceRaw, TimeNs], None] | None,
    ) -> None:  # fmt: skip
        self._market = market
        self._every_ns = every_ns
        self._look = look
        self._take = take
        self._stakes: list[Stake] = []
        self.purses: list[Purse] = []
        market.look = self._on_due
        market.look_ns = 0
        market.add("trade", self._on_trade)

    def _on_trade(self, trade: Trade) -> None:
        if trade.ts_init >= self._market.look_ns:
            self._on_due(trade.ts_init)

    def _on_due(self, now_ns: TimeNs) -> None:
        self._market.look_ns = now_ns + self._every_ns
        self._look(self, now_ns)

    def join(self, stake: Stake) -> None:
        """Watch what a strategy holds from now on."""
        self._stakes.append(stake)
        self.purses += [each for each in (stake.account, stake.strategy) if each not in self.purses]

    def mark(self, now_ns: TimeNs) -> None:
        """Value what is held at the market's price, and show that to whom it is about."""
        for stake in self._stakes:
            stake.refresh()
        if self._take is not None and (price := self._market.mark):
            self._take(price, now_ns)
