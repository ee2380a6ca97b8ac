"""What holds for every request: scopes, dry runs, repeated requests, the audit log, versions."""

import json
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

from hexdesk.application.control.answers import Answers
from hexdesk.application.control.audit import verify
from hexdesk.application.control.control import answer_type, without_secret
from hexdesk.domain.commands import OpenBooks
from hexdesk.domain.reports import OrderRejected
from hexdesk.domain.values import NS_PER_SECOND, Side
from hexdesk.ports import (
    control_configuration,
    control_history,
    control_monitoring,
    control_requests,
    control_risk,
    control_strategies,
)
from hexdesk.ports.control import (
    Caller,
    ControlError,
    EventFilter,
    Mutation,
    PageQuery,
    Query,
    Reason,
    Scope,
)
from hexdesk.ports.control_checks import RunChecks
from hexdesk.ports.control_requests import (
    AmendOrder,
    CancelAllOrders,
    CancelOrder,
    CreateOrder,
    CreateToken,
    Flatten,
    GetDesk,
    GetMarkets,
    GetStrategy,
    Halt,
    ListAlerts,
    ListInstruments,
    ListRiskLimits,
    ListStrategies,
    ListTokens,
    PauseStrategy,
    Rearm,
    ResumeEntries,
    ResumeStrategy,
    RevokeToken,
    Shutdown,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.ports.control_strategies import StateInfo
from hexdesk.ports.control_views import DeskState
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.control_state import FakeAnswerStore
from tests.core.application.control.rig import ADMIN, READER, ControlRig, terms

REQUESTS: list[Any] = [
    each
    for each in {
        **vars(control_requests),
        **vars(control_risk),
        **vars(control_monitoring),
        **vars(control_strategies),
        **vars(control_configuration),
        **vars(control_history),
    }.values()
    if isinstance(each, type)
    and issubclass(each, Query | Mutation)
    and each not in {Query, PageQuery, Mutation, control_requests.StrategyMutation}
]
MUTATIONS: list[Any] = [each for each in REQUESTS if issubclass(each, Mutation)]
EXAMPLES: dict[str, Any] = {
    "strategy_id": "a",
    "instrument_id": INSTRUMENT.id,
    "client_order_id": "none",
    "name": "venue",
    "terms": terms(),
    "scopes": frozenset({Scope.READ}),
    "account": "venue",
    "number": 1,
    "policy": "adopt",
    "resolution": "absent",
    "account_id": "account",
    "duration_ns": 60 * NS_PER_SECOND,
    "rule": "limits",
    "key": "order_quantity_max",
    "value": "1",
    "group": "calm",
    "code": "drawdown",
    "level": "info",
    "plugin": "puppet",
    "instrument_ids": (INSTRUMENT.id,),
    "settings": {"size": 1},
    "revision": 1,
    "trading_day": 20231115,
    "state": StateInfo(strategy_id="a", state={}, version=1),
}
SCOPES = {
    "StopEntries": "risk", "ResumeEntries": "risk", "Flatten": "risk", "Halt": "risk",
    "Rearm": "risk", "CancelAllOrders": "risk", "Shutdown": "admin", "CreateOrder": "trade",
    "AmendOrder": "trade", "CancelOrder": "trade", "StartStrategy": "trade",
    "CreateToken": "admin", "RevokeToken": "admin", "ListTokens": "admin",
    "ListAuditEntries": "admin", "StopStrategy": "trade",
    "PauseStrategy": "trade", "ResumeStrategy": "trade", "ResolveIncident": "risk",
    "ArmLive": "admin", "DisarmLive": "risk",
    "ResolveOrder": "risk", "RearmRule": "risk", "ChangeRule": "risk", "SwitchGroup": "risk",
    "AcknowledgeAlarm": "risk", "SilenceAlarms": "risk", "UnsilenceAlarms": "risk",
    "SetLogLevel": "admin",
    "InitStrategy": "trade", "LoadStrategy": "trade", "UnloadStrategy": "trade",
    "ReloadStrategy": "trade", "UpdateSettings": "trade", "RollbackSettings": "trade",
    "ReloadConfiguration": "admin", "RollbackConfiguration": "admin",
    "RollTradingDay": "risk", "SaveState": "trade", "RestoreState": "trade",
}  # fmt: skip


@pytest.fixture
def rig() -> ControlRig:
    made = ControlRig("a", "b")
    made.start()
    return made


def example(kind: Any) -> Any:
    fields = {
        field.name: EXAMPLES[field.name] for field in msgspec.structs.fields(kind) if field.required
    }
    return kind(**fields, **({"reason": "test"} if kind in MUTATIONS else {}))


def outcome(rig: ControlRig, request: Any, caller: Caller) -> Reason | None:
    try:
        if type(request) in MUTATIONS:
            rig.tell(request, caller)
        else:
            rig.ask(request, caller)
    except ControlError as error:
        return error.reason
    return None


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("scope", list(Scope))
def test_method_by_scope(kind: Any, scope: Scope) -> None:
    """E43: each request needs the one scope that is written beside it, and no other helps."""
    rig = ControlRig("a").start()
    assert isinstance(rig, ControlRig)
    assert kind.scope == SCOPES.get(kind.__name__, "read")
    caller = Caller(subject="x", scopes=frozenset({scope}))
    refused = outcome(rig, example(kind), caller) is Reason.SCOPE_MISSING
    assert refused is (kind.scope is not scope)


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_every_request_is_offered(rig: ControlRig, kind: type) -> None:
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    assert outcome(rig, example(kind), ADMIN) in {
        None,
        Reason.RESOURCE_UNKNOWN,
        Reason.STATE_WRONG,
    }


@pytest.mark.parametrize(
    "kind",
    MUTATIONS,
    ids=lambda kind: kind.__name__,
)
def test_a_dry_run_leaves_no_trace(rig: ControlRig, kind: type) -> None:
    rig.buy("1", INSTRUMENT.format_price(90_000))
    before = (len(rig.records), len(rig.requests), len(rig.audit.entries), len(rig.answers.records))
    state = rig.ask(GetDesk())
    outcome(rig, replace(example(kind), dry_run=True, request_id="k"), ADMIN)
    after = (len(rig.records), len(rig.requests), len(rig.audit.entries), len(rig.answers.records))
    assert after == before
    assert rig.ask(GetDesk()) == state
    assert not rig.runtime.shutdowns


def test_answers_have_their_types() -> None:
    for kind in MUTATIONS:
        assert answer_type(kind) is not object
        assert get_args(answer_type(kind)) == ()


def test_an_expired_caller_is_nobody(rig: ControlRig) -> None:
    late = replace(ADMIN, expire_ns=1)
    assert outcome(rig, GetDesk(), late) is Reason.TOKEN_INVALID


# --- repeated requests ------------------------------------------------------------------------


def test_the_same_request_again_gets_the_same_answer(rig: ControlRig) -> None:
    wanted = CreateOrder(terms=terms(), request_id="k-1")
    first = rig.tell(wanted)
    rig.accept(first.client_order_id)
    assert rig.tell(wanted) == first
    assert len(rig.sent) == 1


def test_also_after_a_restart(rig: ControlRig) -> None:
    wanted = CreateOrder(terms=terms(), request_id="k-1")
    first = rig.tell(wanted)
    rig.control = rig.make_control()
    assert rig.tell(wanted) == first
    assert len(rig.sent) == 1


@pytest.mark.parametrize("kind", MUTATIONS, ids=lambda kind: kind.__name__)
def test_whatever_was_done_is_not_done_again_after_a_restart(rig: ControlRig, kind: type) -> None:
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    wanted = replace(example(kind), request_id="k-1")
    if outcome(rig, wanted, ADMIN) is not None:
        return  # nothing was done; `test_every_request_is_offered` says why it may be refused
    rig.runtime.is_stopping = False
    first = rig.tell(wanted)
    rig.control = rig.make_control()
    stopped = list(rig.runtime.shutdowns)
    before = (len(rig.records), len(rig.requests), len(rig.tokens.records))
    assert rig.tell(wanted) == without_secret(first)
    assert (len(rig.records), len(rig.requests), len(rig.tokens.records)) == before
    assert rig.runtime.shutdowns == stopped


def test_another_request_with_the_key_is_refused(rig: ControlRig) -> None:
    rig.tell(CreateOrder(terms=terms(), request_id="k-1"))
    other = CreateOrder(terms=terms(quantity="2"), request_id="k-1")
    assert outcome(rig, other, ADMIN) is Reason.REQUEST_ID_REUSED
    assert outcome(rig, Halt(request_id="k-1"), ADMIN) is Reason.REQUEST_ID_REUSED
    assert len(rig.sent) == 1


def test_keys_of_others_are_others(rig: ControlRig) -> None:
    rig.tell(CreateOrder(terms=terms(), request_id="k-1"))
    rig.tell(
        CreateOrder(terms=terms(quantity="2"), request_id="k-1"), replace(ADMIN, subject="eve")
    )
    assert len(rig.sent) == 2


def test_a_refused_request_may_be_asked_again(rig: ControlRig) -> None:
    wrong = AmendOrder(client_order_id="none", quantity="1", request_id="k-1")
    assert outcome(rig, wrong, ADMIN) is Reason.RESOURCE_UNKNOWN
    assert outcome(rig, wrong, ADMIN) is Reason.RESOURCE_UNKNOWN
    assert outcome(rig, Halt(request_id="k-1"), ADMIN) is None


def test_a_request_that_was_under_way_when_the_desk_died_is_not_repeated(rig: ControlRig) -> None:
    wanted = CreateOrder(terms=terms(), request_id="k-1")
    rig.tell(wanted)
    rig.answers.records = rig.answers.records[:1]
    rig.control = rig.make_control()
    assert outcome(rig, wanted, ADMIN) is Reason.OUTCOME_UNKNOWN
    assert len(rig.sent) == 1


def test_a_key_that_cannot_be_written_stops_the_request(rig: ControlRig) -> None:
    rig.answers.is_full = True
    wanted = CreateOrder(terms=terms(), request_id="k-1")
    assert outcome(rig, wanted, ADMIN) is Reason.STORE_UNWRITABLE
    assert rig.sent == []


@pytest.mark.parametrize("key", ["a b", "x" * 65, "ü", "a/b"])
def test_a_malformed_key_is_refused(rig: ControlRig, key: str) -> None:
    assert outcome(rig, Halt(request_id=key), ADMIN) is Reason.FIELD_INVALID


def test_answers_are_bounded_and_end_after_a_day() -> None:
    store = FakeAnswerStore()
    answers = Answers(store, 0, capacity=3)
    for number in range(10):
        mutation = Halt(request_id=f"k{number}")
        answers.begin(ADMIN, mutation, number)
        answers.finish(ADMIN, mutation, "done", number)
    assert len(answers) == 3
    found: Any = answers.find(ADMIN, Halt(request_id="k9"), str, 10)
    assert found == "done"
    assert answers.find(ADMIN, Halt(request_id="k0"), str, 10) is None
    later = 25 * 3_600 * NS_PER_SECOND
    assert answers.find(ADMIN, Halt(request_id="k9"), str, later) is None
    assert len(answers) == 0
    assert len(Answers(store, later)) == 0
    assert store.records == []


# --- tokens -------------------------------------------------------------------------------------


@pytest.fixture
def kept(rig: ControlRig) -> ControlRig:
    """A desk that has a token for whoever looks after it."""
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    return rig


def test_the_first_token_must_be_able_to_make_others_and_the_last_one_stays(
    rig: ControlRig,
) -> None:
    reader = CreateToken(name="bot", scopes=frozenset({Scope.READ}))
    assert outcome(rig, reader, ADMIN) is Reason.STATE_WRONG
    assert rig.control.identify("", "p").subject == "local"
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    rig.tell(reader)
    assert outcome(rig, RevokeToken(name="root"), ADMIN) is Reason.STATE_WRONG
    rig.tell(CreateToken(name="other", scopes=frozenset(Scope)))
    assert rig.tell(RevokeToken(name="root")).revoke_ns


def test_without_any_token_whoever_is_here_may_do_everything(rig: ControlRig) -> None:
    assert rig.control.identify("", "p").scopes == frozenset(Scope)
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    for secret in ("", "guess", "hdx_"):
        with pytest.raises(ControlError) as caught:
            rig.control.identify(secret, "p")
        assert caught.value.reason is Reason.TOKEN_INVALID


def test_a_token_allows_what_it_says_until_it_ends(kept: ControlRig) -> None:
    rig = kept
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ, Scope.TRADE}), ttl_ns=10**9)
    made = rig.tell(wanted)
    assert made.token.author == "ann"
    caller = rig.control.identify(made.secret, "p")
    assert (caller.subject, caller.scopes) == ("bot", wanted.scopes)
    assert outcome(rig, Halt(), caller) is Reason.SCOPE_MISSING
    rig.control = rig.make_control()
    assert rig.control.identify(made.secret, "p") == caller
    rig.clock.advance_by(2 * 10**9)
    assert outcome(rig, GetDesk(), caller) is Reason.TOKEN_INVALID
    with pytest.raises(ControlError):
        rig.control.identify(made.secret, "p")


def test_a_revoked_token_ends_at_once_its_streams_too(kept: ControlRig) -> None:
    rig = kept
    made = rig.tell(CreateToken(name="bot", scopes=frozenset({Scope.READ})))
    caller = rig.control.identify(made.secret, "p")
    feed = rig.control.follow(caller, EventFilter())
    while feed.read(10) is not None:
        pass
    woken: list[int] = []
    feed.wake(lambda: woken.append(1))
    assert rig.tell(RevokeToken(name="bot")).revoke_ns
    assert woken
    with pytest.raises(ControlError):
        feed.read(10)
    assert outcome(rig, GetDesk(), caller) is Reason.TOKEN_INVALID
    assert [each.name for each in rig.ask(ListTokens()).items] == ["bot", "root"]


def test_a_secret_is_shown_once_and_kept_nowhere(kept: ControlRig) -> None:
    rig = kept
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ}), request_id="k")
    secret = rig.tell(wanted).secret
    assert secret
    assert rig.tell(wanted).secret == ""
    noted = repr(
        (rig.answers.records, rig.audit.entries, rig.tokens.records, rig.ask(ListTokens()))
    )
    assert secret not in noted
    assert "secret2" not in noted


@pytest.mark.parametrize("name", ["", "local", "Bot", "a b", "-a", "x" * 64, "ü"])
def test_a_tokens_name_is_plain(rig: ControlRig, name: str) -> None:
    wanted = CreateToken(name=name, scopes=frozenset({Scope.READ}))
    assert outcome(rig, wanted, ADMIN) is Reason.FIELD_INVALID


def test_a_name_is_never_used_twice(kept: ControlRig) -> None:
    rig = kept
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ}))
    rig.tell(wanted)
    rig.tell(RevokeToken(name="bot"))
    assert outcome(rig, wanted, ADMIN) is Reason.FIELD_INVALID


# --- the audit log ------------------------------------------------------------------------------


def test_every_mutation_and_every_refusal_is_written_down(rig: ControlRig) -> None:
    rig.tell(Halt(reason="fire"))
    outcome(rig, Halt(), READER)
    entries = rig.audit.entries
    assert [(each.method, each.subject) for each in entries] == [("Halt", "ann"), ("Halt", "bob")]
    assert entries[0].outcome == "ok"
    assert entries[1].outcome.startswith("SCOPE_MISSING")
    assert json.loads(entries[0].before)["state"] == "running"
    assert json.loads(entries[0].after)["state"] == "halted"
    assert json.loads(entries[0].request)["reason"] == "fire"
    assert entries[0].peer == ADMIN.peer


def test_a_changed_entry_shows(rig: ControlRig) -> None:
    for _ in range(3):
        rig.tell(StopEntries())
    assert verify(rig.audit.entries) == ""
    forged = [*rig.audit.entries]
    forged[1] = replace(forged[1], subject="mallory")
    assert "entry 2" in verify(forged)
    assert "entry 3" in verify([rig.audit.entries[0], rig.audit.entries[2]])
    rig.audit.entries = forged
    with pytest.raises(ControlError, match="damaged at entry 2"):
        rig.make_control()


def test_the_log_goes_on_after_a_restart(rig: ControlRig) -> None:
    rig.tell(StopEntries())
    rig.control = rig.make_control()
    rig.tell(ResumeEntries())
    assert [each.number for each in rig.audit.entries] == [1, 2]
    assert verify(rig.audit.entries) == ""


# --- safety -------------------------------------------------------------------------------------


def test_halting_stops_orders_and_arming_needs_a_reason(rig: ControlRig) -> None:
    assert rig.tell(Halt(reason="fire")).state is DeskState.HALTED
    assert rig.buy("1").code == "RISK_HALTED"
    assert outcome(rig, ResumeEntries(), ADMIN) is Reason.DESK_HALTED
    assert outcome(rig, ResumeStrategy(strategy_id="a"), ADMIN) is Reason.DESK_HALTED
    assert outcome(rig, Rearm(), ADMIN) is Reason.FIELD_INVALID
    assert rig.tell(Rearm(reason="out")) == "fire"
    assert rig.tell(Rearm(reason="again")) == ""
    assert rig.ask(GetDesk()).state is DeskState.RUNNING


def test_books_of_operators_are_opened_and_written_down_once() -> None:
    rig = ControlRig("a")
    rig.start()
    rig.make_control()
    opened = [each for each in rig.records if isinstance(each, OpenBooks)]
    assert [each.strategy_id for each in opened] == ["manual@venue"]


def test_a_desk_whose_journal_takes_nothing_says_that_no_close_left() -> None:
    rig = ControlRig("a")
    rig.start()
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    rig.journal.failing = True
    sent = len(rig.requests)
    for mutation in (Flatten(), Flatten(), Flatten(dry_run=True), StopEntries()):
        with pytest.raises(ControlError) as refused:
            rig.tell(mutation)
        assert refused.value.reason is Reason.STORE_UNWRITABLE
        assert "nothing leaves" in refused.value.message
        assert "no space left" in refused.value.message
        assert "start the desk again" in (refused.value.remedy or "")
    assert len(rig.requests) == sent
    assert rig.audit.entries[-1].outcome.startswith("STORE_UNWRITABLE: nothing leaves")


def test_what_was_done_is_not_called_refused_because_it_cannot_be_written_down() -> None:
    """Whoever is told that an order was refused sends it again."""
    rig = ControlRig("a")
    rig.start()
    rig.audit.is_full = True
    made = rig.buy("1")
    assert rig.sent[-1].client_order_id == made.client_order_id
    alert = rig.desk.alerts.recent[-1]
    assert alert.code == "AUDIT_UNWRITABLE"
    assert alert.text.startswith("CreateOrder by ann is not kept: the audit log cannot be written")
    rig.answers.is_full = True
    assert outcome(rig, CancelOrder(client_order_id="none"), ADMIN) is Reason.RESOURCE_UNKNOWN


def test_re_arming_is_no_remedy_for_a_journal_that_takes_nothing() -> None:
    rig = ControlRig("a")
    rig.start()
    rig.journal.failing = True
    rig.quote()
    assert outcome(rig, StopEntries(), ADMIN) is Reason.STORE_UNWRITABLE
    halted = rig.desk.execution.halted
    assert outcome(rig, Rearm(reason="try"), ADMIN) is Reason.STORE_UNWRITABLE
    assert outcome(rig, Rearm(reason="try", dry_run=True), ADMIN) is Reason.STORE_UNWRITABLE
    assert rig.desk.execution.halted == halted
    assert rig.alerts.count("HALTED") == 1
    (check,) = (each for each in rig.ask(RunChecks()) if each.code == "DESK_HALTED")
    assert "re-arming does not help" in check.remedy
    assert rig.tell(CreateToken(name="root", scopes=frozenset(Scope))).secret, "not a journal's"


def test_flattening_names_no_close_that_was_refused_at_once(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    rig.broker.answer = lambda request: [
        OrderRejected(request.client_order_id, "VENUE_SESSION", "closed", 1, 1)
    ]
    done = rig.tell(Flatten())
    assert done.positions == (("manual@venue", INSTRUMENT.id),)
    assert done.closing_orders == ()


def test_stopping_entries_lets_closes_through(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    assert set(rig.tell(StopEntries()).ids) == {"a", "b", "manual@venue"}
    assert rig.tell(StopEntries()).ids == ()
    assert not rig.ask(GetDesk()).entries_allowed
    assert rig.buy("1").code == "RISK_REDUCING"
    close = rig.tell(CreateOrder(terms=terms(Side.SELL, reduce_only=True)))
    assert close.code == ""


def test_flattening_says_what_it_did_and_closes_once(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    resting = rig.buy("1", INSTRUMENT.format_price(90_000)).client_order_id
    rig.accept(resting)
    would = rig.tell(Flatten(dry_run=True))
    assert would.canceled_orders == (resting,)
    assert would.positions == (("manual@venue", INSTRUMENT.id),)
    done = rig.tell(Flatten())
    assert done.canceled_orders == (resting,)
    assert len(done.closing_orders) == 1
    assert rig.tell(Flatten()).closing_orders == ()


def test_what_waits_for_a_broker_is_said(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    rig.desk.owed.unreachable.add("venue")
    would = rig.tell(Flatten(dry_run=True)).queued
    assert [(each.verb, each.strategy_id) for each in would] == [("flatten", "manual@venue")]
    assert rig.ask(GetDesk()).queued == (), "a dry run queues nothing"
    done = rig.tell(Flatten())
    (queued,) = done.queued
    owner = "manual@venue"
    assert (queued.verb, queued.strategy_id, queued.account) == ("flatten", owner, "venue")
    assert (done.canceled_orders, done.closing_orders) == ((), ())
    assert done.positions == ((owner, INSTRUMENT.id),)
    assert rig.ask(GetDesk()).queued == done.queued
    assert rig.tell(CancelAllOrders(dry_run=True)).called_off == done.queued
    assert rig.tell(CancelAllOrders(instrument_id=INSTRUMENT.id)).called_off == ()
    canceled = rig.tell(CancelAllOrders(strategy_id=owner))
    assert (canceled.queued, canceled.called_off) == ((), done.queued)
    assert rig.tell(CancelAllOrders(strategy_id=owner)).called_off == ()
    rig.accept(rig.buy("1", INSTRUMENT.format_price(90_000)).client_order_id)
    would = rig.tell(CancelAllOrders(dry_run=True)).queued
    assert [each.verb for each in would] == ["cancel-all"]
    canceled = rig.tell(CancelAllOrders())
    assert (canceled.ids, [each.verb for each in canceled.queued]) == ((), ["cancel-all"])
    rig.desk.owed.unreachable.clear()
    assert len(rig.tell(CancelAllOrders()).ids) == 1


def test_a_strategys_life(rig: ControlRig) -> None:
    stopped = rig.tell(StopStrategy(strategy_id="a", keep_orders=False))
    assert stopped.state == "stopped"
    assert outcome(rig, StartStrategy(strategy_id="nobody"), ADMIN) is Reason.RESOURCE_UNKNOWN
    assert rig.tell(StartStrategy(strategy_id="a")).state == "running"
    paused = rig.tell(PauseStrategy(strategy_id="a"))
    assert not paused.entries_allowed
    stale = ResumeStrategy(strategy_id="a", expected_version=paused.version - 1)
    assert outcome(rig, stale, ADMIN) is Reason.VERSION_CONFLICT
    assert rig.tell(replace(stale, expected_version=paused.version)).entries_allowed


def test_a_quarantined_strategy_is_not_started(rig: ControlRig) -> None:
    rig.puppets["a"].hooks["on_trade"] = lambda _: 1 / 0
    rig.trade()
    assert rig.ask(GetStrategy(strategy_id="a")).state == "faulted"
    assert outcome(rig, StartStrategy(strategy_id="a"), ADMIN) is Reason.STATE_WRONG


def test_a_stopping_desk_takes_only_what_makes_it_safer(rig: ControlRig) -> None:
    stop = Shutdown(reason="bye", request_id="stop-1")
    answer = rig.tell(stop)
    assert rig.tell(stop) == answer, "a request is answered as it was, also meanwhile"
    assert rig.runtime.shutdowns == ["bye"]
    assert outcome(rig, CreateOrder(terms=terms()), ADMIN) is Reason.DESK_STOPPING
    assert outcome(rig, CancelAllOrders(), ADMIN) is None
    assert rig.ask(GetDesk()).state is DeskState.STOPPING


# --- looking ------------------------------------------------------------------------------------


def test_lists_come_in_pages(rig: ControlRig) -> None:
    first = rig.ask(ListStrategies(page_size=2))
    rest = rig.ask(ListStrategies(page_size=2, page_token=first.next_page_token))
    assert [each.strategy_id for each in (*first.items, *rest.items)] == ["a", "b", "manual@venue"]
    assert rest.next_page_token == ""
    rig.tell(Halt(reason="1"))
    rig.tell(Rearm(reason="2"))
    newest = rig.ask(ListAlerts(page_size=1))
    older = rig.ask(ListAlerts(page_size=1, page_token=newest.next_page_token))
    assert [each.text for each in (*newest.items, *older.items)] == ["2", "1"]
    assert older.next_page_token == ""


def test_markets_and_limits_are_in_decimals(rig: ControlRig) -> None:
    (market,) = rig.ask(GetMarkets())
    assert market.quote is not None
    assert (market.quote.bid_price, market.quote.ask_price) == ("10000", "10001")
    (instrument,) = rig.ask(ListInstruments()).items
    assert (instrument.ticks, instrument.lot) == ((("0", "0.5"),), "0.01")
    rig.buy("1", INSTRUMENT.format_price(90_000))
    (limits,) = rig.ask(ListRiskLimits()).items
    position = next(each for each in limits.limits if each.rule == "position_quantity_max")
    assert {each.strategy_id: each.used for each in position.uses}["manual@venue"] == "1"


def test_cancel_of_an_unknown_order_is_refused(rig: ControlRig) -> None:
    assert outcome(rig, CancelOrder(client_order_id="none"), ADMIN) is Reason.RESOURCE_UNKNOWN
