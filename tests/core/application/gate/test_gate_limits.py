"""Limits as people write them: senseless ones name themselves, and scales are minded."""

import pytest
from msgspec.structs import replace

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.domain.values import (
    BUY,
)
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT
from tests.core.application.gate.sending import OPEN_LIMITS, denied, limits
from tests.core.application.rig import Rig


@pytest.mark.parametrize(("name", "text"), [("order_quantity_max", "much"), ("collar_pct", "-1")])
def test_a_senseless_limit_names_itself(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        GateLimits(replace(OPEN_LIMITS, **{name: text}), INSTRUMENT)


def test_one_limit_serves_instruments_of_any_scale() -> None:
    whole = replace(INSTRUMENT, id="WHOLE.ACME", quantity_scale=0, lot=1, min_quantity=1)
    rig = Rig(limits=limits(order_quantity_max="2.5"), instruments=[INSTRUMENT, whole]).start()
    rig.quote(BID, ASK, whole)
    rig.act(lambda context: [context.submit("WHOLE.ACME", BUY, size) for size in (2, 3)])
    assert denied(rig) == ["ORDER_SIZE"]
