"""Delivers messages: one bounded queue a channel, retries with backoff and jitter, a time limit.

Runs on the alarm's own loop in its own thread: a channel that hangs delays neither the desk nor
another channel.
"""

import asyncio
import logging
import random
import time
from collections.abc import Mapping

import msgspec

from hexdesk.ports.alerts import AlertChannel, AlertLevel, AlertMessage, Delivery, Outcome
from hexdesk_app.alerting.incidents import Notice

CLOSE_STEP_S = 0.02
WAITING_MAX = 200
"""Messages that may wait for one channel; beyond it the least urgent is dropped, and counted."""
ATTEMPT_TIMEOUT_S = 8.0
RETRY_S_MIN = 0.5
RETRY_S_MAX = 30.0
GIVE_UP_S = 300.0
"""A message that could not be delivered for so long is given up, and the log says so."""
logger = logging.getLogger("hexdesk.alert.delivery")


class Route(msgspec.Struct, frozen=True):
    """A channel with what it is told."""

    name: str
    channel: AlertChannel
    level: AlertLevel
    stage: int


class RouteStats(msgspec.Struct):
    """How one channel is doing."""

    delivered: int = 0
    failed_attempts: int = 0
    given_up: int = 0
    dropped: int = 0


class Post:
    """Delivers to all channels; use it on one loop.

    Attributes:
        stats: By channel.
    """

    def __init__(self, routes: Mapping[str, Route], *, seed: int = 1) -> None:
        self.stats = {name: RouteStats() for name in routes}
        self._routes = dict(routes)
        self._random = random.Random(seed)
        self._waiting: dict[str, list[AlertMessage]] = {name: [] for name in routes}
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._retired: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to deliver; on the running loop."""
        for route in self._routes.values():
            self._open(route)

    def send(self, notice: Notice) -> None:
        """Queue a message for whom it concerns."""
        for name, route in self._routes.items():
            if notice.message.level < route.level or route.stage > notice.stage:
                continue
            waiting = self._waiting[name]
            waiting.append(notice.message)
            if len(waiting) > WAITING_MAX:
                waiting.remove(min(waiting, key=lambda each: each.level))
                self.stats[name].dropped += 1
            self._wakes[name].set()

    def change(self, routes: Mapping[str, Route | None]) -> None:
        """Let channels take the places of those of their names, or nothing; on the running loop.

        What waits for a channel that is replaced waits for the new one.
        """
        for name, route in routes.items():
            old, task = self._routes.pop(name, None), self._tasks.pop(name, None)
            if old is not None and task is not None:
                self._retire(old.channel, task)
            if route is None:
                self._waiting.pop(name, None)
                self._wakes.pop(name, None)
            else:
                self._routes[name] = route
                self._waiting.setdefault(name, [])
                self.stats.setdefault(name, RouteStats())
                self._open(route)

    async def close(self, timeout_s: float) -> None:
        """Deliver what waits, within a time."""
        for _ in range(int(timeout_s / CLOSE_STEP_S)):
            if not any(self._waiting.values()):
                break
            await asyncio.sleep(CLOSE_STEP_S)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), *self._retired, return_exceptions=True)
        for route in self._routes.values():
            await route.channel.close()

    def _open(self, route: Route) -> None:
        """Begin to serve a channel, also with what waits for its name already."""
        self._wakes[route.name] = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._serve(route))
        self._tasks[route.name] = task

    def _retire(self, channel: AlertChannel, served: asyncio.Task[None]) -> None:
        """Stop telling a channel, and close it within a time."""

        async def work() -> None:
            served.cancel()
            await asyncio.gather(served, return_exceptions=True)
            try:
                await asyncio.wait_for(channel.close(), ATTEMPT_TIMEOUT_S)
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything
                logger.warning("a channel that is replaced does not close: %r", error)

        task = asyncio.get_running_loop().create_task(work())
        self._retired.add(task)
        task.add_done_callback(self._retired.discard)

    async def _serve(self, route: Route) -> None:
        waiting, wake = self._waiting[route.name], self._wakes[route.name]
        while self._routes.get(route.name) is route:  # a wait may swallow its cancellation
            while not waiting:
                wake.clear()
                await wake.wait()
            message = waiting[0]
            delivery = await self._deliver(route, message)
            if message in waiting:
                waiting.remove(message)  # only now: who closes waits for it
            if delivery.outcome is Outcome.DELIVERED:
                self.stats[route.name].delivered += 1
                logger.info("%s: delivered %s", route.name, message.title)
            else:
                self.stats[route.name].given_up += 1
                logger.error("%s: not told %s: %s", route.name, message.title, delivery.text)

    async def _deliver(self, route: Route, message: AlertMessage) -> Delivery:
        begun = time.monotonic()
        pause_s = RETRY_S_MIN
        while True:
            delivery = await attempt(route.channel, message)
            if delivery.outcome is not Outcome.FAILED:
                return delivery
            self.stats[route.name].failed_attempts += 1
            if pause_s == RETRY_S_MIN:
                text = "%s: not delivered yet, trying again: %s: %s"
                logger.warning(text, route.name, message.title, delivery.text)
            if time.monotonic() - begun > GIVE_UP_S:
                return delivery
            jitter = self._random.uniform(0.5, 1.5)
            await asyncio.sleep(max(pause_s * jitter, delivery.retry_after_s))
            pause_s = min(2 * pause_s, RETRY_S_MAX)


async def attempt(channel: AlertChannel, message: AlertMessage) -> Delivery:
    """Try once to deliver, within a time; whatever a channel raises is a failure."""
    try:
        return await asyncio.wait_for(channel.send(message), ATTEMPT_TIMEOUT_S)
    except TimeoutError:
        return Delivery(Outcome.FAILED, f"no answer within {ATTEMPT_TIMEOUT_S:g} s")
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        return Delivery(Outcome.FAILED, type(error).__name__)
