"""What an input of a desk led to: finds the input that a decision in a journal followed from.

Reports, timers and commands are written before the decisions that follow from them, market events
behind them, and all decisions of one input have its time.
"""

from collections.abc import Callable
from typing import get_args

import msgspec

from hexdesk.domain.commands import ClearReducing, Command, Halt, SetReducing
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.market import MarketEvent
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.values import TimeNs
from hexdesk.ports.journal import JournalRecord

_MARKET = frozenset(get_args(MarketEvent))
_STANDING = frozenset({Halt, SetReducing, ClearReducing})
"""Commands that the desk also gives itself, and that no order follows from."""
_BEFORE = (
    frozenset({*get_args(VenueReport), *get_args(Command), TimerFired, StrategyFaulted}) - _STANDING
)


class Cause(msgspec.Struct, frozen=True):
    """An input, by number."""

    number: int
    record: JournalRecord


class _Waiting(msgspec.Struct, frozen=True):
    """A decision whose cause may still come: a market event."""

    ts_ns: TimeNs
    before: Cause | None
    tell: Callable[[Cause | None], None]


class Causes:
    """Follows a journal; tells of each decision what it followed from, as soon as that is clear."""

    def __init__(self) -> None:
        self._latest: Cause | None = None
        self._waiting: list[_Waiting] = []

    def ask(self, ts_ns: TimeNs, tell: Callable[[Cause | None], None]) -> None:
        """Find the cause of the decision that was read last, made at a time."""
        self._waiting.append(_Waiting(ts_ns, self._latest, tell))

    def take(self, number: int, record: JournalRecord, *, is_own: bool) -> None:
        """Read the next record; `is_own` is an ending that the desk itself decided on."""
        kind = type(record)
        if kind in _MARKET:
            self._settle(Cause(number, record))
        elif kind in _BEFORE and not is_own:
            self._settle(None)
            self._latest = Cause(number, record)

    def finish(self) -> None:
        """Tell what is left: nothing came behind it."""
        self._settle(None)

    def _settle(self, event: Cause | None) -> None:
        for each in self._waiting:
            before = each.before
            is_fault = before is not None and type(before.record) is StrategyFaulted
            is_later = event is not None and getattr(event.record, "ts_init", 0) > each.ts_ns
            each.tell(before if event is None or is_later or is_fault else event)
        self._waiting.clear()
