"""A signal asks to stop; a second SIGINT does not ask."""

import asyncio
import os
import signal

import pytest

from hexdesk_app.running.signals import stop_signals

LIMIT_S = 10.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_asks_on_the_loop_which_it_wakes(number: signal.Signals) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()
    with stop_signals(asked.put_nowait):
        os.kill(os.getpid(), number)
        assert await asyncio.wait_for(asked.get(), LIMIT_S) == number.name


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
async def test_a_second_sigint_ends_what_never_returns_to_the_loop(first: signal.Signals) -> None:
    asked: list[str] = []

    def hang() -> None:
        os.kill(os.getpid(), first)
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    with stop_signals(asked.append), pytest.raises(KeyboardInterrupt):
        hang()
    assert asked == []
    await asyncio.sleep(0)
    assert asked == [first.name]


async def test_what_was_set_before_is_set_again() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stop_signals(print):
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
