"""How much of every rule is used now: looked up when a person asks, and nothing is counted.

Rules about single orders are asked about an order of nothing; those without a number of what is
held now ("no order twice") show their limit alone.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.risk.books import Stake
from hexdesk.application.risk.case import LiveCase
from hexdesk.application.risk.catalog import BY_NAME
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.ladders import LIQUIDATION, LadderRule
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.risk import DESK_SCOPE, NORMAL, Layer, Level
from hexdesk.domain.values import BUY, MARKET, TimeNs
from hexdesk.ports.control_risk import RuleUse
from hexdesk.ports.risk import OrderCase, OrderRule

NO_ORDER = "none"
PERCENT = 100


class MeasuredRule(Protocol):
    """A rule about orders whose number can be told without one."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see `OrderRule`
    @property
    def code(self) -> str: ...  # noqa: D102
    def measure(self, case: OrderCase, /) -> tuple[int, int]:
        """Return how much is used, and how much there is."""
        ...

    def show(self, number: int, case: OrderCase, /) -> str:
        """Return either of them for people."""
        ...


class _Named(NamedTuple):
    """A rule about orders, with the part that it measures in its name where it has several."""

    name: str
    part: str
    active: ActiveRule
    rule: OrderRule


class Gauge:
    """Reads the rules of one desk."""

    def __init__(self, desk: Desk, engine: RiskEngine) -> None:
        self._desk = desk
        self._engine = engine
        self._case = LiveCase(desk.execution.open)

    def read(self, now_ns: TimeNs) -> list[RuleUse]:
        """Return every rule that is on, by name and scope, and levels whose rule is off by now."""
        for purse in self._engine.purses.values():
            if purse.scope == DESK_SCOPE:  # with all of its accounts, and so all that is held
                purse.refresh()
        found = {(each.rule, each.scope): each for each in self._orders(now_ns)}
        found |= {(each.rule, each.scope): each for each in self._watched()}
        for (scope, rule), step in self._desk.risk.steps.items():
            if (rule, scope) not in found:
                found[rule, scope] = RuleUse(
                    rule=rule, scope=scope, layer=_layer_of(scope), code=step.code,
                    level=step.level, since_ns=step.ts_init, text=step.text, latched=True,
                )  # fmt: skip
        return [found[each] for each in sorted(found)]

    # --- rules about orders ----------------------------------------------------------------------

    def _orders(self, now_ns: TimeNs) -> Iterator[RuleUse]:
        """Yield each rule about orders once per scope, where most of it is used.

        What holds and works nothing is looked at only where nothing else is there to look at.
        """
        best: dict[tuple[str, str], RuleUse] = {}
        rules: dict[str, list[_Named]] = {}
        for stake in sorted(self._engine.stakes, key=_is_idle):
            strategy_id = stake.ledger.strategy_id
            if strategy_id not in rules:
                rules[strategy_id] = self._rules_of(strategy_id)
            is_idle = _is_idle(stake)
            for each in rules[strategy_id]:
                place = (each.name, _scope_of(each.active.layer, stake))
                if is_idle and place in best:
                    continue
                use = self._of_stake(each, place[1], stake, now_ns)
                if place not in best or use.used_pct > best[place].used_pct:
                    best[place] = use
        known = {name for name, _ in best}
        for each in self._rules_of(""):
            if each.name not in known:
                best[each.name, DESK_SCOPE] = _bare(each, DESK_SCOPE)
        yield from best.values()

    def _of_stake(self, each: "_Named", scope: str, stake: Stake, now_ns: TimeNs) -> RuleUse:
        bare = _bare(each, scope)
        measure = getattr(each.rule, "measure", None)
        if measure is None or each.active.layer is Layer.ORDER:
            return bare
        ledger = stake.ledger
        instrument_id = ledger.instrument.id
        order = NewOrder(NO_ORDER, ledger.strategy_id, "", instrument_id, BUY, MARKET, 0, now_ns)
        messages = self._engine.messages_of(ledger.strategy_id, now_ns)
        case = self._case
        case.load(order, stake, stake.mark, 0, now_ns, messages)
        used, limit = measure(case)
        rule: MeasuredRule = each.rule  # type: ignore[assignment] # it has `measure`
        return msgspec.structs.replace(
            bare,
            instrument_id=instrument_id if each.part.startswith("symbol_") else "",
            use=rule.show(used, case),
            limit=rule.show(limit, case),
            used_pct=used * PERCENT // limit if limit > 0 else PERCENT * bool(used),
        )

    def _rules_of(self, strategy_id: str) -> list["_Named"]:
        plan = self._engine.plan
        found: list[_Named] = []
        for active in plan.of(strategy_id).values():
            if active.name == "allocation" and strategy_id not in plan.capital:
                continue  # it has nothing to say
            made = [each for each in active.made if not isinstance(each, LadderRule)]
            for rule in made:
                part = str(getattr(rule, "part", "") or getattr(rule, "field", ""))
                name = active.name if len(made) == 1 else f"{active.name}.{part}"
                found.append(_Named(name, part, active, rule))
        return found

    # --- rules that watch ------------------------------------------------------------------------

    def _watched(self) -> Iterator[RuleUse]:
        """Yield every rule that watches, at each scope that it is about."""
        engine, plan = self._engine, self._engine.plan
        seen: set[tuple[str, str]] = set()
        by_equity = {*engine.losses.names, LIQUIDATION}
        for rule, (scope, instrument_id, measured) in engine.liquidations.readings():
            seen.add((scope, rule.name))
            use = self._of_ladder(_layer_of(scope), scope, rule, measured)
            yield msgspec.structs.replace(use, instrument_id=instrument_id)
        for purse in engine.purses.values():
            for rule, measured in engine.losses.readings(purse):
                seen.add((purse.scope, rule.name))
                yield self._of_ladder(_layer_of(purse.scope), purse.scope, rule, measured)
        scopes = [
            *((Layer.ACCOUNT, "", f"account:{name}") for name in self._desk.accounts),
            *((Layer.LINK, "", f"account:{name}") for name in self._desk.accounts),
            *(
                (Layer.STRATEGY, name, f"strategy:{name}")
                for name, host in self._desk.hosts.items()
                if host.strategy is not None
            ),
            *((Layer.INSTRUMENT, "", f"instrument:{name}") for name in engine.watched_instruments),
        ]
        for layer, strategy_id, scope in scopes:
            for active in plan.of(strategy_id).values():
                for made in active.made:
                    if (
                        isinstance(made, LadderRule)
                        and active.layer is layer
                        and (scope, made.name) not in seen
                        and made.name not in by_equity
                    ):
                        measured = engine.measured.get((scope, made.name), (made, 0))[1]
                        yield self._of_ladder(layer, scope, made, measured)

    def _of_ladder(self, layer: Layer, scope: str, rule: LadderRule, measured: int) -> RuleUse:
        step = self._desk.risk.steps.get((scope, rule.name))
        level = NORMAL if step is None else step.level
        above = [each for each in reversed(rule.thresholds) if each[0] > level]
        next_level, limit = above[0] if above else rule.thresholds[0]
        return RuleUse(
            rule=rule.name,
            scope=scope,
            layer=layer,
            code=rule.code,
            level=level,
            use=rule.show(measured),
            limit=rule.show(limit),
            next_level=next_level,
            used_pct=rule.used_pct(measured, limit),
            unit=_unit_of(rule.name),
            latched=rule.latched and level >= Level.REDUCING,
            since_ns=0 if step is None else step.ts_init,
            text="" if step is None else step.text,
        )


def _is_idle(stake: Stake) -> bool:
    return not (stake.gross or stake.ledger.position.cost)


def _scope_of(layer: Layer, stake: Stake) -> str:
    """Return where a rule of a layer holds for what is held."""
    if layer is Layer.ACCOUNT:
        return stake.account.scope
    if layer is Layer.STRATEGY:
        return stake.strategy.scope
    return f"instrument:{stake.instrument.id}" if layer is Layer.INSTRUMENT else DESK_SCOPE


def _bare(each: _Named, scope: str) -> RuleUse:
    """Return a rule whose use cannot be told: its settings stand for its limit."""
    return RuleUse(
        rule=each.name,
        scope=scope,
        layer=each.active.layer,
        code=each.rule.code,
        limit=_settings_of(each.active),
        unit=_unit_of(each.active.name),
    )


def _layer_of(scope: str) -> Layer:
    return Layer(scope.partition(":")[0])


def _unit_of(rule: str) -> str:
    return BY_NAME[rule].unit if rule in BY_NAME else ""


def _settings_of(active: ActiveRule) -> str:
    values = msgspec.to_builtins(active.settings)
    return ", ".join(f"{key} {value}" for key, value in values.items())
