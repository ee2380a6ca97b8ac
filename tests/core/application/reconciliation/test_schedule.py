"""The schedule against a simple model of it, over random answers, failures and time.

Seeds: C19, C23.
"""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hexdesk.application.reconciliation.schedule import ROUND, VERIFIED, Schedule
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import QueryKind
from hexdesk.domain.values import NS_PER_SECOND

SECOND = NS_PER_SECOND
SETTINGS = ReconciliationSettings()
INTERVALS = {
    QueryKind.ORDERS: 10 * SECOND,
    QueryKind.FILLS: 10 * SECOND,
    QueryKind.POSITIONS: 15 * SECOND,
    QueryKind.BALANCES: 60 * SECOND,
}
BACKOFF = [1, 2, 4, 8, 16, 32, 60, 60, 60]
START = 10**18
kinds = st.sampled_from(ROUND)


class Model(RuleBasedStateMachine):
    """Keeps, for each kind, what a person would write on paper."""

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.schedule = Schedule(SETTINGS, self.now)
        self.due_ns = dict.fromkeys(ROUND, self.now)
        self.blocked_ns = dict.fromkeys(ROUND, 0)
        self.asked_ns: dict[QueryKind, int] = {}
        self.forced_ns: dict[QueryKind, int] = {}
        self.failures = dict.fromkeys(ROUND, 0)
        self.verified_ns = dict.fromkeys(ROUND, self.now)
        self.is_connected = True

    @rule(seconds=st.one_of(st.sampled_from([0.5, 1.0, 5.0]), st.floats(0, 200)))
    def wait(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)

    @rule()
    def ask(self) -> None:
        expected = [
            kind
            for kind in ROUND
            if self.is_connected
            and kind not in self.asked_ns
            and self.due_ns[kind] <= self.now
            and self.blocked_ns[kind] <= self.now
        ]
        assert self.schedule.due(self.now) == expected
        for kind in expected:
            self.asked_ns[kind] = self.now
            self.forced_ns.pop(kind, None)

    @precondition(lambda self: self.asked_ns)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(self.asked_ns)))
        asked_ns = self.asked_ns.pop(kind)
        self.schedule.answered(kind, asked_ns, self.now)
        self.failures[kind] = self.blocked_ns[kind] = 0
        self.verified_ns[kind] = asked_ns
        self.due_ns[kind] = min(
            self.now + INTERVALS[kind], self.forced_ns.pop(kind, self.now + INTERVALS[kind])
        )

    @precondition(lambda self: self.asked_ns)
    @rule(data=st.data(), times=st.integers(1, 3))
    def fail(self, data: st.DataObject, times: int) -> None:
        kind = data.draw(st.sampled_from(sorted(self.asked_ns)))
        for _ in range(times):
            if kind not in self.asked_ns:
                return
            del self.asked_ns[kind]
            self.failures[kind] += 1
            pauses = self.failures[kind] == 10
            assert self.schedule.failed(kind, self.now) is pauses
            wait_s = 60 if pauses else BACKOFF[self.failures[kind] - 1]
            if pauses:
                self.failures[kind] = 0
            self.due_ns[kind] = self.now
            self.blocked_ns[kind] = self.now + wait_s * SECOND
            if self.is_connected:
                self.now = self.blocked_ns[kind]
                self.ask()

    @rule(kind=kinds, seconds=st.sampled_from([0, 1, 30]))
    def force(self, kind: QueryKind, seconds: int) -> None:
        at_ns = self.now + seconds * SECOND
        self.schedule.force(kind, at_ns)
        if kind in self.asked_ns:
            self.forced_ns[kind] = min(self.forced_ns.get(kind, at_ns), at_ns)
        else:
            self.due_ns[kind] = min(self.due_ns[kind], at_ns)

    @rule()
    def lose(self) -> None:
        self.schedule.lost()
        self.is_connected = False

    @rule()
    def restore(self) -> None:
        self.schedule.restored(self.now)
        self.is_connected = True
        self.due_ns = dict.fromkeys(ROUND, self.now)
        self.blocked_ns = dict.fromkeys(ROUND, 0)
        self.failures = dict.fromkeys(ROUND, 0)
        self.forced_ns = dict.fromkeys(self.asked_ns, self.now)

    @invariant()
    def is_as_old_as_its_oldest_part(self) -> None:
        age_ns = self.now - min(self.verified_ns[kind] for kind in VERIFIED)
        assert self.schedule.age_ns(self.now) == age_ns
        assert self.schedule.is_stale(self.now) is (age_ns > 120 * SECOND)


Model.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSchedule = Model.TestCase


def test_ten_failures_in_a_row_pause_and_then_it_goes_on() -> None:
    schedule, now = Schedule(SETTINGS, 0), 0
    schedule.due(now)
    waits: list[int] = []
    pauses: list[bool] = []
    for _ in range(12):
        pauses.append(schedule.failed(QueryKind.ORDERS, now))
        begin = now
        while QueryKind.ORDERS not in schedule.due(now):
            now += SECOND
        waits.append((now - begin) // SECOND)
    assert waits == [*BACKOFF, 60, 1, 2]
    assert [number for number, paused in enumerate(pauses, 1) if paused] == [10]


def test_one_kind_that_fails_does_not_hold_back_the_others() -> None:
    schedule = Schedule(SETTINGS, 0)
    schedule.due(0)
    schedule.failed(QueryKind.BALANCES, 0)
    for kind in VERIFIED:
        schedule.answered(kind, 0, 0)
    assert schedule.due(10 * SECOND) == [
        QueryKind.FILLS, QueryKind.ORDERS, QueryKind.BALANCES,
    ]  # fmt: skip
