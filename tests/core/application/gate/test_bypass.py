"""Emergency closes pass limits, levels and links, never the truth about the position.

Ids of seed systems: C17, C30, C31.
"""

import pytest
from msgspec.structs import replace

from hexdesk.domain.commands import Flatten, Halt, OperatorSubmit, SetReducing
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, MARKET, SELL
from hexdesk.testing.broker_bench import BID, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.risk.desks import ID, RiskRig, plan

TIGHT = replace(WIDE_LIMITS, order_quantity_max="0.1")


def stuck() -> RiskRig:
    """Return a halted desk with a blocked link that holds three lots, more than one order may."""
    rig = RiskRig(plan(link={}), limits=TIGHT)
    for _ in range(3):
        rig.hold(1)
    for _ in range(5):
        rig.rejected(rig.buy(1, BID), "VENUE_AUTH")
        rig.clock.advance_by(2 * 10**9)
    rig.desk.command(Halt("smoke", rig.now()))
    return rig


def test_a_persons_close_passes_halt_level_and_link_and_is_told() -> None:
    rig = stuck()
    rig.buy(1, BID)
    assert rig.last_denial().code == "RISK_HALTED"
    rig.desk.command(Flatten("", "emergency", rig.now()))
    assert (rig.sent[-1].side, rig.sent[-1].quantity) == (SELL, 3 * LOT)
    alert = rig.desk.alerts.recent[-1]
    assert (alert.code, alert.scope) == ("RISK_BYPASS", "a")
    assert alert.text == "flatten: 1 of 1 closes pass, past limits, levels and links"
    assert rig.sent[-1] in rig.records, "it is in the journal"


@pytest.mark.parametrize(
    ("quantity", "code"),
    [(4 * LOT, "ORDER_OVER_CLOSE"), (LOT + 1, "ORDER_LOT"), (0, "ORDER_VALUE")],
)
def test_it_never_passes_the_truth_about_the_position(quantity: int, code: str) -> None:
    rig = stuck()
    before = len(rig.sent)
    close = NewOrder("", "a", rig.account.id, ID, SELL, MARKET, quantity, 0, reduce_only=True)
    rig.desk.command(OperatorSubmit(close, "emergency", rig.now()))
    assert (len(rig.sent), rig.last_denial().code) == (before, code)
    opening = replace(close, quantity=LOT, reduce_only=False, side=BUY)
    rig.desk.command(OperatorSubmit(opening, "no close at all", rig.now()))
    assert (len(rig.sent), rig.last_denial().code) == (before, "RISK_HALTED")


def test_flattening_what_is_flat_bypasses_nothing() -> None:
    rig = RiskRig(plan(link={}))
    rig.desk.command(Flatten("", "emergency", rig.now()))
    assert "RISK_BYPASS" not in rig.alerts


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("POSITION_QUANTITY", "RISK_POSITION_SUSPECT"),
        ("POSITION_UNOWNED", "RISK_POSITION_SUSPECT"),
        ("POSITION_OPPOSED", "RISK_POSITION_SUSPECT"),
        ("FILL_UNKNOWN_TO_VENUE", "RISK_POSITION_SUSPECT"),
        ("RECON_STALE", "RECON_STALE"),
        ("OVERFILLED", "RISK_REDUCING"),
    ],
)
def test_a_position_that_the_venue_tells_otherwise_is_suspect(reason: str, code: str) -> None:
    """C31: it grows no more, is never overwritten, and what reduces it passes."""
    rig = RiskRig(plan(exposure={}))
    rig.hold(1)
    rig.desk.command(SetReducing(ID, reason, "ours 0.1, theirs 0.2", rig.now()))
    rig.buy(1, BID)
    assert rig.codes() == [code]
    assert reason in rig.last_denial().text
    assert rig.held() == LOT
    rig.send(SELL, 1)
    assert rig.sent[-1].side is SELL
