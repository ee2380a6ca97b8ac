"""What people do with the risk of a running desk: change, switch, re-arm; all of it tried before.

Everything is a command in the journal with who and why; what came of it is a note beside it, and so
holds over a restart.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.desk import Desk
from hexdesk.application.risk.capital_office import CapitalOffice
from hexdesk.application.risk.changes import Planned, plan_change, plan_in_order
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.plan import RiskPlan
from hexdesk.application.risk.reports import STRATEGY_RULES
from hexdesk.domain.commands import ResumeEntries, StopEntries
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.risk import (
    NORMAL,
    REDUCING,
    AllocateCapital,
    ChangeRule,
    RearmRule,
    RiskChanged,
    RiskCommand,
    RiskSetting,
    SwitchGroup,
)
from hexdesk.errors import ConfigError

REARM = "RISK_REARM"
CHANGE = "RISK_CHANGE"
CONFIRM = "RISK_CONFIRM"
GROUP = "RISK_GROUP"
CHANGED = "RISK_CHANGED"
CHANGE_LOST = "RISK_CHANGE_LOST"
FORGIVEN = frozenset(
    {"daily_loss", "drawdown", "desk_loss", "desk_drawdown", "strategy_loss", *STRATEGY_RULES}
)
"""Rules whose condition cannot end by itself while nothing is opened: a person accepts it."""

Act = Callable[[], None]


class RiskOffice:
    """Carries commands about rules and limits out on one desk.

    Attributes:
        engine: Rules and levels.
        capital: Divides capital among strategies.
    """

    def __init__(self, desk: Desk, engine: RiskEngine) -> None:
        """Take commands from now on; changes that were made before a restart hold again."""
        self._desk = desk
        self.engine = engine
        self.capital = CapitalOffice(desk, engine)
        desk.operator.on_risk = self.handle
        self._restore_all(list(desk.risk.changes.values()))

    def handle(self, command: RiskCommand) -> str:
        """Carry a person's command out, within an input; return why not, or nothing."""
        try:
            act = self._prepare(command)
        except ConfigError as error:
            return f"{error.code}: {error.message}"
        act()
        return ""

    def refusal(self, command: RiskCommand) -> str:
        """Return what `handle` would, and change nothing."""
        try:
            self._prepare(command)
        except ConfigError as error:
            return f"{error.code}: {error.message}"
        return ""

    def plan(self, change: ChangeRule | RiskChanged) -> Planned:
        """Return what a change would come to; whether it may be made is not asked.

        Raises:
            ConfigError: It makes no sense.
        """
        return plan_change(self.engine.plan, change, *self._traded())

    def plan_all(self, settings: Sequence[RiskSetting]) -> list[tuple[RiskSetting, Planned]]:
        """Return what several settings would come to, in an order in which each of them holds.

        Raises:
            ConfigError: There is no such order: one of them makes no sense.
        """
        return plan_in_order(self.engine.plan, settings, *self._traded())

    # --- each command ----------------------------------------------------------------------------

    def _prepare(self, command: RiskCommand) -> Act:
        """Return what carries a command out.

        Raises:
            ConfigError: It is refused.
        """
        match command:
            case ChangeRule():
                return self._prepare_change(command)
            case SwitchGroup():
                return self._prepare_switch(command)
            case RearmRule():
                return self._prepare_rearm(command)
            case AllocateCapital():
                return self.capital.prepare(command)

    def _prepare_change(self, command: ChangeRule) -> Act:
        """Let a rule have another setting from now on."""
        _need_person(command, CHANGE)
        try:
            planned = self.plan(command)
        except ConfigError as error:
            raise ConfigError(error.message, code=CHANGE) from error
        wants_second = self.engine.plan.confirms_looser and planned.is_looser
        if wants_second and command.confirmed_by in ("", command.by):
            raise ConfigError("a looser limit needs a second person", code=CONFIRM)

        def act() -> None:
            now_ns = self._desk.pulse.now_ns
            self.engine.note(
                RiskChanged(
                    command.rule, command.key, command.value, planned.before, command.by,
                    command.reason, command.confirmed_by, now_ns, command.scope,
                    command.is_configured,
                )
            )  # fmt: skip
            self._put(planned)

        return act

    def _prepare_switch(self, command: SwitchGroup) -> Act:
        """Let one group open positions, and nobody else."""
        groups = self.engine.plan.groups
        members = groups.get(command.group)
        if members is None:
            known = ", ".join(sorted(groups)) or "none"
            text = f"there is no group {command.group!r}; known: {known}"
            raise ConfigError(text, code=GROUP)
        _need_person(command, GROUP)

        def act() -> None:
            desk = self._desk
            reason = f"{command.group}: {command.reason}"
            for strategy_id, host in desk.hosts.items():
                wanted = strategy_id in members
                if host.strategy is None or host.entries_allowed is wanted:
                    continue
                kind = ResumeEntries if wanted else StopEntries
                verb = kind(strategy_id, reason, desk.pulse.now_ns)
                desk.journal.append(verb)
                desk.operator.handle(verb)

        return act

    def _prepare_rearm(self, command: RearmRule) -> Act:
        """End a level; its condition must be over, or a person accepts what was lost."""
        scope, rule = command.scope, command.rule
        step = self._desk.risk.steps.get((scope, rule))
        if step is None:
            return _nothing
        _need_person(command, REARM)
        accepts = command.accepts_loss and rule in FORGIVEN
        last = self.engine.measured.get((scope, rule))
        if last is not None and not accepts and last[0].level_of(last[1]) >= REDUCING:
            hint = "; accept the loss to begin anew" if rule in FORGIVEN else ""
            text = f"the condition still holds: {last[0].text(step.level, last[1])}{hint}"
            raise ConfigError(text, code=REARM)

        def act() -> None:
            now_ns = self._desk.pulse.now_ns
            if accepts:
                self.engine.begin_anew(scope, rule, now_ns)
            self.engine.note(
                replace(step, level=NORMAL, by=command.by, reason=command.reason, ts_init=now_ns)
            )
            text = f"{rule} by {command.by}: {command.reason}"
            self._desk.alerts.add(Alert("RISK_REARMED", scope, text, now_ns))
            self.engine.apply()

        return act

    # --- inside ----------------------------------------------------------------------------------

    def _traded(self) -> tuple[dict[str, Instrument], set[str]]:
        """Return all instruments, and the ids of those that strategies trade."""
        markets = self._desk.markets.by_id
        traded = {each for host in self._desk.hosts.values() for each in host.ledgers}
        return {each: market.instrument for each, market in markets.items()}, traded

    def _put(self, planned: Planned) -> None:
        """Let a plan hold."""
        if planned.rule is not None:
            self.engine.change(planned.plan, planned.rule)
            return
        self.engine.plan = planned.plan
        put_limits(self._desk, planned.plan)

    def _restore_all(self, changes: list[RiskChanged]) -> None:
        """Let changes hold that were made before a restart.

        One may make sense only after another, as a step of a ladder after the one before it; the
        order in which they were made says nothing, for of each setting the latest is known alone.
        """
        lost: dict[str, str] = {}
        while changes:
            left = [each for each in changes if not self._restore(each, lost)]
            if len(left) == len(changes):
                break
            changes = left
        for each in changes:
            what = f"{each.rule}.{each.key}"
            self._desk.alerts.add(Alert(CHANGE_LOST, what, lost[what], self._desk.pulse.now_ns))

    def _restore(self, change: RiskChanged, lost: dict[str, str]) -> bool:
        """Let a change hold if its rule is still on; else say in `lost` why it cannot.

        It wins over the configuration, which may have been edited since: people are told. One that
        was read from the configuration does not.
        """
        if change.is_configured:
            return True
        what = f"{change.rule}.{change.key}"
        try:
            planned = self.plan(change)
        except ConfigError as error:
            lost[what] = error.message
            return False
        self._put(planned)
        text = f"{change.value} by {change.by}, the configuration says {planned.before}"
        self._desk.alerts.add(Alert(CHANGED, what, text, self._desk.pulse.now_ns))
        return True


def put_limits(desk: Desk, plan: RiskPlan) -> None:
    """Let a plan's limits be those of the gate."""
    desk.limits.default = plan.limits
    for instrument_id, market in desk.markets.by_id.items():
        desk.limits.put(market.instrument, plan.limits_of(instrument_id))


def _need_person(command: RiskCommand, code: str) -> None:
    if not command.by or not command.reason:
        raise ConfigError("a person and a reason are needed", code=code)


def _nothing() -> None:
    """There is nothing to end."""
