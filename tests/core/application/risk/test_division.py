"""The division of an account's capital on a running desk: what each part keeps, and what is left.

Issue 4, items 2 and 9. Ids of seed systems: C3, C22.
"""

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from hexdesk.application.durability.replay import read_life
from hexdesk.application.durability.state import capture, encode_state
from hexdesk.application.risk.capital import Part
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.commands import Flatten, StartStrategy
from hexdesk.domain.money import parse_money, pow10
from hexdesk.domain.plans import PlanChange
from hexdesk.domain.risk import AllocateCapital, CapitalPart, CapitalSet
from hexdesk.domain.values import BUY, SELL, Side
from tests.core.application.books import check_books
from tests.core.application.loads import planned, put, unload
from tests.core.application.replayed import assert_replayed
from tests.core.application.risk.desks import ASK, BID, ID, RiskRig, plan

NAMES = ("a", "b", "c")
USDT = "USDT"


def divided() -> RiskRig:
    """Return a desk of 2,000 USDT: a has 600, b 300, c shares what is left."""
    wanted = plan(allocation={}, capital={"a": "600 USDT", "b": "300 USDT"})
    return RiskRig(wanted, *NAMES, deposit="2000 USDT")


def allocate(rig: RiskRig, by: str = "me", confirmed_by: str = "", **parts: str) -> str:
    """Give strategies other parts; return why not."""
    named = tuple(
        CapitalPart(name, None if text == "shared" else parse_money(text))
        for name, text in parts.items()
    )
    command = AllocateCapital(named, by, "test", confirmed_by, rig.now())
    return rig.desk.command(command).refusal


def free(rig: RiskRig) -> int:
    """Return what is left for those without capital, in whole USDT."""
    treasury = rig.office.capital.treasury
    parts = treasury.parts("venue", USDT, rig.engine.plan.capital)
    return treasury.free("venue", USDT, parts) // pow10(rig.account.balance(USDT).scale)


def test_a_part_holds_at_once_and_over_a_restart() -> None:
    rig = divided()
    rig.hold(1)  # about 1,500 USDT at a margin of a tenth
    assert allocate(rig, a="200 USDT") == ""
    half = len(rig.records)
    rig.buy()
    assert rig.codes() == ["CAPITAL_ALLOCATION"]
    assert allocate(rig, a="900 USDT") == ""
    rig.buy()
    assert rig.codes() == ["CAPITAL_ALLOCATION"]
    assert [note for note in rig.records if isinstance(note, CapitalSet)][-1] == CapitalSet(
        "a", parse_money("900 USDT"), parse_money("200 USDT"), "me", "test", "",
        rig.desk.risk.capital["a"].ts_init,
    )  # fmt: skip
    assert_replayed(rig, half)
    desk = read_life(rig.records)
    assert desk is not None
    engine = RiskEngine(desk, plan(allocation={}, capital={"a": "600 USDT"})).attach()
    RiskOffice(desk, engine)
    assert engine.plan.capital["a"] == parse_money("900 USDT")


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"a": "100 USDT"}, "needs 100.06"),
        ({"a": "1701 USDT"}, "-1 USDT would be left"),
        ({"a": "5 TEST"}, "settles in USDT"),
        ({"nobody": "5 USDT"}, "there is no strategy 'nobody'; known: a, b, c"),
        ({"b": "1300 USDT", "a": "500 USDT"}, "200 USDT would be left"),
    ],
)
def test_a_division_that_cannot_be_is_refused_and_changes_nothing(
    parts: dict[str, str], word: str
) -> None:
    rig = divided()
    rig.hold(1)
    rig.fill(rig.buy(2, name="c"), price=ASK)
    before = rig.engine.plan.capital
    refusal = allocate(rig, **parts)
    assert refusal.startswith("RISK_CAPITAL: ")
    assert word in refusal
    assert rig.engine.plan.capital == before
    assert not rig.desk.risk.capital


def test_what_is_not_given_away_is_shared_by_those_without_capital() -> None:
    rig = divided()
    assert free(rig) == 1_100
    rig.fill(rig.buy(7, name="c"), price=ASK)
    rig.buy(3, name="c")
    assert rig.codes("c") == ["CAPITAL_ALLOCATION"], "700 of 1,100 are bound, 450 are asked for"
    assert allocate(rig, b="shared") == ""
    rig.buy(3, name="b")
    assert rig.codes("b") == []
    rig.buy(3, name="c")
    assert rig.codes("c") == ["CAPITAL_ALLOCATION"] * 2, "what b works is shared, too"
    assert len(rig.sent) == 2


def test_without_any_division_all_share_the_account() -> None:
    rig = RiskRig(plan(allocation={}), *NAMES, deposit="2000 USDT")
    rig.buy(13, name="c")
    assert rig.codes("c") == []


def test_who_lost_more_than_its_capital_lost_what_others_share() -> None:
    rig = divided()
    rig.hold(3)
    price = ASK - 30_000
    rig.quote(price, price)
    rig.fill(rig.send(SELL, 3), price=price)
    assert free(rig) == 2_000 - 300 - 900 - 1, "with some fees"


def test_more_needs_a_second_person_where_the_desk_is_configured_so() -> None:
    rig = divided()
    rig.engine.plan = replace(rig.engine.plan, confirms_looser=True)
    assert "RISK_CONFIRM" in allocate(rig, a="700 USDT")
    assert "RISK_CONFIRM" in allocate(rig, a="700 USDT", confirmed_by="me")
    assert allocate(rig, a="500 USDT") == "", "less is stricter"
    assert allocate(rig, a="700 USDT", confirmed_by="you") == ""


def test_nobody_and_no_reason_divide_nothing() -> None:
    rig = divided()
    assert "a person and a reason" in allocate(rig, by="", a="500 USDT")


def test_capital_without_its_rule_is_refused() -> None:
    rig = RiskRig(plan(exposure={}), *NAMES, deposit="2000 USDT")
    assert "the rule allocation is off" in allocate(rig, a="500 USDT")


@pytest.mark.parametrize("text", ["", "5000", "101 %", "-1 %", "5 % USDT", "x USDT", "-5 USDT"])
def test_capital_that_is_no_amount_is_refused(text: str) -> None:
    rig = divided()
    with pytest.raises(Exception, match="capital: expected"):
        rig.office.capital.treasury.read(text, "venue", [USDT])


def test_a_share_is_one_of_what_was_paid_in() -> None:
    treasury = divided().office.capital.treasury
    assert treasury.read("12.5 %", "venue", [USDT]) == parse_money("250 USDT")
    with pytest.raises(Exception, match="capital: expected"):
        treasury.read("12.5 %", "venue", [USDT, "TEST"])


# --- strategies that come and go -----------------------------------------------------------------


def load(rig: RiskRig, name: str, capital: str) -> None:
    """Load a strategy with capital of its own."""
    put(rig, name, PlanChange.LOADED, capital=capital)


def test_a_loaded_strategy_has_its_own_capital_and_gives_it_back() -> None:
    rig = divided()
    load(rig, "d", "25 %")
    assert rig.engine.plan.capital["d"] == parse_money("500 USDT")
    assert free(rig) == 600
    half = len(rig.records)
    unload(rig, "d", keep_orders=False)
    assert free(rig) == 1_100
    load(rig, "d", "")
    assert "d" not in rig.engine.plan.capital, "without capital it shares what is left"
    assert_replayed(rig, half)


def test_who_is_taken_away_keeps_what_its_books_need() -> None:
    rig = divided()
    rig.hold(1, name="b")
    scale = pow10(rig.account.balance(USDT).scale)
    unload(rig, "b", keep_orders=False)
    parts = rig.office.capital.treasury.parts("venue", USDT, rig.engine.plan.capital)
    part = next(each for each in parts if each.strategy_id == "b")
    assert part.is_gone
    assert 100 * scale < part.kept < 101 * scale, "the margin of a lot"
    rig.quote(ASK, ASK)
    assert allocate(rig, a="1899 USDT") == ""
    assert "would be left" in allocate(rig, a="1900 USDT")
    rig.desk.command(Flatten("b", "test", rig.now()))
    rig.fill(rig.sent[-1].client_order_id, price=ASK)
    assert allocate(rig, a="1999 USDT") == "", "all but its fees is back"


class DivisionMachine(RuleBasedStateMachine):
    """Random trades, prices, divisions, loads and unloads: the parts are never more than all."""

    @initialize()
    def set_up(self) -> None:
        self.rig = divided()
        self.price = BID
        self.half = 0

    @rule(name=st.sampled_from(NAMES), side=st.sampled_from([BUY, SELL]), lots=st.integers(1, 4),
          fills=st.booleans())  # fmt: skip
    def trade(self, *, name: str, side: Side, lots: int, fills: bool) -> None:
        rig = self.rig
        if rig.host(name).strategy is None:
            return
        ledger = rig.host(name).ledgers[ID]
        before, reduces = len(rig.sent), ledger.position.quantity * side < 0
        room = self._room(name)
        rig.send(side, lots, name=name)
        if len(rig.sent) > before:
            order = rig.order(rig.sent[-1].client_order_id)
            assert reduces or order.reserved <= room, "more than its part"
            if fills:
                rig.fill(order.intent.client_order_id, price=self.price)

    @rule(ticks=st.integers(-600, 600))
    def move(self, ticks: int) -> None:
        self.price = max(self.price + ticks * 5, 50_000)
        self.rig.quote(self.price, self.price + ASK - BID)

    @rule(parts=st.dictionaries(st.sampled_from(NAMES), st.integers(-1, 1_500), min_size=1))
    def divide(self, parts: dict[str, int]) -> None:
        rig = self.rig
        before, was_free = dict(rig.engine.plan.capital), self._free()
        wanted = {name: "shared" if each < 0 else f"{each} USDT" for name, each in parts.items()}
        self.half = len(rig.records)
        if allocate(rig, **wanted):
            assert rig.engine.plan.capital == before
            return
        kept = self._parts()
        for name, amount in parts.items():
            part = kept[name]
            assert (part.capital is None) is (amount < 0)
            assert part.capital is None or part.capital >= part.needed, "what is in use stays"
        assert self._free() >= min(was_free, self._shared_need())

    @rule(name=st.sampled_from(NAMES), share=st.sampled_from(["", "5 %", "100 USDT"]))
    def load_or_unload(self, *, name: str, share: str) -> None:
        rig = self.rig
        if rig.host(name).strategy is not None:
            unload(rig, name, keep_orders=False)
            for order in rig.desk.open_orders(rig.host(name), ""):
                rig.canceled(order.intent.client_order_id)
            return
        wanted = planned(rig, name, PlanChange.LOADED, capital=share)
        if not rig.office.capital.refusal_of(wanted):
            put(rig, name, PlanChange.LOADED, capital=share)
            rig.desk.command(StartStrategy(name, rig.now()))

    @invariant()
    def parts_and_what_is_left_are_the_account(self) -> None:
        balance = self.rig.account.balance(USDT)
        kept = sum(part.kept for part in self._parts().values())
        assert kept + self._free() == balance.deposited
        reserved = sum(host.ledgers[ID].reserved for host in self.rig.desk.hosts.values())
        assert reserved == balance.reserved
        booked = sum(host.ledgers[ID].booked for host in self.rig.desk.hosts.values())
        assert booked == balance.total - balance.deposited
        check_books(self.rig)

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            assert_replayed(self.rig, self.half)
            desk = read_life(self.rig.records)
            assert desk is not None
            assert encode_state(capture(desk)) == encode_state(capture(self.rig.desk))
            assert desk.risk.capital == self.rig.desk.risk.capital

    # --- inside ----------------------------------------------------------------------------------

    def _parts(self) -> dict[str, Part]:
        parts = self.rig.office.capital.treasury.parts("venue", USDT, self.rig.engine.plan.capital)
        return {part.strategy_id: part for part in parts}

    def _free(self) -> int:
        return self.rig.office.capital.treasury.free("venue", USDT, self._parts().values())

    def _shared_need(self) -> int:
        shared = [part for part in self._parts().values() if part.capital is None]
        return max(sum(part.needed for part in shared), 0)

    def _room(self, name: str) -> int:
        """Return what a strategy may still bind, worked out from its part or the shared rest."""
        parts = self._parts()
        own = parts[name]
        shared = [part for part in parts.values() if part.capital is None]
        total = self._free() if own.capital is None else own.capital
        result = 0
        for part in shared if own.capital is None else [own]:
            total += part.result - part.reserved - part.bound
            result += part.open_result
        return max(total + min(result, 0), 0)


DivisionMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestDivision = DivisionMachine.TestCase
