"""The link's state machine: its whole table, its deadlines, what it says.

Seeds: A20, C10.
"""

import re
from itertools import pairwise, product
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.connection import link as link_module
from hexdesk.connection.backoff import Backoff
from hexdesk.connection.limits import LinkLimits
from hexdesk.connection.link import (
    NEVER,
    NEXT,
    Action,
    Link,
    LinkEvent,
    Note,
    NoteKind,
    Step,
    StepKind,
)
from hexdesk.connection.sequence import GapError, SequenceGuard
from hexdesk.domain.links import LinkState, LinkStatus

MS = 1_000_000
LIMITS = LinkLimits()
PATHS: dict[LinkState, list[LinkEvent]] = {
    LinkState.CLOSED: [],
    LinkState.CONNECTING: [LinkEvent.START],
    LinkState.AUTHENTICATING: [LinkEvent.START, LinkEvent.OPENED],
    LinkState.SYNCING: [LinkEvent.START, LinkEvent.OPENED, LinkEvent.AUTHENTICATED],
    LinkState.LIVE: [
        LinkEvent.START, LinkEvent.OPENED, LinkEvent.AUTHENTICATED, LinkEvent.SYNCED,
    ],
    LinkState.STALE: [
        LinkEvent.START, LinkEvent.OPENED, LinkEvent.AUTHENTICATED, LinkEvent.SYNCED,
        LinkEvent.LATE,
    ],
    LinkState.BACKING_OFF: [LinkEvent.START, LinkEvent.FAILED],
}  # fmt: skip


class Bench:
    """A link, its time, and all that it asked for."""

    def __init__(self, limits: LinkLimits = LIMITS, seed: int = 1) -> None:
        self.link = Link("venue", limits, Random(seed))
        self.now_ns = 1_000
        self.actions: list[Action] = []

    def take(self, *events: LinkEvent, text: str = "") -> list[Action]:
        taken: list[Action] = []
        for event in events:
            taken += self.link.handle(event, self.now_ns, text)
        self.actions += taken
        return taken

    def wait(self, ms: int) -> list[Action]:
        """Let time pass, as a driver does: no deadline is missed."""
        end_ns = self.now_ns + ms * MS
        taken: list[Action] = []
        while self.link.due_ns <= end_ns:
            self.now_ns = max(self.link.due_ns, self.now_ns)
            taken += self.link.tick(self.now_ns)
        self.now_ns = end_ns
        taken += self.link.tick(end_ns)
        self.actions += taken
        return taken

    def go(self, state: LinkState) -> "Bench":
        for event in PATHS[state]:
            if event is LinkEvent.LATE:
                self.wait(LIMITS.stale_ms)
            else:
                self.take(event)
        assert self.link.state is state
        return self

    def notes(self, *kinds: NoteKind) -> list[str]:
        return [
            action.text
            for action in self.actions
            if isinstance(action, Note) and (not kinds or action.kind in kinds)
        ]


def steps(actions: list[Action]) -> list[StepKind]:
    return [action.kind for action in actions if isinstance(action, Step)]


@pytest.mark.parametrize(("state", "event"), list(product(LinkState, LinkEvent)))
def test_every_event_in_every_state(state: LinkState, event: LinkEvent) -> None:
    if event is LinkEvent.LATE:
        return
    bench = Bench().go(state)
    before = bench.link.ignored_count
    actions = bench.take(event)
    after = NEXT.get((state, event), state)
    assert bench.link.state is after
    is_odd = (state, event) not in NEXT and event is not LinkEvent.HEARD
    assert bench.link.ignored_count - before == is_odd
    if (state, event) not in NEXT:
        assert actions == []
    else:
        assert isinstance(actions[-1], LinkStatus)
        assert actions[-1].state is after


@pytest.mark.parametrize("state", [state for state in LinkState if state is not LinkState.CLOSED])
def test_every_state_has_a_deadline_of_its_own(state: LinkState) -> None:
    bench = Bench().go(state)
    since = bench.now_ns
    while bench.link.state is state:
        bench.now_ns = bench.link.due_ns
        bench.link.tick(bench.now_ns)
    assert bench.link.state is NEXT[state, LinkEvent.LATE]
    longest_ms = {
        LinkState.CONNECTING: LIMITS.connect_ms,
        LinkState.AUTHENTICATING: LIMITS.authenticate_ms,
        LinkState.SYNCING: LIMITS.sync_ms,
        LinkState.LIVE: LIMITS.stale_ms,
        LinkState.STALE: LIMITS.heartbeat_ms - LIMITS.stale_ms,
        LinkState.BACKING_OFF: LIMITS.backoff_first_ms,
    }[state]
    assert bench.now_ns - since <= longest_ms * MS
    if state is not LinkState.BACKING_OFF:
        assert bench.now_ns - since == longest_ms * MS


def test_the_documented_table_is_the_real_one() -> None:
    table = re.findall(r"^\| ([A-Z_]+) \|(.*)\|$", link_module.__doc__ or "", re.MULTILINE)
    documented: dict[tuple[LinkState, LinkEvent], LinkState] = {}
    for name, rest in table:
        state = LinkState[name]
        good, _, late, failed, gap = (cell.strip() for cell in rest.split("|"))
        if good:
            event, _, after = good.partition(": ")
            documented[state, LinkEvent[event]] = LinkState[after]
        for cell, event in ((late, "LATE"), (failed, "FAILED"), (gap, "GAP")):
            if cell:
                documented[state, LinkEvent[event]] = LinkState[cell]
        if state is not LinkState.CLOSED:
            documented[state, LinkEvent.CLOSE] = LinkState.CLOSED
    assert documented == NEXT


def test_a_link_opens_logs_in_takes_up_the_state_and_is_live() -> None:
    bench = Bench()
    bench.take(*PATHS[LinkState.LIVE])
    assert steps(bench.actions) == [StepKind.OPEN, StepKind.AUTHENTICATE, StepKind.SYNC]
    assert bench.notes() == []
    assert bench.link.status.is_live


def test_a_lost_link_is_closed_then_opened_again_and_says_so_once() -> None:
    bench = Bench().go(LinkState.LIVE)
    assert steps(bench.take(LinkEvent.FAILED, text="reset")) == [StepKind.CLOSE]
    assert steps(bench.wait(LIMITS.backoff_first_ms)) == [StepKind.OPEN]
    assert steps(bench.take(LinkEvent.FAILED, text="refused")) == [StepKind.CLOSE]
    bench.wait(2 * LIMITS.backoff_first_ms)
    bench.take(LinkEvent.OPENED, LinkEvent.AUTHENTICATED, LinkEvent.SYNCED)
    lost, back = bench.notes()
    assert lost == "venue is lost: reset"
    assert re.fullmatch(r"venue is back after 1\.5 s and 2 attempts", back)
    assert bench.link.status.error == "refused"


def test_events_of_an_earlier_connection_are_ignored() -> None:
    bench = Bench().go(LinkState.BACKING_OFF)
    bench.wait(LIMITS.backoff_first_ms)
    assert bench.link.connection == 2
    assert bench.link.handle(LinkEvent.OPENED, bench.now_ns, connection=1) == []
    (step, status) = bench.link.handle(LinkEvent.OPENED, bench.now_ns, connection=2)
    assert step == Step(StepKind.AUTHENTICATE, 2)
    assert isinstance(status, LinkStatus)


def test_a_sign_of_life_ends_staleness_and_puts_the_end_off() -> None:
    bench = Bench().go(LinkState.LIVE)
    for _ in range(10):
        bench.wait(LIMITS.stale_ms - 1)
        bench.link.heard(bench.now_ns)
        assert bench.link.state is LinkState.LIVE
    bench.wait(LIMITS.stale_ms)
    assert not bench.link.status.is_live
    assert bench.link.status.is_up
    bench.link.heard(bench.now_ns)
    assert bench.link.state is LinkState.LIVE
    assert bench.notes() == []


def test_silence_ends_the_connection() -> None:
    bench = Bench().go(LinkState.LIVE)
    assert StepKind.PING in steps(bench.wait(LIMITS.ping_ms))
    assert StepKind.CLOSE in steps(bench.wait(LIMITS.heartbeat_ms - LIMITS.ping_ms))
    assert bench.notes() == ["venue is lost: silent for 30000 ms"]


def test_a_gap_is_filled_in_place_but_not_for_ever() -> None:
    bench = Bench().go(LinkState.LIVE)
    for number in range(LIMITS.resyncs_max):
        assert steps(bench.take(LinkEvent.GAP, text="expected 3")) == [StepKind.SYNC]
        assert bench.link.status.gap_count == number + 1
        bench.take(LinkEvent.SYNCED)
    assert bench.notes(NoteKind.LOST, NoteKind.BACK) == []
    assert steps(bench.take(LinkEvent.GAP)) == [StepKind.CLOSE]
    assert bench.link.state is LinkState.BACKING_OFF


def test_a_stable_minute_forgets_attempts_and_gaps() -> None:
    bench = Bench().go(LinkState.LIVE)
    bench.take(LinkEvent.GAP, LinkEvent.SYNCED, LinkEvent.FAILED)
    bench.wait(LIMITS.backoff_first_ms)
    bench.take(LinkEvent.OPENED, LinkEvent.AUTHENTICATED, LinkEvent.SYNCED)
    assert bench.link.attempts == 1
    for _ in range(59):
        bench.wait(1_000)
        bench.link.heard(bench.now_ns)
    assert bench.link.attempts == 1
    bench.wait(1_000)
    assert bench.link.attempts == 0
    assert bench.link.status.gap_count == 1


def test_a_link_that_fell_silent_is_not_stable() -> None:
    bench = Bench().go(LinkState.BACKING_OFF)
    bench.wait(LIMITS.backoff_first_ms)
    bench.take(LinkEvent.OPENED, LinkEvent.AUTHENTICATED, LinkEvent.SYNCED)
    bench.now_ns += 10 * LIMITS.stable_ms * MS  # the machine slept
    bench.link.tick(bench.now_ns)
    assert bench.link.state is LinkState.BACKING_OFF
    assert bench.link.attempts == 1


def test_the_fifth_attempt_in_a_row_alerts_once_though_each_came_back() -> None:
    bench = Bench().go(LinkState.LIVE)
    for number in range(1, 9):
        bench.take(LinkEvent.FAILED, text="reset")
        while bench.link.state is LinkState.BACKING_OFF:
            bench.wait(100)
        assert bool(bench.notes(NoteKind.ALERT)) is (number >= LIMITS.alert_attempts)
        assert bench.link.status.is_alerting is (number >= LIMITS.alert_attempts)
        bench.take(LinkEvent.OPENED, LinkEvent.AUTHENTICATED, LinkEvent.SYNCED)
    assert bench.notes(NoteKind.ALERT) == ["venue reconnects, attempt 5 in a row: reset"]
    for _ in range(61):
        bench.wait(1_000)
        bench.link.heard(bench.now_ns)
    assert not bench.link.status.is_alerting


def test_a_minute_down_alerts() -> None:
    bench = Bench(LinkLimits(alert_attempts=1_000)).go(LinkState.LIVE)
    bench.take(LinkEvent.FAILED, text="refused")
    for _ in range(600):
        bench.wait(100)
        if bench.link.state is not LinkState.BACKING_OFF:
            bench.take(LinkEvent.FAILED, text="refused")
    assert bench.notes(NoteKind.ALERT) == ["venue is down for 60 s: refused"]


def test_what_a_venue_asks_for_is_waited() -> None:
    bench = Bench(LinkLimits(alert_down_ms=10**6)).go(LinkState.CONNECTING)
    bench.link.handle(LinkEvent.FAILED, bench.now_ns, "banned", retry_after_ms=9_000)
    assert bench.link.due_ns == bench.now_ns + 9_000 * MS
    bench.wait(9_000)
    bench.link.handle(LinkEvent.FAILED, bench.now_ns, "banned", retry_after_ms=900_000)
    assert bench.link.due_ns == bench.now_ns + LIMITS.backoff_max_ms * MS


def test_a_closed_link_waits_for_nothing_and_may_be_started_again() -> None:
    bench = Bench().go(LinkState.BACKING_OFF)
    assert steps(bench.take(LinkEvent.CLOSE)) == []
    assert bench.link.due_ns == NEVER
    assert bench.wait(10**6) == []
    bench.take(*PATHS[LinkState.LIVE])
    assert bench.link.status.is_live
    assert steps(bench.take(LinkEvent.CLOSE)) == [StepKind.CLOSE]


@given(seed=st.integers(), attempts=st.integers(0, 10_000), asked=st.integers(0, 10**12))
def test_waits_have_full_jitter_within_doubling_limits(
    seed: int, attempts: int, asked: int
) -> None:
    backoff = Backoff(500 * MS, 60_000 * MS, Random(seed))
    limit = backoff.limit_ns(attempts)
    assert limit == min(500 * MS * 2**attempts, 60_000 * MS)
    assert 0 < backoff.wait_ns(attempts) <= limit
    assert min(asked, 60_000 * MS) <= backoff.wait_ns(attempts, at_least_ns=asked) <= 60_000 * MS


def test_equal_seeds_wait_equally_and_jitter_is_full() -> None:
    one, two = (Backoff(100, 60_000, Random(3)) for _ in range(2))
    waits = [one.wait_ns(9) for _ in range(300)]
    assert waits == [two.wait_ns(9) for _ in range(300)]
    assert min(waits) < 51_200 // 10
    assert max(waits) > 51_200 * 9 // 10


@given(counts=st.lists(st.integers(1, 5), max_size=20))
def test_numbers_in_order_are_new_once(counts: list[int]) -> None:
    guard = SequenceGuard()
    firsts = [1]
    for count in counts:
        firsts.append(firsts[-1] + count)
    for (first, after), count in zip(pairwise(firsts), counts, strict=True):
        with pytest.raises(GapError, match=f"expected number {first}, was {first + 1}"):
            guard.known(first + 1, count)
        assert guard.known(first, count) == 0
        assert guard.known(first, count) == count
        assert guard.known(max(first - 1, 1), count) == count
        assert guard.next_number == after


@pytest.mark.parametrize(
    "wrong", [{"ping_ms": 0}, {"stale_ms": 30_000}, {"backoff_first_ms": 60_001}]
)
def test_limits_that_cannot_work_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LinkLimits(**wrong)
