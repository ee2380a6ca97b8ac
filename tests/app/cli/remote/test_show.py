"""What a desk answered, as tables."""

import pytest

from hexdesk_app.cli.remote.show import Plain, status_tables
from hexdesk_app.display.tables import to_markdown

DESK: Plain = {
    "display_name": "mine", "mode": "MODE_PAPER", "state": "STATE_RUNNING", "halt_reason": "",
    "entries_allowed": True, "run_id": "r1", "equity": [], "open_order_count": 0,
    "doubtful_order_count": 0, "alert_count": 0, "queued": [],
    "counts": {"orders": 0, "fills": 0, "denials": {}, "rejects": {}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "allowed"),
        ({"entries_allowed": False}, "STOPPED"),
        ({"halt_reason": "JOURNAL_UNWRITABLE: full"}, "STOPPED: halted"),
    ],
)
def test_entries_are_allowed_only_where_one_could_leave(changes: Plain, said: str) -> None:
    head, *_ = status_tables({**DESK, **changes}, [], [])
    (row,) = (line for line in to_markdown(head).splitlines() if line.startswith("| entries "))
    assert [cell.strip() for cell in row.strip("| ").split("|")] == ["entries", said]
