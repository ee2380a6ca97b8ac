"""Links: whether a feed or a broker can be reached, as its adapter sees it."""

from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

import msgspec

from hexdesk.domain.values import TimeNs

LINK_DOWN = "LINK_DOWN"
"""Reject code of a request that provably never left, because its link is down."""


class LinkState(IntEnum):
    """Where a connection is in its life."""

    CONNECTING = 1
    AUTHENTICATING = 2
    SYNCING = 3
    LIVE = 4
    STALE = 5
    BACKING_OFF = 6
    CLOSED = 7


class LinkStatus(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="link"):
    """A change of a link; what it carries is current while `state` is LIVE, and only then.

    Attributes:
        name: The adapter's section of the configuration.
        state: Where it is now.
        since_ns: When it came there.
        attempts: Reconnections since it was last stable; 0 while all is well.
        error: Why it was lost the last time; empty before the first loss.
        gap_count: Gaps found in its sequence numbers so far.
        is_alerting: Whether it has been down too long or too often for a person not to know.
        ts_init: Time of the change.
    """

    name: str
    state: LinkState
    since_ns: TimeNs
    attempts: int
    error: str
    gap_count: int
    is_alerting: bool
    ts_init: TimeNs

    @property
    def is_live(self) -> bool:
        """Whether what the link carries is current."""
        return self.state is LinkState.LIVE

    @property
    def is_up(self) -> bool:
        """Whether requests can leave; a stale link is up until it is given up."""
        return self.state in UP


UP = frozenset({LinkState.LIVE, LinkState.STALE})

LinkObserver: TypeAlias = Callable[[LinkStatus], None]
"""Takes one change; never blocks and never raises."""


def unobserved(_status: LinkStatus) -> None:
    """Ignore a change: the observer of an adapter that nobody watches."""
