"""Offers the journal in memory as a plugin of its own, `memory`."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    JournalContext,
    JournalRegistration,
    NoSettings,
    hookimpl,
)
from hexdesk_journal.memory import MemoryJournal


def _make(context: JournalContext, _settings: NoSettings) -> MemoryJournal:
    return MemoryJournal(context.logger)


@hookimpl
def hexdesk_journals() -> Iterable[JournalRegistration]:
    """Offer the journal in memory."""
    return [
        JournalRegistration(
            name="memory",
            summary="In memory, gone with the process; for backtests",
            settings=NoSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
