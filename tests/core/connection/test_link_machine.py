"""Whatever happens to a link, in any order: the promises of docs/connections.md hold."""

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hexdesk.connection.limits import LinkLimits
from hexdesk.connection.link import (
    NEVER,
    Action,
    Link,
    LinkEvent,
    Note,
    NoteKind,
    Step,
    StepKind,
)
from hexdesk.domain.links import LinkState, LinkStatus

MS = 1_000_000
LIMITS = LinkLimits(
    connect_ms=100,
    authenticate_ms=100,
    sync_ms=100,
    ping_ms=50,
    stale_ms=100,
    heartbeat_ms=200,
    backoff_first_ms=20,
    backoff_max_ms=300,
    stable_ms=400,
    resyncs_max=2,
    alert_attempts=3,
    alert_down_ms=1_000,
)
EVENTS = [event for event in LinkEvent if event not in {LinkEvent.LATE, LinkEvent.START}]
GOOD = {
    LinkState.CONNECTING: LinkEvent.OPENED,
    LinkState.AUTHENTICATING: LinkEvent.AUTHENTICATED,
    LinkState.SYNCING: LinkEvent.SYNCED,
}


class LinkMachine(RuleBasedStateMachine):
    """A driver that knows only what the link told it, and the times it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 1
        self.open_count = 0
        self.is_closed = True
        self.is_lost = False
        self.row = 0
        self.live_since_ns = NEVER
        self.wait_began_ns = NEVER
        self.alerts_of_row = 0
        self.last: LinkStatus | None = None

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.link = Link("venue", LIMITS, Random(seed))

    # --- what happens ------------------------------------------------------------------------

    @precondition(lambda self: self.is_closed)
    @rule()
    def start(self) -> None:
        self.is_closed = False
        self.feed(LinkEvent.START)

    @rule(event=st.sampled_from(EVENTS))
    def anything(self, event: LinkEvent) -> None:
        if event is LinkEvent.CLOSE:
            self.is_closed = True
        self.feed(event)

    @rule()
    def the_next_step_succeeds(self) -> None:
        if self.link.state in GOOD:
            self.feed(GOOD[self.link.state])

    @rule(event=st.sampled_from(EVENTS), behind=st.integers(1, 3))
    def something_of_an_earlier_connection(self, event: LinkEvent, behind: int) -> None:
        before = self.link.status.state
        if self.link.connection > behind:
            number = self.link.connection - behind
            assert self.link.handle(event, self.now_ns, connection=number) == []
            assert self.link.state is before

    @rule(ms=st.integers(0, 2_000))
    def time_passes(self, ms: int) -> None:
        end_ns = self.now_ns + ms * MS
        while self.link.due_ns <= end_ns:
            self.now_ns = max(self.link.due_ns, self.now_ns)
            self.look(self.link.tick(self.now_ns))
        self.now_ns = end_ns

    @rule(ms=st.integers(0, 600))
    def time_passes_in_a_busy_market(self, ms: int) -> None:
        end_ns = self.now_ns + ms * MS
        while self.link.state is LinkState.LIVE and self.now_ns < end_ns:
            self.now_ns += 10 * MS
            self.look(self.link.heard(self.now_ns))
            self.look(self.link.tick(self.now_ns))

    # --- what the driver sees ----------------------------------------------------------------

    def feed(self, event: LinkEvent) -> None:
        self.look(self.link.handle(event, self.now_ns, "because"))

    def look(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Step(StepKind.OPEN):
                    assert self.open_count == 0, "two connections"
                    self.open_count = 1
                    self.count_attempt()
                case Step(StepKind.CLOSE):
                    assert self.open_count == 1, "closed what was not open"
                    self.open_count = 0
                case Step():
                    assert self.open_count == 1, "a step without a connection"
                    assert action.connection == self.link.connection
                case Note():
                    self.read(action)
                case LinkStatus():
                    self.see(action)

    def count_attempt(self) -> None:
        if self.wait_began_ns == NEVER:
            return
        limit_ns = min(LIMITS.backoff_first_ms << self.row, LIMITS.backoff_max_ms) * MS
        assert 0 < self.now_ns - self.wait_began_ns <= limit_ns
        self.row += 1
        self.wait_began_ns = NEVER

    def read(self, note: Note) -> None:
        if note.kind is NoteKind.LOST:
            assert not self.is_lost, "lost twice"
            self.is_lost = True
        elif note.kind is NoteKind.BACK:
            assert self.is_lost, "back without a loss"
            self.is_lost = False
        elif note.kind is NoteKind.ALERT:
            self.alerts_of_row += 1
            assert self.alerts_of_row == 1, "alerted twice"

    def see(self, status: LinkStatus) -> None:
        was_live = self.last is not None and self.last.state is LinkState.LIVE
        if status.state is LinkState.LIVE and not was_live:
            self.live_since_ns = self.now_ns
        elif status.state is not LinkState.LIVE:
            self.live_since_ns = NEVER
        if status.state is LinkState.BACKING_OFF and self.wait_began_ns == NEVER:
            self.wait_began_ns = self.now_ns
        if status.state is LinkState.CLOSED:
            self.is_lost = False
            self.wait_began_ns = NEVER
        if status.state is LinkState.CLOSED or (was_live and not status.attempts):
            self.row = self.alerts_of_row = 0 if not status.is_alerting else self.alerts_of_row
        self.last = status

    # --- what must hold ----------------------------------------------------------------------

    @invariant()
    def it_never_stops_trying(self) -> None:
        assert (self.link.due_ns == NEVER) is self.is_closed
        assert (self.link.state is LinkState.CLOSED) is self.is_closed
        if not self.is_closed:
            assert self.link.due_ns - self.now_ns <= LIMITS.backoff_max_ms * MS

    @invariant()
    def a_connection_is_open_just_where_the_state_says(self) -> None:
        is_open = self.link.state not in {LinkState.BACKING_OFF, LinkState.CLOSED}
        assert self.open_count == is_open

    @invariant()
    def live_means_that_no_loss_is_open(self) -> None:
        if self.link.state in {LinkState.LIVE, LinkState.STALE}:
            assert not self.is_lost
        if self.link.state is LinkState.BACKING_OFF:
            assert self.is_lost
        assert self.link.is_lost is self.is_lost

    @invariant()
    def attempts_are_counted_until_a_stable_time(self) -> None:
        assert self.link.attempts == self.row
        if self.live_since_ns != NEVER and self.now_ns - self.live_since_ns > LIMITS.stable_ms * MS:
            assert self.link.attempts == 0

    @invariant()
    def the_observer_knows_the_state(self) -> None:
        if self.last is not None:
            assert self.last.state is self.link.state
            assert self.last.attempts == self.link.attempts


TestLinkMachine = LinkMachine.TestCase
TestLinkMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
