"""Clients' pieces of work come one at a time, with a look at what has come between them."""

import asyncio

from hexdesk_grpc.turns import Turns


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


async def test_who_gives_up_leaves_the_turn_to_others() -> None:
    turns = Turns()
    await turns.next()
    waiting = asyncio.create_task(turns.next())
    await asyncio.sleep(0)
    waiting.cancel()
    async with asyncio.timeout(10):
        await turns.next()
