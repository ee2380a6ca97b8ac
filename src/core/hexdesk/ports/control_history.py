"""Questions about the past: events that are kept, the equity curve."""

from typing import Protocol

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Page, PageQuery, Query
from hexdesk.ports.control_events import Event, EventKind
from hexdesk.ports.control_views import Amount

POINTS_DEFAULT = 1_000
POINTS_MAX = 10_000


class ListEvents(PageQuery[Page[Event]], frozen=True, kw_only=True):
    """Return events that the stream still keeps, oldest first; empty `kinds` are all."""

    kinds: frozenset[EventKind] = frozenset()
    after_sequence: int = 0


class EquityInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What all accounts together were worth in one currency at a time."""

    ts_ns: TimeNs
    equity: Amount


class ListEquityPoints(Query[tuple[EquityInfo, ...]], frozen=True, kw_only=True):
    """Return the equity of one currency over time, oldest first, thinned to `count_max` points.

    An empty `currency` is the desk's main one.
    """

    currency: str = ""
    count_max: int = 0


class Archive(Protocol):
    """What a process keeps of the past: a read model, or samples of this run."""

    async def equity(self, currency: str, count_max: int) -> tuple[EquityInfo, ...]:
        """Return the equity curve, oldest first; empty for a currency that is not there."""
        ...
