"""The driver: one connection at a time, opened again for ever; in virtual time."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from hexdesk.connection import Connection, GapError, LinkError, LinkLimits
from hexdesk.domain.links import LinkState, LinkStatus
from hexdesk.errors import VenueCredentialsError, VenueUnavailableError
from tests.core.connection.virtual_loop import play

START_NS = 10**18
LIMITS = LinkLimits()
LOGGER = logging.getLogger("hexdesk.test.link")
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False
Script = Callable[[], Awaitable[None]]


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname}: {record.getMessage()}")


class Far:
    """A peer whose failures a test scripts; it checks that it is used one step at a time."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.scripts: dict[str, deque[Script]] = {}
        self.is_open = False
        self.inbox: asyncio.Queue[BaseException | None] = asyncio.Queue()

    def next(self, call: str, *scripts: Script) -> None:
        """Do this at the next calls in place of what is normal."""
        self.scripts.setdefault(call, deque()).extend(scripts)

    async def open(self) -> None:
        assert not self.is_open, "two connections"
        self.is_open = True
        await self._play("open")

    async def authenticate(self) -> None:
        assert self.is_open
        await self._play("authenticate")

    async def sync(self) -> None:
        assert self.is_open
        await self._play("sync")

    async def receive(self) -> None:
        assert self.is_open
        self.calls["receive"] += 1
        error = await self.inbox.get()
        if error is not None:
            raise error

    async def ping(self) -> None:
        assert self.is_open
        await self._play("ping")

    async def close(self) -> None:
        self.is_open = False
        await self._play("close")

    async def _play(self, call: str) -> None:
        self.calls[call] += 1
        scripts = self.scripts.get(call)
        if scripts:
            await scripts.popleft()()


def fails(error: BaseException) -> Script:
    async def fail() -> None:
        raise error

    return fail


async def hangs() -> None:
    await asyncio.Event().wait()


class Rig:
    """A connection with what it told."""

    def __init__(self, limits: LinkLimits = LIMITS) -> None:
        self.far = Far()
        self.seen: list[LinkStatus] = []
        self.log = Lines()
        LOGGER.handlers = [self.log]
        self._changed = asyncio.Event()
        self.connection = Connection(
            "venue",
            self.far,
            limits,
            random=Random(1),
            now_ns=lambda: START_NS,
            logger=LOGGER,
            on_link=self._see,
        )

    @property
    def states(self) -> list[str]:
        return [status.state.name for status in self.seen]

    async def until(self, state: LinkState) -> None:
        while self.connection.status.state is not state:
            self._changed.clear()
            await self._changed.wait()

    def _see(self, status: LinkStatus) -> None:
        self.seen.append(status)
        self._changed.set()


def test_it_connects_and_closes_in_good_order() -> None:
    async def main() -> None:
        rig = Rig()
        await rig.connection.open()
        assert rig.connection.is_up
        await rig.connection.close()
        await rig.connection.close()
        assert rig.states == ["CONNECTING", "AUTHENTICATING", "SYNCING", "LIVE", "CLOSED"]
        assert not rig.far.is_open
        assert rig.seen[0].ts_init == START_NS
        assert rig.log.lines == []
        await rig.connection.open()
        await rig.connection.close()

    play(main())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError("refused"), VenueUnavailableError),
        (VenueCredentialsError("the token is wrong"), VenueCredentialsError),
        (ZeroDivisionError("a bug"), VenueUnavailableError),
    ],
)
def test_a_first_failure_is_raised(error: Exception, kind: type[Exception]) -> None:
    async def main() -> None:
        rig = Rig()
        rig.far.next("open", fails(error))
        with pytest.raises(kind, match=str(error)):
            await rig.connection.open()
        assert rig.states[-1] == "CLOSED"
        assert rig.far.calls["open"] == 1

    play(main())


def test_a_first_attempt_that_hangs_is_given_up() -> None:
    async def main() -> None:
        rig = Rig()
        rig.far.next("authenticate", hangs)
        with pytest.raises(VenueUnavailableError, match="no login within 10000 ms"):
            await rig.connection.open()
        assert not rig.far.is_open

    play(main())


def test_started_in_the_background_it_waits_for_a_venue_for_ever() -> None:
    async def main() -> None:
        rig = Rig()
        rig.far.next("open", *[fails(OSError("refused"))] * 2_000)
        rig.connection.start()
        await rig.until(LinkState.LIVE)
        assert rig.far.calls["open"] == 2_001
        lost, alert, back = rig.log.lines
        assert lost == "WARNING: venue is lost: refused"
        assert alert.startswith("ERROR: venue ")
        assert "2000 attempts" in back
        waits_s = (rig.seen[-1].ts_init - START_NS) / 1e9 / 2_000
        assert waits_s == pytest.approx(30, abs=3)  # half of 60 s, by full jitter
        await rig.connection.close()

    play(main())


@pytest.mark.parametrize("call", ["open", "authenticate", "sync"])
@pytest.mark.parametrize("failure", [fails(OSError("reset")), fails(KeyError("bug")), hangs])
def test_each_step_may_fail_or_hang_at_any_reconnection(call: str, failure: Script) -> None:
    async def main() -> None:
        rig = Rig()
        await rig.connection.open()
        rig.far.next(call, failure, failure)
        rig.far.inbox.put_nowait(EOFError("cut"))
        await asyncio.sleep(0.001)
        assert not rig.connection.is_up
        await rig.until(LinkState.LIVE)
        assert rig.far.calls["close"] == 3
        assert rig.connection.status.attempts == 3
        await rig.connection.close()

    play(main())


def test_a_close_that_fails_or_hangs_ends_nothing() -> None:
    async def main() -> None:
        rig = Rig()
        rig.far.next("close", fails(OSError("x")), fails(KeyError("bug")), hangs)
        await rig.connection.open()
        for _ in range(3):
            rig.far.inbox.put_nowait(EOFError("cut"))
            await asyncio.sleep(0.001)
            await rig.until(LinkState.LIVE)
        await rig.connection.close()

    play(main())


def test_messages_keep_it_live_and_so_do_pongs() -> None:
    async def main() -> None:
        rig = Rig()
        await rig.connection.open()
        await asyncio.sleep(3_600)
        assert rig.far.calls["ping"] == pytest.approx(360, abs=2)
        rig.far.next("ping", *[hangs] * 100)
        for _ in range(100):
            rig.far.inbox.put_nowait(None)
            await asyncio.sleep(10)
        assert rig.states.count("STALE") == 0
        await rig.connection.close()

    play(main())


def test_silence_makes_it_stale_then_ends_it() -> None:
    async def main() -> None:
        rig = Rig()
        await rig.connection.open()
        rig.far.next("ping", hangs)
        await asyncio.sleep(29)
        assert rig.states[-2:] == ["LIVE", "STALE"]
        await asyncio.sleep(2)
        await rig.until(LinkState.LIVE)
        assert rig.log.lines[0] == "WARNING: venue is lost: silent for 30000 ms"
        await rig.connection.close()

    play(main())


def test_a_gap_asks_for_the_state_on_the_same_connection() -> None:
    async def main() -> None:
        rig = Rig()
        await rig.connection.open()
        rig.far.inbox.put_nowait(GapError("expected number 3, was 5"))
        await asyncio.sleep(0.001)
        assert rig.connection.is_up
        assert rig.far.calls == {"open": 1, "authenticate": 1, "sync": 2, "receive": 2}
        assert rig.connection.status.gap_count == 1
        await rig.connection.close()

    play(main())


def test_what_a_venue_asks_to_wait_is_waited() -> None:
    async def main() -> None:
        rig = Rig()
        await rig.connection.open()
        rig.far.inbox.put_nowait(LinkError("rate limit", retry_after_ms=9_000))
        await asyncio.sleep(8.9)
        assert not rig.connection.is_up
        await asyncio.sleep(0.2)
        assert rig.connection.is_up
        await rig.connection.close()

    play(main())


def test_a_failing_observer_ends_nothing() -> None:
    async def main() -> None:
        rig = Rig()
        far = rig.far

        def observe(status: LinkStatus) -> None:
            raise ValueError(status.name)

        connection = Connection(
            "venue", far, LIMITS, random=Random(1), now_ns=lambda: START_NS,
            logger=LOGGER, on_link=observe,
        )  # fmt: skip
        await connection.open()
        far.inbox.put_nowait(EOFError("cut"))
        await asyncio.sleep(60)
        assert connection.is_up
        await connection.close()

    play(main())


def test_closing_ends_whatever_is_under_way() -> None:
    async def main() -> None:
        for call in ("open", "authenticate", "sync", "ping"):
            rig = Rig()
            rig.far.next(call, hangs)
            rig.connection.start()
            await asyncio.sleep(20 if call == "ping" else 0.1)
            await rig.connection.close()
            assert rig.states[-1] == "CLOSED"
            assert not rig.far.is_open
        assert len(asyncio.all_tasks()) == 1

    play(main())


def test_opening_can_be_canceled() -> None:
    async def main() -> None:
        rig = Rig()
        rig.far.next("open", hangs)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await rig.connection.open()
        assert not rig.far.is_open
        assert len(asyncio.all_tasks()) == 1

    play(main())
