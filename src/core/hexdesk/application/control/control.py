"""One desk's Control port: scopes, dry runs, repeated requests and the audit log hold here.

Use cases are bound methods in two tables; what holds for all of them is done once around them.
"""

from collections.abc import Callable
from typing import Any, TypeVar, get_args

from hexdesk.application.control.answers import Answers
from hexdesk.application.control.audit import Audit, json_of
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import host_of, invalid
from hexdesk.application.control.feed import DeskFeed
from hexdesk.application.control.orders import Orders
from hexdesk.application.control.portfolio import Portfolio
from hexdesk.application.control.ring import EVENTS_MAX, EventRing
from hexdesk.application.control.safety import Safety
from hexdesk.application.control.sight import MANUAL, Sight
from hexdesk.application.desk import Desk
from hexdesk.domain.commands import OpenBooks
from hexdesk.domain.values import TimeNs
from hexdesk.ports import control_requests as requests
from hexdesk.ports.clock import Clock
from hexdesk.ports.control import (
    REASON_LENGTH_MAX,
    REQUEST_ID_LENGTH_MAX,
    Caller,
    ControlError,
    EventFeed,
    EventFilter,
    Mutation,
    Query,
    Reason,
    Scope,
)
from hexdesk.ports.control_state import AnswerStore, AuditStore
from hexdesk.ports.runtime import Runtime

A = TypeVar("A")
FOLLOWERS_MAX = 256


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
        *,
        later: Callable[[Callable[[], None]], None],
        answers: AnswerStore,
        audit: AuditStore,
        events_max: int = EVENTS_MAX,
    ) -> None:
        """Begin to follow a desk; call `open` before it takes requests.

        Args:
            desk: Which.
            clock: The desk's.
            runtime: What surrounds it.
            later: Calls something once the desk's thread is free.
            answers: Keeps answers over a restart.
            audit: Keeps the audit log.
            events_max: Events kept for readers who are behind.

        Raises:
            ControlError: The audit log that is there is damaged.
        """
        self._desk = desk
        self._clock = clock
        self._runtime = runtime
        self._sight = sight = Sight(desk, runtime, start_ns=clock.now_ns())
        self.chronicle = chronicle = Chronicle(desk, sight, EventRing(events_max), later)
        self.audit = Audit(audit)
        self._answers = Answers(answers, clock.now_ns())
        orders = Orders(desk, sight, chronicle)
        safety = Safety(desk, sight, chronicle, runtime)
        portfolio = Portfolio(desk, sight, chronicle, runtime)
        self._queries: dict[type, Callable[[Any], Any]] = {
            requests.GetDesk: sight.desk_info,
            requests.ListAlerts: portfolio.list_alerts,
            requests.CheckOrder: lambda query: orders.check(query, self._now_ns()),
            requests.GetOrder: orders.get,
            requests.ListOrders: orders.list,
            requests.GetOrderTimeline: orders.timeline,
            requests.ListFills: orders.list_fills,
            requests.GetPosition: portfolio.get_position,
            requests.ListPositions: portfolio.list_positions,
            requests.GetAccount: portfolio.get_account,
            requests.ListAccounts: portfolio.list_accounts,
            requests.GetRiskLimits: portfolio.get_limits,
            requests.ListRiskLimits: portfolio.list_limits,
            requests.ListDenials: portfolio.list_denials,
            requests.GetInstrument: portfolio.get_instrument,
            requests.ListInstruments: portfolio.list_instruments,
            requests.GetMarkets: portfolio.get_markets,
            requests.GetStrategy: lambda query: sight.strategy(host_of(desk, query.strategy_id)),
            requests.ListStrategies: safety.list_strategies,
        }
        self._mutations: dict[type, Callable[[Any, TimeNs], Any]] = {
            requests.StopEntries: safety.stop_entries,
            requests.ResumeEntries: safety.resume_entries,
            requests.Flatten: safety.flatten,
            requests.Halt: safety.halt,
            requests.Rearm: safety.rearm,
            requests.Shutdown: safety.shutdown,
            requests.CreateOrder: orders.create,
            requests.AmendOrder: orders.amend,
            requests.CancelOrder: orders.cancel,
            requests.CancelAllOrders: orders.cancel_all,
            requests.StartStrategy: safety.change_strategy,
            requests.StopStrategy: safety.change_strategy,
            requests.PauseStrategy: safety.change_strategy,
            requests.ResumeStrategy: safety.change_strategy,
        }
        self._followers: set[DeskFeed] = set()

    def open(self) -> None:
        """Open books for operators' own orders in each account, once the run has begun."""
        for name in self._desk.accounts:
            strategy_id = f"{MANUAL}{name}"
            if strategy_id not in self._desk.hosts:
                self._desk.command(OpenBooks(strategy_id, name, (), self._now_ns()))

    # --- the port ------------------------------------------------------------------------------

    async def ask(self, caller: Caller, query: Query[A]) -> A:
        """Answer a query."""
        self._check_scope(caller, query.scope)
        handle = self._queries.get(type(query))
        if handle is None:
            raise _not_offered(type(query))
        self.chronicle.catch_up()
        answer: A = handle(query)
        return answer

    async def tell(self, caller: Caller, mutation: Mutation[A]) -> A:
        """Carry a mutation out, or refuse it; either way it stands in the audit log."""
        now_ns = self._now_ns()
        try:
            self._check(caller, mutation)
            handle = self._mutations.get(type(mutation))
            if handle is None:
                raise _not_offered(type(mutation))
            self.chronicle.catch_up()
            if mutation.dry_run:
                tried: A = handle(mutation, now_ns)
                return tried
            return self._carry_out(caller, mutation, handle, now_ns)
        except ControlError as error:
            if not mutation.dry_run:
                outcome = f"{error.reason.value}: {error.message}"
                self.audit.write(caller, mutation, outcome=outcome, now_ns=now_ns)
            raise

    def follow(self, caller: Caller, wanted: EventFilter, resume_token: str = "") -> EventFeed:
        """Return a feed of events."""
        self._check_scope(caller, Scope.READ)
        if wanted.strategy_id:
            host_of(self._desk, wanted.strategy_id)
        return DeskFeed(self._desk, self._sight, self.chronicle, wanted, resume_token)

    # --- inside --------------------------------------------------------------------------------

    def _carry_out(
        self,
        caller: Caller,
        mutation: Mutation[A],
        handle: Callable[[Any, TimeNs], Any],
        now_ns: TimeNs,
    ) -> A:
        """Do it, unless it was done before."""
        kind = answer_type(type(mutation))
        if mutation.request_id:
            answered = self._answers.find(caller, mutation, kind, now_ns)
            if answered is not None:
                return answered
            self._answers.begin(caller, mutation, now_ns)
        before = self._state_of(mutation)
        try:
            answer: A = handle(mutation, now_ns)
        except ControlError:
            if mutation.request_id:
                self._answers.drop(caller, mutation, now_ns)
            raise
        if mutation.request_id:
            self._answers.finish(caller, mutation, answer, now_ns)
        self.audit.write(
            caller, mutation, outcome="ok", before=before, after=json_of(answer), now_ns=now_ns
        )
        return answer

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
        if self._runtime.is_stopping and not mutation.is_always_open:
            raise ControlError(Reason.DESK_STOPPING, "the desk is stopping")

    def _check_scope(self, caller: Caller, scope: Scope) -> None:
        if caller.expire_ns and caller.expire_ns <= self._clock.now_ns():
            raise ControlError(Reason.TOKEN_INVALID, "the token has expired")
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
        if isinstance(mutation, requests.StrategyMutation):
            strategy = self._sight.strategy_by_id(mutation.strategy_id)
            return json_of(strategy) if strategy is not None else ""
        if mutation.scope is Scope.TRADE:
            return ""  # what is new has no state before
        return json_of(self._sight.desk_info())

    def _now_ns(self) -> TimeNs:
        """Return the time, never before the desk's latest input."""
        return max(self._clock.now_ns(), self._desk.pulse.now_ns)


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
