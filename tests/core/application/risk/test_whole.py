"""Rules about the whole desk: several accounts together, by currency.

Ids of seed systems: A14, B7, B8, C16, E13.
"""

from typing import Any

from msgspec.structs import replace

from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.accounts import Account
from hexdesk.domain.money import parse_money
from hexdesk.domain.values import SELL
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT
from tests.core.application.rig import Puppet, Rig
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

DESK = "desk"


class TwoAccounts(RiskRig):
    """Strategy `a` at one account and `b` at another, each with 1,000 USDT."""

    def __init__(self, **rules: Any) -> None:
        Rig.__init__(self, "a")
        target = parse_money("1000 USDT")
        self.deposit_more(replace(target, amount=target.amount - self.deposit.amount))
        other = Account("other", (INSTRUMENT,))
        self.desk.add_broker("other", self.broker, other)

        def factory(context: StrategyContext) -> Strategy:
            self.puppets["b"] = Puppet(context)
            return self.puppets["b"]

        self.desk.add_strategy("b", factory, broker="other", instrument_ids=[ID])
        self.desk.deposit("other", target, "start", self.now())
        self.engine = RiskEngine(self.desk, plan(**rules)).attach()
        self.office = RiskOffice(self.desk, self.engine)
        self.start(ASK, ASK)


def test_a_loss_of_one_account_is_set_off_by_a_gain_of_another() -> None:
    rig = TwoAccounts(desk_loss={"warn": "1", "reduce": "3"}, daily_loss={"reduce": "5"})
    rig.hold(1, ASK)
    rig.fill(rig.send(SELL, 1, name="b"), price=ASK)
    rig.quote(ASK - 5_500, ASK - 5_500)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "REDUCING"}, "the other gained as much"


def test_losses_of_several_accounts_stop_all_of_them() -> None:
    rig = TwoAccounts(desk_loss={"warn": "1", "reduce": "3"})
    rig.hold(1, ASK)
    rig.hold(1, ASK, name="b")
    rig.quote(ASK - 2_000, ASK - 2_000)
    assert rig.levels() == {(DESK, "desk_loss"): "WARN"}, "4 of 2,000"
    rig.quote(ASK - 3_000, ASK - 3_000)
    assert rig.levels() == {(DESK, "desk_loss"): "REDUCING"}
    for name in ("a", "b"):
        rig.buy(1, BID - 3_000, name=name)
        assert rig.codes(name) == ["RISK_DAILY_LOSS"]
    assert "accept the loss" in rig.rearm(DESK, "desk_loss")
    assert rig.rearm(DESK, "desk_loss", accepts=True) == ""
    assert rig.levels() == {}


def test_drawdown_of_the_desk_is_measured_from_its_own_peak() -> None:
    rig = TwoAccounts(desk_drawdown={"warn": "1", "reduce": "2"})
    rig.hold(1, ASK)
    rig.quote(ASK + 4_000, ASK + 4_000)
    rig.quote(ASK + 1_500, ASK + 1_500)
    assert rig.levels() == {(DESK, "desk_drawdown"): "WARN"}


def test_exposure_of_the_desk_counts_what_other_accounts_hold() -> None:
    rig = TwoAccounts(desk_exposure={"gross_max": "1.2"})
    rig.hold(1, ASK)
    rig.buy(1, ASK, name="b")
    assert rig.codes("b") == []
    rig.buy(1, ASK, name="b")
    assert rig.codes("b") == ["RISK_EXPOSURE"]
    assert "desk_exposure.desk_gross" in rig.last_denial("b").text
