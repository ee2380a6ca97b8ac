"""Timelines and readings as a desk hands them over."""

import logging

from hexdesk.domain.metrics import Exemplar, Log2Histogram
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.timeline import Cause, Mark, OrderTimeline, Stage
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import TelemetryContext
from hexdesk.ports.telemetry import Reading, Readings

LOGGER = logging.getLogger("hexdesk.telemetry")
CONTEXT = TelemetryContext(desk="demo", mode="paper", run_id="run1", version="1.2", logger=LOGGER)
CALL = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ID = "BTCUSDT-PERP.BINANCE"


def timeline(
    name: str = "a1", *marks: Mark, state: str = "filled", code: str = "", origin: str = ""
) -> OrderTimeline:
    return OrderTimeline(
        intent=NewOrder(name, "mm", "acc", ID, BUY, LIMIT, 10, 1_000, 100, causation_id=7),
        instrument=None,
        cause=Cause("quote", ID, 900, 1_000),
        origin=origin,
        decided_ns=1_000,
        written_ns=1_100,
        marks=marks or (Mark(Stage.ACCEPTED, 2_000), Mark(Stage.FILLED, 3_000, 2_900, "t1", 10, 1)),
        state=state,
        code=code,
        filled=10,
    )


DENIED = Mark(Stage.DENIED, 1_000, 0, "HALTED")


def readings() -> Readings:
    histogram = Log2Histogram()
    for value in (500, 2_000_000, 90 * 10**9):
        histogram.add(value)
    histogram.exemplar = Exemplar(2_000_000, 0xABC, 0xDEF, 1_700_000_000_000_000_000)
    return Readings(
        1_700_000_001_000_000_000,
        1_700_000_000_000_000_000,
        (
            Reading("hexdesk.order.order_to_ack", ("mm", ID), histogram.distribution()),
            Reading("hexdesk.order.denials", ("COLLAR",), 3),
            Reading("hexdesk.inbox.depth", (), 5),
            Reading("hexdesk.market.age", (ID,), 0.25),
            Reading("hexdesk.unknown", (), 1),
        ),
    )
