"""Threads beside the desk rest in proportion to what they use."""

from threading import Thread
from time import sleep, thread_time

import pytest

from hexdesk.plugin.pacing import REST_MAX_S, STARVED_MAX, Pace, wanted_s


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


def test_dear_work_does_not_keep_the_rest_waiting_for_long() -> None:
    """What is imported for the first batch cost it half a minute on a starved machine."""
    pace = Pace(0.001, 0.0)
    pace.begin()
    work(0.05)
    assert pace.rest_s() == REST_MAX_S


def test_a_process_that_does_nothing_else_leaves_more_to_its_threads() -> None:
    if not wanted_s():
        pytest.skip("this system does not tell how long a thread waited for a processor")
    pace, rests = Pace(0.02, 0.0), list[float]()

    def beside() -> None:
        sleep(0.3)
        pace.begin()
        used = work(0.005)
        rests.append(pace.rest_s() / used)

    thread = Thread(target=beside)
    thread.start()
    thread.join()  # the main thread has nothing to do
    work(0.3)  # now it has
    pace.begin()
    used = work(0.005)
    rests.append(pace.rest_s() / used)
    assert rests[0] < 1 / 0.02 - 1 <= rests[1] * 1.01
