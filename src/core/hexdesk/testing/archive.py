"""A past that a test makes up."""

from hexdesk.ports.control_history import EquityInfo
from hexdesk.ports.control_views import Amount


class FakeArchive:
    """Implements `Archive` with one point.

    Attributes:
        asked: Currency and number of points of every question.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def equity(self, currency: str, count_max: int) -> tuple[EquityInfo, ...]:
        """Return one point."""
        self.asked.append((currency, count_max))
        return (EquityInfo(ts_ns=1, equity=Amount("1.5", currency)),)
