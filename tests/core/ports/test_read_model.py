"""What tells one journal from another: the same over versions that append fields to records."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from hexdesk.domain.commands import Halt
from hexdesk.domain.records import RunEnded
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import record_digest

ENDED = RunEnded("run1", "00ff", 5)


def earlier(record: msgspec.Struct, fields: Sequence[str]) -> Any:
    """Return a record as a version wrote it that knew only these fields."""
    known = [each for each in msgspec.structs.fields(record) if each.name in fields]
    kind = msgspec.defstruct(
        type(record).__name__,
        [(each.name, each.type) for each in known],
        tag=record.__struct_config__.tag,
        array_like=True,
    )
    return kind(*(getattr(record, each.name) for each in known))


def test_fields_that_were_appended_since_change_nothing() -> None:
    """Else history would be made again after each upgrade, and be lost where records are gone."""
    old = earlier(ENDED, ("run_id", "state_hash", "ts_init"))
    assert record_digest(old) == record_digest(ENDED)


@pytest.mark.parametrize(
    "other",
    [
        RunEnded("run2", "00ff", 5),
        RunEnded("run1", "00fe", 5),
        RunEnded("run1", "00ff", 6),
        RunEnded("run1", "00ff", 5, "0a0b"),
        Halt("run1", 5),
    ],
)
def test_other_records_have_another_digest(other: JournalRecord) -> None:
    assert record_digest(other) != record_digest(ENDED)
