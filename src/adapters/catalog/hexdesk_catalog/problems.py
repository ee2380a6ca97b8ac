"""Rows that could not be used as they stand: the first ones kept, all of them counted."""

from hexdesk.ports.market_data import RowProblem

PROBLEMS_MAX = 100


class ProblemLog:
    """What went wrong in one pass.

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
