"""What the control plane keeps on disk."""

import stat
from pathlib import Path

import pytest

from hexdesk.errors import DataError
from hexdesk.ports.control import Scope
from hexdesk.ports.control_state import AnswerRecord, TokenRecord
from hexdesk_app.control.files import answer_file, audit_file, token_file

RECORDS = [AnswerRecord("ann", f"k{number}", "d", b"\x00\xff\n", number) for number in range(3)]
TOKEN = TokenRecord(name="bot", digest="d", scopes=(Scope.READ,), create_ns=1, expire_ns=2)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    file = answer_file(tmp_path / "state")
    assert file.load() == []
    for record in RECORDS:
        file.append(record)
    assert file.load() == RECORDS
    file.rewrite(RECORDS[1:])
    assert file.load() == RECORDS[1:]
    tokens = token_file(tmp_path / "state")
    tokens.append(TOKEN)
    assert tokens.load() == [TOKEN]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    file = token_file(tmp_path)
    file.append(TOKEN)
    (path,) = (tmp_path / "control").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    file.rewrite([TOKEN])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_end_is_taken_away(tmp_path: Path) -> None:
    file = answer_file(tmp_path)
    for record in RECORDS:
        file.append(record)
    path = tmp_path / "control" / "answers.jsonl"
    path.write_bytes(path.read_bytes()[:-3])
    assert file.load() == RECORDS[:2]
    file.append(RECORDS[2])
    assert file.load() == RECORDS


def test_other_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "control" / "audit.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"{}\n")
    with pytest.raises(DataError, match="row 1"):
        audit_file(tmp_path).load()
