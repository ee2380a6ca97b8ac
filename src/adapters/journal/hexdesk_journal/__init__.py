"""The journal of the desk in framed, checksummed segments."""

from collections.abc import Iterable

from hexdesk.plugin import CONTRACT_VERSION, JournalRegistration, hookimpl
from hexdesk_journal.file import FileJournal
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.settings import JournalSettings


@hookimpl
def hexdesk_journals() -> Iterable[JournalRegistration]:
    """Offer the journal on disk; `hexdesk_journal.memory_plugin` offers the one in memory."""
    return [
        JournalRegistration(
            name="journal",
            summary="Framed, checksummed segments on disk",
            settings=JournalSettings,
            factory=FileJournal,
            contract=CONTRACT_VERSION,
            open_reader=FileJournalReader,
        )
    ]
