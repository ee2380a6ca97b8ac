"""The risk of one desk: rules bound to strategies, levels on the ladder, what they set off.

It surrounds a desk that stands already (`attach`): the gate of each strategy gets its checks, each
market a watch, and the desk's reports pass by. What it decides is a note in the journal first
(`hexdesk.domain.risk`), and so part of what survives a restart.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.authority import OPERATOR
from hexdesk.application.risk.books import Purse, Stake, Whole
from hexdesk.application.risk.case import LiveCase
from hexdesk.application.risk.checks import Brake, HostChecks, MessageCount
from hexdesk.application.risk.entries import recall_entries
from hexdesk.application.risk.ladders import LIQUIDATION, LadderRule
from hexdesk.application.risk.liquidation import LiquidationWatch
from hexdesk.application.risk.movement import VOLATILITY, Movement
from hexdesk.application.risk.plan import ActiveRule, RiskPlan
from hexdesk.application.risk.reports import (
    LINK,
    REJECTS,
    STRATEGY_RULES,
    AccountReports,
    ReportWatch,
    StrategyReports,
)
from hexdesk.application.risk.valuation import STALE, Rates, ValuedRule
from hexdesk.application.risk.watch import DESK_RULES, Losses, MarketWatch
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.money import Money
from hexdesk.domain.risk import (
    DESK_SCOPE,
    FLATTEN,
    HALTED,
    NORMAL,
    REDUCING,
    THROTTLE,
    WARN,
    Layer,
    Level,
    RiskNote,
    RiskNoted,
    RiskStepped,
    Verdict,
)
from hexdesk.domain.values import TimeNs
from hexdesk.ports.risk import OrderRule

STEP_ALERTS = {
    NORMAL: "RISK_NORMAL",
    WARN: "RISK_WARN",
    THROTTLE: "RISK_THROTTLE",
    REDUCING: "RISK_REDUCING",
    FLATTEN: "RISK_FLATTEN",
    HALTED: "RISK_HALTED",
}
VALUED = "VALUATION_BACK"
ALLOCATION = "allocation"
"""The rule that holds strategies to their capital."""
Ladders = dict[str, tuple[LadderRule, Any]]


class RiskEngine:
    """Rules, levels and memory of one desk.

    Attributes:
        plan: What holds now.
        purses: Accounts and strategies by scope and currency.
        whole: All accounts together; None before the first.
        measured: What rules measured last, by scope and rule.
    """

    def __init__(self, desk: Desk, plan: RiskPlan) -> None:
        self._desk = desk
        self.plan = plan
        self._memory = desk.risk
        self.purses: dict[tuple[str, str], Purse] = {}
        self.whole: Whole | None = None
        self._sums_all = not DESK_RULES.isdisjoint(plan.rules)
        self._unvalued = ""
        self.measured: dict[tuple[str, str], tuple[LadderRule, int]] = {}
        self.losses = Losses(plan.days, self.report, self._remember, desk.risk.steps)
        self.liquidations = LiquidationWatch(self.report, desk.risk.steps)
        self._stakes: dict[int, Stake] = {}
        self._piles: dict[tuple[int, str], list[Stake]] = {}
        self._markets: dict[str, MarketWatch] = {}
        self._movements: dict[str, Movement] = {}
        self._checks: dict[str, HostChecks] = {}
        self._messages: dict[int, MessageCount] = {}
        self._by_instrument: dict[str, Brake] = {}
        self._decisions: dict[str, int] | None = None
        self._gaps: dict[str, int] = {}
        self._reports: ReportWatch | None = None

    # --- composition -----------------------------------------------------------------------------

    def attach(self) -> "RiskEngine":
        """Begin to check and to watch; once, before anything is traded.

        Levels that the memory holds stand from the first order on.
        """
        desk = self._desk
        execution = desk.execution
        if any("slippage" in self.plan.of(each) for each in ("", *self.plan.strategies)):
            self._decisions = {}
        if self._wants_reports():
            self._reports = ReportWatch(
                execution.on_report, execution.open, desk.hosts, self._decisions
            )
            execution.on_report = self._reports.on_report
        self.liquidations.watch(self._general(LIQUIDATION))
        for host in list(desk.hosts.values()):
            self._join(host)
        recall_entries(self.stakes, (*execution.closed.values(), *execution.open.values()))
        desk.owners.on_put = self._join
        self.apply()
        return self

    def _join(self, host: StrategyHost) -> None:
        """Give a strategy its checks and purses."""
        self._bind(host)
        if self.plan.of(host.strategy_id):
            for ledger in host.ledgers.values():
                self._stake_of(ledger)
        self.apply()

    def _bind(self, host: StrategyHost) -> None:
        """Let a strategy's orders and reports meet the rules that hold now."""
        rules = self.plan.of(host.strategy_id)
        if not self._is_divided(host.account):
            rules.pop(ALLOCATION, None)  # it would never have anything to say
        self._checks[host.strategy_id] = checks = HostChecks(
            (*_order_rules(rules.values()), *_valued(rules)),
            LiveCase(self._desk.execution.open),
            stake_of=self._stake_of,
            messages=self._message_count(host) if "message_budget" in rules else None,
            cancels=self._cancel_count,
            by_instrument=self._by_instrument,
            decisions=self._decisions if "slippage" in rules else None,
        )
        self._gaps[host.strategy_id] = max(
            (rule.throttle_ns for rule, _ in _ladders(rules).values()), default=0
        )
        host.gate.checks = checks if rules or self._memory.steps else None
        if self._reports is not None:
            self._join_reports(self._reports, host, _ladders(rules))

    def _join_reports(self, reports: ReportWatch, host: StrategyHost, ladders: Ladders) -> None:
        """Count by the rules that hold now, from where it was left before a restart or a change."""
        recall = self._memory.values
        own = {name: rule for name, rule in ladders.items() if name in STRATEGY_RULES}
        scope = f"strategy:{host.strategy_id}"
        strategy = StrategyReports(scope, self.report, self._remember, recall, own)
        account = reports.accounts.get(host.account.id)
        if account is None:
            name = self.account_scope(host.account)
            account = AccountReports(name, self.report, self._remember, recall)
            reports.accounts[host.account.id] = account
        reports.join(host.strategy_id, strategy)
        account.link, account.rejects = self._general(LINK), self._general(REJECTS)
        for counted in (strategy, account):
            for rule, number in counted.readings():
                if number:
                    self.measured[counted.scope, rule.name] = (rule, number)

    def _general(self, name: str) -> LadderRule | None:
        """Return a rule that watches and is not about single strategies; None where it is off."""
        found = _ladders(self.plan.rules).get(name)
        return None if found is None else found[0]

    def _wants_reports(self) -> bool:
        names = STRATEGY_RULES | {LINK, REJECTS}
        return any(names & self.plan.of(each).keys() for each in ("", *self.plan.strategies))

    def _stake_of(self, ledger: Ledger) -> Stake:
        """Return what a ledger adds to its purses, made when it is first asked for."""
        stake = self._stakes.get(id(ledger))
        if stake is not None:
            return stake
        host = self._desk.hosts[ledger.strategy_id]
        scope = self.account_scope(host.account)
        currency = ledger.balance.currency
        account = self._purse(scope, host.account, currency, "")
        strategy = self._purse(
            f"strategy:{host.strategy_id}", host.account, currency, host.strategy_id
        )
        stake = Stake(ledger, account, strategy)
        instrument_id = ledger.instrument.id
        stake.pile = self._piles.setdefault((id(host.account), instrument_id), [])
        if host.ledgers.get(instrument_id) is not ledger:  # of an order that is only thought of
            account.stakes.pop()
            strategy.stakes.pop()
            return stake
        self._stakes[id(ledger)] = stake
        stake.pile.append(stake)
        self.liquidations.join(stake, host.account)
        self._market_watch(ledger).join(stake)
        return stake

    def _purse(self, scope: str, account: Account, currency: str, strategy_id: str) -> Purse:
        purse = self.purses.get((scope, currency))
        if purse is not None:
            return purse
        balance = account.balance(currency)
        purse = Purse(scope, balance, is_account=not strategy_id)
        self.purses[scope, currency] = purse
        if strategy_id:
            host = self._desk.hosts[strategy_id]
            purse.is_gone = lambda: host.strategy is None
            purse.give(self.plan.capital.get(strategy_id))
            self.purses[self.account_scope(account), currency].parts.append(purse)
        else:
            self._whole(currency).join(purse)
        self._remembered(purse)
        return purse

    def _whole(self, currency: str) -> Whole:
        """Return what sums up all accounts; in the first one's currency if none is configured."""
        if self.whole is None:
            desk = self._desk
            rates = Rates(self.plan.valuation, currency, desk.markets.by_id)
            self.whole = Whole(rates, lambda: desk.pulse.now_ns)
            self.purses[DESK_SCOPE, rates.currency] = self.whole
            self._remembered(self.whole)
        return self.whole

    def _remembered(self, purse: Purse) -> None:
        """Watch a purse from where it was left before a restart."""
        scope, currency = purse.scope, purse.balance.currency
        strategy_id = "" if purse.is_account else scope.partition(":")[2]
        self.losses.watch(purse, _ladders(self.plan.of(strategy_id)))
        memory = self._memory
        day, peak, accepted = (
            memory.values(scope, f"{name}.{currency}") for name in ("day", "peak", "accepted")
        )
        self.losses.remember(purse, day, peak, accepted)

    def _market_watch(self, ledger: Ledger) -> MarketWatch:
        instrument_id = ledger.instrument.id
        watch = self._markets.get(instrument_id)
        if watch is None:
            take = None
            rule = _ladders(self.plan.rules).get(VOLATILITY)
            if rule is not None:
                movement = self._movements[instrument_id] = Movement(
                    f"instrument:{instrument_id}", *rule, self.report, self._remember,
                    self._memory.values,
                )  # fmt: skip
                take = movement.take
            watch = MarketWatch(ledger.market, self.plan.mark_every_ns, self._look, take)
            self._markets[instrument_id] = watch
        return watch

    def _message_count(self, host: StrategyHost) -> MessageCount:
        return self._messages.setdefault(id(host.account), MessageCount())

    def _cancel_count(self) -> int:
        return self._desk.counts.cancels

    def account_scope(self, account: Account) -> str:
        """Return what an account is called in levels."""
        accounts = self._desk.accounts.items()
        return "account:" + next(name for name, each in accounts if each is account)

    # --- watching --------------------------------------------------------------------------------

    def _look(self, watch: MarketWatch, now_ns: TimeNs) -> None:
        """Bring what is held in a market up to date, and measure whom it belongs to."""
        watch.mark(now_ns)
        for purse in watch.purses:
            self.losses.look(purse, now_ns)
            if purse.is_account:
                self.liquidations.look(purse)
        if self._sums_all:
            self._look_at_all(now_ns)
        if self._memory.steps:
            self._cool(now_ns)

    def _look_at_all(self, now_ns: TimeNs) -> None:
        """Measure all accounts together; tell people when that cannot be, and when it can again."""
        whole = self.whole
        if whole is None:
            return
        whole.gather()
        self.losses.look(whole, now_ns)
        if whole.unvalued != self._unvalued:
            self._unvalued = whole.unvalued
            text = whole.unvalued or f"each currency has a rate in {whole.rates.currency}"
            code = STALE if whole.unvalued else VALUED
            self._desk.alerts.add(Alert(code, DESK_SCOPE, text, now_ns))

    def _cool(self, now_ns: TimeNs) -> None:
        """Let levels go down whose condition is over and that have lasted long enough."""
        if self._reports is not None:
            for account in self._reports.accounts.values():
                account.count(now_ns)
                step = self._memory.steps.get((account.scope, "link"))
                link = account.link
                if step and link and now_ns - step.ts_init >= link.cool_down_ns:
                    account.probe()
        for place in list(self._memory.steps):
            last = self.measured.get(place)
            if last is not None:
                self.report(place[0], *last)

    def report(self, scope: str, rule: LadderRule, measured: int) -> None:
        """Take what a rule measured, and go up or down the ladder if that says so."""
        self.measured[scope, rule.name] = (rule, measured)
        level = rule.level_of(measured)
        now = self._memory.level(scope, rule.name)
        if level is now:
            return
        if level < now:
            step = self._memory.steps[scope, rule.name]
            is_kept = rule.latched and now >= REDUCING
            if is_kept or self._desk.pulse.now_ns - step.ts_init < rule.cool_down_ns:
                return
        self._step(scope, rule, level, rule.text(max(now, level), measured))

    def _step(self, scope: str, rule: LadderRule, level: Level, text: str) -> None:
        """Write a level down, tell people, and let it hold."""
        now_ns = self._desk.pulse.now_ns
        self.note(RiskStepped(scope, rule.name, level, rule.code, text, "", "", now_ns))
        self._desk.alerts.add(Alert(STEP_ALERTS[level], scope, f"{rule.code}: {text}", now_ns))
        self.apply()
        self._act(scope, level)

    def _act(self, scope: str, level: Level) -> None:
        """Do what a level does once: close what is held, cancel what is open."""
        if level not in (FLATTEN, HALTED):
            return
        operator = self._desk.operator
        for host in self._hosts_of(scope):
            instrument_id = scope.removeprefix("instrument:") if ":" in scope else ""
            only = instrument_id if scope.startswith("instrument:") else ""
            if level is FLATTEN:
                operator.flatten(host, only, OPERATOR)
            else:
                operator.cancel_orders(host, only)

    def _hosts_of(self, scope: str) -> list[StrategyHost]:
        kind, _, name = scope.partition(":")
        hosts = self._desk.hosts
        match kind:
            case "strategy":
                return [hosts[name]] if name in hosts else []
            case "account":
                account = self._desk.accounts.get(name)
                return [host for host in hosts.values() if host.account is account]
            case _:
                return list(hosts.values())

    def apply(self) -> None:
        """Let every strategy's checks know which levels concern it."""
        worst = {scope: self._memory.worst(scope) for scope, _ in self._memory.steps}
        self._by_instrument.clear()
        for scope, step in worst.items():
            if scope.startswith("instrument:") and step is not None and step.level >= THROTTLE:
                self._by_instrument[scope.removeprefix("instrument:")] = self._brake(step, "")
        for strategy_id, checks in self._checks.items():
            host = self._desk.hosts.get(strategy_id)
            if host is None:
                continue
            account = self.account_scope(host.account)
            found = (
                worst.get(DESK_SCOPE),
                worst.get(account),
                worst.get(f"strategy:{strategy_id}"),
            )
            checks.brakes = tuple(
                self._brake(step, strategy_id)
                for step in found
                if step is not None and step.level >= THROTTLE
            )

    def _brake(self, step: RiskStepped, strategy_id: str) -> Brake:
        measured = self.measured.get((step.scope, step.rule))
        gap_ns = measured[0].throttle_ns if measured else self._gaps.get(strategy_id, 0)
        return Brake(step, gap_ns)

    # --- looking ---------------------------------------------------------------------------------

    @property
    def stakes(self) -> Iterable[Stake]:
        """What strategies hold and work, by instrument."""
        return self._stakes.values()

    @property
    def watched_instruments(self) -> Iterable[str]:
        """Instruments whose market is watched."""
        return self._markets

    def messages_of(self, strategy_id: str, now_ns: TimeNs) -> int:
        """Return how many requests a strategy's account sent to its venue within a minute."""
        host = self._desk.hosts.get(strategy_id)
        count = None if host is None else self._messages.get(id(host.account))
        return 0 if count is None else count.within_minute(now_ns, self._cancel_count())

    # --- changes ---------------------------------------------------------------------------------

    def change(self, plan: RiskPlan, rule: ActiveRule) -> None:
        """Let a plan hold from now on that differs from the one before by a rule."""
        self.plan = plan
        for (scope, name), (_, measured) in self.measured.items():
            kind, _, who = scope.partition(":")
            found = plan.of(who if kind == "strategy" else "").get(rule.name)
            if name == rule.name and found is not None:
                self.measured[scope, name] = (_ladders({name: found})[name][0], measured)
        for host in self._desk.hosts.values():
            self._bind(host)
        for purse in self.purses.values():
            strategy_id = "" if purse.is_account else purse.scope.partition(":")[2]
            self.losses.watch(purse, _ladders(self.plan.of(strategy_id)))
        self.liquidations.watch(self._general(LIQUIDATION))
        if rule.name == VOLATILITY:
            for movement in self._movements.values():
                movement.change(*_ladders(plan.rules)[VOLATILITY])
        self.apply()

    def allocate(self, capital: Mapping[str, Money]) -> None:
        """Let strategies have this capital from now on, and the others share what is left."""
        self.plan = replace(self.plan, capital=dict(capital))
        for host in self._desk.hosts.values():
            self._bind(host)
        for (scope, _), purse in self.purses.items():
            if not purse.is_account:
                strategy_id = scope.partition(":")[2]
                purse.give(capital.get(strategy_id))
                self.losses.watch(purse, _ladders(self.plan.of(strategy_id)))
        self.apply()

    def _is_divided(self, account: Account) -> bool:
        """Whether anybody has capital of their own at an account."""
        hosts = self._desk.hosts
        return any(hosts[each].account is account for each in self.plan.capital if each in hosts)

    def begin_anew(self, scope: str, rule: str, now_ns: TimeNs) -> None:
        """Let a scope's losses, or what a rule counted, begin here: a person accepts it."""
        if rule in STRATEGY_RULES:
            strategy_id = scope.partition(":")[2]
            if self._reports is not None and strategy_id in self._reports.strategies:
                self._reports.strategies[strategy_id].begin_anew(rule)
            return
        for (each, _), purse in self.purses.items():
            if each == scope:
                self.losses.begin_anew(purse, now_ns)
                self.losses.look(purse, now_ns)

    def explain(self, host: StrategyHost, candidate: Any, ledger: Ledger) -> tuple[Verdict, ...]:  # noqa: ANN401 - an order
        """Return the verdicts of all rules that would deny an order now."""
        checks = self._checks[host.strategy_id]
        now_ns = self._desk.pulse.now_ns
        return checks.explain(candidate, ledger, candidate.quantity, now_ns)

    # --- notes -----------------------------------------------------------------------------------

    def _remember(self, scope: str, name: str, values: tuple[int, ...]) -> None:
        self.note(RiskNoted(scope, name, values, self._desk.pulse.now_ns))

    def note(self, note: RiskNote) -> None:
        """Write down what holds from now on, and remember it."""
        desk = self._desk
        desk.journal.append(note)
        self._memory.take(note)
        desk.pulse.is_owed = True


def _valued(rules: Mapping[str, ActiveRule]) -> tuple[OrderRule, ...]:
    """Return what lets nothing grow while sums that rules need are unknown."""
    return (ValuedRule(),) if DESK_RULES & rules.keys() else ()


def _order_rules(rules: Iterable[ActiveRule]) -> Iterable[OrderRule]:
    for rule in rules:
        for made in rule.made:
            if not isinstance(made, LadderRule):
                yield made


def _ladders(rules: Any) -> Ladders:  # noqa: ANN401 - any mapping of active rules
    found: Ladders = {}
    for name, rule in rules.items():
        if rule.layer is Layer.ORDER:
            continue
        for made in rule.made:
            if isinstance(made, LadderRule):
                found[name] = (made, rule.settings)
    return found
