"""Two persons: one asks for what cannot be undone, another agrees, the first repeats the call."""

from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.application.control.approvals import TTL_NS, WAITING_MAX
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.control import ALL_SCOPES, Caller, ControlError, Mutation, Reason, Scope
from hexdesk.ports.control_approvals import ApproveCall, DenyCall, ListApprovals
from hexdesk.ports.control_requests import (
    ArmLive,
    CancelAllOrders,
    CreateToken,
    Flatten,
    Halt,
    ListAuditEntries,
    Rearm,
    ResolveIncident,
    ResolveOrder,
    Shutdown,
    StopEntries,
)
from hexdesk.ports.control_risk import RearmRule
from hexdesk.ports.control_state import ApprovalRecord, ApprovalState
from tests.core.application.control.rig import ADMIN, READER, ControlRig

ANN = ADMIN
BEN = Caller(subject="ben", scopes=ALL_SCOPES)
FLATTEN = Flatten(reason="storm")


@pytest.fixture
def rig() -> ControlRig:
    made = ControlRig("a")
    made.runtime.two_person = True
    made.start()
    made.fill(made.buy("1").client_order_id)
    return made


def held(rig: ControlRig, mutation: Mutation[object] = FLATTEN, caller: Caller = ANN) -> int:
    """Ask in vain; return the number of what waits."""
    before = len(rig.sent)
    with pytest.raises(ControlError) as caught:
        rig.tell(mutation, caller)
    assert caught.value.reason is Reason.APPROVAL_REQUIRED
    assert len(rig.sent) == before
    return int(caught.value.facts["approval"].removeprefix("approvals/"))


def listed(rig: ControlRig) -> list[ApprovalRecord]:
    return list(rig.ask(ListApprovals(), READER).items)


def test_one_asks_another_agrees_and_the_call_is_repeated(rig: ControlRig) -> None:
    """E43: nobody does it alone, and the log says who did."""
    number = held(rig)
    assert held(rig) == number, "asking again is no second wish"
    (waiting,) = listed(rig)
    assert (waiting.state, waiting.method, waiting.requested_by) == ("pending", "Flatten", "ann")
    assert "storm" in waiting.request
    assert "APPROVAL_PENDING" in rig.alerts
    approved = rig.tell(ApproveCall(number=number), BEN)
    assert (approved.state, approved.approved_by) == ("approved", "ben")
    done = rig.tell(replace(FLATTEN, request_id="k"))
    assert len(done.closing_orders) == 1
    assert rig.tell(replace(FLATTEN, request_id="k")) == done, "a repeated key needs no new word"
    assert listed(rig)[0].state is ApprovalState.USED
    assert held(rig) == number + 1, "a word holds for one call"
    entries = rig.ask(ListAuditEntries()).items
    written = [(each.method, each.subject, each.outcome[:17]) for each in reversed(entries)]
    assert written[1:5] == [
        ("Flatten", "ann", "APPROVAL_REQUIRED"),
        ("Flatten", "ann", "APPROVAL_REQUIRED"),
        ("ApproveCall", "ben", "ok"),
        ("Flatten", "ann", "ok"),
    ]


def test_nobody_agrees_with_oneself(rig: ControlRig) -> None:
    number = held(rig)
    with pytest.raises(ControlError) as caught:
        rig.tell(ApproveCall(number=number), ANN)
    assert caught.value.reason is Reason.STATE_WRONG
    assert held(rig) == number


def test_agreement_is_to_one_call_of_one_person(rig: ControlRig) -> None:
    number = held(rig)
    rig.tell(ApproveCall(number=number), BEN)
    assert held(rig, replace(FLATTEN, strategy_id="a")) == number + 1
    assert held(rig, FLATTEN, BEN) == number + 2
    assert rig.tell(FLATTEN).positions


def test_what_is_denied_stays_undone_and_may_be_asked_anew(rig: ControlRig) -> None:
    number = held(rig)
    rig.tell(DenyCall(number=number, reason="wait"), BEN)
    assert held(rig) == number + 1
    for decide in (ApproveCall(number=number), DenyCall(number=number)):
        with pytest.raises(ControlError) as caught:
            rig.tell(decide, BEN)
        assert caught.value.facts["state"] == "denied"
    assert rig.tell(DenyCall(number=number + 1)).approved_by == "ann", "one's own, taken back"


@pytest.mark.parametrize("is_approved", [False, True])
def test_it_expires(rig: ControlRig, is_approved: bool) -> None:
    number = held(rig)
    if is_approved:
        rig.tell(ApproveCall(number=number), BEN)
    rig.clock.advance_by(TTL_NS)
    assert listed(rig)[0].state is ApprovalState.EXPIRED
    assert held(rig) == number + 1
    with pytest.raises(ControlError) as caught:
        rig.tell(ApproveCall(number=number), BEN)
    assert caught.value.reason is Reason.STATE_WRONG


def test_it_survives_a_restart(rig: ControlRig) -> None:
    number = held(rig)
    rig.control = rig.make_control()
    rig.tell(ApproveCall(number=number), BEN)
    rig.control = rig.make_control()
    assert rig.tell(FLATTEN).positions
    rig.control = rig.make_control()
    assert listed(rig)[0].state is ApprovalState.USED
    assert held(rig) == number + 1


def test_what_would_be_refused_anyway_is_not_asked(rig: ControlRig) -> None:
    with pytest.raises(ControlError) as caught:
        rig.tell(replace(FLATTEN, strategy_id="none"))
    assert caught.value.reason is Reason.RESOURCE_UNKNOWN
    with pytest.raises(ControlError) as caught:
        rig.tell(ArmLive(account_id="x", duration_ns=3_600 * NS_PER_SECOND, reason="x"))
    assert caught.value.reason is Reason.STATE_WRONG
    assert not listed(rig)


def test_a_call_that_fails_after_all_may_be_repeated(rig: ControlRig) -> None:
    rig.tell(CreateToken(name="ann", scopes=ALL_SCOPES))
    rig.tell(CreateToken(name="ben", scopes=ALL_SCOPES))
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ}))
    rig.tell(ApproveCall(number=held(rig, wanted)), BEN)
    rig.runtime.two_person = False
    rig.tell(wanted, BEN)
    rig.runtime.two_person = True
    with pytest.raises(ControlError) as caught:
        rig.tell(wanted)
    assert caught.value.reason is Reason.FIELD_INVALID
    assert listed(rig)[0].state is ApprovalState.APPROVED


def test_what_makes_things_safer_never_waits(rig: ControlRig) -> None:
    rig.tell(StopEntries())
    rig.tell(CancelAllOrders())
    rig.tell(Halt())
    dry = rig.tell(replace(FLATTEN, dry_run=True))
    assert dry.positions
    assert not listed(rig)


def test_where_it_is_not_asked_for_nobody_waits(rig: ControlRig) -> None:
    rig.runtime.two_person = False
    assert rig.tell(FLATTEN).positions


def test_one_person_cannot_make_the_other(rig: ControlRig) -> None:
    """E43: from two administrators on a token needs both."""
    admin = CreateToken(name="ann", scopes=ALL_SCOPES)
    rig.tell(admin)
    rig.tell(replace(admin, name="ben"))
    number = held(rig, replace(admin, name="puppet"))
    rig.tell(ApproveCall(number=number), BEN)
    assert rig.tell(replace(admin, name="puppet")).secret


def test_which_calls_wait() -> None:
    waiting: list[type[Mutation[Any]]] = [
        Flatten, ArmLive, Rearm, RearmRule, Shutdown, ResolveOrder, ResolveIncident,
    ]  # fmt: skip
    assert all(kind.needs_second_person for kind in waiting)
    assert not any(kind.is_always_open for kind in waiting)


def test_who_may_decide(rig: ControlRig) -> None:
    number = held(rig)
    for scope in set(Scope) - {Scope.ADMIN}:
        other = Caller(subject="eve", scopes=frozenset({scope}))
        for decide in (ApproveCall(number=number), DenyCall(number=number)):
            with pytest.raises(ControlError) as caught:
                rig.tell(decide, other)
            assert caught.value.reason is Reason.SCOPE_MISSING
    with pytest.raises(ControlError) as caught:
        rig.tell(ApproveCall(number=99), BEN)
    assert caught.value.reason is Reason.RESOURCE_UNKNOWN


def test_not_more_wait_than_somebody_can_read(rig: ControlRig) -> None:
    for number in range(WAITING_MAX):
        held(rig, replace(FLATTEN, reason=str(number)))
    with pytest.raises(ControlError) as caught:
        rig.tell(FLATTEN)
    assert caught.value.reason is Reason.LIMIT_REACHED
    newest = rig.ask(ListApprovals(page_size=2), READER)
    assert [each.number for each in newest.items] == [WAITING_MAX, WAITING_MAX - 1]
