"""Clients' pieces of work come one at a time, with a look at what has come between them."""

import asyncio

import pytest

from hexdesk_grpc.turns import PIECE_S, Turns


async def test_of_many_that_are_ready_one_works_in_each_round_of_the_loop() -> None:
    turns, rounds = Turns(), [0]
    loop = asyncio.get_running_loop()

    def count() -> None:
        rounds[0] += 1
        if rounds[0] < 200:
            loop.call_soon(count)

    async def work() -> None:
        for _ in range(3):
            await turns.next()
            seen.append(rounds[0])

    seen: list[int] = []
    loop.call_soon(count)
    await asyncio.gather(*(work() for _ in range(10)))
    assert len(seen) == len(set(seen)) == 30, "one a round"


@pytest.mark.parametrize("gone", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2), ()])
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
async def test_who_gives_up_leaves_the_turn_to_others(gone: tuple[int, ...], rounds: int) -> None:
    turns = Turns()
    await turns.next()
    tasks = [asyncio.create_task(turns.next()) for _ in range(4)]
    for _ in range(rounds):
        await asyncio.sleep(0)
    for number in gone:
        tasks[number].cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, return_exceptions=True)
        await turns.next()
        await turns.next()


async def test_a_turn_goes_on_until_it_has_taken_its_time() -> None:
    now_s, rounds = [5.0], [0]
    turns = Turns(lambda: now_s[0])

    async def count() -> None:
        while True:
            await asyncio.sleep(0)
            rounds[0] += 1

    counting = asyncio.create_task(count())
    await asyncio.sleep(0)
    for _ in range(3):
        await turns.next()
        before = rounds[0]
        now_s[0] += 0.9 * PIECE_S
        await turns.pause()
        assert rounds[0] == before, "it may go on"
        now_s[0] += 0.2 * PIECE_S
        await turns.pause()
        assert rounds[0] > before, "others had a turn"
        before = rounds[0]
        await turns.pause()
        assert rounds[0] == before, "the next turn has begun"
    counting.cancel()
