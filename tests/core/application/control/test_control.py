"""What holds for every request: scopes, dry runs, types of answers; and looking."""

from typing import Any, get_args

import pytest
from msgspec.structs import replace

from hexdesk.application.control.control import answer_type
from hexdesk.ports.control import (
    Caller,
    Reason,
    Scope,
)
from hexdesk.ports.control_requests import (
    CancelOrder,
    CreateToken,
    GetDesk,
    GetMarkets,
    Halt,
    ListAlerts,
    ListInstruments,
    ListRiskLimits,
    ListStrategies,
    Rearm,
)
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.control.every_request import MUTATIONS, REQUESTS, example, outcome
from tests.core.application.control.rig import ADMIN, ControlRig

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
