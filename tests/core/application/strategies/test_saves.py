"""Strategies' own states: written down after each fill where a journal outlives the desk."""

import msgspec
import pytest

from hexdesk.domain.market import Quote
from hexdesk.domain.records import StrategySaved
from hexdesk.domain.values import BUY
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.rig import Rig


class BuysOnce(Strategy):
    """Decides on quotes alone: it has neither `on_fill` nor `on_bar`."""

    def __init__(self, context: StrategyContext) -> None:
        self.context = context
        self.bought = ""

    def on_quote(self, quote: Quote) -> None:
        if not self.bought:
            self.bought = self.context.submit(quote.instrument_id, BUY, 10)

    def save_state(self) -> dict[str, object]:
        return {"bought": self.bought}


@pytest.mark.parametrize("outlives", [True, False])
def test_a_strategy_that_hears_of_no_fill_is_saved_after_each(*, outlives: bool) -> None:
    rig = Rig()
    rig.desk.saves.is_on = outlives
    rig.desk.add_strategy("once", BuysOnce, broker="venue", instrument_ids=[INSTRUMENT.id])
    rig.start()
    strategy = rig.desk.hosts["once"].strategy
    assert isinstance(strategy, BuysOnce)
    rig.accept(strategy.bought)
    rig.fill(strategy.bought, 4)
    rig.fill(strategy.bought, 6)
    saved = [
        msgspec.msgpack.decode(record.state)
        for record in rig.journal.records()
        if isinstance(record, StrategySaved) and record.strategy_id == "once"
    ]
    assert saved == ([{"bought": strategy.bought}] if outlives else []), "once, for it is the same"
