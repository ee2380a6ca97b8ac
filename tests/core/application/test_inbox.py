"""The queue in front of a live desk: bounded, reports and commands first, every loss counted."""

from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application.inbox import Inbox
from hexdesk.domain.commands import Halt
from hexdesk.domain.inputs import TimerFired
from hexdesk.domain.market import InstrumentStatus, Quote, Trade
from hexdesk.domain.values import BUY, LIMIT, Aggressor, Life, TradingStatus
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.rig import Rig, agreeable

ID = INSTRUMENT.id
OTHER = replace(INSTRUMENT, id="OTHER.ACME")


def make(capacity: int = 4) -> tuple[Rig, Inbox, list[None]]:
    rig = Rig(instruments=[INSTRUMENT, OTHER]).start()
    wakes: list[None] = []
    rig.puppets["a"].seen.clear()
    return rig, Inbox(rig.desk, lambda: wakes.append(None), capacity=capacity), wakes


def quote(number: int, instrument_id: str = ID) -> Quote:
    now = 2 * 10**18 + number
    return Quote(instrument_id, BID, number, ASK, number, now, now)


def trade(number: int) -> Trade:
    now = 2 * 10**18 + number
    return Trade(ID, ASK, number, Aggressor.BUYER, f"T{number}", now, now)


def shown(rig: Rig) -> list[int]:
    """Numbers of the quotes and trades that the strategy saw, in order."""
    return [
        event.bid_size if isinstance(event, Quote) else event.size
        for name, event in rig.puppets["a"].seen
        if name in ("on_quote", "on_trade")
    ]


def test_inputs_come_out_as_they_went_in_and_wake_the_desk() -> None:
    rig, inbox, wakes = make()
    for event in (quote(1), trade(2), quote(3)):
        inbox.put_market(event)
    assert (len(inbox), len(wakes)) == (3, 3)
    assert not inbox.drain()
    assert shown(rig) == [1, 2, 3]
    assert len(inbox) == 0


def test_reports_and_commands_go_ahead_of_market_data() -> None:
    rig, inbox, _ = make()
    rig.broker.answer = agreeable
    order_id = rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    rig.puppets["a"].seen.clear()
    inbox.put_market(quote(1))
    fill = replace(rig.fill(order_id, 10), trade_id="T2", ts_init=rig.now())
    rig.puppets["a"].seen.clear()
    inbox.put_report(fill)
    inbox.put_command(Halt("test", rig.now()))
    inbox.drain()
    assert [name for name, _ in rig.puppets["a"].seen] == ["on_fill", "on_quote"]
    assert rig.desk.execution.halted == "test"


def test_what_was_overtaken_reaches_the_desk_at_the_time_of_what_overtook_it() -> None:
    rig, inbox, _ = make(capacity=16)
    rig.broker.answer = agreeable
    order_id = rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    inbox.put_market(quote(1))
    inbox.put_market(trade(2))
    inbox.put_command(Halt("test", 2 * 10**18 + 50))
    inbox.put_report(replace(rig.fill(order_id, 10), trade_id="T9", ts_init=2 * 10**18 + 40))
    inbox.put_market(quote(60))
    before = rig.desk.counts.time_regressions
    rig.puppets["a"].seen.clear()
    inbox.drain()
    seen = rig.puppets["a"].seen
    assert [(name, getattr(event, "ts_init", 0) - 2 * 10**18) for name, event in seen] == [
        ("on_fill", 50), ("on_quote", 50), ("on_trade", 50), ("on_quote", 60),
    ]  # fmt: skip
    assert rig.desk.counts.time_regressions == before
    assert inbox.overtaken_count == 3
    (first, *_) = (event for _, event in seen if isinstance(event, Quote))
    assert first.ts_event == 2 * 10**18 + 1


def test_a_drain_is_limited_and_says_that_more_wait() -> None:
    rig, inbox, _ = make(capacity=10)
    for number in range(5):
        inbox.put_market(quote(number))
    assert inbox.drain(limit=3)
    assert shown(rig) == [0, 1, 2]
    assert not inbox.drain(limit=3)


def test_a_full_inbox_keeps_the_latest_quote_of_each_instrument() -> None:
    rig, inbox, _ = make(capacity=4)
    for event in (quote(1), quote(2, OTHER.id), quote(3), trade(4), quote(5)):
        inbox.put_market(event)
    assert (inbox.conflated_count, inbox.dropped_count, len(inbox)) == (2, 0, 3)
    inbox.drain()
    assert shown(rig) == [2, 4, 5]


def test_what_cannot_be_conflated_drops_the_oldest_and_never_a_status() -> None:
    rig, inbox, _ = make(capacity=4)
    inbox.put_market(InstrumentStatus(ID, TradingStatus.HALTED, 1, 2 * 10**18))
    for number in range(1, 8):
        inbox.put_market(trade(number))
    assert (inbox.conflated_count, inbox.dropped_count, len(inbox)) == (0, 4, 4)
    inbox.drain()
    assert shown(rig) == [5, 6, 7]
    assert rig.desk.markets.by_id[ID].status is TradingStatus.HALTED


def test_a_lane_without_quotes_to_conflate_still_takes_them_later() -> None:
    rig, inbox, _ = make(capacity=64)
    for number in range(200):
        inbox.put_market(trade(number))
    assert (inbox.conflated_count, inbox.dropped_count, len(inbox)) == (0, 136, 64)
    for number in range(200, 500):
        inbox.put_market(quote(number))
    assert inbox.conflated_count > 0
    assert len(inbox) <= 64
    while inbox.drain():
        pass
    assert shown(rig)[-1] == 499


def test_too_many_first_inputs_halt_the_desk_and_none_is_lost() -> None:
    rig, inbox, _ = make(capacity=4)
    orders = rig.act(lambda context: [context.submit(ID, BUY, LOT, LIMIT, BID) for _ in range(6)])
    for request in rig.sent:
        for report in agreeable(request):
            inbox.put_report(report)
    assert inbox.overflow_count == 2
    assert rig.desk.execution.halted.startswith("inbox overflow")
    assert rig.alerts == ["HALTED"]
    inbox.drain()
    assert all(rig.order(order_id).life is Life.ACCEPTED for order_id in orders)


def test_a_timer_set_anew_is_not_fired_by_the_one_that_waited() -> None:
    rig, inbox, _ = make()
    context = rig.puppets["a"].context
    due = rig.clock.now_ns() + 10**9
    context.set_timer("t", due)
    inbox.put_timer(TimerFired("a", "t", due - 5, rig.now()))
    inbox.drain()
    assert rig.puppets["a"].of("on_timer") == []
    rig.clock.advance_to(due)
    assert rig.puppets["a"].of("on_timer") == [("t", due)]


Put = Callable[[Inbox, int], None]


def drain_two(inbox: Inbox, _number: int) -> None:
    inbox.drain(limit=2)


puts: list[Put] = [
    lambda inbox, number: inbox.put_market(quote(number)),
    lambda inbox, number: inbox.put_market(quote(number, OTHER.id)),
    lambda inbox, number: inbox.put_market(trade(number)),
    drain_two,
]


@given(steps=st.lists(st.sampled_from(puts), max_size=60), capacity=st.integers(1, 20))
def test_the_market_lane_is_bounded_ordered_and_accounts_for_every_event(
    steps: list[Put], capacity: int
) -> None:
    rig, inbox, _ = make(capacity)
    put = 0
    for number, step in enumerate(steps):
        put += step is not puts[3]
        step(inbox, number)
        assert len(inbox) <= capacity
    waiting = len(inbox)
    handled = len(shown(rig))
    assert handled + waiting + inbox.conflated_count + inbox.dropped_count == put
    while inbox.drain():
        pass
    assert shown(rig) == sorted(shown(rig))
