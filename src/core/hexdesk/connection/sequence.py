"""Sequence numbers: what is new, what was seen before, and where something is missing."""


class GapError(Exception):
    """A message is missing: the link has to ask for it, or for the state anew."""


class SequenceGuard:
    """Expects numbers that rise by one; a message may carry several.

    Attributes:
        next_number: The number that comes next.
    """

    __slots__ = ("next_number",)

    def __init__(self, next_number: int = 1) -> None:
        self.next_number = next_number

    def begin(self, next_number: int) -> None:
        """Expect a number, as a venue says when it is asked to resume."""
        self.next_number = next_number

    def known(self, first: int, count: int = 1) -> int:
        """Take numbers `first` to `first + count - 1`; return how many of them were seen before.

        Raises:
            GapError: One before them is missing; nothing was taken.
        """
        if first > self.next_number:
            raise GapError(f"expected number {self.next_number}, was {first}")
        known = min(self.next_number - first, count)
        self.next_number = max(self.next_number, first + count)
        return known

    def expect(self, last: int) -> None:
        """Take note that everything up to a number was sent, as heartbeats say.

        Raises:
            GapError: Some of it has not come.
        """
        if last >= self.next_number:
            raise GapError(f"expected number {self.next_number}, but {last} was sent before")
