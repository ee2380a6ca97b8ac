"""`--watch` shows again and again, also over a time without a desk; Ctrl-C ends it."""

import threading
import time

import pytest

from tests.app.cli.conftest import Run


def test_a_watch_waits_for_a_desk_that_is_away(
    hexdesk: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    sleep = time.sleep

    def rest(seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            sleep(seconds)  # of somebody else: the test runner's workers have threads of their own
            return
        rests.append(seconds)
        if len(rests) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", rest)
    answer = hexdesk("status", "--address", "127.0.0.1:1", "--watch", "0.5")
    assert (answer.code, rests) == (130, [0.5, 0.5])
    assert answer.err.count("trying again") == 2


def test_without_a_watch_a_desk_that_is_away_is_not_running(hexdesk: Run) -> None:
    answer = hexdesk("status", "--address", "127.0.0.1:1")
    assert (answer.code, "no desk answers at 127.0.0.1:1" in answer.err) == (3, True)


def test_events_of_a_desk_that_was_never_there_are_not_waited_for(hexdesk: Run) -> None:
    answer = hexdesk("events", "--address", "127.0.0.1:1")
    assert (answer.code, "no desk answers at 127.0.0.1:1" in answer.err) == (3, True)
    wrong = hexdesk("events", "--kind", "tick", "--address", "127.0.0.1:1")
    assert (wrong.code, "order_report" in wrong.err) == (4, True)
