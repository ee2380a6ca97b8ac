"""Rules at a desk: they fire at their limit and not below, levels hold, and reductions pass."""

import pytest

from hexdesk.domain.risk import RiskStepped
from hexdesk.domain.values import BUY, SELL
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.risk.desks import ACCOUNT, RiskRig, plan
from tests.core.application.rig import ALL_CAPABILITIES


def test_exposure_counts_what_works_beside_what_is_held() -> None:
    rig = RiskRig(plan(exposure={"gross_max": "3"}), deposit="1000.30 USDT")
    print(INSTRUMENT, LOT, ASK, BID)
    rig.accept(rig.buy(1, BID))
    rig.accept(rig.buy(1, BID))
    rig.accept(rig.buy(1, BID))
    assert rig.codes() == []
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_EXPOSURE"]
    print(rig.last_denial())
    rig.canceled(rig.sent[0].client_order_id)
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_EXPOSURE"]
