"""The read model kit against SQLite."""

import logging
from pathlib import Path

from hexdesk.plugin import ReadModelContext
from hexdesk.ports.read_model import ReadModel
from hexdesk.testing.read_model_kit import ReadModelKit
from hexdesk_sqlite.read_model import SqliteReadModel
from hexdesk_sqlite.settings import SqliteSettings


class TestSqliteReadModel(ReadModelKit):
    def open_read_model(self, folder: Path) -> ReadModel:
        return opened(folder, is_read_only=False)

    def open_read_only(self, folder: Path) -> ReadModel:
        return opened(folder, is_read_only=True)


def opened(folder: Path, *, is_read_only: bool) -> ReadModel:
    context = ReadModelContext(
        name="read_model",
        state_path=folder,
        is_read_only=is_read_only,
        logger=logging.getLogger("kit"),
    )
    return SqliteReadModel(context, SqliteSettings())
