"""The strategy that asks for trouble does so the same way whenever it is asked."""

from random import Random

import pytest

from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.values import LIMIT, MARKET, STOP_MARKET, TRAILING_STOP
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT
from hexdesk_app.chaos.disorder import Disorder, DisorderSettings, hexdesk_strategies
from tests.core.application.rig import Request, Rig, agreeable

TICK = INSTRUMENT.ticks[0].tick


class Trouble:
    """A desk with the strategy, and a market that wanders."""

    def __init__(self, play: str, seed: int = 1) -> None:
        self.rig = Rig("idle")
        self.made: list[Disorder] = []
        settings = DisorderSettings(play=play, seed=seed, rate=1)  # type: ignore[arg-type]

        def factory(context: StrategyContext) -> Strategy:
            self.made.append(Disorder(context, settings))
            return self.made[0]

        self.rig.desk.add_strategy(
            "d", factory, broker="venue", instrument_ids=[INSTRUMENT.id], cancel_on_fault=True
        )
        self.rig.start()
        self.rig.broker.answer = agreeable

    def play(self, count: int, seed: int = 1) -> list[Request]:
        chance = Random(seed)
        for _ in range(count):
            move = chance.randint(-20, 20) * TICK
            self.rig.quote(BID + move, ASK + move)
            for order in list(self.rig.desk.execution.open.values()):
                if order.venue_order_id and not order.is_closed and chance.random() < 0.2:
                    self.rig.fill(order.intent.client_order_id, price=ASK + move)
        assert not self.rig.host("d").fault
        return list(self.rig.requests)


def test_it_sends_orders_of_all_kinds_and_disturbs_them() -> None:
    requests = Trouble("orders").play(400)
    kinds = {each.order_type for each in requests if isinstance(each, NewOrder)}
    assert kinds == {LIMIT, MARKET, STOP_MARKET, TRAILING_STOP}
    assert any(isinstance(each, AmendOrder) for each in requests)
    assert any(isinstance(each, CancelOrder) for each in requests)
    assert any(isinstance(each, NewOrder) and each.list_id for each in requests)


def test_it_holds_one_bracket_at_a_time() -> None:
    trouble = Trouble("brackets")
    requests = trouble.play(400)
    sent = [each for each in requests if isinstance(each, NewOrder)]
    assert all(order.list_id for order in sent)
    assert len({order.list_id for order in sent}) > 10
    assert len({each.intent.list_id for each in trouble.rig.desk.execution.open.values()}) <= 1


@pytest.mark.parametrize("play", ["orders", "brackets"])
def test_equal_markets_make_equal_trouble_and_seeds_differ(play: str) -> None:
    assert Trouble(play).play(50) == Trouble(play).play(50)
    assert Trouble(play).play(50) != Trouble(play, seed=2).play(50)


def test_its_state_says_where_it_goes_on() -> None:
    trouble = Trouble("orders")
    trouble.play(50)
    (strategy,) = trouble.made
    other = Trouble("orders").made[0]
    other.restore_state(strategy.save_state(), Disorder.state_version)
    assert other.save_state() == strategy.save_state()
    assert strategy.count == 51  # the start shows a quote, too
    assert strategy.filled > 0


def test_it_is_offered_as_a_plugin() -> None:
    (offered,) = hexdesk_strategies()
    assert offered.name == "chaos_disorder"
