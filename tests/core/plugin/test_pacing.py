"""Threads beside the desk rest in proportion to what they use."""

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
