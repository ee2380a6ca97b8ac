"""The history that a desk leaves behind is its journal's, as far as it goes."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from hexdesk.domain.commands import Halt
from hexdesk.plugin import JournalContext
from hexdesk.ports.journal import JournalRecord
from hexdesk_app.chaos.history import history_differences
from hexdesk_journal.file import FileJournal
from hexdesk_journal.settings import JournalSettings
from tests.adapters.sqlite.samples import journal, opened

RECORDS = journal(20)


def keep(state_path: Path, written: list[JournalRecord]) -> None:
    """Leave a journal of all records, and a history of those."""
    context = JournalContext(
        name="journal", run_id="run", state_path=state_path, logger=logging.getLogger("test")
    )
    with closing(FileJournal(context, JournalSettings(sync="none"))) as kept:
        for record in RECORDS:
            kept.append(record)
            kept.commit()
    with closing(opened(state_path)) as model:
        model.write(1, written)


@pytest.mark.parametrize("count", [0, 1, 17, len(RECORDS)])
def test_a_history_that_is_behind_is_no_difference(tmp_path: Path, count: int) -> None:
    keep(tmp_path, RECORDS[:count])
    assert not history_differences(tmp_path, from_start=False)
    assert not history_differences(tmp_path, from_start=True)


@pytest.mark.parametrize("from_start", [True, False])
def test_a_history_of_something_else_is_one(tmp_path: Path, *, from_start: bool) -> None:
    keep(tmp_path, [*RECORDS[:5], Halt("never happened", 9)])
    (found,) = history_differences(tmp_path, from_start=from_start)
    assert "history ends with record 6" in found


def test_a_row_that_no_record_explains_is_one(tmp_path: Path) -> None:
    keep(tmp_path, [*RECORDS[:5], Halt("never happened", 9), *RECORDS[6:]])
    assert not history_differences(tmp_path, from_start=False)
    (found,) = history_differences(tmp_path, from_start=True)
    assert "history holds" in found


def test_a_history_that_goes_further_is_one(tmp_path: Path) -> None:
    keep(tmp_path, [*RECORDS, Halt("never happened", 9)])
    (found,) = history_differences(tmp_path, from_start=False)
    assert "which is not the journal's" in found
