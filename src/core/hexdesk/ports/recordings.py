"""What readers of recorded data share: the log of rows that were of no use, the order of play."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge

from hexdesk.domain.market import MarketEvent
from hexdesk.domain.values import TimeNs
from hexdesk.ports.market_data import RowProblem

PROBLEMS_MAX = 100
"""Problems kept of one pass; all of them are counted."""


class ProblemLog:
    """Rows of one pass that could not be used as they stand.

    Attributes:
        kept: The first `PROBLEMS_MAX` problems, in order.
        count: All of them.
    """

    __slots__ = ("count", "kept")

    def __init__(self) -> None:
        self.kept: list[RowProblem] = []
        self.count = 0

    def add(self, file: str, row: int, problem: str) -> None:
        """Count a problem, and keep it while there is room."""
        self.count += 1
        if len(self.kept) < PROBLEMS_MAX:
            self.kept.append(RowProblem(file=file, row=row, problem=problem))


class ReportsProblems:
    """Base of a `Recording` that tells what its last pass met."""

    def __init__(self) -> None:
        self._log = ProblemLog()

    @property
    def problems(self) -> Sequence[RowProblem]:
        """The first problems met by the last pass, in order."""
        return tuple(self._log.kept)

    @property
    def problem_count(self) -> int:
        """All problems met by the last pass."""
        return self._log.count

    def _begin_pass(self) -> ProblemLog:
        """Return a new log: each pass counts anew."""
        self._log = ProblemLog()
        return self._log


def merge_by_receipt(streams: Sequence[Iterable[MarketEvent]]) -> Iterator[MarketEvent]:
    """Return the events of several streams in the order of receipt; equal times keep their order.

    A stream that goes back in time is played as it stands.
    """
    return iter(streams[0]) if len(streams) == 1 else merge(*streams, key=_receipt)


def _receipt(event: MarketEvent) -> TimeNs:
    return event.ts_init
