"""Use cases of making strategies: load, settings, newer versions, saved state, unload.

What a plugin does to make a strategy takes its own time and may fail; that happens before anything
is changed. Then the strategy takes its place between two inputs of the desk.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from msgspec.structs import replace

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import host_of, invalid, unknown, wrong_state
from hexdesk.application.control.plan_records import (
    CONFIGURATION,
    planned_of,
    revision_info,
    saved_of,
    state_info,
    table_of,
)
from hexdesk.application.control.setting_changes import changes_between, merged
from hexdesk.application.control.sight import MANUAL, Sight
from hexdesk.application.desk import Desk
from hexdesk.application.faults import FAULTS, describe
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.application.strategies.loading import Candidate
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.plans import PlanChange, StrategyPlanned
from hexdesk.domain.records import StrategySaved
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import ControlError, Mutation, Reason
from hexdesk.ports.control_strategies import (
    ListSettingsRevisions,
    LoadStrategy,
    ReloadStrategy,
    RestoreState,
    RevisionInfo,
    RollbackSettings,
    SaveState,
    SettingsUpdated,
    StateInfo,
    UnloadStrategy,
    UpdateSettings,
)
from hexdesk.ports.control_views import StrategyInfo
from hexdesk.ports.runtime import Runtime
from hexdesk.ports.workshop import MadeStrategy, StrategyDraft, Workshop

A = TypeVar("A")
Handle: TypeAlias = Callable[[Any, TimeNs], Any]
CheckVersion: TypeAlias = Callable[[StrategyHost, int], None]
NAME_LENGTH_MAX = 40
INSTRUMENTS_MAX = 1_000


class Planning:
    """What persons plan for strategies while the desk runs."""

    def __init__(
        self,
        desk: Desk,
        sight: Sight,
        chronicle: Chronicle,
        runtime: Runtime,
        check_version: CheckVersion,
    ) -> None:
        self._desk = desk
        self._sight = sight
        self._chronicle = chronicle
        self._runtime = runtime
        self._check_version = check_version

    @property
    def preparations(self) -> dict[type, Callable[[Any], Awaitable[Handle]]]:
        """By kind of request: what is done in its own time; returns what then carries it out."""
        return {
            LoadStrategy: self.load,
            ReloadStrategy: self.reload,
            UpdateSettings: self.update,
            RollbackSettings: self.roll_back,
            RestoreState: self.restore,
        }

    # --- what takes its own time ---------------------------------------------------------------

    async def load(self, request: LoadStrategy) -> Handle:
        """Make a strategy that is not there."""
        draft = self._draft(request)
        state = None if request.state is None else saved_of(draft.strategy_id, request.state)
        change = PlanChange.LOADED
        return await self._make(draft, change, self._show, state)

    async def reload(self, request: ReloadStrategy) -> Handle:
        """Make a strategy anew, of what is installed now."""
        draft = self._known(request)
        return await self._make(draft, PlanChange.RELOADED, self._show, afresh=True)

    async def update(self, request: UpdateSettings) -> Handle:
        """Make a strategy anew with other settings."""
        draft = self._known(request)
        return await self._change(replace(draft, settings=merged(draft.settings, request.settings)))

    async def roll_back(self, request: RollbackSettings) -> Handle:
        """Make a strategy anew with earlier settings."""
        draft = self._known(request)
        for revision in self.revisions(ListSettingsRevisions(strategy_id=request.strategy_id)):
            if revision.revision == request.revision:
                return await self._change(replace(draft, settings=revision.settings))
        remedy = f"hexdesk strategy params {request.strategy_id} --history shows those there are"
        raise unknown("revision", str(request.revision), remedy)

    async def restore(self, request: RestoreState) -> Handle:
        """Make a strategy anew with a state that was saved before."""
        draft = self._known(request)
        host = host_of(self._desk, request.strategy_id)
        if host.state is HostState.RUNNING:
            raise wrong_state(host, "given a state", f"hexdesk strategy stop {host.strategy_id}")
        state = saved_of(draft.strategy_id, request.state)
        change = PlanChange.RELOADED
        return await self._make(draft, change, self._show, state)

    # --- what does not -------------------------------------------------------------------------

    def unload(self, request: UnloadStrategy, now_ns: TimeNs) -> StateInfo:
        """Take a strategy away."""
        draft = self._known(request)
        host = host_of(self._desk, request.strategy_id)
        self._check_version(host, request.expected_version)
        if request.dry_run:
            return state_info(host.strategy_id, self._desk.saves.latest.get(host.strategy_id))
        workshop = self._workshop()
        plan = self._planned(
            draft, workshop.made_of(host.strategy_id)[0], PlanChange.UNLOADED, request, now_ns
        )
        saved = self._desk.loading.unload(
            plan, keep_orders=request.keep_orders, configured=self._configured(host, now_ns)
        )
        workshop.drop(host.strategy_id)
        self._chronicle.catch_up()
        return state_info(host.strategy_id, saved)

    def save(self, request: SaveState, now_ns: TimeNs) -> StateInfo:
        """Return what a strategy keeps."""
        self._known(request)
        host = host_of(self._desk, request.strategy_id)
        if host.state is HostState.FAULTED:
            remedy = f"hexdesk strategy reload {host.strategy_id}"
            raise wrong_state(host, "asked for its state", remedy)
        latest = self._desk.saves.latest.get(host.strategy_id)
        if not request.dry_run:
            latest = self._desk.loading.save(host.strategy_id, now_ns)
            self._chronicle.catch_up()
        return state_info(host.strategy_id, latest)

    def revisions(self, query: ListSettingsRevisions) -> tuple[RevisionInfo, ...]:
        """Return all settings that are known of, newest first."""
        host = host_of(self._desk, query.strategy_id)
        plan = self._desk.plans.get(host.strategy_id)
        if plan is None:
            draft = self._workshop().draft_of(host.strategy_id)
            if draft is None:
                return ()
            start_ns = self._sight.desk_info().start_ns
            return (revision_info(1, draft.settings, start_ns, "", CONFIGURATION),)
        return tuple(
            revision_info(each.number, table_of(each.settings), each.ts_init, each.by, each.reason)
            for each in reversed(plan.revisions)
        )

    # --- making --------------------------------------------------------------------------------

    def _show(self, host: StrategyHost, made: MadeStrategy) -> StrategyInfo:
        """Show a strategy as it is, or would be, once it has taken its place."""
        return replace(
            self._sight.strategy(host),
            plugin=made.draft.plugin,
            plugin_version=made.version,
            settings=made.shown,
        )

    async def _change(self, draft: StrategyDraft) -> Handle:
        """Make a strategy anew with other settings; with the same ones nothing is to be done."""
        before = self._workshop().made_of(draft.strategy_id)[1]

        def answer(host: StrategyHost, made: MadeStrategy) -> SettingsUpdated:
            strategy = self._sight.strategy(host)
            return SettingsUpdated(
                strategy=strategy,
                changes=changes_between(before, made.effective, made.fixed),
                revision=strategy.settings_revision,
            )

        handle = await self._make(draft, PlanChange.UPDATED, answer)

        def try_or_do(request: Mutation[SettingsUpdated], now_ns: TimeNs) -> SettingsUpdated:
            updated: SettingsUpdated = handle(request, now_ns)
            return replace(updated, revision=0) if request.dry_run else updated

        return try_or_do

    async def _make(
        self,
        draft: StrategyDraft,
        change: PlanChange,
        answer: Callable[[StrategyHost, MadeStrategy], A],
        state: StrategySaved | None = None,
        *,
        afresh: bool = False,
    ) -> Handle:
        """Make a strategy; return what puts it into its place and answers."""
        workshop, strategy_id = self._workshop(), draft.strategy_id
        candidate = self._desk.loading.candidate(
            strategy_id, broker=draft.broker, instrument_ids=draft.instrument_ids
        )
        made = await workshop.make(draft, candidate.context, afresh=afresh)

        def handle(request: Any, now_ns: TimeNs) -> A:  # noqa: ANN401 - any of the requests above
            host = candidate.host
            known = self._desk.hosts.get(strategy_id)
            if known is not None:
                self._check_version(known, request.expected_version)
            if self._desk.loading.is_stale(candidate):
                raise wrong_state(host, "changed", "somebody else did meanwhile; look again")
            is_same = False
            if change is PlanChange.UPDATED:
                self._check_fixed(host, made)
                is_same = made.settings == workshop.settings_text(self._known(request).settings)
            elif change is PlanChange.LOADED:
                self._check_capital(made, request, now_ns)
            if request.dry_run or is_same:
                return answer(host, made)
            self._put(candidate, made, change, request, state, now_ns)
            return answer(host, made)

        return handle

    def _put(  # noqa: PLR0917 - one change, all of it
        self,
        candidate: Candidate,
        made: MadeStrategy,
        change: PlanChange,
        request: Any,  # noqa: ANN401 - any of the requests above
        state: StrategySaved | None,
        now_ns: TimeNs,
    ) -> None:
        plan = self._planned(made.draft, made.version, change, request, now_ns, made.settings)
        if state is not None:
            state = replace(state, ts_init=now_ns)
        configured = self._configured(candidate.host, now_ns)
        try:
            self._desk.loading.take_place(
                candidate, made.strategy, plan, state, configured=configured
            )
        except FAULTS as error:
            raise _not_handed_over(error, made.draft) from error
        self._workshop().keep(made)
        self._chronicle.catch_up()

    def _check_capital(self, made: MadeStrategy, request: LoadStrategy, now_ns: TimeNs) -> None:
        """Refuse a strategy that cannot have the capital that it is to bring."""
        keeper = self._desk.loading.keeper
        plan = self._planned(made.draft, made.version, PlanChange.LOADED, request, now_ns)
        refusal = "" if keeper is None else keeper.refusal_of(plan)
        if refusal:
            raise invalid("capital", refusal)

    def _check_fixed(self, host: StrategyHost, made: MadeStrategy) -> None:
        """Refuse to change what cannot change while a strategy runs."""
        if host.state is not HostState.RUNNING or not made.fixed:
            return
        before = self._workshop().made_of(host.strategy_id)[1]
        changes = changes_between(before, made.effective, made.fixed)
        named = [each.path for each in changes if not each.reloadable]
        if named:
            remedy = f"hexdesk strategy stop {host.strategy_id}, change it, start it again"
            raise wrong_state(host, f"given another {', '.join(named)}", remedy)

    async def prepare_batch(
        self, added: Sequence[StrategyDraft], changed: Sequence[StrategyDraft]
    ) -> "Batch":
        """Make several strategies, which then take their places together."""
        made: list[Step] = []
        for change, drafts in ((PlanChange.LOADED, added), (PlanChange.UPDATED, changed)):
            for draft in drafts:
                self._check_draft(draft)
                candidate = self._desk.loading.candidate(
                    draft.strategy_id, broker=draft.broker, instrument_ids=draft.instrument_ids
                )
                strategy = await self._workshop().make(draft, candidate.context)
                made.append(Step(candidate, strategy, change))
        return Batch(self, made)

    def _check_draft(self, draft: StrategyDraft) -> None:
        """Refuse what the books of a strategy do not allow."""
        desk = self._desk
        host = desk.hosts.get(draft.strategy_id)
        where = desk.owners.broker_name(host) if host is not None else draft.broker
        if host is not None and where != draft.broker:
            remedy = f"its orders and positions are at {where}; use another name"
            raise wrong_state(host, f"moved to {draft.broker}", remedy)
        if draft.broker not in desk.accounts:
            raise unknown("account", draft.broker, "a restart makes new brokers known")
        for each in draft.instrument_ids:
            if each not in desk.markets.by_id:
                raise unknown("instrument", each, "a restart makes new instruments known")

    def check_step(self, step: "Step", now_ns: TimeNs) -> None:
        """Refuse a step that cannot be taken, before any is."""
        host, made = step.candidate.host, step.made
        if self._desk.loading.is_stale(step.candidate):
            raise wrong_state(host, "changed", "somebody else did meanwhile; look again")
        if step.change is PlanChange.UPDATED:
            self._check_fixed(host, made)
        try:
            self._desk.loading.try_state(step.candidate, made.strategy, now_ns)
        except FAULTS as error:
            raise _not_handed_over(error, made.draft) from error

    def take_step(self, step: "Step", request: Mutation[Any], now_ns: TimeNs) -> None:
        """Let a strategy take its place; one that is new is started."""
        self._put(step.candidate, step.made, step.change, request, None, now_ns)
        if step.change is PlanChange.LOADED:
            self._desk.command(StartStrategy(step.made.draft.strategy_id, now_ns))
            self._chronicle.catch_up()

    # --- drafts and plans ----------------------------------------------------------------------

    def _draft(self, request: LoadStrategy) -> StrategyDraft:
        """Return what a person wants to be made, or refuse."""
        desk, strategy_id = self._desk, request.strategy_id
        bare = strategy_id.replace("-", "").replace("_", "")
        is_name = strategy_id.isascii() and bare.isalnum() and strategy_id[0] not in "-_"
        if not is_name or len(strategy_id) > NAME_LENGTH_MAX:
            raise invalid("strategy_id", "expected 1-40 letters, digits, dashes and underscores")
        host = desk.hosts.get(strategy_id)
        if host is not None and host.strategy is not None:
            raise wrong_state(host, "loaded", "it is there; unload it first, or reload it")
        account = request.account or (next(iter(desk.accounts)) if len(desk.accounts) == 1 else "")
        if account not in desk.accounts:
            raise invalid("account", f"expected one of {', '.join(sorted(desk.accounts))}")
        if host is not None and desk.owners.broker_name(host) != account:
            known = desk.owners.broker_name(host)
            raise invalid("account", f"expected {known!r}: its orders and positions are there")
        ids = request.instrument_ids
        if not 0 < len(ids) <= INSTRUMENTS_MAX or len(set(ids)) != len(ids):
            raise invalid("instruments", f"expected 1-{INSTRUMENTS_MAX} different ones")
        for each in ids:
            if each not in desk.markets.by_id:
                raise unknown("instrument", each, "hexdesk run with a feed that has it")
        return StrategyDraft(
            strategy_id=strategy_id,
            plugin=request.plugin,
            broker=account,
            instrument_ids=ids,
            settings=merged({}, request.settings),
            cancels_on_fault=not request.keep_orders_on_fault,
        )

    def _known(self, request: Any) -> StrategyDraft:  # noqa: ANN401 - any request that names a strategy
        """Return what a strategy of the desk was made of, or refuse."""
        host = host_of(self._desk, request.strategy_id)
        draft = self._workshop().draft_of(host.strategy_id)
        if host.strategy_id.startswith(MANUAL):
            remedy = "it holds an operator's own orders, and is made of no plugin"
            raise wrong_state(host, "changed", remedy)
        if draft is None or host.strategy is None:
            raise wrong_state(host, "changed", "hexdesk strategy load makes one")
        return draft

    def _configured(self, host: StrategyHost, now_ns: TimeNs) -> StrategyPlanned | None:
        """Return what the configuration made, before the first change of it."""
        workshop, strategy_id = self._workshop(), host.strategy_id
        draft = workshop.draft_of(strategy_id)
        if draft is None or strategy_id in self._desk.plans:
            return None
        version, _ = workshop.made_of(strategy_id)
        return planned_of(draft, version, PlanChange.CONFIGURED, workshop, now_ns)

    def _planned(  # noqa: PLR0917 - one change, all of it
        self,
        draft: StrategyDraft,
        version: str,
        change: PlanChange,
        request: Mutation[Any],
        now_ns: TimeNs,
        settings: str | None = None,
    ) -> StrategyPlanned:
        author: str = getattr(request, "author", "")
        capital = request.capital if isinstance(request, LoadStrategy) else ""
        plan = planned_of(draft, version, change, self._workshop(), now_ns)
        plan = replace(plan, by=author, reason=request.reason, capital=capital)
        return plan if settings is None else replace(plan, settings=settings)

    def _workshop(self) -> Workshop:
        workshop = self._runtime.workshop
        if workshop is None:
            raise ControlError(Reason.NOT_OFFERED, "this desk makes no strategies while it runs")
        return workshop


class Step(NamedTuple):
    """A strategy that is to take its place with others."""

    candidate: Candidate
    made: MadeStrategy
    change: PlanChange


class Batch:
    """Strategies that take their places together, or none does."""

    def __init__(self, planning: Planning, steps: Sequence[Step]) -> None:
        self._planning = planning
        self._steps = steps

    def check(self, now_ns: TimeNs) -> None:
        """Refuse all if one cannot be."""
        for step in self._steps:
            self._planning.check_step(step, now_ns)

    def apply(self, request: Any, removed: Sequence[str], now_ns: TimeNs) -> None:  # noqa: ANN401 - who asks, and why
        """Do it; those that are to go go first, with their orders canceled."""
        for strategy_id in removed:
            gone = UnloadStrategy(
                strategy_id=strategy_id, reason=request.reason, author=request.author
            )
            self._planning.unload(gone, now_ns)
        for step in self._steps:
            self._planning.take_step(step, request, now_ns)


def _not_handed_over(error: BaseException, draft: StrategyDraft) -> ControlError:
    return ControlError(
        Reason.PLUGIN_FAILED,
        f"its state cannot be handed over: {describe(error, draft.strategy_id)}",
        remedy="nothing has changed; unload it and load it to begin without a state",
        facts={"plugin": draft.plugin},
    )
