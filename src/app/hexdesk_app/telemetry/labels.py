"""Keeps label values few: what is told apart has a limit, all others are `other`."""

from hexdesk.ports.telemetry import LABEL_VALUES_MAX

OTHER = "other"


class Labels:
    """Values seen, by label; the first come are told apart."""

    def __init__(self, most: int = LABEL_VALUES_MAX) -> None:
        self._most = most
        self._seen: dict[str, set[str]] = {}

    def cap(self, label: str, value: str) -> str:
        """Return a value, or `other` if there are too many already."""
        seen = self._seen.setdefault(label, set())
        if value in seen:
            return value
        if len(seen) >= self._most:
            return OTHER
        seen.add(value)
        return value
