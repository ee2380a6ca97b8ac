"""Who divides capital on a running desk: persons, and plans of strategies that come and go.

A division is a command in the journal with who and why; each part that it changes is a note beside
it, and so holds over a restart.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.desk import Desk
from hexdesk.application.risk.capital import CODE, SHARED, Treasury
from hexdesk.application.risk.engine import ALLOCATION, RiskEngine
from hexdesk.domain.money import Money
from hexdesk.domain.plans import PlanChange, StrategyPlanned
from hexdesk.domain.risk import AllocateCapital, CapitalPart, CapitalSet
from hexdesk.errors import ConfigError

CHANGED = "RISK_CHANGED"
CONFIRM = "RISK_CONFIRM"
CONFIGURATION = "the configuration"

Act: TypeAlias = Callable[[], None]


class CapitalOffice:
    """Carries out what is about capital on one desk; a `CapitalKeeper` for its plans.

    Attributes:
        treasury: How capital is divided, and may be.
    """

    def __init__(self, desk: Desk, engine: RiskEngine) -> None:
        """Take plans from now on; what was divided before a restart holds again."""
        self._desk = desk
        self._engine = engine
        self.treasury = Treasury(desk)
        desk.loading.keeper = self
        if desk.risk.capital:
            self._restore()

    @property
    def version(self) -> int:
        """Number of the division that holds: it grows with each change, 1 before the first."""
        return max((note.ts_init for note in self._desk.risk.capital.values()), default=1)

    @property
    def division(self) -> Mapping[str, Money]:
        """What strategies have of their own."""
        return self._engine.plan.capital

    def gives_more(self, parts: Iterable[CapitalPart]) -> bool:
        """Whether some strategy could bind more than it can now."""
        before = self._engine.plan.capital
        return any(
            part.strategy_id in before
            and (part.capital is None or part.capital.amount > before[part.strategy_id].amount)
            for part in parts
        )

    def follow(self, planned: StrategyPlanned) -> None:
        """Give a strategy that was loaded its capital.

        One that was taken away keeps what its books need, and nothing more: see `Part.kept`.
        """
        if planned.change is PlanChange.LOADED:
            part = CapitalPart(planned.strategy_id, self._wanted(planned))
            self._set(part, planned.by, planned.reason)

    def refusal_of(self, planned: StrategyPlanned) -> str:
        """Return why a strategy cannot have the capital that its plan asks for, or nothing."""
        try:
            part = CapitalPart(planned.strategy_id, self._wanted(planned))
            self._check_division((part,), planned.broker, set(self._settled_in(planned)))
        except ConfigError as error:
            return error.message.removeprefix("capital: ")
        return ""

    def _wanted(self, planned: StrategyPlanned) -> Money | None:
        text = planned.capital or SHARED
        return self.treasury.read(text, planned.broker, self._settled_in(planned))

    def _settled_in(self, planned: StrategyPlanned) -> list[str]:
        markets = self._desk.markets.by_id
        return [markets[each].instrument.settle for each in planned.instrument_ids]

    def prepare(self, command: AllocateCapital) -> Act:
        """Return what divides capital anew.

        Raises:
            ConfigError: It is refused.
        """
        if not command.by or not command.reason:
            raise ConfigError("a person and a reason are needed", code=CODE)
        desk = self._desk
        for part in command.parts:
            host = desk.hosts.get(part.strategy_id)
            if host is None or host.strategy is None:
                loaded = [each.strategy_id for each in desk.hosts.values() if each.strategy]
                known = ", ".join(sorted(loaded)) or "none"
                text = f"there is no strategy {part.strategy_id!r}; known: {known}"
                raise ConfigError(text, code=CODE)
            settled = {ledger.instrument.settle for ledger in host.ledgers.values()}
            self._check_division(command.parts, desk.owners.broker_name(host), settled, part)
        wants_second = self._engine.plan.confirms_looser and self.gives_more(command.parts)
        if wants_second and command.confirmed_by in ("", command.by):
            raise ConfigError("more capital needs a second person", code=CONFIRM)

        def act() -> None:
            for part in command.parts:
                self._set(part, command.by, command.reason, command.confirmed_by)

        return act

    def _check_division(
        self,
        parts: Sequence[CapitalPart],
        account: str,
        settled: set[str],
        own: CapitalPart | None = None,
    ) -> None:
        """Refuse parts that cannot be; `own` is the one whose account and currencies these are.

        Raises:
            ConfigError: The same.
        """
        before, part = self._engine.plan.capital, own or parts[0]
        money, known = part.capital, before.get(part.strategy_id)
        if money is not None and ALLOCATION not in self._engine.plan.of(part.strategy_id):
            text = f"the rule {ALLOCATION} is off, so capital limits nothing: switch it on"
            raise ConfigError(text, code=CODE)
        if money is not None and money.currency not in settled:
            names = ", ".join(sorted(settled)) or "nothing"
            text = f"{part.strategy_id} settles in {names}, its capital would be {money}"
            raise ConfigError(text, code=CODE)
        if money is not None and known is not None and known.currency != money.currency:
            text = f"{part.strategy_id} has its capital in {known.currency}, was {money}"
            raise ConfigError(text, code=CODE)
        after = _with(before, parts)
        self.treasury.check(before, after, [each.strategy_id for each in parts], account)

    def _set(self, part: CapitalPart, by: str, reason: str, confirmed_by: str = "") -> None:
        """Write a strategy's capital down and let it hold, if it is another one."""
        before = self._engine.plan.capital.get(part.strategy_id)
        if part.capital != before:
            now_ns = self._desk.pulse.now_ns
            self._engine.note(
                CapitalSet(part.strategy_id, part.capital, before, by, reason, confirmed_by, now_ns)
            )
            self._engine.allocate(_with(self._engine.plan.capital, (part,)))

    def _restore(self) -> None:
        """Let capital hold that was divided before a restart; it wins over the configuration."""
        before, desk = self._engine.plan.capital, self._desk
        after = dict(before)
        for strategy_id, note in sorted(desk.risk.capital.items()):
            plan = desk.plans.get(strategy_id)
            is_configured = plan is not None and plan.latest.change is PlanChange.CONFIGURED
            if plan is not None and is_configured and plan.latest.ts_init > note.ts_init:
                self._forget(note)
                continue
            after = _with(after, (CapitalPart(strategy_id, note.capital),))
            host = desk.hosts.get(strategy_id)
            if host is not None and host.strategy is not None:
                told = before.get(strategy_id) or SHARED
                text = f"{note.capital or SHARED} by {note.by}, the configuration says {told}"
                desk.alerts.add(Alert(CHANGED, f"capital.{strategy_id}", text, desk.pulse.now_ns))
        self._engine.allocate(after)

    def _forget(self, note: CapitalSet) -> None:
        """Let the configuration's capital hold: the strategy's section is another since."""
        desk, now_ns = self._desk, self._desk.pulse.now_ns
        configured = self._engine.plan.capital.get(note.strategy_id)
        if configured != note.capital:
            newer = replace(note, capital=configured, before=note.capital, by="",
                            reason=CONFIGURATION, confirmed_by="", ts_init=now_ns)  # fmt: skip
            desk.within(now_ns, lambda: self._engine.note(newer))


def _with(division: Mapping[str, Money], parts: Iterable[CapitalPart]) -> dict[str, Money]:
    """Return a division with other parts."""
    found = dict(division)
    for part in parts:
        if part.capital is None:
            found.pop(part.strategy_id, None)
        else:
            found[part.strategy_id] = part.capital
    return found
