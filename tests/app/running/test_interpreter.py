"""Threads beside a busy desk."""

import gc
import select
import sys
import threading
import time

from hexdesk_app.running.interpreter import tuned_interpreter

ROUNDS = 4_000
WORK = 1_000
TURNS_MIN = 100


def test_threads_get_their_turn_beside_a_loop_that_never_rests() -> None:
    """At the interpreter's own interval it was none in thousands of rounds, on an idle core."""
    turns = 0
    is_over = threading.Event()

    def beside() -> None:
        nonlocal turns
        while not is_over.is_set():
            time.sleep(0.000_5)
            turns += 1

    thread = threading.Thread(target=beside)
    with tuned_interpreter(), select.epoll() as poll:
        thread.start()
        rounds = 0
        while turns < TURNS_MIN and rounds < ROUNDS:
            rounds += 1
            sum(range(WORK * 10))
            poll.poll(0)  # as a loop does that always has something to do
        is_over.set()
    thread.join()
    assert turns >= TURNS_MIN


def test_the_interpreter_is_left_as_it_was() -> None:
    before = sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()
    with tuned_interpreter():
        assert (sys.getswitchinterval(), gc.get_threshold()) != before[:2]
        assert gc.get_freeze_count() > 0
    assert (sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()) == before
