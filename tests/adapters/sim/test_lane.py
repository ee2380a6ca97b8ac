"""One direction of a connection."""

from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.clock import VirtualClock
from hexdesk_sim.lane import Lane


def test_without_delay_a_thing_arrives_at_once() -> None:
    arrived: list[str] = []
    Lane[str](VirtualClock(), arrived.append).send("a", 0)
    assert arrived == ["a"]


def test_nothing_overtakes() -> None:
    clock, arrived = VirtualClock(), list[str]()
    lane = Lane[str](clock, arrived.append)
    lane.send("slow", 5)
    lane.send("fast", 1)
    lane.send("instant", 0)
    clock.advance_to(4)
    assert not arrived
    clock.advance_to(5)
    assert arrived == ["slow", "fast", "instant"]


def test_what_arrives_together_shares_a_timer() -> None:
    clock, arrived = VirtualClock(), list[int]()
    lane = Lane[int](clock, arrived.append)
    for number in range(10):
        lane.send(number, 5)
    assert clock.waiting_count == 1
    clock.advance_to(5)
    lane.send(10, 5)
    assert clock.waiting_count == 1
    clock.advance_to(10)
    assert arrived == list(range(11))


def test_drained_things_do_not_arrive_again() -> None:
    clock, arrived = VirtualClock(), list[str]()
    lane = Lane[str](clock, arrived.append)
    lane.send("a", 5)
    lane.drain()
    assert arrived == ["a"]
    clock.advance_to(5)
    assert arrived == ["a"]


def test_an_arrival_may_send() -> None:
    clock, arrived = VirtualClock(), list[tuple[str, int]]()

    def arrive(thing: str) -> None:
        arrived.append((thing, clock.now_ns()))
        if thing == "a":
            lane.send("reply", 0)
            lane.send("late reply", 3)

    lane = Lane[str](clock, arrive)
    lane.send("a", 5)
    lane.send("b", 5)
    clock.advance_to(99)
    assert arrived == [("a", 5), ("b", 5), ("reply", 5), ("late reply", 8)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9))))
def test_everything_arrives_once_in_order_at_the_earliest_time_that_keeps_it(
    sent: list[tuple[int, int]],
) -> None:
    clock, arrived = VirtualClock(), list[tuple[int, int]]()
    lane = Lane[int](clock, lambda number: arrived.append((number, clock.now_ns())))
    expected: list[tuple[int, int]] = []
    latest = 0
    for number, (pause, delay) in enumerate(sent):
        clock.advance_to(clock.now_ns() + pause)
        lane.send(number, delay)
        latest = max(latest, clock.now_ns() + delay)
        expected.append((number, latest))
    clock.advance_to(10**6)
    assert arrived == expected
