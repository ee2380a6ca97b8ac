"""The cursor over a recording."""

from hexdesk.application.clock import VirtualClock
from hexdesk.application.desk import Desk
from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.application.player import Player
from hexdesk.domain.market import InstrumentStatus, MarketEvent, Quote
from hexdesk.domain.values import TradingStatus
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT


def quotes(*times: int) -> list[Quote]:
    return [Quote(INSTRUMENT.id, BID, 1, ASK, 1, time, time) for time in times]


def make(*times: int) -> tuple[Player, Desk, VirtualClock]:
    clock = VirtualClock()
    desk = Desk(run_id="T", instruments=[INSTRUMENT], journal=MemoryJournal(), clock=clock)
    return Player(desk, clock, quotes(*times)), desk, clock


def test_play_takes_what_is_asked_and_ends() -> None:
    player, desk, _ = make(1, 2, 3)
    assert player.play(2) == 2
    assert (player.event_count, player.last_ns, player.is_over) == (2, 2, False)
    assert player.play(2) == 1
    assert player.play(2) == 0
    assert player.is_over
    assert desk.pulse.now_ns == 3


def test_play_until_stops_before_what_is_later_and_loses_nothing() -> None:
    player, desk, _ = make(1, 5, 5, 9)
    assert player.play_until(5) == 3
    assert not player.is_over
    assert player.peek_ns() == 9
    assert player.play_until(8) == 0
    assert player.play_until(9) == 1
    assert player.play_until(10) == 0
    assert player.is_over
    assert player.peek_ns() == 0
    assert desk.pulse.seq == 4


def test_a_peek_is_played_next() -> None:
    player, desk, _ = make(1, 2, 3)
    assert player.peek_ns() == 1
    assert player.play(1) >= 1
    while player.play(1):
        pass
    assert (player.event_count, desk.pulse.seq) == (3, 3)


def test_timers_fire_between_the_events_they_lie_between() -> None:
    player, _, clock = make(10, 20)
    seen: list[int] = []
    for due in (5, 10, 15, 25):
        clock.call_at(due, lambda: seen.append(clock.now_ns()))
    player.play()
    assert seen == [5, 10, 15]


def test_what_each_event_took_is_measured_on_request() -> None:
    player, _, _ = make(1, 2, 3)
    ticks = iter(range(0, 1_000, 10))
    spent: list[int] = []
    player.measure(lambda: next(ticks), spent.append)
    player.play()
    assert spent == [10, 10, 10]


def test_what_lies_between_quotes_is_handled_in_its_place() -> None:
    seen: list[int] = []
    player, desk, clock = make(10, 30)
    status = InstrumentStatus(INSTRUMENT.id, TradingStatus.HALTED, 20, 20)
    market = desk.market(INSTRUMENT.id)
    market.add("quote", lambda quote: seen.append(quote.ts_init))
    market.add("status", lambda status: seen.append(status.ts_init))
    clock.call_at(25, lambda: seen.append(clock.now_ns()))
    mixed: list[MarketEvent] = [*quotes(10), status, *quotes(30, 20)]
    player = Player(desk, clock, mixed)
    player.play()
    assert seen == [10, 20, 25, 30, 20]
    assert (desk.pulse.now_ns, desk.pulse.seq, desk.counts.time_regressions) == (30, 4, 1)
    assert market.status is TradingStatus.HALTED
