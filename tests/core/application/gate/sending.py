"""Orders that a strategy sends, limits that they meet, and the denials that it is told."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import (
    BUY,
    LIMIT,
    MARKET,
    SELL,
    Side,
)
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from tests.core.application.rig import Rig

OPEN_LIMITS = RiskLimits(
    order_notional_max=UNLIMITED,
    position_notional_max=UNLIMITED,
    collar_pct=UNLIMITED,
    orders_per_second_max=UNLIMITED,
    open_orders_max=UNLIMITED,
)
ID = INSTRUMENT.id
Send = Callable[[StrategyContext], str]


def order(side: Side = BUY, quantity: int = LOT, price: int = BID, **more: Any) -> Send:
    kind = more.pop("kind", LIMIT if price else MARKET)
    return lambda context: context.submit(ID, side, quantity, kind, price, **more)


def limits(**changes: str) -> RiskLimits:
    return replace(OPEN_LIMITS, **changes)


def hold(rig: Rig, quantity: int) -> None:
    order_id = rig.act(order(BUY if quantity > 0 else SELL, abs(quantity), 0))
    rig.fill(order_id)


def denied(rig: Rig) -> list[str]:
    return [denial.code for denial in rig.denials()]


STRICT = replace(
    INSTRUMENT, min_quantity=20, max_quantity=1_000, lower_limit=90_000, upper_limit=110_000,
    min_notional=2_500_000, max_notional=105_000_000,
)  # fmt: skip
