"""Virtual time: timers in order, never backwards; and strategies' own timers."""

from functools import partial

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.application.clock import NEVER, VirtualClock
from hexdesk.domain.commands import StopStrategy
from hexdesk.domain.inputs import TimerFired
from tests.core.application.rig import Rig


@given(
    dues=st.lists(st.integers(0, 50), max_size=30), steps=st.lists(st.integers(0, 60), max_size=8)
)
def test_timers_fire_once_by_time_and_then_in_the_order_they_were_set(
    dues: list[int], steps: list[int]
) -> None:
    clock = VirtualClock()
    fired: list[tuple[int, int]] = []
    for number, due in enumerate(dues):
        clock.call_at(due, partial(fired.append, (due, number)))
    reached = 0
    for step in steps:
        before = clock.now_ns()
        clock.advance_to(step)
        assert clock.now_ns() == max(before, step)
        reached = max(reached, step)
        pending = [due for due in dues if due > reached]
        assert clock.next_due_ns == min(pending, default=NEVER)
    due_by_now = [(due, number) for number, due in enumerate(dues) if steps and due <= reached]
    assert fired == sorted(due_by_now)


def test_each_timer_sees_its_own_time_and_may_set_others() -> None:
    clock = VirtualClock(100)
    seen: list[tuple[str, int]] = []

    def first() -> None:
        seen.append(("first", clock.now_ns()))
        clock.call_at(115, lambda: seen.append(("second", clock.now_ns())))
        clock.call_at(500, lambda: seen.append(("later", clock.now_ns())))
        clock.call_at(50, lambda: seen.append(("overdue", clock.now_ns())))

    clock.call_at(110, first)
    clock.advance_to(120)
    assert seen == [("first", 110), ("overdue", 110), ("second", 115)]
    assert (clock.now_ns(), clock.next_due_ns) == (120, 500)


def test_a_canceled_timer_does_not_fire_and_may_be_canceled_again() -> None:
    clock = VirtualClock()
    fired: list[int] = []
    timer = clock.call_at(5, lambda: fired.append(5))
    late = clock.call_at(6, lambda: fired.append(6))
    timer.cancel()
    clock.advance_to(10)
    timer.cancel()
    late.cancel()
    assert fired == [6]


def test_canceled_timers_do_not_pile_up() -> None:
    clock = VirtualClock()
    fired: list[int] = []
    for number in range(10_000):
        timer = clock.call_at(10**9 + number, partial(fired.append, number))
        if number % 100:
            timer.cancel()
    assert clock.waiting_count < 1_000
    clock.advance_to(2 * 10**9)
    assert fired == list(range(0, 10_000, 100))


def test_a_timer_is_called_back_once_and_journalled() -> None:
    rig = Rig("a", "b").start()
    due = rig.clock.now_ns() + 1_000_000
    rig.puppets["a"].context.set_timer("t", due)
    rig.clock.advance_by(500_000)
    assert rig.puppets["a"].of("on_timer") == []
    rig.clock.advance_by(5_000_000)
    assert rig.puppets["a"].of("on_timer") == [("t", due)]
    assert rig.puppets["b"].of("on_timer") == []
    assert rig.records[-1] == TimerFired("a", "t", due, due)


def test_setting_a_name_again_replaces_and_canceling_forgets() -> None:
    rig = Rig("a", "b").start()
    start = rig.clock.now_ns()
    context = rig.puppets["a"].context
    context.set_timer("t", start + 10)
    context.set_timer("t", start + 30)
    context.set_timer("gone", start + 10)
    context.cancel_timer("gone")
    context.cancel_timer("unknown")
    rig.puppets["b"].context.set_timer("t", start + 20)
    rig.clock.advance_by(100)
    assert rig.puppets["a"].of("on_timer") == [("t", start + 30)]
    assert rig.puppets["b"].of("on_timer") == [("t", start + 20)]


def test_a_timer_in_the_past_fires_at_the_next_moment_without_turning_time_back() -> None:
    rig = Rig().start()
    now = rig.clock.now_ns()
    rig.puppets["a"].context.set_timer("t", 5)
    rig.clock.advance_by(1)
    assert rig.puppets["a"].of("on_timer") == [("t", 5)]
    assert rig.puppets["a"].context.now_ns() >= now
    assert rig.desk.counts.time_regressions == 0


def test_a_chain_of_timers_keeps_its_pace() -> None:
    rig = Rig().start()
    puppet = rig.puppets["a"]
    start = rig.clock.now_ns()
    puppet.hooks["on_timer"] = lambda timer: puppet.context.set_timer("t", timer[1] + 10)
    puppet.context.set_timer("t", start + 10)
    rig.clock.advance_by(10_000)
    assert [due for _, due in puppet.of("on_timer")] == list(range(start + 10, start + 10_001, 10))


@pytest.mark.parametrize(("name", "due"), [("t", 1.5), ("t", None), (5, 10**18)])
def test_a_timer_that_no_journal_could_hold_is_refused(name: str, due: int) -> None:
    rig = Rig().start()
    with pytest.raises(TypeError, match="ns as int"):
        rig.puppets["a"].context.set_timer(name, due)


def test_stopping_forgets_timers() -> None:
    rig = Rig().start()
    rig.puppets["a"].context.set_timer("t", rig.clock.now_ns() + 50_000)
    rig.desk.command(StopStrategy("a", keep_orders=False, ts_init=rig.now()))
    rig.clock.advance_by(100_000)
    assert rig.puppets["a"].of("on_timer") == []
