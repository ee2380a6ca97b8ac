"""Capital over the control plane: its division now, changes, moves, and strategies that bring it.

Ids of seed systems: C3, C22.
"""

from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.application.risk.plan import RiskPlan
from hexdesk.domain.money import parse_money
from hexdesk.domain.plans import StrategyPlanned
from hexdesk.domain.risk import AllocateCapital, CapitalSet
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_approvals import ApproveCall
from hexdesk.ports.control_capital import (
    CapitalChanged,
    DivisionInfo,
    GetCapital,
    MoveCapital,
    PartChange,
    SetCapital,
)
from hexdesk.ports.control_strategies import LoadStrategy, UnloadStrategy
from hexdesk.testing.broker_bench import ASK, INSTRUMENT, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.control.rig import ADMIN, ControlRig
from tests.core.application.control.test_risk import SECOND, refused
from tests.core.application.risk.desks import activate


def divided(*, confirms: bool = False) -> ControlRig:
    """Return a desk of 2,000 USDT: a has 600, b shares what is left."""
    plan = RiskPlan(
        rules={"allocation": activate("allocation", {})},
        limits=WIDE_LIMITS,
        capital={"a": parse_money("600 USDT")},
        confirms_looser=confirms,
    )
    rig = ControlRig("a", "b", plan=plan)
    target = parse_money("2000 USDT")
    rig.deposit_more(replace(target, amount=target.amount - rig.deposit.amount))
    rig.start(ASK, ASK)
    return rig


def division(rig: ControlRig) -> DivisionInfo:
    """Return the one division of a desk."""
    (only,) = rig.ask(GetCapital()).divisions
    return only


def capitals(rig: ControlRig) -> dict[str, str]:
    """Return what each strategy has of its own."""
    return {part.strategy_id: part.capital for part in division(rig).parts}


def give(rig: ControlRig, strategy_id: str, capital: str, **more: Any) -> CapitalChanged:
    """Give a strategy capital."""
    request = SetCapital(strategy_id=strategy_id, capital=capital, reason="test", **more)
    return rig.tell(request)


def test_what_is_shown_is_what_each_part_has_needs_and_may_bind() -> None:
    rig = divided()
    rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, ASK))
    found = division(rig)
    assert (found.account, found.currency, found.deposited) == ("venue", "USDT", "2000")
    assert (found.left, found.left_available) == ("1400", "1400")
    own, shared = (part for part in found.parts if part.strategy_id in {"a", "b"})
    assert (own.capital, shared.capital, shared.available) == ("600", "", "1400")
    assert own.needed == own.reserved != "0"
    assert float(own.available) == pytest.approx(600 - float(own.reserved))


def test_a_part_is_set_tried_before_and_journalled_with_who_and_why() -> None:
    rig = divided()
    tried = give(rig, "b", "25 %", dry_run=True)
    assert tried.changes == (PartChange(strategy_id="b", before="shared", capital="500 USDT"),)
    assert capitals(rig)["b"] == ""
    assert not any(isinstance(each, AllocateCapital | CapitalSet) for each in rig.records)
    done = give(rig, "b", "25 %")
    assert done.changes == tried.changes
    assert (capitals(rig)["b"], division(rig).left) == ("500", "900")
    (note,) = [each for each in rig.records if isinstance(each, CapitalSet)]
    assert (note.by, note.reason) == ("ann", "test")
    assert give(rig, "b", "shared").changes[0].capital == "shared"


def test_capital_is_moved_in_one_step() -> None:
    rig = divided()
    rig.tell(MoveCapital(source="a", target="b", amount="200 USDT", reason="test"))
    assert (capitals(rig), division(rig).left) == ({"a": "400", "b": "200"} | _manual(rig), "1400")
    rig.tell(MoveCapital(source="b", amount="200 USDT", reason="test"))
    rig.tell(MoveCapital(target="a", amount="100 USDT", reason="test"))
    assert (capitals(rig)["a"], capitals(rig)["b"], division(rig).left) == ("500", "0", "1500")


def _manual(rig: ControlRig) -> dict[str, str]:
    return {name: each for name, each in capitals(rig).items() if name not in {"a", "b"}}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"source": "a", "amount": "601 USDT"}, "expected at most 600 USDT"),
        ({"source": "b", "amount": "1 USDT"}, "has no capital of its own"),
        ({"source": "a", "target": "a", "amount": "1 USDT"}, "expected another one"),
        ({"amount": "1 USDT"}, "expected another one"),
        ({"source": "a", "amount": "-1 USDT"}, "expected more than 0"),
        ({"source": "a", "amount": "1 TEST"}, "expected USDT"),
        ({"source": "a", "amount": "many"}, "expected an amount"),
    ],
)
def test_a_senseless_move_is_refused(fields: dict[str, Any], text: str) -> None:
    rig = divided()
    error = refused(rig, MoveCapital(reason="test", **fields))
    assert error.reason is Reason.FIELD_INVALID
    assert any(text in fault.text for fault in error.faults)
    assert capitals(rig)["a"] == "600"


def test_what_is_needed_stays_and_the_refusal_says_what_shows_it() -> None:
    rig = divided()
    rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, ASK))
    error = refused(rig, SetCapital(strategy_id="a", capital="5 USDT", reason="test"))
    assert (error.reason, error.facts["code"]) == (Reason.STATE_WRONG, "RISK_CAPITAL")
    assert "hexdesk risk capital" in error.remedy
    assert refused(rig, SetCapital(strategy_id="x", capital="5 USDT", reason="y")).reason is (
        Reason.RESOURCE_UNKNOWN
    )
    assert refused(rig, SetCapital(strategy_id="a", capital="5", reason="y")).reason is (
        Reason.FIELD_INVALID
    )


def test_a_division_that_changed_meanwhile_refuses_an_older_version() -> None:
    rig = divided()
    version = rig.ask(GetCapital()).version
    done = give(rig, "a", "500 USDT", expected_version=version)
    assert done.version > version
    with pytest.raises(ControlError) as caught:
        give(rig, "a", "400 USDT", expected_version=version)
    assert caught.value.reason is Reason.VERSION_CONFLICT
    give(rig, "a", "400 USDT", expected_version=done.version)


def test_more_waits_for_a_second_person_where_the_desk_is_configured_so() -> None:
    rig = divided(confirms=True)
    tried = give(rig, "a", "700 USDT", dry_run=True)
    assert (tried.is_looser, tried.needs_second) == (True, True)
    with pytest.raises(ControlError) as caught:
        give(rig, "a", "700 USDT")
    assert caught.value.reason is Reason.APPROVAL_REQUIRED
    rig.tell(ApproveCall(number=1), SECOND)
    assert give(rig, "a", "700 USDT").confirmed_by == "sue"
    assert give(rig, "a", "500 USDT").confirmed_by == "", "less is stricter"


def test_a_loaded_strategy_brings_its_capital_and_gives_it_back() -> None:
    rig = divided()
    wanted = LoadStrategy(
        strategy_id="d", plugin="puppet", instrument_ids=(INSTRUMENT.id,), capital="10 %"
    )
    rig.tell(replace(wanted, dry_run=True))
    assert "d" not in capitals(rig)
    rig.tell(wanted)
    assert (capitals(rig)["d"], division(rig).left) == ("200", "1200")
    (plan,) = [each for each in rig.records if isinstance(each, StrategyPlanned)]
    (note,) = [each for each in rig.records if isinstance(each, CapitalSet)]
    assert (plan.capital, plan.by, note.by) == ("10 %", "ann", "ann")
    rig.tell(UnloadStrategy(strategy_id="d"))
    assert division(rig).left == "1400"


@pytest.mark.parametrize("capital", ["1401 USDT", "5 EUR", "many", "200 %"])
def test_a_strategy_that_cannot_have_its_capital_is_not_loaded(capital: str) -> None:
    rig = divided()
    wanted = LoadStrategy(
        strategy_id="d", plugin="puppet", instrument_ids=(INSTRUMENT.id,), capital=capital
    )
    for request in (replace(wanted, dry_run=True), wanted):
        error = refused(rig, request, ADMIN)
        assert (error.reason, error.faults[0].field) == (Reason.FIELD_INVALID, "capital")
    assert "d" not in rig.desk.hosts
