"""The life of a connection: a pure state machine, whose inputs are events with their time.

It decides, a driver acts: `handle` and `tick` return what has to be done, in order. Time comes with
the inputs and chance from a seed, so that equal inputs give equal outputs. It never gives up: only
`CLOSE` ends it.

| state | what ends it well | no later than | then | a failure | a gap |
|---|---|---|---|---|---|
| CONNECTING | OPENED: AUTHENTICATING | connect_ms | BACKING_OFF | BACKING_OFF | |
| AUTHENTICATING | AUTHENTICATED: SYNCING | authenticate_ms | BACKING_OFF | BACKING_OFF | |
| SYNCING | SYNCED: LIVE | sync_ms | BACKING_OFF | BACKING_OFF | BACKING_OFF |
| LIVE | | stale_ms of silence | STALE | BACKING_OFF | SYNCING |
| STALE | HEARD: LIVE | heartbeat_ms of silence | BACKING_OFF | BACKING_OFF | SYNCING |
| BACKING_OFF | | the wait | CONNECTING | | |
| CLOSED | START: CONNECTING | | | | |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import TypeAlias

from hexdesk.connection.backoff import Backoff
from hexdesk.connection.limits import LinkLimits
from hexdesk.domain.links import LinkState, LinkStatus
from hexdesk.domain.values import NS_PER_MS, NS_PER_SECOND, TimeNs

CONNECTING = LinkState.CONNECTING
AUTHENTICATING = LinkState.AUTHENTICATING
SYNCING = LinkState.SYNCING
LIVE = LinkState.LIVE
STALE = LinkState.STALE
BACKING_OFF = LinkState.BACKING_OFF
CLOSED = LinkState.CLOSED

NEVER: TimeNs = 2**63 - 1
ERROR_LENGTH_MAX = 300
DUE_MAX = 16
"""Deadlines that one `tick` can meet, by far: the next one sees what is left."""


class LinkEvent(Enum):
    """What may happen to a connection."""

    START = auto()
    OPENED = auto()
    AUTHENTICATED = auto()
    SYNCED = auto()
    HEARD = auto()
    GAP = auto()
    FAILED = auto()
    LATE = auto()
    """The state's own deadline has passed; `tick` finds out."""
    CLOSE = auto()


class StepKind(Enum):
    """What a driver has to do with its connection."""

    OPEN = auto()
    AUTHENTICATE = auto()
    SYNC = auto()
    PING = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do with the connection of a number; events of another one are ignored."""

    kind: StepKind
    connection: int


class NoteKind(Enum):
    """What a person should read."""

    LOST = auto()
    BACK = auto()
    GAP = auto()
    ALERT = auto()


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the log."""

    kind: NoteKind
    text: str


Action: TypeAlias = Step | Note | LinkStatus

NEXT: Mapping[tuple[LinkState, LinkEvent], LinkState] = {
    (CLOSED, LinkEvent.START): CONNECTING,
    (CONNECTING, LinkEvent.OPENED): AUTHENTICATING,
    (CONNECTING, LinkEvent.FAILED): BACKING_OFF,
    (CONNECTING, LinkEvent.LATE): BACKING_OFF,
    (CONNECTING, LinkEvent.CLOSE): CLOSED,
    (AUTHENTICATING, LinkEvent.AUTHENTICATED): SYNCING,
    (AUTHENTICATING, LinkEvent.FAILED): BACKING_OFF,
    (AUTHENTICATING, LinkEvent.LATE): BACKING_OFF,
    (AUTHENTICATING, LinkEvent.CLOSE): CLOSED,
    (SYNCING, LinkEvent.SYNCED): LIVE,
    (SYNCING, LinkEvent.GAP): BACKING_OFF,
    (SYNCING, LinkEvent.FAILED): BACKING_OFF,
    (SYNCING, LinkEvent.LATE): BACKING_OFF,
    (SYNCING, LinkEvent.CLOSE): CLOSED,
    (LIVE, LinkEvent.GAP): SYNCING,
    (LIVE, LinkEvent.FAILED): BACKING_OFF,
    (LIVE, LinkEvent.LATE): STALE,
    (LIVE, LinkEvent.CLOSE): CLOSED,
    (STALE, LinkEvent.HEARD): LIVE,
    (STALE, LinkEvent.GAP): SYNCING,
    (STALE, LinkEvent.FAILED): BACKING_OFF,
    (STALE, LinkEvent.LATE): BACKING_OFF,
    (STALE, LinkEvent.CLOSE): CLOSED,
    (BACKING_OFF, LinkEvent.LATE): CONNECTING,
    (BACKING_OFF, LinkEvent.CLOSE): CLOSED,
}
"""What is not here is ignored and counted: events of a connection that is gone come late."""

STEPS = {
    CONNECTING: StepKind.OPEN,
    AUTHENTICATING: StepKind.AUTHENTICATE,
    SYNCING: StepKind.SYNC,
}
NOTHING: list[Action] = []
GONE = frozenset({BACKING_OFF, CLOSED})
CONNECTED = frozenset({LIVE, STALE})


class Link:
    """One connection through all its lives.

    Attributes:
        name: For status and log.
        state: Where it is.
        connection: Number of the present connection; each opening has the next one.
        ignored_count: Events that fit no state, or were of another connection.
    """

    def __init__(self, name: str, limits: LinkLimits, random: Random) -> None:
        self.name = name
        self.state = CLOSED
        self.connection = 0
        self.ignored_count = 0
        self._limits = limits
        self._backoff = Backoff(
            limits.backoff_first_ms * NS_PER_MS, limits.backoff_max_ms * NS_PER_MS, random
        )
        self._now_ns: TimeNs = 0
        self._since_ns: TimeNs = 0
        self._heard_ns: TimeNs = 0
        self._ping_ns: TimeNs = 0
        self._retry_ns: TimeNs = 0
        self._lost_ns: TimeNs = NEVER
        self._attempts = 0
        self._attempts_of_loss = 0
        self._resyncs = 0
        self._gap_count = 0
        self._error = ""
        self._is_alerting = False
        self._actions: list[Action] = []

    @property
    def attempts(self) -> int:
        """Reconnections in a row; counted anew after a stable minute."""
        return self._attempts

    @property
    def is_lost(self) -> bool:
        """Whether the log says that it is lost, and not yet that it is back."""
        return self._lost_ns != NEVER

    @property
    def status(self) -> LinkStatus:
        """What is known of it now."""
        return LinkStatus(
            self.name,
            self.state,
            self._since_ns,
            self._attempts,
            self._error,
            self._gap_count,
            self._is_alerting,
            self._now_ns,
        )

    @property
    def due_ns(self) -> TimeNs:
        """When `tick` has to be called at the latest; `NEVER` if closed."""
        return min(self._late_ns(), self._next_ping_ns(), self._stable_ns(), self._alert_ns())

    # --- inputs ------------------------------------------------------------------------------

    def handle(
        self,
        event: LinkEvent,
        now_ns: TimeNs,
        text: str = "",
        *,
        connection: int = 0,
        retry_after_ms: int = 0,
    ) -> list[Action]:
        """Take an event; return what to do.

        Args:
            event: What happened.
            now_ns: When; a time before the latest one counts as the latest.
            text: Why it failed, or what is missing.
            connection: Whose event it is; 0 is the present one's.
            retry_after_ms: Wait at least so long, as a venue asks; up to the longest wait.
        """
        self._now_ns = max(self._now_ns, now_ns)
        if connection not in (0, self.connection):
            self.ignored_count += 1
            return []
        if event is LinkEvent.HEARD:
            self._heard_ns = self._now_ns
        elif event is LinkEvent.GAP and self.state in {SYNCING, *CONNECTED}:
            event = self._find_gap(text)
        self._take(event, text, retry_after_ms)
        return self._taken()

    def heard(self, now_ns: TimeNs) -> list[Action]:
        """Take a sign of life; the cheap form of HEARD, for every message of a feed."""
        if self.state is not LIVE:
            return self.handle(LinkEvent.HEARD, now_ns)
        self._heard_ns = now_ns
        return NOTHING

    def note_gap(self, now_ns: TimeNs, text: str) -> list[Action]:
        """Count what is lost for good, as beyond a venue's log, and had to be asked for anew."""
        self._now_ns = max(self._now_ns, now_ns)
        self._gap_count += 1
        self._note(NoteKind.GAP, f"has a gap: {text[:ERROR_LENGTH_MAX]}")
        self._actions.append(self.status)
        return self._taken()

    def tick(self, now_ns: TimeNs) -> list[Action]:
        """Let time pass; return what to do."""
        self._now_ns = max(self._now_ns, now_ns)
        for _ in range(DUE_MAX):
            due_ns = self.due_ns  # the earliest first: a link that fell silent is not stable
            if due_ns > self._now_ns:
                break
            if due_ns == self._late_ns():
                self._take(LinkEvent.LATE, self._lateness(), 0)
            elif due_ns == self._stable_ns():
                self._settle_down()
            elif due_ns == self._alert_ns():
                self._alert(f"is down for {self._limits.alert_down_ms / 1_000:g} s")
            else:
                self._ping_ns = self._now_ns
                self._actions.append(Step(StepKind.PING, self.connection))
        return self._taken()

    # --- transitions -------------------------------------------------------------------------

    def _take(self, event: LinkEvent, text: str, retry_after_ms: int) -> None:
        before = self.state
        state = NEXT.get((before, event))
        if state is None:
            if event is not LinkEvent.HEARD:
                self.ignored_count += 1
            return
        self.state = state
        self._since_ns = self._now_ns
        if state in GONE and before is not BACKING_OFF:
            self._actions.append(Step(StepKind.CLOSE, self.connection))
        if state is BACKING_OFF:
            self._back_off(text, retry_after_ms)
        elif state is CONNECTING:
            self._connect(before)
        elif state is LIVE:
            self._heard_ns = self._now_ns
            self._come_back(before)
        elif state is CLOSED:
            self._forget()
        if state in STEPS:
            self._actions.append(Step(STEPS[state], self.connection))
        self._actions.append(self.status)

    def _connect(self, before: LinkState) -> None:
        self.connection += 1
        if before is BACKING_OFF:
            self._attempts += 1
            self._attempts_of_loss += 1
        if self._attempts >= self._limits.alert_attempts and not self._is_alerting:
            self._alert(f"reconnects, attempt {self._attempts} in a row")

    def _back_off(self, text: str, retry_after_ms: int) -> None:
        self._error = text[:ERROR_LENGTH_MAX]
        wait_ns = self._backoff.wait_ns(self._attempts, at_least_ns=retry_after_ms * NS_PER_MS)
        self._retry_ns = self._now_ns + wait_ns
        if self._lost_ns == NEVER:
            self._lost_ns = self._now_ns
            self._attempts_of_loss = 0
            self._note(NoteKind.LOST, f"is lost: {self._error}")

    def _come_back(self, before: LinkState) -> None:
        if before is SYNCING:
            self._ping_ns = self._now_ns
        if self._lost_ns == NEVER:
            return
        seconds = (self._now_ns - self._lost_ns) / NS_PER_SECOND
        self._lost_ns = NEVER
        count = self._attempts_of_loss
        attempts = "1 attempt" if count == 1 else f"{count} attempts"
        self._note(NoteKind.BACK, f"is back after {seconds:.1f} s and {attempts}")

    def _find_gap(self, text: str) -> LinkEvent:
        """Count a gap; return FAILED where filling it in place does not help any more."""
        self._gap_count += 1
        self._resyncs += 1
        self._note(NoteKind.GAP, f"has a gap: {text[:ERROR_LENGTH_MAX]}")
        return LinkEvent.GAP if self._resyncs <= self._limits.resyncs_max else LinkEvent.FAILED

    def _settle_down(self) -> None:
        self._attempts = 0
        self._resyncs = 0
        self._is_alerting = False
        self._actions.append(self.status)

    def _alert(self, text: str) -> None:
        self._is_alerting = True
        self._note(NoteKind.ALERT, f"{text}: {self._error}")
        self._actions.append(self.status)

    def _forget(self) -> None:
        """Begin with nothing the next time, but for what was counted."""
        self._lost_ns = NEVER
        self._attempts = self._resyncs = 0
        self._is_alerting = False

    def _note(self, kind: NoteKind, text: str) -> None:
        self._actions.append(Note(kind, f"{self.name} {text}"))

    def _taken(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    # --- deadlines ---------------------------------------------------------------------------

    def _late_ns(self) -> TimeNs:
        """When the present state has lasted too long."""
        limits = self._limits
        match self.state:
            case LinkState.CONNECTING:
                return self._since_ns + limits.connect_ms * NS_PER_MS
            case LinkState.AUTHENTICATING:
                return self._since_ns + limits.authenticate_ms * NS_PER_MS
            case LinkState.SYNCING:
                return self._since_ns + limits.sync_ms * NS_PER_MS
            case LinkState.LIVE:
                return self._heard_ns + limits.stale_ms * NS_PER_MS
            case LinkState.STALE:
                return self._heard_ns + limits.heartbeat_ms * NS_PER_MS
            case LinkState.BACKING_OFF:
                return self._retry_ns
            case LinkState.CLOSED:
                return NEVER

    def _lateness(self) -> str:
        limits = self._limits
        match self.state:
            case LinkState.CONNECTING:
                return f"not open within {limits.connect_ms} ms"
            case LinkState.AUTHENTICATING:
                return f"no login within {limits.authenticate_ms} ms"
            case LinkState.SYNCING:
                return f"no state within {limits.sync_ms} ms"
            case _:
                return f"silent for {limits.heartbeat_ms} ms"

    def _next_ping_ns(self) -> TimeNs:
        if self.state not in CONNECTED:
            return NEVER
        return self._ping_ns + self._limits.ping_ms * NS_PER_MS

    def _stable_ns(self) -> TimeNs:
        if self.state is not LIVE or not (self._attempts or self._resyncs or self._is_alerting):
            return NEVER
        return self._since_ns + self._limits.stable_ms * NS_PER_MS

    def _alert_ns(self) -> TimeNs:
        if self._lost_ns == NEVER or self._is_alerting:
            return NEVER
        return self._lost_ns + self._limits.alert_down_ms * NS_PER_MS
