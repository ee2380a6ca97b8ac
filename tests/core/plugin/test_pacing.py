"""Threads beside the desk rest in proportion to what they use."""

from threading import Event
from time import thread_time

from hexdesk.plugin.pacing import STARVED_MAX, Pace


def work(seconds: float) -> float:
    """Use the processor for a time; return how long it was."""
    begun = thread_time()
    while thread_time() - begun < seconds:
        pass
    return thread_time() - begun


def test_a_rest_is_as_long_as_the_share_demands() -> None:
    pace = Pace(0.1, 0.001)
    pace.begin()
    used = work(0.02)
    assert 9 * used <= pace.rest_s() < 9 * 3 * used * STARVED_MAX


def test_no_rest_is_shorter_than_the_shortest() -> None:
    pace = Pace(0.5, 0.25)
    pace.begin()
    assert pace.rest_s() == 0.25


def test_a_process_that_does_nothing_else_leaves_more_to_its_threads() -> None:
    pace, stop = Pace(0.02, 0.02), Event()
    rests: list[float] = []
    for _ in range(5):  # a machine that others load wakes us late now and then
        pace.begin()
        pace.rest(stop)
        stop.wait(0.2)
        pace.begin()
        used = work(0.005)
        rests.append(pace.rest_s() / used)
    assert min(rests) < 1 / 0.02 - 1, "less than the share of a busy process"
