"""A request that comes again is answered again and not carried out again."""

from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.application.control.answers import Answers
from hexdesk.application.control.control import without_secret
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.control import (
    Reason,
    Scope,
)
from hexdesk.ports.control_requests import (
    AmendOrder,
    CreateOrder,
    CreateToken,
    Halt,
)
from hexdesk.testing.control_state import FakeAnswerStore
from tests.core.application.control.every_request import MUTATIONS, example, outcome
from tests.core.application.control.rig import ADMIN, ControlRig, terms


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
