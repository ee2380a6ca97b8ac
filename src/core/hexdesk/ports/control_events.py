"""Events of the Control port: what happened, in order, and the snapshot that they follow."""

from enum import IntEnum, StrEnum
from typing import TypeAlias

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.ports.control_views import (
    AccountInfo,
    AlertInfo,
    CommandInfo,
    DeskInfo,
    FillInfo,
    OrderInfo,
    PositionInfo,
    ReportInfo,
    StrategyInfo,
)


class EventKind(IntEnum):
    """What an event is about."""

    ORDER = 1
    """An order as it is now; several changes at once are one event."""
    ORDER_REPORT = 2
    """Each single fact about an order."""
    FILL = 3
    POSITION = 4
    ACCOUNT = 5
    STRATEGY = 6
    DESK = 7
    ALERT = 8
    COMMAND = 9


EventPayload: TypeAlias = (
    OrderInfo
    | ReportInfo
    | FillInfo
    | PositionInfo
    | AccountInfo
    | StrategyInfo
    | DeskInfo
    | AlertInfo
    | CommandInfo
)


class Event(msgspec.Struct, gc=False, eq=False):
    """One thing that happened.

    Its payload is made when somebody reads it first: a desk that nobody follows pays nothing.

    Attributes:
        sequence: Number, upwards from 1 per run.
        ts_ns: When, by the desk's clock.
        kind: What it is about.
        strategy_id: Whose; empty where it concerns the whole desk.
        subject: What it is made of; the desk's own business.
        payload: What happened, for who has read it; None if what it is about is gone since.
        wire: An adapter's encoding, which it makes once for all its readers.
    """

    sequence: int
    ts_ns: TimeNs
    kind: EventKind
    strategy_id: str
    subject: object
    payload: EventPayload | None = None
    wire: bytes = b""


class Resync(StrEnum):
    """Why a reader starts anew."""

    TOKEN_TOO_OLD = "too_old"  # noqa: S105 - a word, no secret
    OTHER_RUN = "other_run"
    TOO_SLOW = "too_slow"
    TOKEN_UNUSABLE = "unusable"  # noqa: S105 - a word, no secret


class ResyncInfo(msgspec.Struct, frozen=True):
    """Why, and how many events the reader did not get; -1 where that is unknown."""

    cause: Resync
    missed_count: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a snapshot: everything that is not closed, flat or gone.

    Attributes:
        desk: In the first part.
        is_complete: Whether this is the last part; events follow.
    """

    desk: DeskInfo | None = None
    strategies: tuple[StrategyInfo, ...] = ()
    accounts: tuple[AccountInfo, ...] = ()
    positions: tuple[PositionInfo, ...] = ()
    orders: tuple[OrderInfo, ...] = ()
    is_complete: bool = False
