"""Events of the Control port: what happened, in order, and the snapshot that they follow."""

from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

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


class Event:
    """One thing that happened.

    Its payload is made when somebody looks at it first: a desk that nobody follows pays nothing.

    Attributes:
        sequence: Number, upwards from 1 per run.
        ts_ns: When, by the desk's clock.
        kind: What it is about.
        strategy_id: Whose; empty where it concerns the whole desk.
        wire: An adapter's encoding, which it makes once for all its readers.
    """

    __slots__ = (
        "_make",
        "_payload",
        "_subject",
        "kind",
        "sequence",
        "strategy_id",
        "ts_ns",
        "wire",
    )

    def __init__(  # noqa: PLR0917 - keywords would cost a tenth of an event
        self,
        sequence: int,
        ts_ns: TimeNs,
        kind: EventKind,
        strategy_id: str,
        make: Callable[[Any], EventPayload | None],
        subject: object,
    ) -> None:
        self.sequence = sequence
        self.ts_ns = ts_ns
        self.kind = kind
        self.strategy_id = strategy_id
        self.wire = b""
        self._make = make
        self._subject = subject
        self._payload: EventPayload | None = None

    @property
    def payload(self) -> EventPayload | None:
        """What happened; None if the resource that it is about is gone since."""
        if self._payload is None:
            self._payload = self._make(self._subject)
            self._subject = None if self._payload is not None else self._subject
        return self._payload


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
