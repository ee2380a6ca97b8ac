"""The journal kit against the journal on disk."""

import logging
from pathlib import Path

from hexdesk.plugin import JournalContext
from hexdesk.ports.journal import Journal
from hexdesk.testing.journal_kit import JournalKit
from hexdesk_journal.file import FileJournal
from hexdesk_journal.settings import JournalSettings


class TestFileJournal(JournalKit):
    def open_journal(self, folder: Path) -> Journal:
        context = JournalContext(
            name="journal", run_id="KIT", state_path=folder, logger=logging.getLogger("kit")
        )
        return FileJournal(context, JournalSettings(sync="none"))
