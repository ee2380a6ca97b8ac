"""One desk's Control port: scopes, dry runs, repeated requests and the audit log hold here.

This is done once around all use cases; `use_cases` says which carries out which request.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar, get_args

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.control.answers import Answers
from hexdesk.application.control.approvals import Approvals
from hexdesk.application.control.audit import DONE, Audit, json_of
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.discretion import answer_text
from hexdesk.application.control.errors import (
    host_of,
    invalid,
    refuse_other_account,
    refuse_unprovable,
    refuse_unwritten,
)
from hexdesk.application.control.feed import DeskFeed
from hexdesk.application.control.ring import EVENTS_MAX, EventRing
from hexdesk.application.control.sight import MANUAL, Sight
from hexdesk.application.control.tokens import Tokens
from hexdesk.application.control.use_cases import UseCases
from hexdesk.application.desk import Desk
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.commands import OpenBooks
from hexdesk.domain.values import TimeNs
from hexdesk.ports import control_capital, control_monitoring, control_risk
from hexdesk.ports import control_configuration as configuration
from hexdesk.ports import control_requests as requests
from hexdesk.ports import control_strategies as strategies
from hexdesk.ports.clock import Clock
from hexdesk.ports.control import (
    REASON_LENGTH_MAX,
    REQUEST_ID_LENGTH_MAX,
    Caller,
    ControlError,
    EventFeed,
    EventFilter,
    Mutation,
    Pause,
    Query,
    Reason,
    Scope,
    at_once,
)
from hexdesk.ports.control_approvals import ApproveCall, DenyCall
from hexdesk.ports.control_state import (
    AnswerStore,
    ApprovalStore,
    AuditStore,
    StageDayStore,
    TokenStore,
)
from hexdesk.ports.runtime import Runtime

UNWRITTEN = "AUDIT_UNWRITABLE"
"""Something was done, and the state folder did not take the record of it."""
A = TypeVar("A")


SIGNED = (
    requests.CreateToken,
    requests.ResolveIncident,
    requests.ResolveOrder,
    requests.ArmLive,
    requests.DisarmLive,
    ApproveCall,
    DenyCall,
    control_monitoring.AcknowledgeAlarm,
    control_monitoring.SilenceAlarms,
    control_risk.RearmRule,
    control_risk.ChangeRule,
    control_risk.SwitchGroup,
    control_capital.SetCapital,
    control_capital.MoveCapital,
    strategies.LoadStrategy,
    strategies.UnloadStrategy,
    strategies.ReloadStrategy,
    strategies.UpdateSettings,
    strategies.RollbackSettings,
    strategies.RestoreState,
    configuration.ReloadConfiguration,
    configuration.RollbackConfiguration,
)
"""Mutations that say by whom they are."""


STRATEGY_PLANS = (
    strategies.UnloadStrategy
    | strategies.ReloadStrategy
    | strategies.UpdateSettings
    | strategies.RollbackSettings
    | strategies.RestoreState
)
"""Mutations whose state before is a strategy's."""


class ControlStores(NamedTuple):
    """What a control plane keeps over a restart."""

    answers: AnswerStore
    audit: AuditStore
    tokens: TokenStore
    approvals: ApprovalStore
    stage_days: StageDayStore


class DeskControl:
    """Implements `Control` for one desk, on the desk's own thread.

    Attributes:
        chronicle: What happened since it came up.
        audit: The log of mutations.
    """

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        runtime: Runtime,
        risk: RiskOffice,
        *,
        wall_ns: Callable[[], TimeNs],
        later: Callable[[Callable[[], None]], None],
        stores: ControlStores,
        make_secret: Callable[[], str],
        events_max: int = EVENTS_MAX,
    ) -> None:
        """Begin to follow a desk; call `open` before it takes requests.

        Args:
            desk: Which.
            clock: The desk's, which is virtual where a recording is played.
            wall_ns: Real time, for tokens, repeated requests and the audit log.
            runtime: What surrounds it.
            risk: What people do with its rules.
            later: Calls something once the desk's thread is free.
            stores: Keep answers, the audit log and tokens over a restart.
            make_secret: Gives at least 128 unguessable bits as text.
            events_max: Events kept for readers who are behind.

        Raises:
            ControlError: The audit log that is there is damaged.
        """
        self._desk = desk
        self._clock = clock
        self._runtime = runtime
        self._wall_ns = wall_ns
        self._sight = sight = Sight(desk, runtime, start_ns=clock.now_ns())
        self.chronicle = chronicle = Chronicle(desk, sight, EventRing(events_max), later)
        self.audit = Audit(stores.audit)
        self._answers = Answers(stores.answers, wall_ns())
        self._tokens = tokens = Tokens(stores.tokens, make_secret)
        self._approvals = Approvals(desk, runtime, tokens, stores.approvals, wall_ns)
        self._cases = UseCases(
            desk,
            runtime,
            risk,
            sight=sight,
            chronicle=chronicle,
            audit=self.audit,
            tokens=tokens,
            approvals=self._approvals,
            stage_days=stores.stage_days,
            now_ns=self._now_ns,
            wall_ns=wall_ns,
        )

    def open(self) -> None:
        """Open books for operators' own orders in each account, once the run has begun."""
        for name in self._desk.accounts:
            strategy_id = f"{MANUAL}{name}"
            if strategy_id not in self._desk.hosts:
                self._desk.command(OpenBooks(strategy_id, name, (), self._now_ns()))

    # --- the port ------------------------------------------------------------------------------

    def identify(self, secret: str, peer: str) -> Caller:
        """Return who a bearer token belongs to."""
        return self._tokens.identify(secret, peer, self._wall_ns())

    async def ask(self, caller: Caller, query: Query[A], pause: Pause = at_once) -> A:
        """Answer a query."""
        self._check_scope(caller, query.scope)
        handle = self._cases.queries.get(type(query))
        if handle is None:
            return await self._ask_slowly(query, pause)
        self.chronicle.catch_up()
        await pause()
        self.chronicle.catch_up()  # what happened meanwhile is little
        answer: A = handle(query)
        return answer

    async def _ask_slowly(self, query: Query[A], pause: Pause) -> A:
        """Answer a query that takes its own time."""
        make = self._cases.lists.get(type(query))
        if make is not None:
            self.chronicle.catch_up()
            page: A = await make(query, pause)
            return page
        slow = self._cases.slow_queries.get(type(query))
        if slow is None:
            raise _not_offered(type(query))
        answer: A = await slow(query)
        return answer

    async def tell(self, caller: Caller, mutation: Mutation[A]) -> A:
        """Carry a mutation out, or refuse it; either way it stands in the audit log."""
        if isinstance(mutation, SIGNED):
            signed: Any = replace(mutation, author=caller.subject)
            mutation = signed
        try:
            self._check(caller, mutation)
            handle = self._cases.mutations.get(type(mutation))
            prepare = self._cases.preparations.get(type(mutation))
            if prepare is not None:
                answered = self._answered(caller, mutation)
                if answered is not None:
                    return answered
                handle = await prepare(mutation)
                self._check(caller, mutation)  # a token may have been revoked meanwhile
            if handle is None:
                raise _not_offered(type(mutation))
            self.chronicle.catch_up()
            if mutation.dry_run:
                tried: A = handle(mutation, self._now_ns())
                return tried
            return self._carry_out(caller, mutation, handle, self._now_ns())
        except ControlError as error:
            if not mutation.dry_run:
                outcome = f"{error.reason.value}: {error.message}"
                with self._told_if_unwritten(caller, mutation):
                    self.audit.write(caller, mutation, outcome=outcome, now_ns=self._wall_ns())
            raise

    def follow(self, caller: Caller, wanted: EventFilter, resume_token: str = "") -> EventFeed:
        """Return a feed of events."""
        self._check_scope(caller, Scope.READ)
        if wanted.strategy_id:
            host_of(self._desk, wanted.strategy_id)
        feed = DeskFeed(self._desk, self._sight, self.chronicle, wanted, resume_token)
        feed.admit = lambda: self._check_scope(caller, Scope.READ)
        return feed

    # --- inside --------------------------------------------------------------------------------

    def _carry_out(
        self,
        caller: Caller,
        mutation: Mutation[A],
        handle: Callable[[Any, TimeNs], Any],
        now_ns: TimeNs,
    ) -> A:
        """Do it, unless it was done before."""
        answered = self._answered(caller, mutation)
        if answered is not None:
            return answered
        trial = replace(mutation, dry_run=True)
        approval = self._approvals.demand(caller, mutation, lambda: handle(trial, now_ns))
        wall_ns = self._wall_ns()
        if mutation.request_id:
            self._answers.begin(caller, mutation, wall_ns)
        before = self._state_of(mutation)
        self._approvals.use(approval)
        try:
            with self._runtime.calls.answering(lambda: self._desk.journal.sequence):
                count = self._desk.pulse.seq
                answer: A = handle(mutation, now_ns)
            if self._desk.pulse.seq > count:
                refuse_unwritten(self._desk)
        except ControlError:
            self._approvals.give_back(approval)
            if mutation.request_id:
                with self._told_if_unwritten(caller, mutation):
                    self._answers.drop(caller, mutation, wall_ns)
            raise
        shown = without_secret(answer)
        if mutation.request_id:
            with self._told_if_unwritten(caller, mutation):
                self._answers.finish(caller, mutation, shown, wall_ns)
        after = answer_text(shown)
        with self._told_if_unwritten(caller, mutation):
            self.audit.write(
                caller, mutation, outcome=DONE, before=before, after=after, now_ns=wall_ns
            )
        return answer

    @contextmanager
    def _told_if_unwritten(self, caller: Caller, mutation: Mutation[Any]) -> Generator[None]:
        """Tell a person of what cannot be written down about a call that has come to its end.

        Its answer stays true: an order that left is not refused because the disk is full.
        """
        try:
            yield
        except ControlError as error:
            text = f"{type(mutation).__name__} by {caller.subject} is not kept: {error.message}"
            self._desk.alerts.add(Alert(UNWRITTEN, "desk", text, self._desk.pulse.now_ns))

    def _answered(self, caller: Caller, mutation: Mutation[A]) -> A | None:
        """Return the first answer to a request that was carried out before."""
        if not mutation.request_id or mutation.dry_run:
            return None
        return self._answers.find(caller, mutation, answer_type(type(mutation)), self._wall_ns())

    def _check(self, caller: Caller, mutation: Mutation[Any]) -> None:
        self._check_scope(caller, mutation.scope)
        if mutation.needs_reason and not mutation.reason.strip():
            raise invalid("reason", "expected why, in a few words")
        if len(mutation.reason) > REASON_LENGTH_MAX:
            raise invalid("reason", f"expected at most {REASON_LENGTH_MAX} characters")
        key = mutation.request_id
        if key and not _is_key(key):
            text = f"expected 1-{REQUEST_ID_LENGTH_MAX} letters, digits, dots, dashes, underscores"
            raise invalid("request_id", text)
        if mutation.expected_version < 0:
            raise invalid("expected_version", "expected 0 or more")
        if mutation.needs_account and not mutation.dry_run:
            refuse_other_account(self._desk, mutation.account_id)
        if self.audit.is_failing and not mutation.dry_run:
            refuse_unprovable(self._desk, mutation)
        is_closed = self._runtime.is_stopping and not mutation.is_always_open
        if is_closed and self._answered(caller, mutation) is None:
            raise ControlError(Reason.DESK_STOPPING, "the desk is stopping")

    def _check_scope(self, caller: Caller, scope: Scope) -> None:
        self._tokens.check(caller, self._wall_ns())
        if scope not in caller.scopes:
            raise ControlError(
                Reason.SCOPE_MISSING,
                f"{caller.subject!r} lacks the scope {scope.value!r}",
                remedy="use a token that has it: hexdesk token create",
                facts={"scope": scope.value},
            )

    def _state_of(self, mutation: Mutation[Any]) -> str:
        """Return what a mutation is about to change, as JSON."""
        client_order_id = getattr(mutation, "client_order_id", "")
        if client_order_id:
            order = self._sight.order_by_id(client_order_id)
            return json_of(order) if order is not None else ""
        if isinstance(mutation, requests.StrategyMutation | STRATEGY_PLANS):
            strategy = self._sight.strategy_by_id(mutation.strategy_id)
            return json_of(strategy) if strategy is not None else ""
        if mutation.scope is Scope.TRADE:
            return ""  # what is new has no state before
        return json_of(self._sight.desk_info())

    def _now_ns(self) -> TimeNs:
        """Return the time, never before the desk's latest input."""
        return max(self._clock.now_ns(), self._desk.pulse.now_ns)


def without_secret(answer: object) -> object:
    """Return an answer as it may be kept: a token's secret is shown once and never again."""
    return replace(answer, secret="") if isinstance(answer, requests.NewToken) else answer


def answer_type(kind: type[Mutation[Any]]) -> Any:  # noqa: ANN401 - a type, or an alias of one
    """Return what a kind of mutation is answered with."""
    for base in kind.__mro__:
        for each in getattr(base, "__orig_bases__", ()):
            if get_args(each):
                return get_args(each)[0]
    return object


def _is_key(key: str) -> bool:
    bare = key.replace(".", "").replace("-", "").replace("_", "")
    return len(key) <= REQUEST_ID_LENGTH_MAX and key.isascii() and (bare.isalnum() or not bare)


def _not_offered(kind: type) -> ControlError:
    return ControlError(Reason.NOT_OFFERED, f"this desk does not offer {kind.__name__}")
